package document

import (
	"net/http"

	"posad.city/core/mandate"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/web"
)

// accessMost is how many questions about rights a minute one address may ask: a turnstile in the morning.
const accessMost = 600

// wireAccess is the answer about a right.
type wireAccess struct {
	Opens  string         `json:"opens"`
	Open   bool           `json:"open"`
	Number string         `json:"number,omitempty" doc:"Of the document that gives the right"`
	Until  *calendar.Date `json:"until,omitempty" doc:"The last day; left out: no end, or no right"`
}

// accessRoutes are the two ways to ask about a right: with the person's own session or token, and with the code of the
// document that the person shows. Nobody may ask about a person by their name or number: whoever asks has been let to.
func (m *Module) accessRoutes(s *web.Server) {
	mine := s.Operation(act.Operation{
		Name: "document.access", Object: "document", May: act.Self | act.ByMandate, Scope: mandate.ScopeRead, Assurance: act.Basic, Look: "document.look.results",
	})
	gate := s.Operation(act.Operation{Name: "document.access_by_code", May: act.Everyone, PerMinute: accessMost})
	s.API(mine, "GET /api/v1/access/{opens}", m.apiAccess, web.Describe{
		Summary: "Whether the person has a right today", Out: wireAccess{},
		Details: "Asked in the person's own session. The key of a right stands in the definition of the service that gives it.",
	})
	s.API(gate, "GET /api/v1/access/{opens}/{code}", m.apiAccessByCode, web.Describe{
		Summary: "Whether the document whose code is shown gives a right today", Out: wireAccess{},
		Details: "Open to everybody: whoever has the code was shown the document. `open` is false for a code of another right, of a document that has ended or was revoked, and for a text that is no code.",
	})
}

func toWireAccess(opens string, got Access) wireAccess {
	return wireAccess{Opens: opens, Open: got.Open, Number: got.Number, Until: dateOrNil(got.Until)}
}

func (m *Module) apiAccess(c *web.Context) error {
	self := c.Person()
	if err := c.May(object(self, "")); err != nil {
		return err
	}
	got, err := m.Access(c.Context(), c.Act(), self, c.Path("opens"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, toWireAccess(c.Path("opens"), got))
}

func (m *Module) apiAccessByCode(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	opens := c.Path("opens")
	got, err := m.AccessByCode(c.Context(), c.Act(), understand(c.Path("code")).code, opens)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, toWireAccess(opens, got))
}
