package charity

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/systems/charity/internal/store"
)

// Standing is an appeal with its money.
type Standing struct {
	Appeal
	Purse Purse
}

// Percent is how much of the target is there, 0 to 100.
func (s Standing) Percent() int {
	if s.Target <= 0 {
		return 0
	}
	return int(min(s.Purse.Given*100/s.Target, 100))
}

// Appeals lists appeals in the states with their money, the newest first; at most 2,000 of a state.
func (m *Module) Appeals(ctx context.Context, states ...AppealState) ([]Standing, error) {
	var out []Standing
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		out = nil
		for _, state := range states {
			rows, err := charitydb.AppealsIn(r, string(state), appealsMost)
			if err != nil {
				return err
			}
			for _, row := range rows {
				one, err := standingIn(row)
				if err != nil {
					return err
				}
				out = append(out, one)
			}
		}
		return nil
	})
	return out, wrap("appeals", err)
}

// AppealsOf lists a fund's appeals in every state, the newest first; at most 2,000.
func (m *Module) AppealsOf(ctx context.Context, fund id.ID) ([]Standing, error) {
	var out []Standing
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		out = nil
		rows, err := charitydb.AppealsOf(r, fund, appealsMost)
		if err != nil {
			return err
		}
		for _, row := range rows {
			one, err := standingIn(charitydb.AppealsInRow(row))
			if err != nil {
				return err
			}
			out = append(out, one)
		}
		return nil
	})
	return out, wrap("appeals of a fund", err)
}

// standingIn is an appeal with its money, as a list reads both at once.
func standingIn(row charitydb.AppealsInRow) (Standing, error) {
	one, err := appealOf(charitydb.CharityAppeal{
		Fund: row.Fund, ID: row.ID, State: row.State, Category: row.Category, District: row.District, Target: row.Target, Until: row.Until, Over: row.Over, Body: row.Body,
		Picture: row.Picture, Made: row.Made, Opened: row.Opened, Closed: row.Closed, Revision: row.Revision,
	})
	return Standing{one, Purse{
		Fund: row.Fund, Appeal: row.ID, Given: row.Given, Gifts: row.Gifts, Asked: row.Asked, Paid: row.Paid, Told: row.Told, Place: row.Place,
	}}, err
}

// Appeal finds an appeal by its id; ErrNone when there is none.
func (m *Module) Appeal(ctx context.Context, appeal id.ID) (Standing, error) {
	var out Standing
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		home, err := charitydb.HomeOf(r, appeal)
		if err != nil {
			return err
		}
		out, err = standingOf(r, home.Fund, appeal)
		return err
	})
	return out, none(err)
}

func standingOf(r store.Reader, fund, appeal id.ID) (Standing, error) {
	row, err := charitydb.AppealByID(r, fund, appeal)
	if err != nil {
		return Standing{}, err
	}
	one, err := appealOf(row)
	if err != nil {
		return Standing{}, err
	}
	purse, err := purse(r, fund, appeal)
	return Standing{one, purse}, err
}

// purse is the money of an aim; nothing ever came: a purse with nothing in it.
func purse(r store.Reader, fund, appeal id.ID) (Purse, error) {
	row, err := charitydb.PurseOf(r, fund, appeal)
	if errors.Is(err, store.ErrNone) {
		return Purse{Fund: fund, Appeal: appeal}, nil
	}
	return purseOf(row), err
}

// Purse is the money of an aim; the fund's own aims have the fund's id.
func (m *Module) Purse(ctx context.Context, fund, aim id.ID) (Purse, error) {
	var out Purse
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = purse(r, fund, aim)
		return err
	})
	return out, wrap("purse", err)
}

// NewAppeal is an appeal as its fund writes it.
type NewAppeal struct {
	Fund     id.ID
	ID       id.ID // of one that is changed; zero: a new one
	Revision int64
	Category string
	District string
	Until    calendar.Date
	Over     Over
	Body     AppealBody
	Picture  *Upload // nil: the picture stays
	NoPic    bool    // the picture is taken away
	Send     bool    // to the official; else it stays a draft
}

// Target is what the lines of the budget come to.
func (n NewAppeal) Target() int64 {
	out := int64(0)
	for _, l := range n.Body.Lines {
		out += l.Amount
	}
	return out
}

// appealDays is how long an appeal may collect.
const appealDays = 366

// targetMost is the largest sum that an appeal collects, in kopecks.
const targetMost = 10_000_000_000_00

func (n NewAppeal) check(city City, today calendar.Date, picture bool) error {
	var faults []fault.Field
	wrong := func(bad bool, name, why string) {
		if bad {
			faults = append(faults, fault.Field{Name: name, ID: "charity.field." + why})
		}
	}
	empty := func(t lang.Text) bool { return strings.TrimSpace(t.RU) == "" || strings.TrimSpace(t.EN) == "" }
	wrong(empty(n.Body.Title), "title", "both")
	wrong(empty(n.Body.Story), "story", "both")
	_, known := titleOf(city.Categories, n.Category)
	wrong(!known, "category", "choose")
	_, known = titleOf(city.Districts, n.District)
	wrong(n.District != "" && !known, "district", "choose")
	wrong(n.Over != OverSimilar && n.Over != OverStays, "over", "choose")
	wrong(!n.Until.After(today) || n.Until.After(today.AddDays(appealDays)), "until", "until")
	wrong(len(n.Body.Lines) == 0, "lines", "lines")
	wrong(picture && empty(n.Body.Alt), "alt", "alt")
	for _, l := range n.Body.Lines {
		wrong(l.Amount <= 0 || empty(l.Title), "lines", "lines")
	}
	wrong(n.Target() > targetMost, "lines", "target")
	if len(faults) > 0 {
		return ErrForm.With(slices.CompactFunc(faults, func(a, b fault.Field) bool { return a.Name == b.Name })...)
	}
	return nil
}

// PutAppeal keeps an appeal that its fund wrote, as a draft or for the official. Errors: ErrForm, ErrState (it is open or over),
// ErrClosed (the fund is not open), ErrChanged, ErrFile.
func (m *Module) PutAppeal(ctx context.Context, a act.Act, n NewAppeal) (id.ID, error) {
	f, err := m.Fund(ctx, n.Fund)
	if err != nil {
		return id.ID{}, err
	}
	if f.State != FundOpen {
		return id.ID{}, ErrClosed
	}
	before := Standing{}
	if !n.ID.IsZero() {
		if before, err = m.Appeal(ctx, n.ID); err != nil {
			return id.ID{}, err
		}
		if before.Fund != n.Fund {
			return id.ID{}, ErrNone
		}
		if before.State != AppealDraft && before.State != AppealRefused {
			return id.ID{}, ErrState
		}
	} else {
		n.ID = id.New(m.now())
	}
	picture, file, err := m.pictureOf(n, before.Picture)
	if err != nil {
		return id.ID{}, err
	}
	if picture.IsZero() {
		n.Body.Alt = lang.Text{}
	}
	if err := n.check(m.deps.City(), m.today(), !picture.IsZero()); err != nil {
		return id.ID{}, err
	}
	state := AppealDraft
	if n.Send {
		state = AppealAsked
	}
	row := id.New(m.now())
	return n.ID, m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if file != nil {
			if err := putFile(tx, n.Fund, *file); err != nil {
				return err
			}
		}
		if err := n.put(tx, before.Revision, state, picture); err != nil {
			return err
		}
		return did(tx, n.Fund, row, n.ID, a.Actor.Person, "appeal_"+string(state))
	})
}

func (n NewAppeal) put(tx *store.Tx, revision int64, state AppealState, picture id.ID) error {
	if revision == 0 {
		if err := charitydb.InsertHome(tx, n.ID, n.Fund); err != nil {
			return err
		}
		_, err := charitydb.InsertAppeal(tx, charitydb.InsertAppealParams{
			Fund: n.Fund, ID: n.ID, State: string(state), Category: n.Category, District: n.District, Target: n.Target(), Until: n.Until.String(),
			Over: string(n.Over), Body: write(n.Body), Picture: picture, Made: tx.Now(),
		})
		return err
	}
	changed, err := charitydb.ChangeAppeal(tx, charitydb.ChangeAppealParams{
		State: string(state), Category: n.Category, District: n.District, Target: n.Target(), Until: n.Until.String(), Over: string(n.Over),
		Body: write(n.Body), Picture: picture, Fund: n.Fund, ID: n.ID, Revision: n.Revision,
	})
	if err == nil && changed == 0 {
		return ErrChanged
	}
	return err
}

// AppealVerdict is what an official decides about an appeal.
type AppealVerdict string

// The verdicts.
const (
	OpenAppeal   AppealVerdict = "opened"
	RefuseAppeal AppealVerdict = "refused"
	StopAppeal   AppealVerdict = "stopped"
)

func (v AppealVerdict) after(s AppealState) (AppealState, bool) {
	switch {
	case v == OpenAppeal && s == AppealAsked:
		return AppealOpen, true
	case v == RefuseAppeal && s == AppealAsked:
		return AppealRefused, true
	case v == StopAppeal && (s == AppealOpen || s == AppealReached):
		return AppealStopped, true
	}
	return "", false
}

// AppealVerdicts are what may be decided about an appeal in a state.
func AppealVerdicts(s AppealState) []AppealVerdict {
	var out []AppealVerdict
	for _, v := range []AppealVerdict{OpenAppeal, RefuseAppeal, StopAppeal} {
		if _, ok := v.after(s); ok {
			out = append(out, v)
		}
	}
	return out
}

// DecideAppeal is the official's word about an appeal. Errors as those of DecideFund.
func (m *Module) DecideAppeal(ctx context.Context, a act.Act, appeal id.ID, v AppealVerdict, reason string) error {
	s, err := m.Appeal(ctx, appeal)
	if err != nil {
		return err
	}
	f, err := m.Fund(ctx, s.Fund)
	if err != nil {
		return err
	}
	next, ok := v.after(s.State)
	if !ok {
		return ErrState
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return ErrForm.With(fault.Field{Name: "reason", ID: "charity.field.reason"})
	}
	ready, err := m.prepareOfficial(ctx, a, official{fund: f, object: appeal, kind: "appeal_" + string(v), reason: reason, facts: m.appealFacts(s)})
	if err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := another(tx, a, s.Fund, appeal); err != nil {
			return err
		}
		opened, closed := time.Time{}, time.Time{}
		if next == AppealOpen {
			opened = tx.Now()
		} else {
			closed = tx.Now()
		}
		if err := setAppeal(tx, s.Appeal, next, opened, closed); err != nil {
			return err
		}
		if err := charitydb.OpenPurse(tx, s.Fund, appeal); err != nil {
			return err
		}
		return ready.put(tx)
	})
}

func setAppeal(tx *store.Tx, one Appeal, next AppealState, opened, closed time.Time) error {
	n, err := charitydb.SetAppealState(tx, charitydb.SetAppealStateParams{State: string(next), Opened: opened, Closed: closed, Fund: one.Fund, ID: one.ID, Was: string(one.State)})
	if err == nil && n == 0 {
		return ErrChanged
	}
	return err
}

func (m *Module) appealFacts(s Standing) []journal.Fact {
	t := func(key string) string { return m.base.Texts.Text(lang.Russian, key) }
	return []journal.Fact{
		{Name: "appeal", Label: t("charity.fact.appeal"), Value: s.Title.RU},
		{Name: "target", Label: t("charity.target"), Value: money.Roubles(s.Target).In(lang.Russian)},
		{Name: "until", Label: t("charity.until"), Value: s.Until.String()},
	}
}

// endAppeals ends the appeals whose last day is over.
func (m *Module) endAppeals(ctx context.Context, _ jobs.Job) error {
	for _, state := range []AppealState{AppealOpen, AppealReached} {
		var rows []charitydb.OverAppealsRow
		err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
			var err error
			rows, err = charitydb.OverAppeals(r, string(state), m.today().String(), appealsMost)
			return err
		})
		for _, row := range rows {
			if err != nil {
				break
			}
			err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
				_, err := charitydb.SetAppealState(tx, charitydb.SetAppealStateParams{
					State: string(AppealEnded), Closed: tx.Now(), Fund: row.Fund, ID: row.ID, Was: row.State,
				})
				return err
			})
		}
		if err != nil {
			return wrap("over", err)
		}
	}
	return nil
}
