package casework

import (
	"context"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/vault"
)

// Rating is how it went, by the applicant.
type Rating struct {
	Holder, Case id.ID
	Stars        int    // 1 to 5
	Words        string // may be empty
}

// Rate keeps the applicant's rating of a case that has ended with a decision, once. Errors: ErrStars, ErrNotNow (it goes
// on, was withdrawn or is rated already), ErrLong.
func (m *Module) Rate(ctx context.Context, a act.Act, r Rating) (int64, error) {
	if r.Stars < 1 || r.Stars > 5 {
		return 0, ErrStars
	}
	return repeat(func() (int64, error) { return m.rate(ctx, a, r) })
}

func (m *Module) rate(ctx context.Context, a act.Act, r Rating) (int64, error) {
	k, err := m.know(ctx, a.ForCase(r.Case), r.Holder, r.Case)
	if err != nil {
		return 0, err
	}
	if k.file.Stage == string(Open) || k.file.Stage == string(Withdrawn) || k.file.Step != "" || k.file.Rating != 0 {
		return 0, ErrNotNow
	}
	var words vault.Sealed
	if r.Words != "" {
		clean, err := cleanWords(r.Words)
		if err != nil {
			return 0, err
		}
		if words, err = sealText(k.keys, "timeline", "words", clean); err != nil {
			return 0, err
		}
	}
	return m.write(ctx, a, k, func(c *change) error {
		c.file.Rating = int64(r.Stars)
		return c.line("rated", true, nil, words)
	})
}
