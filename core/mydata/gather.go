package mydata

import (
	"context"
	"fmt"
	"slices"

	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// acting makes the act by which one person's data is read.
type acting func(person id.ID) act.Act

// own reads as each person themselves.
func (m *Module) own(l lang.Language) acting {
	return func(person id.ID) act.Act { return m.as(person, l) }
}

// reads is how the signed-in person's data are read for the screen before them: as by themselves, and in a visit to a service
// centre by the visit's own act, so that what the official sees stays on record.
func (m *Module) reads(c *web.Context) acting {
	if a := c.Act(); a.Channel == act.Centre {
		return func(id.ID) act.Act { return a }
	}
	return m.own(c.Lang())
}

// gather reads what all modules hold of the persons, one list for all of them. step, when given, hears of each source
// that was read.
func (m *Module) gather(ctx context.Context, by acting, persons []id.ID, most int, step func() error) ([]module.Holding, error) {
	var out []module.Holding
	for _, person := range persons {
		for _, source := range m.deps.Sources {
			some, err := source.Data.Held(ctx, by(person), person, most)
			if err != nil {
				return nil, fmt.Errorf("mydata: what %s holds: %w", source.Name, err)
			}
			files, err := m.files(ctx, by(person), person, some)
			if err != nil {
				return nil, fmt.Errorf("mydata: files of %s: %w", source.Name, err)
			}
			out = join(out, append(some, files...))
			if step == nil {
				continue
			}
			if err := step(); err != nil {
				return nil, err
			}
		}
	}
	return slices.DeleteFunc(out, func(h module.Holding) bool { return len(h.Items) == 0 }), nil
}

// join adds holdings to a list, those of one key together.
func join(all, some []module.Holding) []module.Holding {
	for _, one := range some {
		i := slices.IndexFunc(all, func(h module.Holding) bool { return h.Key == one.Key })
		if i < 0 {
			all = append(all, one)
			continue
		}
		all[i].Items = append(all[i].Items, one.Items...)
		all[i].More = all[i].More || one.More
	}
	return all
}

// withFiles are the kinds whose things may have uploaded files, under the thing's own id.
var withFiles = []string{"casework.cases", "apply.drafts"}

func (m *Module) files(ctx context.Context, a act.Act, person id.ID, of []module.Holding) ([]module.Holding, error) {
	if m.deps.Files == nil {
		return nil, nil
	}
	out := module.Holding{Key: "document.files"}
	for _, holding := range of {
		if !slices.Contains(withFiles, holding.Key) {
			continue
		}
		for _, item := range holding.Items {
			if item.Erased {
				continue
			}
			files, err := m.deps.Files(ctx, a, person, item.ID)
			if err != nil {
				return nil, err
			}
			out.Items = append(out.Items, files...)
		}
	}
	if len(out.Items) == 0 {
		return nil, nil
	}
	return []module.Holding{out}, nil
}

// LeftOut says why tables with personal data are not among what is shown: table and reason, in English.
func (m *Module) LeftOut() map[string]string {
	out := map[string]string{}
	for _, source := range m.deps.Sources {
		for table, says := range source.Data.Covers() {
			if len(says) > 2 && says[:2] == "- " {
				out[table] = says[2:]
			}
		}
	}
	return out
}

// Uncovered lists tables that hold personal data and of which no module tells, in order: a test of the whole house wants
// none.
func (m *Module) Uncovered(decls map[string]store.Decl) []string {
	covers := map[string]bool{}
	for _, source := range m.deps.Sources {
		for table := range source.Data.Covers() {
			covers[table] = true
		}
	}
	var out []string
	for table, d := range decls {
		if len(d.Personal) > 0 && !covers[table] {
			out = append(out, table)
		}
	}
	slices.Sort(out)
	return out
}
