package factor

import (
	"encoding/json"
	"net/http"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/web"
)

type askBody struct {
	Second bool `json:"second" doc:"For the second step that this browser is asked, not for a first one"`
}

type askedBody struct {
	Try     id.ID           `json:"try" doc:"Names the question when it is answered"`
	Options json.RawMessage `json:"options" doc:"PublicKeyCredentialRequestOptionsJSON or …CreationOptionsJSON of WebAuthn"`
}

func (m *Module) apiAskPasskey(c *web.Context) error {
	var body askBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	ask, err := m.askFor(c, body.Second)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, askedBody(ask))
}

func (m *Module) askFor(c *web.Context, second bool) (Ask, error) {
	if !second {
		return m.AskPasskey(c.Context(), c.Visit())
	}
	asked, ok, err := m.askedOf(c)
	if err != nil {
		return Ask{}, err
	}
	if !ok {
		return Ask{}, ErrNobody
	}
	return m.AskPasskeyOf(c.Context(), asked.Account, c.Visit())
}

func (m *Module) apiAskNewPasskey(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	s, err := m.selfOf(c)
	if err != nil {
		return err
	}
	ask, err := m.AskNewPasskey(c.Context(), s)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, askedBody(ask))
}

type passkeyBody struct {
	Try    id.ID  `json:"try"`
	Answer string `json:"answer" raw:"true" max:"20000" doc:"RegistrationResponseJSON of WebAuthn, as text"`
	Name   string `json:"name" max:"200" doc:"What to call it, at most 60 characters; empty: by its day"`
}

func (m *Module) apiAddPasskey(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var body passkeyBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	if err := m.addPasskey(c, body.Try, body.Answer, body.Name); err != nil {
		return err
	}
	return c.Empty()
}

type appNameBody struct {
	Name string `json:"name" max:"200" doc:"What to call it, at most 60 characters; empty: by its day"`
}

type appKeyBody struct {
	Try     id.ID  `json:"try" doc:"Names the key when its first code is given"`
	Key     string `json:"key" doc:"Base32, to be typed into the app"`
	Address string `json:"address" doc:"otpauth://totp/…, for a QR code"`
}

func (m *Module) apiBeginApp(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var body appNameBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	try, err := m.beginApp(c, body.Name)
	if err != nil {
		return err
	}
	of, err := m.accountOf(c)
	if err != nil {
		return err
	}
	app, err := m.AppOf(c.Context(), Self{Account: of, Visit: c.Visit()}, try)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, appKeyBody{app.Try, app.Key, app.Address})
}

type appCodeBody struct {
	Try  id.ID  `json:"try" doc:"As POST /api/v1/authenticator-apps/key answered"`
	Code string `json:"code" max:"20" doc:"The six digits that the app shows"`
}

func (m *Module) apiAddApp(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var body appCodeBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	if err := m.addApp(c, body.Try, body.Code); err != nil {
		return err
	}
	return c.Empty()
}

type codesBody struct {
	Left int        `json:"left"`
	Made *time.Time `json:"made" doc:"Absent: there are none"`
}

func (m *Module) apiCodes(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	of, err := m.accountOf(c)
	if err != nil {
		return err
	}
	codes, err := m.CodesOf(c.Context(), of)
	if err != nil {
		return err
	}
	out := codesBody{Left: codes.Left}
	if !codes.Made.IsZero() {
		out.Made = &codes.Made
	}
	return c.JSON(http.StatusOK, out)
}

type newCodesBody struct {
	Codes []string `json:"codes"`
}

func (m *Module) apiMakeCodes(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	of, err := m.accountOf(c)
	if err != nil {
		return err
	}
	codes, err := m.MakeCodes(c.Context(), c.Act(), of)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, newCodesBody{codes})
}
