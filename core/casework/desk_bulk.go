package casework

import (
	"context"
	"errors"
	"strings"
	"time"

	"posad.city/core/agency"
	"posad.city/core/casework/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/vault"
)

// What may be wished for many cases at once.
const (
	WishAssign  = "assign"
	WishForward = "forward"
	WishRelease = "release"
	WishAsk     = "ask"
	WishExtend  = "extend"
)

// Wish is what an official would do to a case.
type Wish struct {
	Verb          string
	To            id.ID  // for assign
	Agency, Queue string // keys, for forward
	Days          int    // for extend
}

// Allowed tells why a wish could not be done now; nil: it could. Nothing is done and nobody is shown, so that no look is
// recorded. The act itself checks again.
func (m *Module) Allowed(ctx context.Context, a act.Act, s Step, w Wish) error {
	k, err := m.know(ctx, m.system(s.Case), s.Holder, s.Case)
	if err != nil {
		return gone(err)
	}
	if s.Revision != 0 && s.Revision != k.file.Revision {
		return ErrMoved
	}
	if err := k.choose(a, s.Task); err != nil {
		return err
	}
	t := k.chosen()
	if w.Verb != WishRelease || t.Official != a.Actor.Person {
		if err := m.impartial(ctx, a, k); err != nil {
			return err
		}
	}
	if w.Verb == WishAssign {
		if t.Official == w.To {
			return nil
		}
		return m.mayAssign(ctx, a, k, t, w.To)
	}
	return w.fits(a, k, t, m.base.Clock.Now())
}

// fits is the decision of Allowed for what needs nothing but the case.
func (w Wish) fits(a act.Act, k *known, t *caseworkdb.Task, now time.Time) error {
	mine, chief := t.Official == a.Actor.Person, a.Actor.Role == string(agency.Head)
	switch w.Verb {
	case WishRelease:
		if !mine && !chief && !t.Official.IsZero() {
			return ErrNotYours
		}
	case WishForward:
		if !mine && !chief {
			return ErrNotYours
		}
		if to, ok := k.city.Agency(w.Agency); !ok || !hasQueue(to.Queue(w.Queue)) {
			return ErrQueue
		}
	case WishAsk:
		step, ok := k.service.Task(t.Step)
		switch {
		case !mine:
			return ErrNotYours
		case a.Actor.Role == string(agency.Clerk):
			return ErrClerk
		case !ok || step.MayAsk.IsZero():
			return ErrNotNow
		case k.openQuestion() != nil:
			return ErrAsked
		}
	case WishExtend:
		return w.prolongs(a, k, t, now)
	}
	return nil
}

// Filling is what the holes of a template are filled with in a case.
type Filling struct {
	Number string
	Name   string // of the applicant, as they are addressed
	Due    string // by when they answer; where nothing is asked, by when the case is decided
	Lang   lang.Language
}

// Filling reads what fills a template in a case; the look at the applicant's name is recorded.
func (m *Module) Filling(ctx context.Context, a act.Act, holder, caseID id.ID) (Filling, error) {
	k, err := m.know(ctx, a.ForCase(caseID), holder, caseID)
	if err != nil {
		return Filling{}, err
	}
	name := k.inputs.Applicant.Name
	out := Filling{Number: id.FormatNumber(k.file.Number), Lang: k.lang()}
	out.Name = lang.Name{Family: name.Surname, Given: name.Given, Patronymic: name.Patronymic}.Address(out.Lang)
	out.Due, err = replyDay(k.city, k.service, k.file.Step, k.file.TermDue, m.base.Clock.Now(), out.Lang)
	return out, err
}

// replyDay is by when an applicant who is asked now answers; where nothing is asked, by when the case is decided.
func replyDay(city *service.City, s *service.Service, at string, due, now time.Time, l lang.Language) (string, error) {
	if step, ok := s.Task(at); ok && !step.MayAsk.IsZero() {
		var err error
		if due, err = city.Days().Due(step.MayAsk.Calendar(), now); err != nil {
			return "", err
		}
	}
	return lang.DayMonth(l, city.Days().Today(due)), nil
}

// Fill puts a case's own words into the holes of a text.
func (f Filling) Fill(text string) string {
	return strings.NewReplacer("{number}", f.Number, "{name}", f.Name, "{due}", f.Due).Replace(text)
}

// Closed is a decided case as its agency finds it again.
type Closed struct {
	Ref
	Office id.ID // that decided; Agency has the case now
	By     id.ID // the official; zero: the rules decided
	Stage  Stage
	Day    string // of the decision, in the city
	Late   bool
	Words  []vault.Keyed
}

// Closed reads a decided case for the list of decided ones. Nobody sees it, so that Posad looks. ErrNone when it is gone
// or erased, ErrNotNow while it is not decided.
func (m *Module) Closed(ctx context.Context, holder, caseID id.ID) (Closed, error) {
	k, err := m.know(ctx, m.system(caseID), holder, caseID)
	if errors.Is(err, vault.ErrErased) {
		return Closed{}, ErrNone.Because(err)
	}
	if err != nil {
		return Closed{}, err
	}
	f := k.file
	if f.Decided.IsZero() || f.Stage == string(Open) {
		return Closed{}, ErrNotNow
	}
	return Closed{
		Ref:    Ref{Holder: holder, ID: caseID, Number: f.Number, Service: f.Service, Applicant: f.Applicant, Agency: f.Agency, Revision: f.Revision},
		Office: k.decidedIn(), By: f.DecidedBy, Stage: Stage(f.Stage), Day: k.city.Days().Today(f.Decided).String(), Late: !f.Late.IsZero(), Words: m.keyedWords(k),
	}, nil
}

// decidedIn is the agency whose official decided the case; of a decision by the rules, the one that has it now.
func (k *known) decidedIn() id.ID {
	out := k.file.Agency
	for i := range k.tasks {
		t := &k.tasks[i]
		if !k.file.DecidedBy.IsZero() && t.Official == k.file.DecidedBy && t.State == string(TaskDone) && human(t.Kind) {
			out = t.Agency
		}
	}
	return out
}

// SearchWords are the hashes of a text's words, as cases are found by them: all must fit.
func (m *Module) SearchWords(text string) []vault.Keyed {
	var out []vault.Keyed
	for _, word := range wordsOf(text) {
		out = append(out, m.base.Vault.Keyed(wordSpace, word))
	}
	return out
}

// gone passes a case over that is there no more.
func gone(err error) error {
	if errors.Is(err, vault.ErrErased) {
		return ErrNone.Because(err)
	}
	return err
}
