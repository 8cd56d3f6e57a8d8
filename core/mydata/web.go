package mydata

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"posad.city/core/module"
	"posad.city/core/page"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// How many things of a kind the page of all kinds reads, and the page of one kind shows.
const (
	fewShown  = 10
	kindShown = 100
)

func (m *Module) options(c *web.Context, key string) page.Options {
	return page.Options{Title: c.T(key), Layout: page.Account}
}

// read gathers and words what the city holds of the signed-in person. kind narrows it to one.
func (m *Module) read(c *web.Context, most int, kind string) ([]WireHolding, error) {
	held, err := m.gather(c.Context(), m.reads(c), persons(c), most, nil)
	if err != nil {
		return nil, err
	}
	if kind != "" {
		held = slices.DeleteFunc(held, func(h module.Holding) bool { return h.Key != kind })
	}
	return m.wire(c.Context(), c.Lang(), held)
}

func (m *Module) showData(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	held, err := m.read(c, fewShown, "")
	if err != nil {
		return err
	}
	copies, err := m.Copies(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	erasing, open, err := m.Erasing(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	v := dataView{Holdings: held, Copies: copies}
	if open {
		v.Erasing = &erasing
	}
	return m.base.Pages.Render(c, m.options(c, "mydata.title"), dataPage(m, c, v))
}

// dataView is the page of all kinds.
type dataView struct {
	Holdings []WireHolding
	Copies   []Copy
	Erasing  *Erasure
}

func (m *Module) showKind(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	held, err := m.read(c, kindShown, c.Path("kind"))
	if err != nil {
		return err
	}
	if len(held) == 0 {
		return ErrNone
	}
	o := m.options(c, "mydata.title")
	o.Title = held[0].Title
	return m.base.Pages.Render(c, o, kindPage(m, c, held[0]))
}

func (m *Module) postCopy(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	made, err := m.AskCopy(c.Context(), c.Act(), also(c), c.Lang())
	if err != nil {
		return err
	}
	c.SetFlash("success", "mydata.copy_begun")
	return c.Redirect("/account/data/copies/" + made.String())
}

// copy reads the copy that the path names.
func (m *Module) copy(c *web.Context) (Copy, error) {
	which, err := c.ID("copy")
	if err != nil {
		return Copy{}, err
	}
	if err := c.May(own(c)); err != nil {
		return Copy{}, err
	}
	return m.CopyByID(c.Context(), c.Act(), c.Person(), which)
}

func (m *Module) showCopy(c *web.Context) error {
	one, err := m.copy(c)
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, m.options(c, "mydata.copy_title"), copyPage(m, c, one))
}

// sendCopy answers with a file of a copy.
func (m *Module) sendCopy(c *web.Context) error {
	one, err := m.copy(c)
	if err != nil {
		return err
	}
	kinds := map[string]string{fileJSON: "application/json", filePDF: "application/pdf"}
	file := c.Path("file")
	if kinds[file] == "" {
		return ErrNone
	}
	data, err := m.CopyFile(c.Context(), c.Act(), one, file)
	if err != nil {
		return err
	}
	return c.File(web.File{Name: "posad-my-data-" + one.Asked.UTC().Format("2006-01-02") + "." + file, Type: kinds[file], Data: data}, false)
}

// deleteView is the page of the erasure.
type deleteView struct {
	Plan    Plan
	Erasing *Erasure
	Word    string // as it was typed
	Faults  []fault.Field
}

func (m *Module) showDelete(c *web.Context) error { return m.deletePage(c, deleteView{}) }

func (m *Module) deletePage(c *web.Context, v deleteView) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	erasing, open, err := m.Erasing(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	if open {
		v.Erasing = &erasing
	}
	if v.Plan, err = m.Plan(c.Context(), persons(c), c.Lang()); err != nil {
		return err
	}
	o := m.options(c, "mydata.erase_title")
	o.Faulty = len(v.Faults) > 0
	return m.base.Pages.Render(c, o, erasePage(m, c, v))
}

type eraseForm struct {
	Word string `json:"word" max:"40"`
}

func (m *Module) postDelete(c *web.Context) error {
	var form eraseForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if err := c.May(own(c)); err != nil {
		return err
	}
	if err := m.checkWord(c, form.Word); err != nil {
		return m.deletePage(c, deleteView{Word: form.Word, Faults: fault.Of(err).Fields})
	}
	if _, err := m.AskErasure(c.Context(), c.Act(), also(c)); err != nil && !errors.Is(err, ErrAsked) {
		return err
	}
	return c.Redirect("/account/data/delete")
}

// checkWord compares what was typed with the word, in either language: the page may have changed its language meanwhile.
func (m *Module) checkWord(c *web.Context, typed string) error {
	for _, l := range lang.All() {
		if typed == m.base.Texts.Text(l, "mydata.erase_word") {
			return nil
		}
	}
	return ErrWord.With(fault.Field{Name: "word", ID: "mydata.word_wrong", Params: map[string]string{"word": c.T("mydata.erase_word")}})
}

func (m *Module) postCancel(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	if err := m.CancelErasure(c.Context(), c.Act()); err != nil {
		return err
	}
	c.SetFlash("success", "mydata.erase_cancelled")
	return c.Redirect("/account/data")
}

// The API.

func (m *Module) apiData(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	held, err := m.read(c, kindShown, "")
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, held)
}

type wireCopy struct {
	ID    id.ID  `json:"id"`
	State string `json:"state" doc:"making, ready, failed or gone"`
	Step  int    `json:"step"`
	Steps int    `json:"steps"`
	Until string `json:"until,omitempty" doc:"When the files go"`
}

func wireOf(one Copy) wireCopy {
	out := wireCopy{ID: one.ID, State: string(one.State), Step: one.Step, Steps: one.Steps}
	if !one.Until.IsZero() {
		out.Until = one.Until.UTC().Format(timeForm)
	}
	return out
}

const timeForm = "2006-01-02T15:04:05Z07:00"

func (m *Module) apiAskCopy(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	made, err := m.AskCopy(c.Context(), c.Act(), also(c), c.Lang())
	if err != nil {
		return err
	}
	one, err := m.CopyByID(c.Context(), c.Act(), c.Person(), made)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, wireOf(one))
}

func (m *Module) apiCopy(c *web.Context) error {
	one, err := m.copy(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wireOf(one))
}

func (m *Module) apiSchema(c *web.Context) error {
	return c.Data("application/schema+json", schema)
}

type wireErasure struct {
	State string     `json:"state" doc:"none, waiting or running"`
	Due   string     `json:"due,omitempty" doc:"Not before"`
	Goes  []wireLine `json:"goes"`
	Stays []wireLine `json:"stays"`
	Waits []wireLine `json:"waits" doc:"What has to end first"`
}

type wireLine struct {
	Key     string   `json:"key"`
	Count   int      `json:"count"`
	Law     string   `json:"law,omitempty"`
	Until   int      `json:"until,omitempty" doc:"The last year"`
	Numbers []string `json:"numbers,omitempty"`
}

func wireLines(lines []PlanLine) []wireLine {
	out := make([]wireLine, len(lines))
	for i, l := range lines {
		out[i] = wireLine{Key: l.Key, Count: l.Count, Law: string(l.Law), Until: l.Until, Numbers: l.Numbers}
	}
	return out
}

func (m *Module) wireErasure(c *web.Context, status int) error {
	erasing, open, err := m.Erasing(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	plan, err := m.Plan(c.Context(), persons(c), c.Lang())
	if err != nil {
		return err
	}
	out := wireErasure{State: "none", Goes: wireLines(plan.Goes), Stays: wireLines(plan.Stays), Waits: wireLines(plan.Waits)}
	if open {
		out.State, out.Due = string(erasing.State), erasing.Due.UTC().Format(timeForm)
	}
	return c.JSON(status, out)
}

func (m *Module) apiErasure(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	return m.wireErasure(c, http.StatusOK)
}

func (m *Module) apiErase(c *web.Context) error {
	var form eraseForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if err := c.May(own(c)); err != nil {
		return err
	}
	if err := m.checkWord(c, form.Word); err != nil {
		return err
	}
	if _, err := m.AskErasure(c.Context(), c.Act(), also(c)); err != nil {
		return err
	}
	return m.wireErasure(c, http.StatusAccepted)
}

func (m *Module) apiCancel(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	if err := m.CancelErasure(c.Context(), c.Act()); err != nil {
		return err
	}
	return c.Empty()
}

// aboutRows are the sentences about a kind of data.
func aboutRows(c *web.Context, h WireHolding) []ui.SummaryRow {
	return []ui.SummaryRow{
		{Name: c.T("mydata.about.from"), Value: h.From}, {Name: c.T("mydata.about.why"), Value: h.Why},
		{Name: c.T("mydata.about.keeps"), Value: h.Keeps}, {Name: c.T("mydata.about.seen"), Value: h.Seen},
	}
}

// things says how many things of a kind there are.
func things(c *web.Context, h WireHolding) string {
	if h.More {
		return c.T("mydata.things_more", "count", strconv.Itoa(len(h.Items)))
	}
	return c.T("mydata.things", "count", len(h.Items))
}
