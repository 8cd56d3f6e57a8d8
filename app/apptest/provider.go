package apptest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"

	"posad.city/app"
)

// provider is an outside OpenID provider that says of itself what a sign-in needs to begin.
func (h *House) provider() app.Provider {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	h.T.Cleanup(server.Close)
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{ // to a test's own client
			"issuer": server.URL, "authorization_endpoint": server.URL + "/authorize", "token_endpoint": server.URL + "/token", "jwks_uri": server.URL + "/keys",
			"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"ES256"},
			"code_challenge_methods_supported": []string{"S256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"keys":[]}`)) })
	return app.Provider{Key: "outside", Issuer: server.URL, Client: "kitezh", Secret: "apptest-secret-of-the-provider", TitleRu: "Снаружи", TitleEn: "Outside", Level: "standard"}
}
