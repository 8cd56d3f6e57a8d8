package register

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"posad.city/core/exchange"
	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/money"
)

// Answer answers a certificate of an own register: the entries that are good today in the account of the person it is
// about, narrowed by the parameters. Whether the question may be asked, how long the answer is fresh and the person's look
// are the exchange's.
func (m *Module) Answer(ctx context.Context, q exchange.OwnQuestion) ([]byte, error) {
	r, err := m.own(q.Register.Of)
	if err != nil {
		return nil, err
	}
	wanted, err := wantedBy(r, q.Parameters)
	if err != nil {
		return nil, err
	}
	list, err := m.entriesIn(ctx, m.system(q.ID), lookEntries, q.About, r.Key)
	if err != nil {
		return nil, err
	}
	fields := make([]string, 0, len(wanted))
	for key := range wanted {
		fields = append(fields, key)
	}
	entries := []map[string]any{}
	for _, e := range list {
		if e.Standing(m.today()) == Valid && alike(e.Values, wanted, fields) {
			entries = append(entries, record(q.Register, r, e))
		}
	}
	return reply(q.Register, entries)
}

// wantedBy are the parameters as values of fields.
func wantedBy(r *service.OwnRegister, parameters map[string]string) (Values, error) {
	out := Values{}
	for name, text := range parameters {
		f, ok := r.Field(name)
		if !ok || !f.Search {
			return nil, ErrField
		}
		value, ok := clean(f.Type, text)
		if !ok {
			return nil, ErrValue
		}
		out[name] = same(value)
	}
	return out, nil
}

// record is an entry as the certificate tells it: its declared fields and no others.
func record(asked *service.Register, r *service.OwnRegister, e Entry) map[string]any {
	out := map[string]any{}
	for i := range asked.Values {
		for _, f := range asked.Values[i].Fields {
			switch f.Name {
			case "number":
				out[f.Name] = id.FormatNumber(e.Number)
			case "since":
				out[f.Name] = e.Since.String()
			case "until":
				out[f.Name] = e.Until.String()
			}
			if own, ok := r.Field(f.Name); ok {
				out[f.Name] = typed(own, e.Values[f.Name].RU)
			}
		}
	}
	return out
}

func typed(f *service.OwnField, text string) any {
	switch f.Type {
	case "number":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	case "money":
		if sum, err := money.Parse(text, money.RUB); err == nil {
			return sum.Minor
		}
	case "yes-no":
		if text == yes || text == no {
			return text == yes
		}
	}
	return text
}

// reply is the certificate's values as JSON.
func reply(asked *service.Register, entries []map[string]any) ([]byte, error) {
	all := map[string]any{service.OwnFound: len(entries) > 0, service.OwnCount: len(entries), service.OwnEntries: entries}
	out := map[string]any{}
	for _, v := range asked.Values {
		if value, ok := all[v.Name]; ok {
			out[v.Name] = value
		}
	}
	text, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("register: reply: %w", err)
	}
	return text, nil
}
