package transparency

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/store"
	"posad.city/kit/tlog"
	"posad.city/kit/web"
)

// Publication is an act on the city's definition, as everybody sees it: which version, when and what for. Who did it stays
// in the city's records.
type Publication struct {
	Kind     string // the journal's: service.published and the like
	Version  string // hash
	Note     string
	Made     time.Time
	Starts   time.Time // of a plan; zero: at once
	Leaf     tlog.Entry
	Position int64 // in the log; -1 while it waits
}

// publicationKinds are the kinds of entries that the list shows. Whatever else the city enters in its own account is not
// for everybody.
var publicationKinds = []string{service.EntryPublished, service.EntryPlanned, service.EntryCancelled, service.EntryRolledBack}

// publicationsShown is how many the page and the API list.
const publicationsShown = 50

// Publications lists the latest acts on the city's definition, newest first. They are read from the journal and compared
// with their leaves, so that a row that was changed fails the list instead of telling something else.
func (m *Module) Publications(ctx context.Context, most int64) ([]Publication, error) {
	holder := service.Account()
	keys, err := m.base.Vault.Keys(ctx, holder)
	if err != nil {
		return nil, fmt.Errorf("transparency: the city's key: %w", err)
	}
	var rows []journal.Row
	a := act.ByJob(id.New(m.base.Clock.Now()), act.Purpose{Kind: "service", ID: "publications"})
	err = m.base.Store.Look(ctx, a, "transparency.look.publications", func(p *store.Personal) error {
		var err error
		rows, err = journal.Latest(p, holder, most)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("transparency: publications: %w", err)
	}
	out := make([]Publication, 0, len(rows))
	for _, row := range rows {
		if !slices.Contains(publicationKinds, row.Kind) {
			continue
		}
		e, err := m.base.Journal.Open(keys, row)
		if err != nil {
			return nil, ErrBroken.Because(err)
		}
		out = append(out, publicationOf(e))
	}
	return out, nil
}

func publicationOf(e journal.Entered) Publication {
	out := Publication{Kind: e.Kind, Made: e.Made, Leaf: tlog.Entry(e.Leaf), Position: e.Position}
	for _, f := range e.Facts {
		switch f.Name {
		case service.FactVersion:
			out.Version = f.Value
		case service.FactNote:
			out.Note = f.Value
		case service.FactStarts:
			if at, err := time.Parse(time.RFC3339, f.Value); err == nil {
				out.Starts = at
			}
		}
	}
	return out
}

// wirePublication is a publication for programs.
type wirePublication struct {
	Kind     string     `json:"kind" doc:"service.published, service.planned, service.plan_cancelled, service.rolled_back"`
	Version  string     `json:"version" doc:"SHA-256 of the version's canonical bytes"`
	Note     string     `json:"note"`
	Made     time.Time  `json:"made"`
	Starts   *time.Time `json:"starts,omitempty" doc:"Of a plan"`
	Leaf     string     `json:"leaf" doc:"For /api/v1/log/inclusion"`
	Position *int64     `json:"position,omitempty" doc:"In the log; left out while it waits"`
}

func (m *Module) publicationRoutes(s *web.Server, read *web.Op) {
	s.API(read, "GET /api/v1/log/publications", m.apiPublications, web.Describe{
		Summary: "The latest publications, plans and rollbacks of the city's definition, from the journal", Out: []wirePublication{},
	})
}

func (m *Module) apiPublications(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	list, err := m.Publications(c.Context(), publicationsShown)
	if err != nil {
		return err
	}
	out := make([]wirePublication, 0, len(list))
	for _, p := range list {
		line := wirePublication{Kind: p.Kind, Version: p.Version, Note: p.Note, Made: p.Made, Leaf: encoded(p.Leaf)}
		if !p.Starts.IsZero() {
			line.Starts = &p.Starts
		}
		if p.Position >= 0 {
			line.Position = &p.Position
		}
		out = append(out, line)
	}
	return c.JSON(http.StatusOK, out)
}

// listed are the publications for the page; a list that can't be read does not take the page away.
func (m *Module) listed(ctx context.Context) ([]Publication, error) {
	list, err := m.Publications(ctx, publicationsShown)
	if errors.Is(err, ErrBroken) {
		m.base.Log.Error("transparency: the publications do not fit their leaves", "error", err)
		return nil, nil
	}
	return list, err
}
