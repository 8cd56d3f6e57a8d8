package apply

import (
	"context"

	"posad.city/core/document"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// Expect implements document.Receiver: what a question for files of a draft takes from whoever may fill it.
func (m *Module) Expect(c *web.Context, draft id.ID, field string) (document.Wanted, error) {
	home, err := m.home(c.Context(), draft)
	if err != nil {
		return document.Wanted{}, err
	}
	if err := c.May(object(home.Holder, home.Service)); err != nil {
		return document.Wanted{}, err
	}
	d, err := m.read(c.Context(), c.Act(), draft)
	if err != nil {
		return document.Wanted{}, err
	}
	_, s, err := m.definitionOf(c.Context(), d)
	if err != nil {
		return document.Wanted{}, err
	}
	f, ok := s.Field(field)
	if !ok || f.Type != service.TypeFile {
		return document.Wanted{}, ErrNone
	}
	return document.Wanted{Holder: d.Holder, Service: d.Service, MaxBytes: int64(f.MaxSize) << 20}, nil
}

// Receive implements document.Receiver: a file that came in parts, as if the form had carried it.
func (m *Module) Receive(ctx context.Context, a act.Act, draft id.ID, field string, file web.File) error {
	d, err := m.read(ctx, a, draft)
	if err != nil {
		return err
	}
	saved, err := m.Save(ctx, a, draft, Change{Files: []SentFile{{Field: field, Upload: Upload{File: file}}}, Lang: d.Lang})
	if err != nil {
		return err
	}
	for _, wrong := range saved.Faults {
		if wrong.Name == field {
			params := make([]string, 0, 2*len(wrong.Params))
			for name, value := range wrong.Params {
				params = append(params, name, value)
			}
			return fault.New(fault.Invalid, wrong.ID, params...)
		}
	}
	return nil
}
