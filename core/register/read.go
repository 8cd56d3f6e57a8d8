package register

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"posad.city/core/agency"
	"posad.city/core/exchange"
	"posad.city/core/register/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// The kinds of look. That of an official's read names the register and the purpose: lookPrefix + register + "." + purpose.
const (
	lookEntry   = "register.look.entry"
	lookEntries = "register.look.entries"
	lookPrefix  = "register.look."
)

// PurposeCase is the purpose of a reading for a case.
const PurposeCase = "case"

// Reading is why somebody reads: a purpose that the register declares, or a case.
type Reading struct {
	Register string
	Purpose  string // key of a purpose of the register, or PurposeCase
	Case     id.ID  // for PurposeCase
}

// leave is what a reader may see.
type leave struct {
	register *service.OwnRegister
	act      act.Act
	what     string   // the kind of look
	fields   []string // nil: all
	people   []id.ID  // nil: anybody; else it is by their case, and no more is told than certificates tell
	uses     []exchange.Use
}

// byCase tells whether a case is the reason.
func (l leave) byCase() bool { return l.people != nil }

// tells is whether a reader may know of an entry on a day: a certificate tells what is good alone.
func (l leave) tells(e Entry, today calendar.Date) bool {
	return !l.byCase() || e.Standing(today) == Valid
}

// narrowHistory leaves of versions the fields that the reader sees. A reason is free words, which may quote any field, so it is
// for who sees them all, and so is the case.
func (l leave) narrowHistory(history []Version) []Version {
	whole := !slices.ContainsFunc(l.register.Fields, func(f service.OwnField) bool { return !l.sees(f.Key) })
	for i := range history {
		history[i].Values = history[i].Values.only(l.fields)
		if !whole {
			history[i].Reason, history[i].Case = lang.Text{}, id.ID{}
		}
	}
	return history
}

// narrow leaves of an entry what the reader may see.
func (l leave) narrow(e Entry) Entry {
	e.Values = e.Values.only(l.fields)
	if !l.byCase() {
		return e
	}
	out := Entry{Holder: e.Holder, ID: e.ID, Register: e.Register, Values: e.Values}
	if l.promised("number") {
		out.Number = e.Number
	}
	if l.promised("since") {
		out.Since = e.Since
	}
	if l.promised("until") {
		out.Until = e.Until
	}
	return out
}

// promised tells whether a certificate declares a number or a day of the entry, and the register has no field of that name.
func (l leave) promised(name string) bool {
	_, own := l.register.Field(name)
	return !own && l.sees(name)
}

// allow judges a reading. A case is judged again where its data is read, in the same snapshot.
func (m *Module) allow(ctx context.Context, a act.Act, read Reading) (leave, error) {
	r, err := m.own(read.Register)
	if err != nil {
		return leave{}, err
	}
	if a.Actor.Kind != act.Official || a.Actor.Agency.IsZero() {
		return leave{}, ErrNotYours
	}
	if read.Purpose == PurposeCase {
		return m.allowCase(ctx, a, r, read.Case)
	}
	p, ok := r.Purpose(read.Purpose)
	if !ok {
		return leave{}, ErrNoPurpose
	}
	if agency.ID(p.Agency) != a.Actor.Agency || !slices.Contains(p.Roles, a.Actor.Role) {
		return leave{}, ErrNotYours
	}
	a.Purpose = act.Purpose{Kind: "register", ID: r.Key + "/" + p.Key}
	return leave{register: r, act: a, what: lookPrefix + r.Key + "." + p.Key, fields: p.Fields}, nil
}

// allowCase lets the agency of a case see what the certificates of its service would tell, of the people of the case.
func (m *Module) allowCase(ctx context.Context, a act.Act, r *service.OwnRegister, caseID id.ID) (leave, error) {
	if m.deps.Lives == nil || m.deps.Case == nil || caseID.IsZero() {
		return leave{}, ErrNoCase
	}
	found, err := m.deps.Case(ctx, caseID)
	if errors.Is(err, store.ErrNone) {
		return leave{}, ErrNoCase
	}
	if err != nil {
		return leave{}, err
	}
	city := m.deps.City()
	s, ok := city.Service(found.Service)
	if !ok || found.Agency != a.Actor.Agency {
		return leave{}, ErrNoCase
	}
	out := leave{register: r, act: a.ForCase(caseID), what: lookPrefix + r.Key + "." + PurposeCase, fields: []string{}, people: []id.ID{found.Holder, found.Applicant}}
	for i := range s.Certificates {
		c := &s.Certificates[i]
		asked, ok := city.Register(c.Register)
		if !ok || asked.Transport != service.TransportOwn || asked.Of != r.Key {
			continue
		}
		out.fields = append(out.fields, tells(asked)...)
		out.uses = append(out.uses, exchange.Use{
			Holder: found.Holder, Case: caseID, Applicant: found.Applicant, About: found.Holder, Service: found.Service, Certificate: c.Key, Register: c.Register,
		})
	}
	if len(out.uses) == 0 {
		return leave{}, ErrNoCase
	}
	return out, nil
}

// tells are the fields of its own register that a certificate tells.
func tells(r *service.Register) []string {
	var out []string
	for i := range r.Values {
		for _, f := range r.Values[i].Fields {
			out = append(out, f.Name)
		}
	}
	return out
}

// judge asks in the snapshot whether the case still lives.
func (m *Module) judge(p store.PersonalReader, l leave) error {
	for _, use := range l.uses {
		yes, err := m.deps.Lives(p, use)
		if err != nil || yes {
			return err
		}
	}
	if len(l.uses) > 0 {
		return ErrNoCase
	}
	return nil
}

func (m *Module) open(ctx context.Context, row registerdb.RegisterEntry) (Entry, error) {
	keys, err := m.base.Vault.Keys(ctx, row.Holder)
	if err != nil {
		return Entry{}, fmt.Errorf("register: keys: %w", err)
	}
	return opened(keys, row)
}

// readEntry reads one entry under an act that was judged.
func (m *Module) readEntry(ctx context.Context, a act.Act, what string, holder, which id.ID) (Entry, error) {
	var row registerdb.RegisterEntry
	err := m.base.Store.Look(ctx, a, what, func(p *store.Personal) error {
		var err error
		row, err = registerdb.EntryByID(p, holder, which)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return Entry{}, ErrNone
	}
	if err != nil {
		return Entry{}, err
	}
	return m.open(ctx, row)
}

// Read reads an entry with its history, the first version first, for a purpose: one look. Each holds the fields of the
// purpose alone, and reasons and cases when it shows every field. By a case it is as certificates tell it: what is over is ErrNone, there is no history, and number and days
// are zero unless a certificate declares them.
func (m *Module) Read(ctx context.Context, a act.Act, read Reading, which id.ID) (Entry, []Version, error) {
	l, holder, err := m.reach(ctx, a, read, which)
	if err != nil {
		return Entry{}, nil, m.refused(ctx, a, read, which, err)
	}
	e, history, err := m.whole(ctx, l, holder, which)
	if err != nil {
		return Entry{}, nil, m.refused(ctx, a, read, which, err)
	}
	return l.narrow(e), l.narrowHistory(history), nil
}

// whole reads an entry with its versions in one look; by a case it has none.
func (m *Module) whole(ctx context.Context, l leave, holder, which id.ID) (Entry, []Version, error) {
	var row registerdb.RegisterEntry
	var rows []registerdb.RegisterVersion
	err := m.base.Store.Look(ctx, l.act, l.what, func(p *store.Personal) error {
		if err := m.judge(p, l); err != nil {
			return err
		}
		var err error
		if row, err = m.rowFor(p, l, holder, which); err != nil || l.byCase() {
			return err
		}
		rows, err = registerdb.VersionsOf(p, registerdb.VersionsOfParams{Holder: holder, Entry: which, Limit: versionsMost})
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return Entry{}, nil, ErrNone
	}
	if err != nil {
		return Entry{}, nil, err
	}
	keys, err := m.base.Vault.Keys(ctx, holder)
	if err != nil {
		return Entry{}, nil, fmt.Errorf("register: keys: %w", err)
	}
	e, err := opened(keys, row)
	if err != nil || l.byCase() {
		return e, nil, err
	}
	history, err := openedVersions(keys, rows)
	return e, history, err
}

// rowFor reads the row of an entry; store.ErrNone also when the reader may not know of it.
func (m *Module) rowFor(p store.PersonalReader, l leave, holder, which id.ID) (registerdb.RegisterEntry, error) {
	row, err := registerdb.EntryByID(p, holder, which)
	if err != nil {
		return row, err
	}
	e := Entry{Ended: row.Ended}
	if err := days(row.Since, row.Until, &e.Since, &e.Until); err != nil {
		return row, fmt.Errorf("register: entry %s: %w", row.ID, err)
	}
	if !l.tells(e, m.today()) {
		return row, store.ErrNone
	}
	return row, nil
}

// reach judges a reading of an entry; of one of another register or of other people nothing is told.
func (m *Module) reach(ctx context.Context, a act.Act, read Reading, which id.ID) (leave, id.ID, error) {
	l, err := m.allow(ctx, a, read)
	if err != nil {
		return l, id.ID{}, err
	}
	home, err := m.home(ctx, which)
	if err == nil && (home.Register != l.register.Key || l.people != nil && !slices.Contains(l.people, home.Holder)) {
		err = ErrNone
	}
	return l, home.Holder, err
}

// home finds whose entry it is.
func (m *Module) home(ctx context.Context, which id.ID) (registerdb.RegisterHome, error) {
	var out registerdb.RegisterHome
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = registerdb.HomeOf(r, which)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return out, ErrNone
	}
	return out, err
}

// versionsMost is how many versions of an entry are read at once; no entry has so many.
const versionsMost = 10_000

func (m *Module) versions(ctx context.Context, a act.Act, what string, holder, which id.ID) ([]Version, error) {
	var rows []registerdb.RegisterVersion
	err := m.base.Store.Look(ctx, a, what, func(p *store.Personal) error {
		var err error
		rows, err = registerdb.VersionsOf(p, registerdb.VersionsOfParams{Holder: holder, Entry: which, Limit: versionsMost})
		return err
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	keys, err := m.base.Vault.Keys(ctx, holder)
	if err != nil {
		return nil, fmt.Errorf("register: keys: %w", err)
	}
	return openedVersions(keys, rows)
}

func openedVersions(keys *vault.Keys, rows []registerdb.RegisterVersion) ([]Version, error) {
	out := make([]Version, 0, len(rows))
	for _, row := range rows {
		v, err := openedVersion(keys, row)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// entriesMost is how many entries of a person are read at once, the newest first.
const entriesMost = 1000

// entries reads the entries of one record of a person, the newest first.
func (m *Module) entries(ctx context.Context, a act.Act, what string, holder id.ID) ([]Entry, error) {
	return m.read(ctx, a, what, func(p *store.Personal) ([]registerdb.RegisterEntry, error) {
		return registerdb.EntriesOf(p, holder, entriesMost)
	})
}

// entriesIn reads those of one register.
func (m *Module) entriesIn(ctx context.Context, a act.Act, what string, holder id.ID, register string) ([]Entry, error) {
	return m.read(ctx, a, what, func(p *store.Personal) ([]registerdb.RegisterEntry, error) {
		return registerdb.EntriesIn(p, holder, register, entriesMost)
	})
}

func (m *Module) read(ctx context.Context, a act.Act, what string, query func(*store.Personal) ([]registerdb.RegisterEntry, error)) ([]Entry, error) {
	var rows []registerdb.RegisterEntry
	err := m.base.Store.Look(ctx, a, what, func(p *store.Personal) error {
		var err error
		rows, err = query(p)
		return err
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	out := make([]Entry, 0, len(rows))
	for _, row := range rows {
		e, err := m.open(ctx, row)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	newest(out)
	return out, nil
}

// Mine lists a person's entries in all registers, the newest first. The caller has asked whether the act may.
func (m *Module) Mine(ctx context.Context, a act.Act, holder id.ID) ([]Entry, error) {
	var out []Entry
	for _, one := range a.Records(holder) {
		some, err := m.entries(ctx, a, lookEntries, one)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	newest(out)
	return out, nil
}

// MyEntry is a person's entry with its history, the first version first. The caller has asked whether the act may.
func (m *Module) MyEntry(ctx context.Context, a act.Act, holder, which id.ID) (Entry, []Version, error) {
	return m.whole(ctx, leave{act: a, what: lookEntry}, holder, which)
}

// Open is what everybody may know of an entry by its number: how it stands, its days and its public fields. It tells nothing
// of a person and leaves no look.
func (m *Module) Open(ctx context.Context, register, number string) (Entry, error) {
	r, err := m.own(register)
	if err != nil {
		return Entry{}, err
	}
	digits, err := id.ParseNumber(number)
	if err != nil {
		return Entry{}, ErrValue
	}
	var home registerdb.RegisterHome
	err = m.base.Store.Read(ctx, func(s *store.Snapshot) error {
		row, err := registerdb.SourceByNumber(s, register, digits)
		if err == nil {
			home, err = registerdb.HomeOf(s, row.Entry)
		}
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return Entry{}, ErrNone
	}
	if err != nil {
		return Entry{}, err
	}
	e, err := m.readEntry(ctx, m.system(home.Entry), lookEntry, home.Holder, home.Entry)
	if err != nil || e.Number != digits {
		return Entry{}, errors.Join(err, ErrNone)
	}
	fields := []string{}
	for _, f := range r.Fields {
		if f.Public {
			fields = append(fields, f.Key)
		}
	}
	e.Holder, e.Source, e.Values = id.ID{}, id.ID{}, e.Values.only(fields)
	return e, nil
}

// LookText is what the person reads of a look at a register: its title and what it was read for.
func (m *Module) LookText(what string, l lang.Language) (string, bool) {
	rest, ok := strings.CutPrefix(what, lookPrefix)
	key, purpose, named := strings.Cut(rest, ".")
	if !ok || !named {
		return "", false
	}
	r, err := m.own(key)
	if err != nil {
		return "", false
	}
	title := r.Title.In(l)
	if p, ok := r.Purpose(purpose); ok {
		return title + ": " + p.Title.In(l), true
	}
	if s, ok := r.Subscribed(strings.TrimPrefix(purpose, sentPrefix)); ok && s.Webhook != nil {
		return title + ": " + s.Webhook.Title.In(l), true
	}
	return title, true
}
