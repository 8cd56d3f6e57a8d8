package register

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"posad.city/core/agency"
	"posad.city/core/register/internal/store"
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// step is a change as somebody wants it: what the entry is to be after it.
type step struct {
	change   Change
	act      id.ID
	caseID   id.ID
	official id.ID
	role     string
	source   id.ID  // the document by which it comes
	document string // that document's number
	number   string // of the document that the entry rests on after it
	since    calendar.Date
	until    calendar.Date
	values   Values
	reason   lang.Text
}

// versionBody is what is sealed in a version.
type versionBody struct {
	Values Values     `json:"values"`
	Number string     `json:"number"`
	Reason *lang.Text `json:"reason,omitempty"`
}

// Prepared is a change that waits for its Write.
type Prepared struct {
	m       *Module
	before  Entry // with version 0: there is none yet
	change  Change
	version registerdb.InsertVersionParams
	fields  vault.Sealed
	number  string // of the entry after it
	by      string // number of the document by which it comes
	keys    []vault.Keyed
	entry   *journal.Ready
	hooks   []string // subscriptions that are sent messages
	also    []func(*store.Tx) error
}

// prepare makes a change of an entry ready. The entry's holder, id and register are those of before.
func (m *Module) prepare(ctx context.Context, r *service.OwnRegister, before Entry, s step) (*Prepared, error) {
	if !before.may(s.change) {
		return nil, ErrEnded
	}
	keys, err := m.base.Vault.Keys(ctx, before.Holder)
	if err != nil {
		return nil, fmt.Errorf("register: keys: %w", err)
	}
	if keys.Erased() {
		return nil, fmt.Errorf("register: change: %w", vault.ErrErased)
	}
	p := &Prepared{m: m, before: before, change: s.change, number: s.number, by: s.document, keys: m.searchKeys(r, s.values)}
	for i := range r.Subscriptions {
		if r.Subscriptions[i].Webhook != nil {
			p.hooks = append(p.hooks, r.Subscriptions[i].Key)
		}
	}
	if err := p.seal(keys, r, s); err != nil {
		return nil, err
	}
	p.entry, err = m.base.Journal.Prepare(keys, m.entered(r, before.ID, s))
	return p, err
}

func (p *Prepared) seal(keys *vault.Keys, r *service.OwnRegister, s step) error {
	body := versionBody{Values: s.values, Number: s.number}
	if !s.reason.IsZero() {
		body.Reason = &s.reason
	}
	whole, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("register: version: %w", err)
	}
	fields, err := json.Marshal(s.values)
	if err != nil {
		return fmt.Errorf("register: fields: %w", err)
	}
	p.fields = keys.Seal("register_entry", "fields", fields)
	p.version = registerdb.InsertVersionParams{
		Holder: p.before.Holder, Entry: p.before.ID, Version: p.before.Version + 1, Change: string(s.change), Act: s.act, Official: s.official,
		Agency: agency.ID(r.Agency), Role: s.role, CaseID: s.caseID, Source: s.source, Since: s.since.String(), Until: s.until.String(),
		Body: keys.Seal("register_version", "body", whole),
	}
	return nil
}

// searchKeys are what an entry is found by. A register and a field are parts of the space, so that no two are compared.
func (m *Module) searchKeys(r *service.OwnRegister, values Values) []vault.Keyed {
	var out []vault.Keyed
	for i := range r.Fields {
		f := &r.Fields[i]
		if value := values[f.Key]; f.Search && value.RU != "" {
			out = append(out, m.searchKey(r, f, value.RU))
		}
	}
	return out
}

func (m *Module) searchKey(r *service.OwnRegister, f *service.OwnField, value string) vault.Keyed {
	return m.base.Vault.Keyed("register."+r.Key+"."+f.Key, plain(value))
}

// entered is the change as the journal has it.
func (m *Module) entered(r *service.OwnRegister, entry id.ID, s step) journal.Entry {
	t := func(key string) string { return m.base.Texts.Text(lang.Russian, key) }
	facts := []journal.Fact{
		{Name: "register", Label: t("register.fact.register"), Value: r.Title.RU},
		{Name: "number", Label: t("register.fact.number"), Value: id.FormatNumber(s.number)},
	}
	for i := range r.Fields {
		f := &r.Fields[i]
		if value := s.values[f.Key]; value.RU != "" {
			facts = append(facts, journal.Fact{Name: f.Key, Label: f.Label.RU, Value: value.RU})
		}
	}
	if !s.reason.IsZero() {
		facts = append(facts, journal.Fact{Name: "reason", Label: t("register.fact.reason"), Value: s.reason.RU})
	}
	return journal.Entry{Act: s.act, Kind: "register." + string(s.change), Title: t("register.journal." + string(s.change)), Object: entry, Facts: facts}
}

// Put makes the change in the caller's Write: the version, the entry, what it is found by, the journal and the event.
// ErrChanged: somebody was first. What a document made before changes nothing.
func (p *Prepared) Put(tx *store.Tx) error {
	first, err := registerdb.InsertSource(tx, registerdb.InsertSourceParams{
		Register: p.before.Register, Source: p.version.Source, Number: p.by, Entry: p.before.ID,
	})
	if err != nil {
		return fmt.Errorf("register: source: %w", err)
	}
	if p.change == Entered && first == 0 {
		return nil
	}
	if err := p.project(tx); err != nil {
		return err
	}
	version := p.version
	version.At = tx.Now()
	if err := registerdb.InsertVersion(tx, version); err != nil {
		return fmt.Errorf("register: version: %w", err)
	}
	if _, err := journal.Enter(tx, p.entry); err != nil {
		return fmt.Errorf("register: journal: %w", err)
	}
	if err := p.subscribed(tx); err != nil {
		return err
	}
	for _, put := range p.also {
		if err := put(tx); err != nil {
			return err
		}
	}
	return p.m.base.Jobs.Emit(tx, jobs.Event{Name: EventChanged, Holder: p.before.Holder, Object: p.before.ID, Version: version.Version})
}

// project brings the entry and its keys to what the version says.
func (p *Prepared) project(tx *store.Tx) error {
	if err := p.projectEntry(tx); err != nil {
		return err
	}
	if err := registerdb.DeleteKeys(tx, p.before.ID); err != nil {
		return fmt.Errorf("register: keys: %w", err)
	}
	for _, key := range p.keys {
		if err := registerdb.InsertKey(tx, key, p.before.ID); err != nil {
			return fmt.Errorf("register: keys: %w", err)
		}
	}
	switch p.change {
	case Ended:
		return registerdb.InsertOver(tx, p.before.ID, p.before.Register, tx.Now())
	case Corrected:
		return registerdb.DeleteOver(tx, p.before.ID)
	}
	return nil
}

func (p *Prepared) projectEntry(tx *store.Tx) error {
	v, holder, entry := p.version, p.before.Holder, p.before.ID
	if p.change == Entered {
		n, err := registerdb.InsertEntry(tx, registerdb.InsertEntryParams{
			Holder: holder, ID: entry, Register: p.before.Register, Number: p.number, Source: v.Source, Since: v.Since, Until: v.Until, Entered: tx.Now(), Fields: p.fields,
		})
		if err == nil && n == 0 {
			err = ErrChanged
		}
		return errors.Join(err, registerdb.InsertHome(tx, entry, holder, p.before.Register))
	}
	var ended time.Time
	if p.change == Ended {
		ended = tx.Now()
	}
	rests := p.before.Source
	if p.change == Corrected {
		rests = v.Source
	}
	n, err := registerdb.ChangeEntry(tx, registerdb.ChangeEntryParams{
		Number: p.number, Source: rests, Since: v.Since, Until: v.Until, Ended: ended, Fields: p.fields, Holder: holder, ID: entry, Version: p.before.Version,
	})
	if err == nil && n == 0 {
		return ErrChanged
	}
	return err
}

// opened turns a row into an entry; the values of a person who was erased stay nil.
func opened(keys *vault.Keys, row registerdb.RegisterEntry) (Entry, error) {
	out := Entry{
		Holder: row.Holder, ID: row.ID, Register: row.Register, Number: row.Number, Source: row.Source, Version: row.Version,
		Entered: row.Entered, Ended: row.Ended,
	}
	if err := days(row.Since, row.Until, &out.Since, &out.Until); err != nil {
		return out, fmt.Errorf("register: entry %s: %w", row.ID, err)
	}
	plain, err := keys.Open("register_entry", "fields", row.Fields)
	if errors.Is(err, vault.ErrErased) {
		return out, nil
	}
	if err == nil {
		err = json.Unmarshal(plain, &out.Values)
	}
	if err != nil {
		return out, fmt.Errorf("register: entry %s: %w", row.ID, err)
	}
	return out, nil
}

func openedVersion(keys *vault.Keys, row registerdb.RegisterVersion) (Version, error) {
	out := Version{
		Number: row.Version, Change: Change(row.Change), Act: row.Act, At: row.At, Official: row.Official, Agency: row.Agency, Role: row.Role,
		Case: row.CaseID, Source: row.Source,
	}
	if err := days(row.Since, row.Until, &out.Since, &out.Until); err != nil {
		return out, fmt.Errorf("register: version of %s: %w", row.Entry, err)
	}
	var body versionBody
	plain, err := keys.Open("register_version", "body", row.Body)
	if errors.Is(err, vault.ErrErased) {
		return out, nil
	}
	if err == nil {
		err = json.Unmarshal(plain, &body)
	}
	if err != nil {
		return out, fmt.Errorf("register: version of %s: %w", row.Entry, err)
	}
	out.Values, out.Document = body.Values, body.Number
	if body.Reason != nil {
		out.Reason = *body.Reason
	}
	return out, nil
}

// days reads the civil dates of a row; an empty one is none.
func days(since, until string, to ...*calendar.Date) error {
	for i, text := range []string{since, until} {
		if text == "" {
			continue
		}
		day, err := calendar.ParseDate(text)
		if err != nil {
			return err
		}
		*to[i] = day
	}
	return nil
}

// newest puts the entries entered last first.
func newest(list []Entry) {
	slices.SortStableFunc(list, func(a, b Entry) int {
		if order := b.Entered.Compare(a.Entered); order != 0 {
			return order
		}
		return slices.Compare(a.ID[:], b.ID[:])
	})
}
