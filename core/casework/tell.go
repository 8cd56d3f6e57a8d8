package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"posad.city/core/mandate"
	"posad.city/core/notice"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// tell is the job that tells the applicant, or whoever acts for the holder now, of a step: what has happened, what is next, by when and who has it. The
// service's own words win. The notice's key is the case's revision, so that a step is told once.
func (m *Module) tell(ctx context.Context, j jobs.Job) error {
	k, err := m.know(ctx, j.Act(act.Purpose{Kind: "case", ID: j.Object.String()}), j.Holder, j.Object)
	if errors.Is(err, ErrNone) || errors.Is(err, vault.ErrErased) {
		return nil
	}
	if err != nil {
		return err
	}
	return m.put(ctx, j, k, j.Payload, fmt.Sprintf("casework/%s/%s/%d", j.Object, j.Payload, j.Version))
}

// remind is the job that reminds the applicant of a question that they have not answered.
func (m *Module) remind(ctx context.Context, j jobs.Job) error {
	k, err := m.know(ctx, j.Act(act.Purpose{Kind: "case", ID: j.Object.String()}), j.Holder, j.Object)
	if errors.Is(err, ErrNone) || errors.Is(err, vault.ErrErased) {
		return nil
	}
	if err != nil {
		return err
	}
	if q := k.openQuestion(); q == nil || q.ID.String() != j.Payload {
		return nil
	}
	return m.put(ctx, j, k, "remind", "casework/remind/"+j.Payload)
}

func (m *Module) put(ctx context.Context, j jobs.Job, k *known, kind, key string) error {
	people, err := m.toTell(ctx, k)
	if err != nil {
		return err
	}
	notices := make([]*notice.Prepared, 0, len(people))
	for _, person := range people {
		prepared, err := m.deps.Teller.Prepare(ctx, m.telling(k, person, kind, key, j.Version))
		if err != nil {
			return fmt.Errorf("casework: tell %s: %w", kind, err)
		}
		notices = append(notices, prepared)
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		for _, prepared := range notices {
			if err := prepared.Put(tx); err != nil {
				return err
			}
		}
		return m.base.Jobs.Done(tx, j)
	})
}

// toTell are those who are told of a case: its applicant, while they may act for whose case it is, and an adult holder. After
// that, those who may now: the child's other parent; when there is nobody, the holder themselves.
func (m *Module) toTell(ctx context.Context, k *known) ([]id.ID, error) {
	if k.file.Applicant == k.file.Holder {
		return []id.ID{k.file.Applicant}, nil
	}
	may, err := m.actsFor(ctx, k.file.Holder, mandate.ScopeRead, k.file.Service)
	switch {
	case err != nil:
		return nil, err
	case k.service.For != forChild && k.service.For != forCompany: // an adult is told whatever others are told of their case
		if slices.Contains(may, k.file.Applicant) {
			return []id.ID{k.file.Holder, k.file.Applicant}, nil
		}
		return []id.ID{k.file.Holder}, nil
	case slices.Contains(may, k.file.Applicant):
		return []id.ID{k.file.Applicant}, nil
	case len(may) > 0, k.service.For == forCompany: // an organisation has no inbox of its own
		return may, nil
	}
	return []id.ID{k.file.Holder}, nil
}

// telling makes the notice of a step for a person.
func (m *Module) telling(k *known, to id.ID, kind, key string, version int64) notice.Notice {
	kind, number, _ := strings.Cut(kind, "/")
	out := notice.Notice{
		Key: key, To: to, Holder: k.file.Holder, Case: k.file.ID, Version: version, Topic: topicOf(kind), Kind: "casework.tell." + kind,
		Params: map[string]any{
			"number": id.FormatNumber(k.file.Number), "service": k.service.Title, "due": m.dueWords(k, kind), "reason": m.reasonOf(k, kind),
			"agency": k.agencyTitle(), "step": k.stepTitle(),
		},
		Path: casePath(k.file.Number), Lang: k.lang(), Starts: kind == "asked" || kind == string(Refused),
	}
	if i, err := strconv.Atoi(number); err == nil && kind == "apologise" && i < len(k.service.Late) && !k.service.Late[i].Words.IsZero() {
		out.Title, out.Text = m.both("casework.tell.apologise.title", "number", id.FormatNumber(k.file.Number)), k.service.Late[i].Words
	}
	if kind == "sign" { // who signs has a page of their own
		out.Path, out.Starts = signPath(k.file.Number), true
	}
	for _, own := range k.service.Notices {
		if own.On == kind {
			out.Title, out.Text = own.Title, own.Text
		}
	}
	return out
}

func topicOf(kind string) notice.Topic {
	switch kind {
	case "pay", "paid", "refund":
		return notice.Money
	case "issued", "corrected":
		return notice.Documents
	}
	return notice.Cases
}

func casePath(number string) string { return "/cases/" + number }

// moment is a time in words of every language.
type moment struct{ lang.Text }

// dueWords is by when the next thing happens, in words: the applicant's own term for what they owe, else the case's.
func (m *Module) dueWords(k *known, kind string) lang.Localised {
	due := k.file.TermDue
	if q := k.openQuestion(); q != nil && (kind == "asked" || kind == "remind") {
		due = q.Due
	}
	if t := k.openTask(); t != nil && t.Kind == string(service.TaskPay) && kind == "pay" && !t.Due.IsZero() {
		due = t.Due
	}
	zone := k.city.Days().Zone()
	return moment{lang.Text{RU: lang.FullMoment(lang.Russian, due, zone), EN: lang.FullMoment(lang.English, due, zone)}}
}

// reasonOf is why a step was made, in words.
func (m *Module) reasonOf(k *known, kind string) lang.Text {
	if kind != "extended" || k.file.Extension == nil {
		return m.reason(k)
	}
	words, err := k.keys.Open("case_file", "extension", k.file.Extension)
	if err != nil {
		return lang.Text{}
	}
	return lang.Text{RU: string(words), EN: string(words)}
}

// reason is why a case was decided as it was, in words; empty text before the decision.
func (m *Module) reason(k *known) lang.Text {
	if ground, ok := k.service.Ground(k.file.Ground); ok {
		return sentence(ground.Words, ground.Instead)
	}
	if row, ok := k.rowOf(k.file.Row); ok && k.file.Stage != string(Open) && row.Because.RU != "" {
		return sentence(row.Because)
	}
	return lang.Text{}
}

// rowOf finds a row of the decision table.
func (k *known) rowOf(key string) (*service.Row, bool) {
	if k.service.Decision == nil || key == "" {
		return nil, false
	}
	for i := range k.service.Decision.Rows {
		if k.service.Decision.Rows[i].Key == key {
			return &k.service.Decision.Rows[i], true
		}
	}
	return nil, false
}

// sentence joins texts as sentences.
func sentence(parts ...lang.Text) lang.Text {
	var out lang.Text
	for _, p := range parts {
		if p.IsZero() {
			continue
		}
		out.RU, out.EN = stop(out.RU, p.RU), stop(out.EN, p.EN)
	}
	return out
}

func stop(before, text string) string {
	if last := text[len(text)-1]; last != '.' && last != '!' && last != '?' {
		text += "."
	}
	if before == "" {
		return text
	}
	return before + " " + text
}

func (k *known) agencyTitle() lang.Text {
	if office, ok := agencyByID(k.city, k.file.Agency); ok {
		return office.Title
	}
	return lang.Text{}
}

func (k *known) stepTitle() lang.Text {
	if step, ok := k.service.Task(k.file.Step); ok {
		return step.Title
	}
	return lang.Text{}
}
