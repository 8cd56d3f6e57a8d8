package reconcile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"posad.city/core/agency"
	"posad.city/core/ledger"
	"posad.city/core/reconcile/internal/store"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// OpenDay is a day of the open books: its totals as they were published, byte for byte, and their digest, which the journal has.
type OpenDay struct {
	Day        calendar.Date
	Came, Back int64 // minor units
	Digest     [32]byte
	Body       []byte // JSON of wireDay
	Entry      id.ID  // in the city's account in the journal
	At         time.Time
}

// Fits tells whether the body is what the digest says.
func (d OpenDay) Fits() bool { return sha256.Sum256(d.Body) == d.Digest }

// wireDay is a published day. Totals are of everybody together, in minor units.
type wireDay struct {
	City     string      `json:"city"`
	Day      string      `json:"day"`
	Currency string      `json:"currency"`
	Came     int64       `json:"came"`
	Back     int64       `json:"back"`
	Lines    []wireTotal `json:"lines"`
}

type wireTotal struct {
	Payee string `json:"payee"` // its id; empty: several payees
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	Came  int64  `json:"came"`
	Back  int64  `json:"back"`
	Count int64  `json:"count"` // payments
	gone  int64  // how many parts went back; not published
}

// signAfter is how long after its end a day is published: the books are added up by then.
const signAfter = 30 * time.Minute

// publishDays publishes the days that are over and enters each into the journal.
func (m *Module) publishDays(ctx context.Context) error {
	for range 40 { // after a city stood still for long the rest comes with the next round
		day, err := m.nextDay(ctx)
		if err != nil || day.IsZero() {
			return err
		}
		if err := m.publishDay(ctx, day); err != nil {
			return err
		}
	}
	return nil
}

// nextDay is the day to publish next; the zero Date when none is due.
func (m *Module) nextDay(ctx context.Context) (calendar.Date, error) {
	days, err := m.OpenDays(ctx, calendarNone)
	if err != nil {
		return calendar.Date{}, err
	}
	var next calendar.Date
	if len(days) > 0 {
		next = days[0].Day.AddDays(1)
	} else {
		err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
			first, err := reconciledb.FirstIncome(r)
			if err != nil {
				return err
			}
			next, err = calendar.ParseDate(first)
			return err
		})
		if errors.Is(err, store.ErrNone) {
			return calendar.Date{}, nil
		}
		if err != nil {
			return calendar.Date{}, err
		}
	}
	if m.base.Clock.Now().Before(next.AddDays(1).Start(m.deps.Zone()).Add(signAfter)) {
		return calendar.Date{}, nil
	}
	if unread, err := m.unread(ctx, next); err != nil || unread {
		return calendar.Date{}, err
	}
	return next, nil
}

// unread tells whether the books hold a line until the end of a day that is not added up yet.
func (m *Module) unread(ctx context.Context, day calendar.Date) (bool, error) {
	place, _, err := m.place(ctx, placeIncome) // it only goes on: what lies before it is added up
	if err != nil {
		return false, err
	}
	var left []ledger.PostedLine
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		left, err = ledger.PostedAfter(r, place, day.AddDays(1).Start(m.deps.Zone()), 1)
		return err
	})
	return len(left) > 0, err
}

func (m *Module) publishDay(ctx context.Context, day calendar.Date) error {
	out, err := m.totals(ctx, day)
	if err != nil {
		return err
	}
	body, err := json.Marshal(out)
	if err != nil {
		return fmt.Errorf("reconcile: day: %w", err)
	}
	digest := sha256.Sum256(body)
	keys, err := m.base.Vault.Keys(ctx, agency.ID(agency.City))
	if err != nil {
		return fmt.Errorf("reconcile: the city's key: %w", err)
	}
	ready, err := m.base.Journal.Prepare(keys, journal.Entry{
		Act: id.New(m.base.Clock.Now()), Kind: EntryDay, Title: m.base.Texts.Text(lang.Russian, "reconcile.journal.day"), Object: id.Derived("open day", day.String()),
		Facts: []journal.Fact{
			m.fact("day", day.String()), m.fact("came", money.Amount{Minor: out.Came, Currency: money.Currency(out.Currency)}.String()),
			m.fact("back", money.Amount{Minor: out.Back, Currency: money.Currency(out.Currency)}.String()), m.fact("digest", hex.EncodeToString(digest[:])),
		},
	})
	if err != nil {
		return fmt.Errorf("reconcile: journal: %w", err)
	}
	err = m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		entered, err := journal.Enter(tx, ready)
		if err != nil {
			return err
		}
		return reconciledb.InsertOpenDay(tx, reconciledb.InsertOpenDayParams{Day: day.String(), Came: out.Came, Back: out.Back, Digest: digest[:], Body: body, Entry: entered.ID, At: tx.Now()})
	})
	if errors.Is(err, store.ErrExists) {
		return nil // another node was first
	}
	return err
}

func (m *Module) totals(ctx context.Context, day calendar.Date) (wireDay, error) {
	out := wireDay{City: m.base.Seal.City(), Day: day.String(), Currency: string(m.deps.Account.Currency), Lines: []wireTotal{}}
	income, err := m.IncomeBetween(ctx, day, day)
	if err != nil {
		return out, err
	}
	payees, err := m.payees(ctx)
	if err != nil {
		return out, err
	}
	names := map[string]string{}
	for _, p := range payees {
		if title := p.Title.In(lang.Russian); title != p.ID.String() { // one that was never named has only its id
			names[p.ID.String()] = title
		}
	}
	for _, one := range income {
		if string(one.Currency) != out.Currency {
			continue
		}
		out.Lines = append(out.Lines, wireTotal{Payee: one.Payee.String(), Name: names[one.Payee.String()], Kind: one.Kind, Came: one.Came, Back: one.Back, Count: one.Lines, gone: one.Gone})
	}
	out.Lines = together(out.Lines)
	for i, l := range out.Lines {
		out.Lines[i].Name = names[l.Payee]
		out.Came, out.Back = out.Came+l.Came, out.Back+l.Back
	}
	return out, nil
}

// togetherLeast is the least number of payments that a published row has: of fewer, whoever knows that somebody was there would read
// what they paid.
const togetherLeast = 5

// severalKind is the kind of a published row that adds such up.
const severalKind = "several"

// together adds rows of too few payments up: first to what else their payee had, and what is too little still to what else the city had.
// When that is too little too, the row with the fewest payments goes there as well, until it is enough or all of the day is one row. A
// payee without a name is among what else the city had. Of a row from which too few parts went back only what stayed is told. It is pure.
func together(rows []wireTotal) []wireTotal {
	rows = slices.Clone(rows)
	for i, r := range rows {
		if r.Name == "" {
			rows[i].Payee, rows[i].Kind = "", severalKind
		}
	}
	out := merge(unite(rows), func(r wireTotal) wireTotal { r.Kind = severalKind; return r })
	out = merge(out, func(r wireTotal) wireTotal { r.Payee, r.Kind = "", severalKind; return r })
	for len(out) > 1 {
		last := out[len(out)-1]
		if last.Payee != "" || last.Count >= togetherLeast {
			break
		}
		least := 0
		for i, r := range out[:len(out)-1] {
			if r.Count < out[least].Count {
				least = i
			}
		}
		last = last.plus(out[least])
		out[len(out)-1] = last
		out = slices.Delete(out, least, least+1)
	}
	for i, r := range out {
		if r.gone > 0 && r.gone < togetherLeast {
			out[i].Came, out[i].Back = max(r.Came-r.Back, 0), max(r.Back-r.Came, 0)
		}
	}
	return out
}

// plus adds another row's sums.
func (r wireTotal) plus(other wireTotal) wireTotal {
	r.Came, r.Back, r.Count, r.gone = r.Came+other.Came, r.Back+other.Back, r.Count+other.Count, r.gone+other.gone
	return r
}

// unite adds up what has one name.
func unite(rows []wireTotal) []wireTotal {
	var out []wireTotal
	for _, r := range rows {
		out = into(out, r)
	}
	return out
}

// into adds a row to that of its name, or puts it last.
func into(rows []wireTotal, r wireTotal) []wireTotal {
	i := slices.IndexFunc(rows, func(o wireTotal) bool { return o.Payee == r.Payee && o.Kind == r.Kind })
	if i < 0 {
		return append(rows, r)
	}
	rows[i] = rows[i].plus(r)
	return rows
}

// merge gives the rows of too few payments another name, and adds up what has one name then. These come last.
func merge(rows []wireTotal, named func(wireTotal) wireTotal) []wireTotal {
	var out, few []wireTotal
	for _, r := range rows {
		if r.Count >= togetherLeast {
			out = append(out, r)
			continue
		}
		few = append(few, named(r))
	}
	for _, r := range few {
		out = into(out, r)
	}
	return out
}

var calendarNone calendar.Date

// openShown is how many days a page of the open books lists.
const openShown = 60

// OpenDays lists the published days before one, the newest first; the zero Date: from the last.
func (m *Module) OpenDays(ctx context.Context, before calendar.Date) ([]OpenDay, error) {
	until := "9999-12-31"
	if !before.IsZero() {
		until = before.String()
	}
	var out []OpenDay
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := reconciledb.OpenDays(r, until, openShown)
		out = out[:0]
		for _, row := range rows {
			one, err := openDayOf(row)
			if err != nil {
				return err
			}
			out = append(out, one)
		}
		return err
	})
	return out, err
}

func openDayOf(row reconciledb.ReconcileOpenDay) (OpenDay, error) {
	day, err := calendar.ParseDate(row.Day)
	out := OpenDay{Day: day, Came: row.Came, Back: row.Back, Body: row.Body, Entry: row.Entry, At: row.At}
	copy(out.Digest[:], row.Digest)
	return out, err
}

// OpenDay is a published day; ErrNone.
func (m *Module) OpenDay(ctx context.Context, day calendar.Date) (OpenDay, error) {
	var out OpenDay
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := reconciledb.OpenDay(r, day.String())
		if err != nil {
			return err
		}
		out, err = openDayOf(row)
		return err
	})
	return out, none(err)
}

// DayReceipt is the journal's receipt of a published day: its entry, the proof that it lies in the public log, and the city's
// signature. `posad verify` checks it with no network.
func (m *Module) DayReceipt(ctx context.Context, d OpenDay) ([]byte, error) {
	city := agency.ID(agency.City)
	keys, err := m.base.Vault.Keys(ctx, city)
	if err != nil {
		return nil, fmt.Errorf("reconcile: the city's key: %w", err)
	}
	var row journal.Row
	err = m.base.Store.Look(ctx, m.system(), "reconcile.look.day", func(p *store.Personal) error {
		var err error
		row, err = journal.EntryByID(p, city, d.Entry)
		return err
	})
	if err != nil {
		return nil, none(err)
	}
	e, err := m.base.Journal.Open(keys, row)
	if err != nil {
		return nil, fmt.Errorf("reconcile: entry: %w", err)
	}
	return m.base.Journal.Receipt(ctx, e)
}

// chosen reads the day that the page of the open books shows.
func (m *Module) chosen(c *web.Context, v *openView) error {
	if len(v.Days) == 0 {
		return nil
	}
	v.Day = &v.Days[0]
	if asked := c.Query("day"); asked != "" {
		day, err := calendar.ParseDate(asked)
		if v.Wrong = err != nil; v.Wrong {
			return nil
		}
		one, err := m.OpenDay(c.Context(), day)
		if errors.Is(err, ErrNone) {
			v.Wrong = true
			return nil
		}
		if err != nil {
			return err
		}
		v.Day = &one
	}
	v.Fits = v.Day.Fits()
	if !v.Fits {
		return nil
	}
	if err := json.Unmarshal(v.Day.Body, &v.Total); err != nil {
		return fmt.Errorf("reconcile: day: %w", err)
	}
	return nil
}
