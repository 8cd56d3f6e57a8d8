package register

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"posad.city/core/document"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// reissue makes ready the document that says what a correction says, in the place of the one that the entry rests on. Nil when
// that one says nothing else, or is there no more. Errors: ErrEnded, ErrChanged, ErrValue.
func (m *Module) reissue(ctx context.Context, a act.Act, r *service.OwnRegister, before Entry, s step) (*document.PreparedCorrection, error) {
	d, err := m.deps.Papers.Result(ctx, m.system(a.ID), before.Holder, before.Source)
	if errors.Is(err, document.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("register: document: %w", err)
	}
	switch {
	case d.Replaced != "": // corrected a moment ago, and the register has not read it yet
		return nil, ErrChanged
	case !d.Revoked.IsZero():
		return nil, ErrEnded
	}
	source, ok := r.Source(d.Service)
	if !ok {
		return nil, nil
	}
	c := document.Correction{
		ID:  id.Derived("register correction", before.ID.String()+"/"+strconv.FormatInt(before.Version+1, 10)),
		Act: a.ID, Holder: before.Holder, Old: d.ID, Facts: slices.Clone(d.Facts), Reason: s.reason,
	}
	changed, err := m.rewrite(&c, r, source, d, s.values)
	if err != nil || !changed {
		return nil, err
	}
	out, err := m.deps.Papers.PrepareCorrection(ctx, c)
	if err != nil {
		return nil, overtaken(err)
	}
	return out, nil
}

// rewrite brings the lines and days of a document to the values of its entry, and tells whether anything has changed.
func (m *Module) rewrite(c *document.Correction, r *service.OwnRegister, source *service.OwnSource, d document.Result, values Values) (bool, error) {
	changed := false
	for _, key := range slices.Sorted(maps.Keys(source.Fields)) {
		f, ok := r.Field(key)
		from := source.Fields[key]
		if !ok || from == service.FromNumber || valueOf(f, from, d) == values[key] {
			continue
		}
		changed = true
		fact, line := service.FactOf(from)
		if line {
			c.Facts = withLine(c.Facts, document.Fact{Key: fact, Label: f.Label, Value: m.inWords(f, values[key])})
			continue
		}
		day, err := calendar.ParseDate(values[key].RU)
		if err != nil { // a document has its days: they change and do not go
			return false, ErrValue.With(fault.Field{Name: key, ID: ErrValue.ID})
		}
		if from == service.FromFrom {
			c.From = day
		} else {
			c.Until = day
		}
	}
	return changed, nil
}

// withLine are the lines of a document with one of them put right, put in, or, when it says nothing, left out.
func withLine(lines []document.Fact, now document.Fact) []document.Fact {
	at := slices.IndexFunc(lines, func(one document.Fact) bool { return one.Key == now.Key })
	switch {
	case at >= 0 && now.Value == (lang.Text{}):
		return slices.Delete(lines, at, at+1)
	case at >= 0:
		lines[at].Value = now.Value
	case !now.Value.IsZero():
		return append(lines, now)
	}
	return lines
}

// renumber puts the number of a document into the fields that hold it.
func renumber(r *service.OwnRegister, d document.Result, values Values) {
	source, ok := r.Source(d.Service)
	if !ok {
		return
	}
	for key, from := range source.Fields {
		if from == service.FromNumber {
			values[key] = same(d.Number)
		}
	}
}
