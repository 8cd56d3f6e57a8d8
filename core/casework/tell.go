package casework

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"posad.city/core/agency"
	"posad.city/core/mandate"
	"posad.city/core/notice"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// tell is the job that tells the applicant, or whoever acts for the holder now, of a step that the job after could not tell:
// what has happened, what is next, by when and who has it. The service's own words win. The notice's key is the case's
// revision, so that a step is told once.
func (m *Module) tell(ctx context.Context, j jobs.Job) (func(*store.Tx) error, error) {
	k, err := m.know(ctx, j.Act(act.Purpose{Kind: "case", ID: j.Object.String()}), j.Holder, j.Object)
	if err != nil {
		return nil, over(err)
	}
	return m.put(ctx, j, k, j.Payload, toldKey(j, j.Payload))
}

// toldKey is under what a step is told once.
func toldKey(j jobs.Job, kind string) string {
	return fmt.Sprintf("casework/%s/%s/%d", j.Object, kind, j.Version)
}

// remind is the job that reminds the applicant of a question that they have not answered.
func (m *Module) remind(ctx context.Context, j jobs.Job) (func(*store.Tx) error, error) {
	k, err := m.know(ctx, j.Act(act.Purpose{Kind: "case", ID: j.Object.String()}), j.Holder, j.Object)
	if err != nil {
		return nil, over(err)
	}
	if q := k.openQuestion(); q == nil || q.ID.String() != j.Payload {
		return nil, nil
	}
	return m.put(ctx, j, k, "remind", "casework/remind/"+j.Payload)
}

func (m *Module) put(ctx context.Context, j jobs.Job, k *known, kind, key string) (func(*store.Tx) error, error) {
	list, err := m.notices(ctx, k, kind, key, j.Version)
	if err != nil {
		return nil, err
	}
	return m.putNotices(ctx, list)
}

// notices are what everybody is told of a step: the applicant or who acts for the holder now, who has signed with them, and
// the heads when the case is put before them.
func (m *Module) notices(ctx context.Context, k *known, kind, key string, version int64) ([]notice.Notice, error) {
	var out []notice.Notice
	var people []id.ID
	var err error
	if kind != string(Withdrawn) { // they did that themselves
		if people, err = m.toTell(ctx, k); err != nil {
			return nil, err
		}
	}
	for _, person := range people {
		out = append(out, m.telling(k, person, kind, key, version))
	}
	for _, person := range k.coSigners() {
		if outcome(kind) && !slices.Contains(people, person) {
			out = append(out, m.telling(k, person, "signed_"+kind, key, version))
		}
	}
	if kind != "escalated" {
		return out, nil
	}
	heads, err := m.heads(ctx, k)
	for _, head := range heads {
		n := m.telling(k, head, "escalated_head", key+"/head", version)
		n.Holder, n.Case, n.Path = id.ID{}, id.ID{}, deskPath(k.file.Number) // their work, and nothing of their own
		out = append(out, n)
	}
	return out, err
}

// outcome tells whether a step is how the case came out.
func outcome(kind string) bool {
	return kind == string(Approved) || kind == string(Refused) || kind == string(Withdrawn)
}

// coSigners are the people who have signed the case with its applicant, each once.
func (k *known) coSigners() []id.ID {
	var out []id.ID
	for _, one := range k.signed {
		if one.State == SignSigned && !one.Person.IsZero() && one.Person != k.file.Applicant && !slices.Contains(out, one.Person) {
			out = append(out, one.Person)
		}
	}
	return out
}

// heads are the heads of the agency that has the case and of the one whose service it is, each once.
func (m *Module) heads(ctx context.Context, k *known) ([]id.ID, error) {
	if m.deps.Officials == nil {
		return nil, nil
	}
	var out []id.ID
	for _, office := range []id.ID{k.file.Agency, agency.ID(k.service.Agency)} {
		list, err := m.deps.Officials.Officials(ctx, office)
		if err != nil {
			return nil, fmt.Errorf("casework: heads: %w", err)
		}
		for _, o := range list {
			if o.Role == agency.Head && !slices.Contains(out, o.Person) {
				out = append(out, o.Person)
			}
		}
	}
	return out, nil
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
	case "issued", "corrected", "revoked":
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
