package openid

import (
	"encoding/json"
	"net/http"

	"posad.city/kit/fault"
	"posad.city/kit/web"
)

// errorBody is a refusal as RFC 6749, 5.2 writes it.
type errorBody struct {
	Code string `json:"error"`
	Text string `json:"error_description,omitempty"`
}

// spoken makes a handler tell its refusals in the protocol's words.
func spoken(handler web.Handler) web.Handler {
	return func(c *web.Context) error {
		err := handler(c)
		if refused, ok := asError(err); ok {
			return tell(c, refused)
		}
		return err
	}
}

func tell(c *web.Context, refused *Error) error {
	status := refused.Status
	if status == 0 {
		status = http.StatusBadRequest
	}
	if status == http.StatusUnauthorized {
		if err := c.Header("WWW-Authenticate", `Basic realm="posad"`); err != nil {
			return err
		}
	}
	return answerError(c, status, refused.Code, refused.Text)
}

func answerError(c *web.Context, status int, code, text string) error {
	body, err := json.Marshal(errorBody{code, text})
	if err != nil {
		return err
	}
	return c.Answer(status, "application/json", body)
}

// failed tells the edge's own refusals, and whatever a handler could not help, in the protocol's words.
func failed(c *web.Context, status int, f *fault.Fault) error {
	code := "server_error"
	switch f.Kind {
	case fault.TooMany, fault.Unavailable:
		code = "temporarily_unavailable"
	case fault.Invalid, fault.TooLarge:
		code, status = "invalid_request", http.StatusBadRequest
	}
	return answerError(c, status, code, f.ID)
}

// refuseToken answers at a protected resource (RFC 6750, 3; RFC 9449, 7.1).
func refuseToken(c *web.Context, status int, code, text string) error {
	line := `Bearer realm="posad"`
	if code == "invalid_dpop_proof" {
		line = `DPoP algs="ES256 ES384 EdDSA PS256 RS256"`
	}
	if code != "" {
		line += `, error="` + code + `", error_description="` + text + `"`
	}
	if err := c.Header("WWW-Authenticate", line); err != nil {
		return err
	}
	return answerError(c, status, code, text)
}
