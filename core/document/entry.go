package document

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"posad.city/core/document/internal/store"
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// ListID is the home of a list's lines, by the list's key.
func ListID(key string) id.ID { return id.Derived("list", key) }

// Entry is a line of a list, as everybody may read it.
type Entry struct {
	Number string
	Result id.ID // the document, for officials
	Since  calendar.Date
	Until  calendar.Date // zero: no end
	Ended  calendar.Date // the day it was revoked; zero: it was not
	Facts  []Fact        // of a public list: the public facts
}

// Standing tells how a line stands on a day.
func (e Entry) Standing(today calendar.Date) Standing {
	return standing(!e.Ended.IsZero(), e.Since, e.Until, today)
}

// EntryQuery narrows a list.
type EntryQuery struct {
	Words string // that number and facts must hold, all of them side by side; empty: all
	All   bool   // also lines that are over
	After string // Next of the page before
	Most  int    // lines of a page, 1 to 1000; 0: 50
}

// EntryPage is a page of a list, the newest lines first.
type EntryPage struct {
	Entries []Entry
	Next    string // for the page after; empty: there is none
}

// list finds one of the city's lists that is in force.
func (m *Module) list(key string) (*service.List, error) {
	if city := m.city(); city != nil {
		if l, ok := city.List(key); ok {
			return l, nil
		}
	}
	return nil, ErrNone
}

func (m *Module) city() *service.City {
	if m.deps.City == nil {
		return nil
	}
	return m.deps.City()
}

// lineOf is the line that a result gets in its list; nil for a result that is none. Of a list that is not public it holds no
// facts, whatever the definition says later: who reads it has a look.
func (m *Module) lineOf(r Result) (*documentdb.InsertEntryParams, error) {
	if r.Form != FormEntry {
		return nil, nil
	}
	facts := []Fact{}
	if l, err := m.list(r.List); err == nil && l.Public {
		facts = append(facts, r.PublicFacts()...)
	}
	text, err := json.Marshal(facts)
	if err != nil {
		return nil, fmt.Errorf("document: line of a list: %w", err)
	}
	return &documentdb.InsertEntryParams{
		List: ListID(r.List), Number: r.Number, Result: r.ID, Since: r.From.String(), Until: r.Until.String(), Facts: string(text), Words: searchWords(r.Number, facts),
	}, nil
}

// searchWords is what a search looks through.
func searchWords(number string, facts []Fact) string {
	words := []string{number, id.FormatNumber(number)}
	for _, f := range facts {
		words = append(words, f.Value.RU)
		if f.Value.EN != f.Value.RU {
			words = append(words, f.Value.EN)
		}
	}
	return plainWords(strings.Join(words, " "))
}

// plainWords is a text as search compares it: small letters, ё as е, one space between words.
func plainWords(text string) string {
	return strings.ReplaceAll(strings.ToLower(strings.Join(strings.Fields(text), " ")), "ё", "е")
}

// pattern is the LIKE pattern of words; all else than the words is taken as it is written.
func pattern(words string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(plainWords(words)) + "%"
}

const (
	entriesUsual = 50
	entriesMost  = 1000
	newest       = "9999-12-31" // before the first page
)

// Entries reads a page of a list. It holds what everybody may read and needs no look; whether the list is public is the
// caller's to ask.
func (m *Module) Entries(ctx context.Context, list string, q EntryQuery) (EntryPage, error) {
	most := q.Most
	if most < 1 || most > entriesMost {
		most = entriesUsual
	}
	since, number, ok := strings.Cut(q.After, "~")
	if !ok || len(since) != len(newest) {
		since, number = newest, ""
	}
	var rows []documentdb.DocumentEntry
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		if q.All {
			rows, err = documentdb.Entries(r, documentdb.EntriesParams{List: ListID(list), Since: since, Number: number, Words: pattern(q.Words), Most: int64(most) + 1})
			return err
		}
		rows, err = documentdb.EntriesInForce(r, documentdb.EntriesInForceParams{
			List: ListID(list), Since: since, Number: number, Words: pattern(q.Words), Today: m.today().String(), Most: int64(most) + 1,
		})
		return err
	})
	if err != nil {
		return EntryPage{}, err
	}
	out := EntryPage{}
	if len(rows) > most {
		rows = rows[:most]
		last := rows[most-1]
		out.Next = last.Since + "~" + last.Number
	}
	for _, row := range rows {
		one, err := entryOf(row)
		if err != nil {
			return out, err
		}
		out.Entries = append(out.Entries, one)
	}
	return out, nil
}

func entryOf(row documentdb.DocumentEntry) (Entry, error) {
	out := Entry{Number: row.Number, Result: row.Result}
	err := json.Unmarshal([]byte(row.Facts), &out.Facts)
	for _, day := range []struct {
		text string
		to   *calendar.Date
	}{{row.Since, &out.Since}, {row.Until, &out.Until}, {row.Ended, &out.Ended}} {
		if day.text == "" {
			continue
		}
		var wrong error
		*day.to, wrong = calendar.ParseDate(day.text)
		err = errors.Join(err, wrong)
	}
	if err != nil {
		return out, fmt.Errorf("document: line %s: %w", row.Number, err)
	}
	return out, nil
}

// labels are the columns of lines: every fact that one of them has, in the order in which they come.
func labels(entries []Entry, l lang.Language) ([]string, []string) {
	var keys, words []string
	for _, e := range entries {
		for _, f := range e.Facts {
			if !slices.Contains(keys, f.Key) {
				keys, words = append(keys, f.Key), append(words, f.Label.In(l))
			}
		}
	}
	return keys, words
}

// value is a line's fact.
func (e Entry) value(key string, l lang.Language) string {
	for _, f := range e.Facts {
		if f.Key == key {
			return f.Value.In(l)
		}
	}
	return ""
}

// entriesKeptYears is how long a line that is over is still shown.
const entriesKeptYears = 3

// sweepEntries takes lines out of the lists that were over long ago.
func (m *Module) sweepEntries(ctx context.Context) error {
	before := m.today().AddYears(-entriesKeptYears).String()
	for {
		var rows []documentdb.DocumentEntry
		err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
			var err error
			rows, err = documentdb.EntriesOver(r, before, 200)
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
				_, err := documentdb.DeleteEntry(tx, row.List, row.Number)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
}
