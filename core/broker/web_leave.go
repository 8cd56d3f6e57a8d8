package broker

import (
	"errors"
	"net/http"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/web"
)

func (m *Module) leaveRoutes(s *web.Server) {
	leave := s.Operation(act.Operation{Name: "broker.leave", May: act.Everyone, PerMinute: 30, Timeout: 20 * time.Second})
	end := s.Operation(act.Operation{Name: "broker.end", May: act.Everyone, Changes: true, PerMinute: 600, Timeout: 20 * time.Second})
	s.Page(leave, "GET /sign-in/provider/{key}/leave", m.showLeave)
	s.Page(leave, "GET /sign-in/provider/{key}/left", m.showLeft)
	s.Protocol(end, "POST /sign-in/provider/{key}/logout", m.postEnd, web.Wire{})
}

// showLeave offers a person who has signed out of the city to sign out at the provider too.
func (m *Module) showLeave(c *web.Context) error {
	p, err := m.working(c.Context(), c.Path("key"))
	if err != nil {
		return c.Redirect("/")
	}
	c.SetCookie(cookieAt, "", 0)
	address, err := m.leaveAddress(c, p)
	if err != nil || address == "" { // there is nothing to offer; the person has left the city, which is what they came for
		return c.Redirect("/")
	}
	return m.plain(c, "broker.leave.title", 0, leavePage(c, p, address))
}

func (m *Module) showLeft(c *web.Context) error {
	if _, err := m.working(c.Context(), c.Path("key")); err == nil {
		c.SetFlash("success", "broker.left")
	}
	return c.Redirect("/")
}

// logoutAnswer is the error of the specification (2.8): a code and a description that tells nothing of anybody.
type logoutAnswer struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// postEnd ends sessions that a provider began (OpenID Connect Back-Channel Logout 1.0): it posts logout_token as a form, and
// is told 200 when that was carried out, 400 when it was refused.
func (m *Module) postEnd(c *web.Context) error {
	p, err := m.working(c.Context(), c.Path("key"))
	if err != nil {
		return err
	}
	fields, err := c.Fields()
	if err != nil {
		return err
	}
	if len(fields["logout_token"]) != 1 {
		return c.JSON(http.StatusBadRequest, logoutAnswer{"invalid_request", "one logout_token is wanted"})
	}
	err = m.EndBy(c.Context(), p, fields.Get("logout_token"))
	if errors.Is(err, ErrLogout) {
		return c.JSON(http.StatusBadRequest, logoutAnswer{"invalid_request", string(why(err, errToken))})
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, struct{}{})
}
