package apply

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"posad.city/core/casework"
	"posad.city/core/form"
	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

// Signatures knows which cases wait for whose signature; *casework.Module is one.
type Signatures interface {
	ToSign(ctx context.Context, a act.Act) ([]casework.SignLine, error)
	SignForm(ctx context.Context, a act.Act, holder, caseID id.ID) (casework.SignForm, error)
	PrepareSign(ctx context.Context, a act.Act, holder, caseID, signer id.ID, part service.Answers) (*casework.PreparedSign, error)
	PrepareRefuse(ctx context.Context, a act.Act, holder, caseID, signer id.ID) (*casework.PreparedSign, error)
}

// unshown are the kinds of answer of an applicant that a co-signer has no need of.
var unshown = []service.Type{service.TypePhone, service.TypeEmail, service.TypeSNILS, service.TypeINN, service.TypeFile}

// signView is the page of a co-signer: what they sign, and their own part of the form.
type signView struct {
	line    casework.SignLine
	in      form.Input
	summary form.Summary // of what the applicant answered
	steps   []stepView   // the signer's own
	faults  []fault.Field
	part    service.Answers // complete
	consent string
}

func (m *Module) signRoutes(s *web.Server) {
	see := s.Operation(act.Operation{Name: "apply.to_sign", Object: "case", May: act.Self, Look: lookApplicant, Assurance: act.Standard})
	sign := s.Operation(act.Operation{Name: "apply.sign", Object: "case", May: act.Self, Look: lookApplicant, Assurance: act.Standard, Changes: true})
	s.Page(see, "GET /sign/{number}", m.showSign)
	s.Page(sign, "POST /sign/{number}", m.postSign)
}

// toSign finds the case of the address among those that the person is asked to sign, and asks permission for it.
func (m *Module) toSign(c *web.Context) (casework.SignLine, error) {
	if m.deps.Signatures == nil {
		return casework.SignLine{}, ErrNone
	}
	if err := c.May(act.Object{Kind: "case", Holder: c.Person()}); err != nil {
		return casework.SignLine{}, err
	}
	number, err := id.ParseNumber(c.Path("number"))
	if err != nil {
		return casework.SignLine{}, ErrNone.Because(err)
	}
	lines, err := m.deps.Signatures.ToSign(c.Context(), own(c.Act()))
	if err != nil {
		return casework.SignLine{}, err
	}
	i := slices.IndexFunc(lines, func(l casework.SignLine) bool { return l.Number == number })
	if i < 0 {
		return casework.SignLine{}, ErrNone
	}
	return lines[i], nil
}

// signInput is the signer's form, prefilled from their own account.
func (m *Module) signInput(c *web.Context, line casework.SignLine) (form.Input, error) {
	from, err := m.deps.Signatures.SignForm(c.Context(), own(c.Act()), line.Holder, line.Case)
	if err != nil {
		return form.Input{}, err
	}
	person, err := m.deps.People.Person(c.Context(), own(c.Act()), lookApplicant, c.Person())
	if err != nil {
		return form.Input{}, err
	}
	signer := applicantOf(person)
	return form.Input{
		City: from.City, Service: from.Service, Lang: c.Lang(), Today: calendar.DateOf(c.Now(), from.City.Days().Zone()),
		Applicant: from.Inputs.Applicant, Facts: from.Inputs.Facts, Signer: &signer, Case: from.Inputs.Answers, Answers: service.Answers{},
	}, nil
}

// signSteps are the keys of the steps that co-signers fill.
func signSteps(s *service.Service) []string {
	var out []string
	for i := range s.Form.Steps {
		if s.Form.Steps[i].ForSigner() {
			out = append(out, s.Form.Steps[i].Key)
		}
	}
	return out
}

func (m *Module) showSign(c *web.Context) error {
	line, err := m.toSign(c)
	if err != nil {
		return err
	}
	if line.State != casework.SignWaiting {
		return answered(c, line)
	}
	in, err := m.signInput(c, line)
	if err != nil {
		return err
	}
	v := signView{line: line, in: in}
	if held, ok := c.Held(); ok {
		if _, err := bindSigner(&v.in, url.Values(held)); err != nil {
			return err
		}
	}
	return m.signPage(c, v)
}

// answered leads on from a case that waits for the person's signature no more: nothing of it is read for that.
func answered(c *web.Context, line casework.SignLine) error {
	c.SetFlash("info", "apply.sign_state_"+line.State)
	if line.State == casework.SignOver {
		return c.Redirect("/cases")
	}
	return c.Redirect("/cases/" + line.Number)
}

// bindSigner reads the signer's steps, which stand on one page, and tells what is wrong there.
func bindSigner(in *form.Input, sent url.Values) ([]fault.Field, error) {
	var faults []fault.Field
	typed := map[string]form.Typed{}
	for _, key := range signSteps(in.Service) {
		in.Step, in.Typed = key, nil
		bound, err := form.Bind(*in, sent)
		if err != nil {
			return nil, err
		}
		in.Answers = bound.Answers
		faults = append(faults, bound.Faults...)
		for field, values := range bound.Typed {
			typed[field] = values
		}
	}
	in.Typed = typed
	return faults, nil
}

func (m *Module) signPage(c *web.Context, v signView) error {
	for _, key := range signSteps(v.in.Service) {
		in := v.in
		in.Step = key
		view, err := form.Show(in)
		if err != nil {
			return err
		}
		if view.Current >= len(view.Steps) || view.Steps[view.Current].Key != key {
			continue // its rule hides it, or an earlier one is still to be answered
		}
		view = calm(view)
		if len(v.faults) > 0 {
			view = withFaults(view, v.faults)
		}
		v.steps = append(v.steps, stepView{in: in, view: view, faulty: len(v.faults) > 0})
	}
	var err error
	if v.summary, err = signSummary(v.in); err != nil {
		return err
	}
	title := v.in.Service.Title.In(c.Lang())
	o := page.Options{Title: c.T("apply.sign_title") + " — " + title, Layout: page.Form, Faulty: len(v.faults) > 0 || v.consent != "", Crumbs: crumbs(c, v.in.Service, c.T("apply.sign_title"))}
	return m.base.Pages.Render(c, o, signPage(m, c, v))
}

// signSummary is what the applicant answered, without what concerns them alone.
func signSummary(in form.Input) (form.Summary, error) {
	in.Signer, in.Answers, in.Case, in.Step, in.Typed = nil, in.Case, nil, form.CheckStep, nil
	out, err := form.CheckAnswers(in)
	for i := range out.Steps {
		out.Steps[i].Lines = slices.DeleteFunc(out.Steps[i].Lines, func(l form.SummaryLine) bool {
			f, ok := in.Service.Field(l.Field)
			return !ok || slices.Contains(unshown, f.Type)
		})
	}
	out.Steps = slices.DeleteFunc(out.Steps, func(s form.SummaryStep) bool { return len(s.Lines) == 0 })
	return out, err
}

// postSign signs the case, or refuses to. What was typed stays when something is wrong.
func (m *Module) postSign(c *web.Context) error {
	line, err := m.toSign(c)
	if err != nil {
		return err
	}
	fields, err := c.Fields()
	if err != nil {
		return err
	}
	if line.State != casework.SignWaiting {
		return answered(c, line)
	}
	in, err := m.signInput(c, line)
	if err != nil {
		return err
	}
	v := signView{line: line, in: in}
	refuses := fields.Get("_refuse") != ""
	if !refuses {
		if v.faults, err = bindSigner(&v.in, url.Values(fields)); err != nil {
			return err
		}
		if fields.Get("consent") != "yes" {
			v.consent = c.T("apply.sign_consent_missing")
		}
		part, err := form.Show(v.in)
		if err != nil {
			return err
		}
		if len(v.faults) > 0 || v.consent != "" || len(part.Missing) > 0 { // an answer may have opened another step
			return m.signPage(c, v)
		}
		v.part = part.Draft
	}
	if err := m.sign(c, v, refuses); err != nil {
		return err
	}
	c.SetFlash("success", signedWords(refuses))
	return c.Redirect("/cases")
}

func signedWords(refuses bool) string {
	if refuses {
		return "apply.flash_refused"
	}
	return "apply.flash_signed"
}

// sign keeps a signature or a refusal; a case that moved meanwhile is read again.
func (m *Module) sign(c *web.Context, v signView, refuses bool) error {
	for range crossings {
		var prepared *casework.PreparedSign
		var err error
		if refuses {
			prepared, err = m.deps.Signatures.PrepareRefuse(c.Context(), c.Act(), v.line.Holder, v.line.Case, c.Person())
		} else {
			prepared, err = m.deps.Signatures.PrepareSign(c.Context(), c.Act(), v.line.Holder, v.line.Case, c.Person(), v.part)
		}
		if err != nil {
			return err
		}
		err = m.base.Store.WriteAs(c.Context(), c.Act(), func(tx *store.Tx) error { return prepared.Put(tx) })
		if !errors.Is(err, casework.ErrMoved) {
			return err
		}
	}
	return ErrOften
}

// signFaults are the lines of the summary of a signer's page.
func signFaults(c *web.Context, v signView) []ui.FaultLine {
	var out []ui.FaultLine
	for _, step := range v.steps {
		out = append(out, faultLines(c, step)...)
	}
	if v.consent != "" {
		out = append(out, ui.FaultLine{Name: "consent", Text: v.consent})
	}
	return out
}

// whoAsks is the applicant's name as the signer knows them.
func whoAsks(c *web.Context, v signView) string {
	n := v.in.Applicant.Name
	return lang.Name{Family: n.Surname, Given: n.Given, Patronymic: n.Patronymic}.Full(c.Lang())
}
