package casework

import (
	"net/http"
	"strings"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// afterBody is what an official sends of a case that is decided: to open it anew, to put a mistake in its document right, or
// to say that there is none.
type afterBody struct {
	Revision int64  `json:"revision" doc:"Of the case as it was seen; 0: whichever"`
	Task     id.ID  `json:"task" doc:"Of the correction; left out for re-opening"`
	Words    string `json:"words" max:"8000" doc:"Why it is opened anew, or why nothing is corrected"`
	Line     string `json:"line" max:"120" doc:"Key of the document's line that is corrected"`
	RU       string `json:"ru" max:"2000" doc:"Its right value in Russian"`
	EN       string `json:"en" max:"2000" doc:"Its right value in English"`
}

// afterActs register what officials do to decided cases.
func (m *Module) afterActs(s *web.Server) {
	for _, one := range []struct {
		name, summary string
		do            func(c *web.Context, s Step, b afterBody) (int64, error)
	}{
		{"reopen", "Open a decided case anew, by the head of the agency", func(c *web.Context, s Step, b afterBody) (int64, error) {
			return m.Reopen(c.Context(), c.Act(), s, strings.TrimSpace(b.Words))
		}},
		{"correct", "Issue a corrected document in place of the old one", func(c *web.Context, s Step, b afterBody) (int64, error) {
			return m.Correct(c.Context(), c.Act(), s, Mending{Fact: b.Line, Value: lang.Text{RU: strings.TrimSpace(b.RU), EN: strings.TrimSpace(b.EN)}})
		}},
		{"decline", "Say that there is no mistake in the document", func(c *web.Context, s Step, b afterBody) (int64, error) {
			return m.Decline(c.Context(), c.Act(), s, strings.TrimSpace(b.Words))
		}},
	} {
		op := s.Operation(act.Operation{Name: "casework." + one.name, Object: "case", May: colleague, Assurance: act.Basic, Look: lookCase, Changes: true})
		s.Page(op, "POST /desk/cases/{number}/"+one.name, func(c *web.Context) error {
			number, _, err := m.after(c, one.do)
			if err != nil {
				return err
			}
			c.SetFlash("success", "casework.after."+one.name)
			return c.Redirect(deskPath(number))
		})
		s.API(op, "POST /api/v1/desk/cases/{number}/"+one.name, func(c *web.Context) error {
			_, revision, err := m.after(c, one.do)
			if err != nil {
				return err
			}
			return c.JSON(http.StatusOK, wireChanged{Revision: revision})
		}, web.Describe{Summary: one.summary, Tag: "desk", In: afterBody{}, Out: wireChanged{}})
	}
}

// after does one of them to the case of the path.
func (m *Module) after(c *web.Context, do func(*web.Context, Step, afterBody) (int64, error)) (string, int64, error) {
	ref, err := m.Find(c.Context(), c.Path("number"))
	if err != nil {
		return "", 0, err
	}
	ref = ref.At(c.Act())
	if err := c.May(ref.Object()); err != nil {
		return "", 0, err
	}
	var sent afterBody
	if err := c.Bind(&sent); err != nil {
		return "", 0, err
	}
	revision, err := do(c, Step{Holder: ref.Holder, Case: ref.ID, Revision: sent.Revision, Task: sent.Task}, sent)
	return ref.Number, revision, err
}
