package casework

import (
	"context"
	"slices"
	"strings"

	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/ui"
)

// foretold is a step that is still to come, as the applicant reads it: what is done, and who does it, by when, and what they
// themselves may be asked for.
type foretold struct {
	Title, Note string
}

// Outlook is how a case of somebody's goes on from here, for the page on which they have just sent it: what is done
// already, what is being done, and what comes after it.
func (m *Module) Outlook(ctx context.Context, a act.Act, caseID id.ID, l lang.Language) ([]ui.TimelineStep, error) {
	r, err := m.FindID(ctx, caseID)
	if err != nil {
		return nil, err
	}
	v, err := m.view(ctx, a, r, l)
	if err != nil {
		return nil, err
	}
	out := []ui.TimelineStep{{State: ui.Done, Title: m.text(l, "casework.timeline.submitted"), When: v.when(v.Submitted)}}
	if v.ended() {
		return append(out, ui.TimelineStep{State: ui.Done, Title: m.text(l, "casework.status."+string(v.Status)), When: v.when(v.Decided), Note: v.NextText}), nil
	}
	return append(out, v.future()...), nil
}

// future are the steps still to come as the timeline shows them, the present one first.
func (v *view) future() []ui.TimelineStep {
	var out []ui.TimelineStep
	for i, one := range v.Ahead {
		step := ui.TimelineStep{State: ui.Next, Title: one.Title, Note: one.Note}
		if i == 0 {
			step.State, step.Note = ui.Now, v.NextText
		}
		out = append(out, step)
	}
	return out
}

// aheadMost bounds the steps that are foretold.
const aheadMost = 6

// ahead are the present step and those that follow it when all goes well.
func (m *Module) ahead(k *known, l lang.Language) []foretold {
	var out []foretold
	name := k.file.Step
	if name == "" {
		name = k.service.Steps[0].Key
	}
	seen := map[string]bool{}
	for len(out) < aheadMost {
		step, ok := k.service.Task(name)
		if !ok || seen[name] {
			break
		}
		seen[name] = true
		out = append(out, foretold{Title: step.Title.In(l), Note: m.foretell(k, step, l)})
		name = step.Then
		if step.Kind == service.TaskDecide {
			name = step.Approved
		}
	}
	return out
}

// foretell says of a step who does it, within what time and what the applicant may be asked for.
func (m *Module) foretell(k *known, step *service.Task, l lang.Language) string {
	switch step.Kind {
	case service.TaskFetch:
		if names := k.fetched(step, l); names != "" {
			return m.text(l, "casework.ahead.fetch", "registers", names)
		}
		return m.text(l, "casework.ahead.fetch_plain")
	case service.TaskPay:
		return m.foretellFee(k, step, l)
	case service.TaskReview:
		return m.foretellWork(k, step, "casework.ahead.review", l)
	case service.TaskDecide:
		if step.By == "official" {
			return m.foretellWork(k, step, "casework.ahead.decide", l)
		}
		if step.Official != "" {
			return m.text(l, "casework.ahead.table_or_official")
		}
		return m.text(l, "casework.ahead.table")
	case service.TaskAsk:
		return m.text(l, "casework.ahead.ask", "question", step.Question.In(l))
	case service.TaskAgree:
		return m.text(l, "casework.ahead.agree", "offices", k.agreeing(step, l))
	case service.TaskSign:
		return m.text(l, "casework.ahead.sign")
	case service.TaskIssue:
		return m.text(l, "casework.ahead.issue", "result", k.service.Result.Title.In(l))
	}
	return ""
}

// foretellWork is of a step of an official: the department, its time, whether they may ask, whether another one confirms.
func (m *Module) foretellWork(k *known, step *service.Task, key string, l lang.Language) string {
	out := []string{m.text(l, key, "office", k.officeOf(step.Agency, step.Queue, l), "within", withinWords(l, step.Within))}
	if step.Within.IsZero() {
		out[0] = m.text(l, key+"_plain", "office", k.officeOf(step.Agency, step.Queue, l))
	}
	if !step.MayAsk.IsZero() {
		out = append(out, m.text(l, "casework.ahead.may_ask", "within", withinWords(l, step.MayAsk)))
	}
	if step.TwoPersons {
		out = append(out, m.text(l, "casework.ahead.two"))
	}
	return strings.Join(out, " ")
}

// foretellFee says what this applicant pays, when that is known already, or else what the service costs.
func (m *Module) foretellFee(k *known, step *service.Task, l lang.Language) string {
	charge, err := k.rules.Charge(k.inputs)
	switch {
	case err == nil && charge.Amount == 0:
		return m.text(l, "casework.ahead.free")
	case err == nil:
		return m.text(l, "casework.ahead.pay", "amount", money.Roubles(int64(charge.Amount)).In(l), "within", withinWords(l, step.Within))
	}
	var words []string
	for i := range k.service.Fees {
		words = append(words, strings.TrimRight(k.service.Fees[i].Words.In(l), "."))
	}
	return m.text(l, "casework.ahead.pay_unknown", "fees", strings.Join(words, "; "))
}

// fetched are the registers that a step asks.
func (k *known) fetched(step *service.Task, l lang.Language) string {
	var names []string
	for i := range k.service.Certificates {
		c := &k.service.Certificates[i]
		if c.Early && len(step.Certificates) == 0 || len(step.Certificates) > 0 && !slices.Contains(step.Certificates, c.Key) {
			continue
		}
		if register, ok := k.city.Register(c.Register); ok && !slices.Contains(names, register.Title.In(l)) {
			names = append(names, register.Title.In(l))
		}
	}
	return strings.Join(names, ", ")
}

// agreeing are the departments that give their opinions in a step.
func (k *known) agreeing(step *service.Task, l lang.Language) string {
	var names []string
	for _, p := range step.Parts {
		if name := k.officeOf(p.Agency, "", l); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// officeOf is the agency with its department as people read them; the case's own agency when none is named.
func (k *known) officeOf(agency, queue string, l lang.Language) string {
	if agency == "" {
		agency = k.service.Agency
	}
	office, ok := k.city.Agency(agency)
	if !ok {
		return k.agencyTitle().In(l)
	}
	if q, ok := office.Queue(queue); ok {
		return office.Short.In(l) + ", " + q.Title.In(l)
	}
	return office.Short.In(l)
}

func withinWords(l lang.Language, t service.Term) string {
	if t.IsZero() {
		return ""
	}
	return lang.Term(l, t.Calendar())
}
