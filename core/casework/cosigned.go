package casework

import (
	"context"
	"errors"
	"slices"
	"time"

	"posad.city/core/casework/internal/store"
	"posad.city/core/form"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

// coSigned is a case as whoever signed it with its applicant sees it: how it stands and how it came out, and what they
// answered themselves. Why it was decided so, and what the applicant told, is the applicant's.
type coSigned struct {
	Ref       Ref
	Title     string
	Agency    string
	Stage     Stage
	Status    Status
	Submitted time.Time
	Decided   time.Time
	Due       time.Time
	Signer    Signer
	Own       form.Summary
	Applicant lang.Name
	zone      *time.Location
}

// mayRead is may for reading a case: beside whoever may do the rest, those who have answered whether they sign it. For them
// the second value is true, and they see no more than coSigned.
func (m *Module) mayRead(c *web.Context) (Ref, bool, error) {
	r, err := m.Find(c.Context(), c.Path("number"))
	if err != nil {
		return Ref{}, false, err
	}
	object := r.Object()
	object.Persons = nil
	if slices.Contains(r.Signers, c.Person()) && !c.Can(m.ops.read, object) {
		return r, true, c.May(own(c.Person()))
	}
	return r, false, c.May(object)
}

// coSigned reads a case for its co-signer; the holder and the applicant see the look.
func (m *Module) coSigned(ctx context.Context, a act.Act, r Ref, l lang.Language) (coSigned, error) {
	k, err := m.know(ctx, a.ForCase(r.ID), r.Holder, r.ID)
	if err != nil {
		return coSigned{}, err
	}
	out := coSigned{
		Ref: r, Title: k.service.Title.In(l), Agency: k.agencyTitle().In(l), Stage: Stage(k.file.Stage), Submitted: k.file.Submitted, Decided: k.file.Decided,
		Due: k.file.TermDue, Status: status(Stage(k.file.Stage), tasksOf(k.tasks), k.openQuestion() != nil), zone: k.city.Days().Zone(),
	}
	for _, one := range k.signed {
		if a.Is(one.Person) {
			out.Signer = one
		}
	}
	in := k.formInput(l, k.inputs)
	in.Signer, in.Case, in.Answers = &out.Signer.Named, k.inputs.Answers, out.Signer.Part
	if out.Own, err = form.CheckAnswers(in); err != nil {
		return out, err
	}
	names, err := m.deps.People.Names(ctx, m.system(r.ID), lookCase, k.file.Applicant)
	out.Applicant = names[k.file.Applicant]
	return out, err
}

// answers are the co-signer's own.
func (v coSigned) answers() []wireAnswer {
	out := []wireAnswer{}
	for _, step := range v.Own.Steps {
		for _, line := range step.Lines {
			out = append(out, wireAnswer{Field: line.Field, Label: line.Label, Value: line.Value})
		}
	}
	return out
}

func (m *Module) coSignedText(c *web.Context, v coSigned) string {
	key := "casework.co_signed.open"
	if v.Stage != Open {
		key = "casework.co_signed." + string(v.Stage)
	}
	return c.T(key, "due", lang.FullMoment(c.Lang(), v.Due, v.zone), "agency", v.Agency)
}

func (m *Module) showCoSigned(c *web.Context, r Ref) error {
	v, err := m.coSigned(c.Context(), c.Act(), r, c.Lang())
	if err != nil {
		return err
	}
	crumbs := []ui.Link{{Text: c.T("casework.title"), Href: "/cases"}, {Text: id.FormatNumber(r.Number)}}
	return m.base.Pages.Render(c, page.Options{Title: v.Title, Layout: page.Account, Crumbs: crumbs}, coSignedPage(m, c, v))
}

// facts are the head of the page.
func (v coSigned) facts(c *web.Context) []ui.SummaryRow {
	out := []ui.SummaryRow{
		{Name: c.T("casework.number"), Value: id.FormatNumber(v.Ref.Number)},
		{Name: c.T("casework.co_signed.applicant"), Value: v.Applicant.Full(c.Lang())},
		{Name: c.T("casework.submitted"), Value: lang.FullMoment(c.Lang(), v.Submitted, v.zone)},
		{Name: c.T("casework.agency"), Value: v.Agency},
		{Name: c.T("casework.co_signed.yours"), Value: c.T("casework.signer."+v.Signer.State) + ", " + lang.FullMoment(c.Lang(), v.Signer.Answered, v.zone)},
	}
	if !v.Decided.IsZero() {
		out = append(out, ui.SummaryRow{Name: c.T("casework.co_signed.decided"), Value: lang.FullMoment(c.Lang(), v.Decided, v.zone)})
	}
	return out
}

func (v coSigned) own() []ui.SummaryRow {
	var out []ui.SummaryRow
	for _, one := range v.answers() {
		if one.Value != "" {
			out = append(out, ui.SummaryRow{Name: one.Label, Value: one.Value})
		}
	}
	return out
}

// SignedLine is a case that a person has signed, or refused to sign, with how it stands now.
type SignedLine struct {
	SignLine
	Status    Status
	Submitted time.Time
	Revision  int64
}

// Signed lists the cases of others that a person has signed or refused to sign, newest first.
func (m *Module) Signed(ctx context.Context, a act.Act) ([]SignedLine, error) {
	lines, err := m.ToSign(ctx, a)
	if err != nil {
		return nil, err
	}
	lines = slices.DeleteFunc(lines, func(l SignLine) bool { return l.State != SignSigned && l.State != SignRefused })
	if len(lines) == 0 {
		return nil, nil
	}
	var out []SignedLine
	err = m.base.Store.Look(ctx, m.system(id.ID{}), lookList, func(p *store.Personal) error { // of each case its line alone: nothing of it is opened
		out = out[:0]
		for _, l := range lines {
			row, err := caseworkdb.LineByID(p, l.Holder, l.Case)
			if errors.Is(err, store.ErrNone) {
				continue
			}
			if err != nil {
				return err
			}
			out = append(out, SignedLine{SignLine: l, Submitted: row.Submitted, Revision: row.Revision, Status: Status(row.Status)})
		}
		return nil
	})
	return out, err
}

// signedRows are those cases in the person's list.
func (m *Module) signedRows(c *web.Context) ([]ui.RowItem, error) {
	lines, err := m.Signed(c.Context(), c.Act())
	var out []ui.RowItem
	for _, l := range lines {
		out = append(out, ui.RowItem{
			Text: m.serviceTitle(l.Service, c.Lang()) + " · " + id.FormatNumber(l.Number) + " · " + c.T("casework.co_signed.list_"+l.State), Href: casePath(l.Number), Quiet: true,
			Tag: &ui.TagProps{Text: c.T("casework.status." + string(l.Status)), Tone: statusTones[l.Status]}, Muted: l.Status == StatusWithdrawn,
		})
	}
	return out, err
}

// signerNames are the people who sign the case, by their ids, as the applicant named them.
func (c Case) signerNames() map[id.ID]string {
	out := map[id.ID]string{}
	for _, one := range c.Signers {
		if !one.Person.IsZero() {
			out[one.Person] = one.Named.Name.Full()
		}
	}
	return out
}

// signerRows are those who sign, with how they stand.
func signerRows(c *web.Context, list []Signer, when func(time.Time) string) []ui.SummaryRow {
	var out []ui.SummaryRow
	for _, one := range list {
		value := c.T("casework.signer." + one.State)
		if !one.Answered.IsZero() {
			value += ", " + when(one.Answered)
		}
		name := one.Named.Name.Full()
		if name == "" {
			name = c.T("casework.co_signer")
		}
		out = append(out, ui.SummaryRow{Name: name, Value: value})
	}
	return out
}
