package casework

import (
	"context"
	"strings"
	"unicode/utf8"

	"posad.city/core/casework/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// wordsMost bounds what people write in a case, in characters.
const wordsMost = 4000

// Ask puts a question to the applicant; the term stands until they answer, or their own time runs out. Only the official
// who has the case may, where the definition lets them ask; one question at a time. Errors: ErrNotYours, ErrNotNow (the
// step knows no questions), ErrAsked, ErrEmpty, ErrLong, ErrMoved.
func (m *Module) Ask(ctx context.Context, a act.Act, s Step, words string) (int64, error) {
	words, err := cleanWords(words)
	if err != nil {
		return 0, err
	}
	k, err := m.inHand(ctx, a, s)
	if err != nil {
		return 0, err
	}
	step, ok := k.service.Task(k.file.Step)
	switch {
	case !ok || step.MayAsk.IsZero():
		return 0, ErrNotNow
	case k.openQuestion() != nil:
		return 0, ErrAsked
	}
	q, err := m.newQuestion(k, step.MayAsk, words)
	if err != nil {
		return 0, err
	}
	q.AskedBy, q.Agency = a.Actor.Person, a.Actor.Agency
	return m.write(ctx, a, k, func(c *change) error { return c.ask(q) })
}

// MayAsk is how long the applicant would have to answer a question; none when the case's step knows no questions.
func (m *Module) MayAsk(s *service.Service, c Case) service.Term {
	step, ok := s.Task(c.Step)
	if !ok || c.Stage != Open {
		return service.Term{}
	}
	return step.MayAsk
}

// newQuestion seals a question and counts its term from now.
func (m *Module) newQuestion(k *known, term service.Term, words string) (caseworkdb.Question, error) {
	now := m.base.Clock.Now()
	due, err := k.city.Days().Due(term.Calendar(), now)
	if err != nil {
		return caseworkdb.Question{}, err
	}
	sealed, err := sealText(k.keys, "question", "words", words)
	return caseworkdb.Question{ID: id.New(now), Due: due, Words: sealed}, err
}

// cleanWords makes sure that something was written, and not too much.
func cleanWords(words string) (string, error) {
	words = strings.TrimSpace(words)
	switch {
	case words == "":
		return "", ErrEmpty
	case utf8.RuneCountInString(words) > wordsMost:
		return "", ErrLong
	}
	return words, nil
}
