package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"posad.city/core/desk/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Mark is how far the head is with an unusual look.
type Mark string

// The marks. A look is explained, or an inquiry is begun and comes to something.
const (
	MarkOpen      Mark = "open"
	MarkExplained Mark = "explained"
	MarkInquiry   Mark = "inquiry"
	MarkFounded   Mark = "founded"   // the inquiry: there was no reason to look
	MarkUnfounded Mark = "unfounded" // the inquiry: there was one
)

// after are the marks that may follow a mark.
var after = map[Mark][]Mark{MarkOpen: {MarkExplained, MarkInquiry}, MarkInquiry: {MarkFounded, MarkUnfounded}}

// Unusual is what a rule found about an official's looks in an hour.
type Unusual struct {
	ID                   id.ID
	Rule                 string
	Official             id.ID
	Hour                 time.Time
	Number               string // of the case; empty: about no one case
	Looks, People, Usual int64
	Mark                 Mark
	Words                string // the head's
	By                   id.ID
	Marked               time.Time
}

// The faults of judging.
var (
	ErrNoUnusual = fault.New(fault.Missing, "desk.unusual.none")
	ErrOwnLook   = fault.New(fault.Denied, "desk.unusual.own")       // nobody judges their own looks
	ErrJudged    = fault.New(fault.Conflict, "desk.unusual.judged")  // somebody has marked it meanwhile
	ErrReason    = fault.New(fault.Invalid, "desk.unusual.no_words") // every mark wants words
)

// Bounds of the head's words, and how many unusual looks are listed.
const (
	reasonLeast  = 5
	reasonMost   = 2000
	unusualShown = 200
)

// Unusual lists the unusual looks of the actor's agency, the newest first. The head may.
func (m *Module) Unusual(ctx context.Context, a act.Act) ([]Unusual, error) {
	if err := head(a); err != nil {
		return nil, err
	}
	keys, err := m.base.Vault.Keys(ctx, a.Actor.Agency)
	if err != nil {
		return nil, err
	}
	var rows []deskdb.DeskUnusual
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err = deskdb.UnusualOf(r, a.Actor.Agency, unusualShown)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("desk: unusual looks: %w", err)
	}
	out := make([]Unusual, 0, len(rows))
	for _, row := range rows {
		one := Unusual{
			ID: row.ID, Rule: row.Rule, Official: row.Official, Hour: row.Hour, Number: row.CaseNumber, Looks: row.Looks, People: row.People, Usual: row.Usual,
			Mark: Mark(row.State), By: row.MarkedBy, Marked: row.Marked,
		}
		if row.Words != nil {
			words, err := keys.Open("desk_unusual", "words", row.Words)
			if err != nil {
				return nil, fmt.Errorf("desk: the words of an unusual look: %w", err)
			}
			one.Words = string(words)
		}
		out = append(out, one)
	}
	return out, nil
}

// Judge marks an unusual look of the actor's agency, with words. An inquiry and its end are official acts, which the journal
// keeps in the agency's account. The head may, except of their own looks. Errors: ErrHead, ErrReason, ErrNoUnusual, ErrOwnLook,
// ErrJudged.
func (m *Module) Judge(ctx context.Context, a act.Act, which id.ID, to Mark, words string) error {
	if err := head(a); err != nil {
		return err
	}
	words = strings.TrimSpace(words)
	if n := utf8.RuneCountInString(words); n < reasonLeast || n > reasonMost || strings.ContainsRune(words, 0) {
		return ErrReason
	}
	var row deskdb.DeskUnusual
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = deskdb.UnusualByID(r, a.Actor.Agency, which)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return ErrNoUnusual.Because(err)
	}
	if err != nil {
		return fmt.Errorf("desk: an unusual look: %w", err)
	}
	switch {
	case a.Is(row.Official):
		return ErrOwnLook
	case !follows(Mark(row.State), to):
		return ErrJudged
	}
	return m.judge(ctx, a, row, to, words)
}

func follows(from, to Mark) bool {
	for _, one := range after[from] {
		if one == to {
			return true
		}
	}
	return false
}

func (m *Module) judge(ctx context.Context, a act.Act, row deskdb.DeskUnusual, to Mark, words string) error {
	keys, err := m.base.Vault.Keys(ctx, row.Agency)
	if err != nil {
		return err
	}
	sealed := keys.Seal("desk_unusual", "words", []byte(words))
	if sealed == nil {
		return vault.ErrErased
	}
	var ready *journal.Ready
	if to != MarkExplained {
		if ready, err = m.inquiryEntry(keys, a, row, to); err != nil {
			return err
		}
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		n, err := deskdb.MarkUnusual(tx, deskdb.MarkUnusualParams{
			State: string(to), Words: sealed, MarkedBy: a.Actor.Person, Marked: tx.Now(), Agency: row.Agency, ID: row.ID, Was: row.State,
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return tx.Fail(ErrJudged)
		}
		if ready == nil {
			return nil
		}
		_, err = journal.Enter(tx, ready)
		return err
	})
}

// inquiryEntry is what the journal says of an inquiry: by which rule, and what it came to. It names nobody.
func (m *Module) inquiryEntry(keys *vault.Keys, a act.Act, row deskdb.DeskUnusual, to Mark) (*journal.Ready, error) {
	text := func(key string) string { return m.base.Texts.Text(lang.Russian, "desk.unusual."+key) }
	actID := a.ID
	if actID.IsZero() {
		actID = id.New(m.base.Clock.Now())
	}
	ready, err := m.base.Journal.Prepare(keys, journal.Entry{
		Act: actID, Kind: "desk.look_" + string(to), Title: text("entry"), Object: row.ID, Facts: []journal.Fact{
			{Name: "rule", Label: text("fact_rule"), Value: text("short." + row.Rule)},
			{Name: "state", Label: text("fact_state"), Value: text("state." + string(to))},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("desk: enter an inquiry: %w", err)
	}
	return ready, nil
}

// UnusualYear is how many unusual looks there were in the whole city in a year, and what came of them. Nobody is named.
type UnusualYear struct {
	Year      int   `json:"year"`
	Found     int64 `json:"found"`
	Open      int64 `json:"open" doc:"Nobody has looked at them yet"`
	Explained int64 `json:"explained"`
	Inquiries int64 `json:"inquiries" doc:"Begun, with those that are over"`
	Founded   int64 `json:"founded" doc:"Inquiries that found no reason to look"`
}

// unusualYears is how many years are told, the present one with them.
const unusualYears = 5

// UnusualYears counts the unusual looks of the whole city by year, the newest first.
func (m *Module) UnusualYears(ctx context.Context) ([]UnusualYear, error) {
	zone := time.UTC
	if city := m.deps.Services.Current(); city != nil {
		zone = city.Days().Zone()
	}
	year := m.base.Clock.Now().In(zone).Year()
	out := make([]UnusualYear, unusualYears)
	for i := range out {
		out[i].Year = year - i
	}
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		for i := range out {
			out[i] = UnusualYear{Year: year - i}
		}
		rows, err := deskdb.UnusualFrom(r, time.Date(year-unusualYears+1, 1, 1, 0, 0, 0, 0, zone))
		for _, row := range rows {
			if at := year - row.Hour.In(zone).Year(); at >= 0 && at < len(out) {
				out[at].add(Mark(row.State))
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("desk: unusual looks by year: %w", err)
	}
	return out, nil
}

func (y *UnusualYear) add(mark Mark) {
	y.Found++
	switch mark {
	case MarkOpen:
		y.Open++
	case MarkExplained:
		y.Explained++
	case MarkFounded:
		y.Founded++
		y.Inquiries++
	case MarkInquiry, MarkUnfounded:
		y.Inquiries++
	}
}

// LookStats are the looks of an agency's officials in the last weeks. Nobody who was looked at is named.
type LookStats struct {
	Since     time.Time
	Total     int64
	Officials []OfficialLooks // most looks first
	Purposes  []PurposeLooks  // most looks first
	Hours     [24]int64       // by the hour of the city's day
}

// OfficialLooks is how many looks an official made.
type OfficialLooks struct {
	Person id.ID
	Looks  int64
}

// PurposeLooks is how many looks were made for a kind of purpose.
type PurposeLooks struct {
	Purpose string
	Looks   int64
}
