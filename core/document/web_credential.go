package document

import (
	"net/http"
	"strconv"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/credential"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// listAge is how long a copy of a status list may lie on the way.
const listAge = time.Minute

// credentialRoutes are the document for a wallet, and what a verifier asks of the city: keys, certificates, and standings.
// Verifiers are programs and pages of anybody.
func (m *Module) credentialRoutes(s *web.Server, read, open *web.Op) {
	s.Page(read, "GET /documents/{document}/credential", m.sendCredential)
	s.API(read, "GET /api/v1/documents/{document}/credential", m.sendCredential, web.Describe{
		Summary: "A document for a wallet", Type: credential.MediaType,
		Details: "SD-JWT VC, signed by ES256: every fact is hidden until its holder shows it. Whether it still stands, the status list in it tells.",
	})
	s.API(read, "POST /api/v1/documents/{document}/credential", m.bindCredential, web.Describe{
		Summary: "A document for a wallet, bound to the wallet's key", In: wireBind{}, Type: credential.MediaType,
		Details: "The key is a public JWK of P-256. Whoever shows the credential proves that they have it.",
	})
	anywhere := web.Wire{Origin: func(*web.Context, string) bool { return true }}
	s.Protocol(open, "GET /.well-known/jwt-vc-issuer", m.sendIssuer, anywhere)
	s.Protocol(open, "GET /.well-known/posad-authority.pem", m.sendAuthority, anywhere)
	s.Protocol(open, "GET /credentials/status/{list}", m.sendStatus, anywhere)
}

type wireBind struct {
	Key wireKey `json:"key"`
}

type wireKey struct {
	Type  string `json:"kty"`
	Curve string `json:"crv"`
	X     string `json:"x"`
	Y     string `json:"y"`
}

func (m *Module) sendCredential(c *web.Context) error {
	holder, result, err := m.find(c)
	if err != nil {
		return err
	}
	return m.answerCredential(c, holder, result, nil)
}

func (m *Module) bindCredential(c *web.Context) error {
	holder, result, err := m.find(c)
	if err != nil {
		return err
	}
	var in wireBind
	if err := c.Bind(&in); err != nil {
		return err
	}
	key := credential.JWK{Type: in.Key.Type, Curve: in.Key.Curve, X: in.Key.X, Y: in.Key.Y}
	if _, err := key.Public(); err != nil {
		return ErrWalletKey.Because(err)
	}
	return m.answerCredential(c, holder, result, &key)
}

func (m *Module) answerCredential(c *web.Context, holder, result id.ID, wallet *credential.JWK) error {
	text, _, err := m.Credential(c.Context(), c.Act(), holder, result, wallet)
	if err != nil {
		return err
	}
	return c.File(web.File{Name: result.String() + ".sd-jwt", Type: credential.MediaType, Data: []byte(text)}, false)
}

func (m *Module) sendIssuer(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	keys, err := m.issuer.Keys()
	if err != nil {
		return err
	}
	file, err := keys.Metadata()
	if err != nil {
		return err
	}
	c.Public(keysAge)
	return c.Answer(http.StatusOK, "application/json", file)
}

// sendAuthority gives the roots that a reader of PDF must trust.
func (m *Module) sendAuthority(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	file, err := m.authority.PEM()
	if err != nil {
		return err
	}
	c.Public(keysAge)
	return c.Answer(http.StatusOK, "application/x-pem-file", file)
}

func (m *Module) sendStatus(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	number, err := strconv.ParseInt(c.Path("list"), 10, 64)
	if err != nil {
		return ErrNone.Because(err)
	}
	text, err := m.StatusList(c.Context(), number)
	if err != nil {
		return err
	}
	c.Public(listAge)
	return c.Answer(http.StatusOK, credential.StatusMediaType, []byte(text))
}
