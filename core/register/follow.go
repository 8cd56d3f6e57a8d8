package register

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"posad.city/core/document"
	"posad.city/core/register/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// followed are the events after which a document is read again.
var followed = []string{document.EventIssued, document.EventRevoked, document.EventEnded}

// onDocument brings the city's own registers to what a document says now.
func (m *Module) onDocument(ctx context.Context, j jobs.Job) error {
	d, err := m.deps.Papers.Result(ctx, j.Act(act.Purpose{}), j.Holder, j.Object)
	if errors.Is(err, document.ErrNone) || errors.Is(err, vault.ErrErased) {
		return nil
	}
	if err != nil {
		return err
	}
	city := m.deps.City()
	if city == nil || d.Form == document.FormRefusal {
		return nil
	}
	for i := range city.OwnRegisters {
		r := &city.OwnRegisters[i]
		s, ok := r.Source(d.Service)
		if !ok {
			continue
		}
		if err := m.follow(ctx, r, s, d, correctionsMost); err != nil && !errors.Is(err, vault.ErrErased) {
			return fmt.Errorf("register %s: %w", r.Key, err)
		}
	}
	return nil
}

// correctionsMost is how many corrections of a document are followed back to the first one.
const correctionsMost = 20

// follow brings a register to what a document says.
func (m *Module) follow(ctx context.Context, r *service.OwnRegister, s *service.OwnSource, d document.Result, depth int) error {
	known, err := m.sourced(ctx, r.Key, d.ID)
	if err != nil {
		return err
	}
	if s.Does != "enter" {
		if known.IsZero() {
			return m.touch(ctx, r, s, d)
		}
		return nil
	}
	if known.IsZero() {
		if err := m.enter(ctx, r, s, d, depth); err != nil {
			return err
		}
	}
	return m.endWith(ctx, r, d)
}

// sourced is the entry that a document made or changed; zero: none yet.
func (m *Module) sourced(ctx context.Context, register string, source id.ID) (id.ID, error) {
	var out id.ID
	err := m.base.Store.Read(ctx, func(tx *store.Snapshot) error {
		row, err := registerdb.SourceOf(tx, register, source)
		out = row.Entry
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return id.ID{}, nil
	}
	return out, err
}

// enter makes an entry of a document, or corrects that of the document in whose place it stands.
func (m *Module) enter(ctx context.Context, r *service.OwnRegister, s *service.OwnSource, d document.Result, depth int) error {
	want := stepOf(r, s, d)
	before := Entry{Holder: d.Holder, ID: id.Derived("register entry", r.Key+"/"+d.ID.String()), Register: r.Key}
	want.change = Entered
	if d.Replaces != "" && depth > 0 {
		there, err := m.replaced(ctx, r, s, d, depth)
		if err != nil {
			return err
		}
		if there.Version > 0 {
			before, want.change, want.reason = there, Corrected, m.both("register.reason.corrected")
		}
	}
	return m.change(ctx, r, before, want)
}

// replaced is the entry of the document in whose place another one stands; with version 0 when there is none.
func (m *Module) replaced(ctx context.Context, r *service.OwnRegister, s *service.OwnSource, d document.Result, depth int) (Entry, error) {
	all, err := m.deps.Papers.Results(ctx, m.system(d.ID), d.Holder, id.ID{})
	if err != nil {
		return Entry{}, err
	}
	at := slices.IndexFunc(all, func(one document.Result) bool { return one.Number == d.Replaces })
	if at < 0 {
		return Entry{}, nil
	}
	old := all[at]
	known, err := m.sourced(ctx, r.Key, old.ID)
	if err != nil {
		return Entry{}, err
	}
	if known.IsZero() {
		if err := m.enter(ctx, r, s, old, depth-1); err != nil {
			return Entry{}, err
		}
		if known, err = m.sourced(ctx, r.Key, old.ID); err != nil {
			return Entry{}, err
		}
	}
	return m.entry(ctx, d.Holder, known)
}

// stepOf is what a document makes of an entry.
func stepOf(r *service.OwnRegister, s *service.OwnSource, d document.Result) step {
	return step{
		act: id.Derived("register act", r.Key+"/"+d.ID.String()), caseID: d.Case, source: d.ID, document: d.Number, number: d.Number,
		since: d.From, until: d.Until, values: valuesOf(r, s, d),
	}
}

// touch alters or ends the newest entry of the person that a document of another service means.
func (m *Module) touch(ctx context.Context, r *service.OwnRegister, s *service.OwnSource, d document.Result) error {
	want := stepOf(r, s, d)
	list, err := m.entriesIn(ctx, m.system(d.ID), lookEntries, d.Holder, r.Key)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(e Entry) bool {
		return !e.Ended.IsZero() || e.Source == d.ID || !alike(e.Values, want.values, s.Match)
	})
	if fit := fits(list); fit != "" {
		m.unclear.WithLabelValues(r.Key, s.Service, fit).Inc()
		m.base.Log.Warn("register: a result means no entry, or one of several", "register", r.Key, "service", s.Service, "result", d.ID.String(), "fit", fit)
	}
	if len(list) == 0 {
		return nil
	}
	before := list[0]
	want.number = before.Number
	if s.Does == "end" {
		want.change, want.since, want.until, want.values = Ended, before.Since, before.Until, before.Values
		want.reason = lang.Text{RU: m.text(lang.Russian, "register.reason.service", "title", d.Title.RU), EN: m.text(lang.English, "register.reason.service", "title", d.Title.EN)}
		return m.change(ctx, r, before, want)
	}
	merged := Values{}
	for key, value := range before.Values {
		merged[key] = value
	}
	for key, value := range want.values {
		merged[key] = value
	}
	want.change, want.since, want.until, want.values = Altered, before.Since, before.Until, merged
	return m.change(ctx, r, before, want)
}

// fits tells what is unclear about the entries that a result may mean; empty when there is just one.
func fits(list []Entry) string {
	switch len(list) {
	case 0:
		return meansNone
	case 1:
		return ""
	}
	return meansMany
}

// endWith ends the entry that rests on a document which was revoked, or whose last day is over.
func (m *Module) endWith(ctx context.Context, r *service.OwnRegister, d document.Result) error {
	over := !d.Until.IsZero() && m.today().After(d.Until)
	if d.Revoked.IsZero() && !over || d.Replaced != "" {
		return nil
	}
	known, err := m.sourced(ctx, r.Key, d.ID)
	if err != nil || known.IsZero() {
		return err
	}
	e, err := m.entry(ctx, d.Holder, known)
	if err != nil || e.Version == 0 || !e.Ended.IsZero() || e.Source != d.ID {
		return err
	}
	reason := m.both("register.reason.over")
	if !d.Revoked.IsZero() {
		reason = d.Reason
	}
	return m.change(ctx, r, e, step{
		change: Ended, act: id.Derived("register end", r.Key+"/"+d.ID.String()), caseID: d.Case, source: d.ID, document: d.Number, number: e.Number,
		since: e.Since, until: e.Until, values: e.Values, reason: reason,
	})
}

// change makes a change in a Write of its own.
func (m *Module) change(ctx context.Context, r *service.OwnRegister, before Entry, s step) error {
	p, err := m.prepare(ctx, r, before, s)
	if errors.Is(err, ErrEnded) {
		return nil
	}
	if err != nil {
		return err
	}
	return m.base.Store.Write(ctx, p.Put)
}

// entry reads an entry for the house's own work; one with version 0 when it is not there.
func (m *Module) entry(ctx context.Context, holder, which id.ID) (Entry, error) {
	out, err := m.readEntry(ctx, m.system(which), lookEntry, holder, which)
	if errors.Is(err, ErrNone) {
		return Entry{}, nil
	}
	return out, err
}

// system is the act of the house's own reading: nobody looks.
func (m *Module) system(what id.ID) act.Act { return act.ByJob(what, act.Purpose{}) }

func (m *Module) today() calendar.Date { return calendar.DateOf(m.base.Clock.Now(), m.deps.Zone()) }

func (m *Module) text(l lang.Language, key string, args ...any) string {
	return m.base.Texts.Text(l, key, args...)
}

func (m *Module) both(key string) lang.Text {
	return lang.Text{RU: m.text(lang.Russian, key), EN: m.text(lang.English, key)}
}
