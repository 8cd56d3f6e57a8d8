package register

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"posad.city/core/agency"
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

// Correction puts a mistake in an entry right.
type Correction struct {
	Register string
	Entry    id.ID
	Version  int64             // that the official saw
	Values   map[string]string // by field, as somebody writes them; a field that is not here stays, an empty one goes
	Reason   string            // the person reads it
}

// Ending ends an entry before its day.
type Ending struct {
	Register string
	Entry    id.ID
	Version  int64
	Reason   string // the person reads it
}

// PrepareCorrection makes a correction by an official of the agency that keeps the register ready. Errors: ErrNone, ErrRole,
// ErrChanged, ErrEnded, ErrReason, ErrSame, ErrValue with the fields.
func (m *Module) PrepareCorrection(ctx context.Context, a act.Act, c Correction) (*Prepared, error) {
	r, before, err := m.mayChange(ctx, a, c.Register, c.Entry, c.Version, c.Reason)
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
	return m.byOfficial(ctx, a, r, before, step{change: Corrected, since: before.Since, until: before.Until, values: values, reason: same(strings.TrimSpace(c.Reason))})
}

// corrected are the values with what somebody wrote; every value that is wrong is told.
func corrected(r *service.OwnRegister, before Values, typed map[string]string) (Values, error) {
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
		text := strings.TrimSpace(typed[key])
		if text == "" {
			delete(out, key)
			continue
		}
		value, ok := clean(f.Type, text)
		if !ok {
			wrong = append(wrong, fault.Field{Name: key, ID: ErrValue.ID})
			continue
		}
		if there := before[key]; there.RU != value && there.EN != value { // one language's words that stay keep the other's
			out[key] = same(value)
		}
	}
	if len(wrong) > 0 {
		return nil, ErrValue.With(wrong...)
	}
	return out, nil
}

// PrepareEnd makes the end of an entry by an official ready. The document that it rests on stays as it is. Errors: ErrNone,
// ErrRole, ErrChanged, ErrEnded, ErrReason.
func (m *Module) PrepareEnd(ctx context.Context, a act.Act, e Ending) (*Prepared, error) {
	r, before, err := m.mayChange(ctx, a, e.Register, e.Entry, e.Version, e.Reason)
	if err != nil {
		return nil, err
	}
	return m.byOfficial(ctx, a, r, before, step{change: Ended, since: before.Since, until: before.Until, values: before.Values, reason: same(strings.TrimSpace(e.Reason))})
}

// mayChange reads the entry that an official wants to change and judges whether they may, now.
func (m *Module) mayChange(ctx context.Context, a act.Act, register string, which id.ID, version int64, reason string) (*service.OwnRegister, Entry, error) {
	r, err := m.own(register)
	if err != nil {
		return nil, Entry{}, err
	}
	if !corrects(r, a) {
		return nil, Entry{}, ErrRole
	}
	home, err := m.home(ctx, which)
	if err != nil {
		return nil, Entry{}, err
	}
	if home.Register != r.Key {
		return nil, Entry{}, ErrNone
	}
	a.Purpose = act.Purpose{Kind: "register", ID: r.Key}
	before, err := m.readEntry(ctx, a, lookEntry, home.Holder, which)
	if err != nil {
		return nil, Entry{}, err
	}
	n := len([]rune(strings.TrimSpace(reason)))
	switch {
	case before.Version != version:
		return nil, before, ErrChanged
	case !before.Ended.IsZero():
		return nil, before, ErrEnded
	case n < reasonLeast || n > reasonMost:
		return nil, before, ErrReason.With(fault.Field{Name: "reason", ID: ErrReason.ID})
	}
	return r, before, nil
}

// corrects tells whether an official may correct entries and end them.
func corrects(r *service.OwnRegister, a act.Act) bool {
	return a.Actor.Kind == act.Official && agency.ID(r.Agency) == a.Actor.Agency && slices.Contains(r.Corrects, a.Actor.Role)
}

// byOfficial makes an official's change ready, with the notice to the person.
func (m *Module) byOfficial(ctx context.Context, a act.Act, r *service.OwnRegister, before Entry, s step) (*Prepared, error) {
	s.act, s.official, s.role = a.ID, a.Actor.Person, a.Actor.Role
	s.source, s.document, s.number = before.Source, before.Number, before.Number
	p, err := m.prepare(ctx, r, before, s)
	if err != nil || m.deps.Teller == nil {
		return p, err
	}
	told, err := m.deps.Teller.Prepare(ctx, notice.Notice{
		Key: "register/" + before.ID.String() + "/" + strconv.FormatInt(before.Version+1, 10), To: before.Holder, Topic: notice.Documents,
		Kind: "register.told." + string(s.change), Path: "/account/registers/" + before.ID.String(),
		Params: map[string]any{"register": r.Title.RU, "number": id.FormatNumber(before.Number), "reason": s.reason.RU},
		Title:  m.told(r, before, s, "title"), Text: m.told(r, before, s, "text"),
	})
	if err != nil {
		return nil, fmt.Errorf("register: tell: %w", err)
	}
	p.also = append(p.also, func(tx *store.Tx) error { return told.Put(tx) })
	return p, nil
}

// told is the heading or the text of the notice, with the register's title in each language.
func (m *Module) told(r *service.OwnRegister, e Entry, s step, part string) lang.Text {
	say := func(l lang.Language) string {
		return m.text(l, "register.told."+string(s.change)+"."+part, "register", r.Title.In(l), "number", id.FormatNumber(e.Number), "reason", s.reason.In(l))
	}
	return lang.Text{RU: say(lang.Russian), EN: say(lang.English)}
}
