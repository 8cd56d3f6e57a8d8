package casework

import (
	"context"
	"errors"
	"time"

	"posad.city/core/casework/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/vault"
)

// The faults of an extension.
var (
	ErrNoExtension = fault.New(fault.Conflict, "casework.no_extension")    // the service knows none, or the term is over
	ErrExtended    = fault.New(fault.Conflict, "casework.extended_before") // once a case
	ErrDays        = fault.New(fault.Invalid, "casework.extension_days")   // from one to as many as the definition says
)

// Extending makes the term of a case longer, once.
type Extending struct {
	Days  int    // of the kind that the definition's extension counts
	Words string // why; the applicant reads them
}

// Extend makes the term longer. Only the official who has the case may, before the term is over, where the definition lets
// them. Errors: ErrNotYours, ErrNoExtension, ErrExtended, ErrDays, ErrEmpty, ErrLong, ErrMoved.
func (m *Module) Extend(ctx context.Context, a act.Act, s Step, e Extending) (int64, error) {
	k, err := m.inHand(ctx, a, s)
	if err != nil {
		return 0, err
	}
	if err := k.mayExtend(e.Days, m.base.Clock.Now()); err != nil {
		return 0, err
	}
	words, err := cleanWords(e.Words)
	if err != nil {
		return 0, err
	}
	kept, err := sealText(k.keys, "case_file", "extension", words)
	if err != nil {
		return 0, err
	}
	story, err := sealText(k.keys, "timeline", "words", words)
	if err != nil {
		return 0, err
	}
	return m.write(ctx, a, k, func(c *change) error { return c.extend(int64(e.Days), kept, story) })
}

func (k *known) mayExtend(days int, now time.Time) error {
	x := k.service.Extension
	switch {
	case x == nil || k.chosen().Part != "" || !k.file.Late.IsZero():
		return ErrNoExtension
	case !k.file.Extended.IsZero():
		return ErrExtended
	case k.file.Paused.IsZero() && !now.Before(k.file.TermDue):
		return ErrNoExtension
	case days < 1 || days > x.By.Days:
		return ErrDays
	}
	return nil
}

func (c *change) extend(days int64, kept, story vault.Sealed) error {
	c.file.Extended, c.file.ExtensionDays, c.file.Extension = c.tx.Now(), days, kept
	if err := c.recount(); err != nil {
		return err
	}
	return errors.Join(c.line("extended", false, map[string]string{"due": dueText(c.file.TermDue)}, story), c.tell("extended"))
}

// recount counts anew when the term ends; nothing is known while it stands.
func (c *change) recount() error {
	reading, err := c.k.term(c.file, c.pauses, c.tx.Now())
	if err != nil {
		return err
	}
	if reading.Due.IsZero() {
		return nil
	}
	c.file.TermDue = reading.Due
	return c.moveAt(reading.Due)
}

// term is how the case's term stands: from its submission, or since it was opened anew, with its extension.
func (k *known) term(f caseworkdb.CaseFile, pauses []caseworkdb.Pause, now time.Time) (calendar.Reading, error) {
	term, started := k.service.Term, k.started(f)
	x := k.service.Extension
	if f.ExtensionDays == 0 || x == nil || f.Extended.Before(started) {
		return k.reading(term, started, pauses, now)
	}
	if x.By.Working == term.Working {
		term.Days += int(f.ExtensionDays)
		return k.reading(term, started, pauses, now)
	}
	first, err := k.reading(term, started, pauses, now)
	if err != nil || first.Due.IsZero() {
		return first, err
	}
	return k.reading(service.Term{Days: int(f.ExtensionDays), Working: x.By.Working}, first.Due, pauses, now)
}

func (k *known) started(f caseworkdb.CaseFile) time.Time {
	if f.Restarted.IsZero() {
		return f.Submitted
	}
	return f.Restarted
}
