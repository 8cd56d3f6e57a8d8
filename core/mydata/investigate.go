package mydata

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"posad.city/core/module"
	"posad.city/core/mydata/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Investigation is a lawful look whose display is delayed.
type Investigation struct {
	ID       id.ID
	Agency   id.ID
	Official id.ID // who opened it
	Opened   time.Time
	Until    time.Time // until when its looks are hidden, and it may be used
	Looks    int
}

// Object is the investigation as permission sees it.
func (i Investigation) Object() act.Object {
	return act.Object{Kind: "investigation", Agency: i.Agency, Assigned: i.Official}
}

// NewInvestigation is what an official declares.
type NewInvestigation struct {
	Whom   string // number of a case of the person's
	Ground string // number and date of the order
	Days   int
}

// Bounds of a ground.
const (
	groundLeast = 5
	groundMost  = 500
)

// investigations are the rules of an agency; false: it may not investigate.
func (m *Module) investigations(which id.ID) (*service.Investigations, bool) {
	office, ok := m.agencyOf(which)
	if !ok || office.Investigations == nil {
		return nil, false
	}
	return office.Investigations, true
}

// mayInvestigate gives the rules by which the act's official may investigate, or ErrMayNot.
func (m *Module) mayInvestigate(a act.Act) (*service.Investigations, error) {
	rules, ok := m.investigations(a.Actor.Agency)
	if !ok || a.Actor.Kind != act.Official || !slices.Contains(rules.Roles, a.Actor.Role) {
		return nil, ErrMayNot
	}
	return rules, nil
}

// Investigate opens an investigation: on the journal, in the agency's account, for at most the days that the agency's
// definition allows. Nothing is looked at yet. Errors: ErrMayNot, ErrSelf, ErrWord with the fields.
func (m *Module) Investigate(ctx context.Context, a act.Act, n NewInvestigation) (Investigation, error) {
	rules, err := m.mayInvestigate(a)
	if err != nil {
		return Investigation{}, err
	}
	if faults := n.check(rules); len(faults) > 0 {
		return Investigation{}, ErrWord.With(faults...)
	}
	person, err := m.deps.Whom(ctx, n.Whom)
	if errors.Is(err, store.ErrNone) {
		return Investigation{}, ErrWord.With(fault.Field{Name: "whom", ID: "mydata.nobody"})
	}
	if err != nil {
		return Investigation{}, fmt.Errorf("mydata: whom to investigate: %w", err)
	}
	if a.Is(person) {
		return Investigation{}, ErrSelf
	}
	return m.openInvestigation(ctx, a, n, person, rules)
}

func (n NewInvestigation) check(rules *service.Investigations) []fault.Field {
	var out []fault.Field
	if strings.TrimSpace(n.Whom) == "" {
		out = append(out, fault.Field{Name: "whom", ID: "mydata.nobody"})
	}
	if length := utf8.RuneCountInString(strings.TrimSpace(n.Ground)); length < groundLeast || length > groundMost {
		out = append(out, fault.Field{Name: "ground", ID: "mydata.no_ground"})
	}
	if n.Days < 1 || n.Days > rules.Days {
		out = append(out, fault.Field{Name: "days", ID: "mydata.bad_days", Params: map[string]string{"most": fmt.Sprint(rules.Days)}})
	}
	return out
}

func (m *Module) openInvestigation(ctx context.Context, a act.Act, n NewInvestigation, person id.ID, rules *service.Investigations) (Investigation, error) {
	keys, err := m.base.Vault.Keys(ctx, a.Actor.Agency)
	if err != nil {
		return Investigation{}, err
	}
	now := m.base.Clock.Now()
	out := Investigation{ID: id.New(now), Agency: a.Actor.Agency, Official: a.Actor.Person, Opened: now, Until: now.AddDate(0, 0, n.Days)}
	ground := keys.Seal("investigation", "ground", []byte(strings.TrimSpace(n.Ground)))
	if ground == nil {
		return Investigation{}, vault.ErrErased
	}
	text := func(key string) string { return m.base.Texts.Text(lang.Russian, "mydata.journal."+key) }
	ready, err := m.base.Journal.Prepare(keys, journal.Entry{
		Act: a.ID, Kind: "mydata.investigation", Title: text("investigation"), Object: out.ID, Facts: []journal.Fact{
			{Name: "law", Label: text("law"), Value: rules.Law.RU},
			{Name: "until", Label: text("until"), Value: lang.FullMoment(lang.Russian, out.Until, m.deps.Zone())},
		},
	})
	if err != nil {
		return Investigation{}, fmt.Errorf("mydata: enter an investigation: %w", err)
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		err := mydatadb.InsertInvestigation(tx, mydatadb.InsertInvestigationParams{Agency: out.Agency, ID: out.ID, Person: person, Ground: ground})
		if err != nil {
			return err
		}
		err = mydatadb.InsertInvestigationHome(tx, mydatadb.InsertInvestigationHomeParams{
			ID: out.ID, Agency: out.Agency, Official: out.Official, Opened: out.Opened, Until: out.Until,
		})
		if err != nil {
			return err
		}
		_, err = journal.Enter(tx, ready)
		return err
	})
	if err != nil {
		return Investigation{}, fmt.Errorf("mydata: open an investigation: %w", err)
	}
	return out, nil
}

// investigationsShown is how many investigations an agency's page lists.
const investigationsShown = 100

// Investigations lists the investigations of the act's agency, newest first. It names nobody whom they are about, and one of
// the official themselves is not among them.
func (m *Module) Investigations(ctx context.Context, a act.Act) ([]Investigation, error) {
	var out []Investigation
	own := act.ByJob(id.New(m.base.Clock.Now()), act.Purpose{Kind: PurposeInvestigation})
	err := m.base.Store.Look(ctx, own, "mydata.look.investigation", func(p *store.Personal) error {
		out = nil
		rows, err := mydatadb.InvestigationsOf(p, a.Actor.Agency, investigationsShown)
		if err != nil {
			return err
		}
		for _, row := range rows {
			about, err := mydatadb.InvestigationByID(p, row.Agency, row.ID)
			if err != nil {
				return err
			}
			if !a.Is(about.Person) {
				out = append(out, investigationOf(row))
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("mydata: investigations: %w", err)
	}
	return out, nil
}

func investigationOf(row mydatadb.InvestigationHome) Investigation {
	return Investigation{ID: row.ID, Agency: row.Agency, Official: row.Official, Opened: row.Opened, Until: row.Until, Looks: int(row.Looks)}
}

// Investigation finds one by its id; ErrNone.
func (m *Module) Investigation(ctx context.Context, which id.ID) (Investigation, error) {
	var row mydatadb.InvestigationHome
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = mydatadb.HomeOf(r, which)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return Investigation{}, ErrNone.Because(err)
	}
	return investigationOf(row), err
}

// Findings are what an investigation may see.
type Findings struct {
	Investigation
	Ground   string
	Holdings []module.Holding
}

// findingsMost is how many things of a kind an investigation sees, the newest.
const findingsMost = 50

// LookInto reads what the agency's definition allows of the person. Each look is recorded at once, under the investigation,
// and shown to the person when its time is over. For whom it is about it is not there. Errors: ErrMayNot, ErrClosed, ErrNone.
func (m *Module) LookInto(ctx context.Context, a act.Act, one Investigation) (Findings, error) {
	rules, err := m.mayInvestigate(a)
	if err != nil {
		return Findings{}, err
	}
	if one.Agency != a.Actor.Agency {
		return Findings{}, ErrMayNot
	}
	if !m.base.Clock.Now().Before(one.Until) {
		return Findings{}, ErrClosed
	}
	a.Purpose = act.Purpose{Kind: PurposeInvestigation, ID: one.ID.String()}
	out := Findings{Investigation: one}
	var row mydatadb.Investigation
	err = m.base.Store.Look(ctx, a, "mydata.look.investigation", func(p *store.Personal) error {
		var err error
		row, err = mydatadb.InvestigationByID(p, one.Agency, one.ID)
		if err == nil && a.Is(row.Person) {
			return ErrNone
		}
		return err
	})
	if err != nil {
		return Findings{}, fmt.Errorf("mydata: an investigation: %w", err)
	}
	keys, err := m.base.Vault.Keys(ctx, one.Agency)
	if err != nil {
		return out, err
	}
	ground, err := keys.Open("investigation", "ground", row.Ground)
	if err != nil {
		return out, err
	}
	out.Ground = string(ground)
	if out.Holdings, err = m.allowed(ctx, a, row.Person, rules.See); err != nil {
		return out, err
	}
	return out, m.base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := mydatadb.CountInvestigated(tx, one.ID)
		return err
	})
}

// allowed reads the kinds of data that may be seen: no other module is asked, so that no other look is made.
func (m *Module) allowed(ctx context.Context, a act.Act, person id.ID, see []string) ([]module.Holding, error) {
	var out []module.Holding
	for _, source := range m.deps.Sources {
		if !slices.ContainsFunc(see, func(key string) bool { return strings.HasPrefix(key, source.Name+".") }) {
			continue
		}
		some, err := source.Data.Held(ctx, a, person, findingsMost)
		if err != nil {
			return nil, fmt.Errorf("mydata: what %s holds: %w", source.Name, err)
		}
		out = append(out, some...)
	}
	return slices.DeleteFunc(out, func(h module.Holding) bool { return len(h.Items) == 0 || !slices.Contains(see, h.Key) }), nil
}
