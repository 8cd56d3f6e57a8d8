package register

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"posad.city/core/agency"
	"posad.city/core/document"
	"posad.city/core/notice"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// The length of a reason, in characters: shorter ones tell nobody anything.
const (
	reasonLeast = 10
	reasonMost  = 1000
)

// Correction puts a mistake in an entry right, and in the document that it rests on.
type Correction struct {
	Register string
	Entry    id.ID
	Version  int64 // that the official saw
	// Values are as somebody writes them, by field: a field that is not here stays, one with an empty RU goes, an empty EN is
	// the same text.
	Values map[string]lang.Text
	Reason string // the person reads it
}

// Ending ends an entry before its day, and revokes the document that it rests on.
type Ending struct {
	Register string
	Entry    id.ID
	Version  int64
	Reason   string // the person reads it
}

// PrepareCorrection makes a correction by an official of the agency that keeps the register ready. When the document says
// what is put right, it is issued anew in the same Write and the old one revoked, so that the two never differ. Errors:
// ErrNone, ErrRole, ErrChanged, ErrEnded, ErrReason, ErrSame, ErrField, and ErrValue with the fields, of which each may be ErrFixed or ErrHalf.
func (m *Module) PrepareCorrection(ctx context.Context, a act.Act, c Correction) (*Prepared, error) {
	r, before, err := m.mayChange(ctx, a, wanted{register: c.Register, entry: c.Entry, version: c.Version, reason: c.Reason, may: corrects})
	if err != nil {
		return nil, err
	}
	values, err := corrected(r, before.Values, c.Values)
	if err != nil {
		return nil, err
	}
	if maps.Equal(values, before.Values) {
		return nil, ErrSame
	}
	s := step{
		change: Corrected, since: before.Since, until: before.Until, values: values, reason: same(strings.TrimSpace(c.Reason)),
		source: before.Source, document: before.Number, number: before.Number,
	}
	anew, err := m.reissue(ctx, a, r, before, s)
	if err != nil {
		return nil, err
	}
	if anew != nil {
		d := anew.Result()
		s.source, s.document, s.number, s.since, s.until = d.ID, d.Number, d.Number, d.From, d.Until
		renumber(r, d, s.values)
	}
	p, err := m.byOfficial(ctx, a, r, before, s)
	if err != nil {
		return nil, err
	}
	if anew != nil {
		p.also = append(p.also, func(tx *store.Tx) error { return overtaken(anew.Put(tx)) })
	}
	return p, nil
}

// overtaken is a revocation that somebody else made first.
func overtaken(err error) error {
	if errors.Is(err, document.ErrRevoked) {
		return ErrChanged
	}
	return err
}

// corrected are the values with what somebody wrote; every value that is wrong is told.
func corrected(r *service.OwnRegister, before Values, typed map[string]lang.Text) (Values, error) {
	out := maps.Clone(before)
	if out == nil {
		out = Values{}
	}
	var wrong []fault.Field
	for _, key := range slices.Sorted(maps.Keys(typed)) {
		f, ok := r.Field(key)
		if !ok {
			return nil, ErrField
		}
		value, ok := asTyped(f, before[key], typed[key])
		switch {
		case !ok:
			wrong = append(wrong, fault.Field{Name: key, ID: ErrValue.ID})
		case value == before[key]:
		case fixed(r, key):
			wrong = append(wrong, fault.Field{Name: key, ID: ErrFixed.ID})
		case halfTyped(f, before[key], value):
			wrong = append(wrong, fault.Field{Name: key, ID: ErrHalf.ID})
		case value.IsZero():
			delete(out, key)
		default:
			out[key] = value
		}
	}
	if len(wrong) > 0 {
		return nil, ErrValue.With(wrong...)
	}
	return out, nil
}

// asTyped is the value that somebody wrote; zero when they took it out, false when it is no value of the field.
func asTyped(f *service.OwnField, before, typed lang.Text) (lang.Text, bool) {
	if strings.TrimSpace(typed.RU) == "" {
		return lang.Text{}, true
	}
	value, ok := clean(f.Type, typed.RU)
	if !ok {
		return lang.Text{}, false
	}
	other := strings.Join(strings.Fields(typed.EN), " ")
	switch {
	case value == before.RU && (!worded(f) || other == "" || other == before.EN):
		return before, true
	case !worded(f) || other == "" || other == before.EN && before.EN == before.RU: // what is one text in both languages stays one
		return same(value), true
	}
	return lang.Text{RU: value, EN: other}, len([]rune(other)) <= valueMost
}

// halfTyped tells whether the words of one language were put right and those of the other left as they were.
func halfTyped(f *service.OwnField, before, now lang.Text) bool {
	return worded(f) && before.RU != before.EN && now.RU != before.RU && now.EN == before.EN
}

// worded tells whether a field is written in words, which each language has its own of.
func worded(f *service.OwnField) bool {
	return slices.Contains([]string{"text", "name", "address"}, f.Type)
}

// fixed tells whether nobody but the document makes a field.
func fixed(r *service.OwnRegister, key string) bool {
	return slices.ContainsFunc(r.From, func(s service.OwnSource) bool { return s.Fields[key] == service.FromNumber })
}

// PrepareEnd makes the end of an entry by the head of the agency that keeps the register ready: it takes from a person what
// the city gave. The document that the entry rests on is revoked in the same Write. Errors: ErrNone, ErrRole, ErrChanged,
// ErrEnded, ErrReason.
func (m *Module) PrepareEnd(ctx context.Context, a act.Act, e Ending) (*Prepared, error) {
	r, before, err := m.mayChange(ctx, a, wanted{register: e.Register, entry: e.Entry, version: e.Version, reason: e.Reason, may: ends})
	if err != nil {
		return nil, err
	}
	reason := same(strings.TrimSpace(e.Reason))
	p, err := m.byOfficial(ctx, a, r, before, step{
		change: Ended, since: before.Since, until: before.Until, values: before.Values, reason: reason,
		source: before.Source, document: before.Number, number: before.Number,
	})
	if err != nil {
		return nil, err
	}
	revoke, err := m.deps.Papers.PrepareRevoke(ctx, document.Revocation{Act: a.ID, Holder: before.Holder, ID: before.Source, Reason: reason})
	if errors.Is(err, document.ErrRevoked) || errors.Is(err, document.ErrNone) {
		return p, nil
	}
	if err != nil {
		return nil, fmt.Errorf("register: revoke: %w", err)
	}
	p.also = append(p.also, func(tx *store.Tx) error { return overtaken(revoke.Put(tx)) })
	return p, nil
}

// wanted is a change that an official wants.
type wanted struct {
	register string
	entry    id.ID
	version  int64
	reason   string
	may      func(r *service.OwnRegister, a act.Act) bool
}

// mayChange reads the entry that an official wants to change and judges whether they may, now.
func (m *Module) mayChange(ctx context.Context, a act.Act, w wanted) (*service.OwnRegister, Entry, error) {
	r, err := m.own(w.register)
	if err != nil {
		return nil, Entry{}, err
	}
	if !w.may(r, a) {
		return nil, Entry{}, m.refused(ctx, a, Reading{Register: r.Key}, w.entry, ErrRole)
	}
	home, err := m.home(ctx, w.entry)
	if err != nil {
		return nil, Entry{}, err
	}
	if home.Register != r.Key {
		return nil, Entry{}, ErrNone
	}
	a.Purpose = act.Purpose{Kind: "register", ID: r.Key}
	before, err := m.readEntry(ctx, a, lookEntry, home.Holder, w.entry)
	if err != nil {
		return nil, Entry{}, err
	}
	n := len([]rune(strings.TrimSpace(w.reason)))
	switch {
	case before.Version != w.version:
		return nil, before, ErrChanged
	case !before.Ended.IsZero():
		return nil, before, ErrEnded
	case n < reasonLeast || n > reasonMost:
		return nil, before, ErrReason.With(fault.Field{Name: "reason", ID: ErrReason.ID})
	}
	return r, before, nil
}

// keeps tells whether an official serves the agency that keeps a register.
func keeps(r *service.OwnRegister, a act.Act) bool {
	return a.Actor.Kind == act.Official && agency.ID(r.Agency) == a.Actor.Agency
}

// corrects tells whether an official may correct entries.
func corrects(r *service.OwnRegister, a act.Act) bool {
	return keeps(r, a) && slices.Contains(r.Corrects, a.Actor.Role)
}

// ends tells whether an official may end entries.
func ends(r *service.OwnRegister, a act.Act) bool {
	return keeps(r, a) && a.Actor.Role == string(agency.Head)
}

// byOfficial makes an official's change ready, with the notice to the person.
func (m *Module) byOfficial(ctx context.Context, a act.Act, r *service.OwnRegister, before Entry, s step) (*Prepared, error) {
	s.act, s.official, s.role = a.ID, a.Actor.Person, a.Actor.Role
	p, err := m.prepare(ctx, r, before, s)
	if err != nil || m.deps.Teller == nil {
		return p, err
	}
	kind := string(s.change)
	if s.source != before.Source {
		kind = "anew"
	}
	told, err := m.deps.Teller.Prepare(ctx, notice.Notice{
		Key: "register/" + before.ID.String() + "/" + strconv.FormatInt(before.Version+1, 10), To: before.Holder, Topic: notice.Documents,
		Kind: "register.told." + kind, Path: "/account/registers/" + before.ID.String(),
		Params: map[string]any{"register": r.Title.RU, "number": id.FormatNumber(s.number), "reason": s.reason.RU},
		Title:  m.told(kind, r, s, "title"), Text: m.told(kind, r, s, "text"),
	})
	if err != nil {
		return nil, fmt.Errorf("register: tell: %w", err)
	}
	p.also = append(p.also, func(tx *store.Tx) error { return told.Put(tx) })
	return p, nil
}

// told is the heading or the text of the notice, with the register's title in each language.
func (m *Module) told(kind string, r *service.OwnRegister, s step, part string) lang.Text {
	say := func(l lang.Language) string {
		return m.text(l, "register.told."+kind+"."+part, "register", r.Title.In(l), "number", id.FormatNumber(s.number), "reason", s.reason.In(l))
	}
	return lang.Text{RU: say(lang.Russian), EN: say(lang.English)}
}
