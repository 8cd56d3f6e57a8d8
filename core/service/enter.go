package service

import (
	"context"
	"fmt"
	"time"

	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// Kinds of journal entries about the city's definition. They lie in the account of the city itself, Account.
const (
	EntryPublished  = "service.published"
	EntryPlanned    = "service.planned"
	EntryCancelled  = "service.plan_cancelled"
	EntryRolledBack = "service.rolled_back"
)

// Names of the facts of such an entry that everybody may read. Who did it is a fact too, and for the city's records alone.
const (
	FactVersion = "version"
	FactNote    = "note"
	FactStarts  = "starts" // of a plan: its moment, RFC 3339
)

// Account is the holder of the city's own acts: its agency of administrators.
func Account() id.ID { return agency.ID(agency.City) }

// acted is an act on the city's definition as the journal takes it.
type acted struct {
	kind   string
	object id.ID // the plan; zero: the version
	hash   Hash
	note   string
	starts time.Time
	who    author
}

// prepareEntry makes an entry ready, before the Write. It is nil on a base without a journal, where a module stands alone.
func (m *Module) prepareEntry(ctx context.Context, a acted) (*journal.Ready, error) {
	if m.base.Journal == nil || m.base.Vault == nil {
		return nil, nil
	}
	keys, err := m.base.Vault.Keys(ctx, Account())
	if err != nil {
		return nil, fmt.Errorf("service: the city's key: %w", err)
	}
	if a.object.IsZero() {
		a.object = versionID(a.hash)
	}
	if a.who.act.IsZero() {
		a.who.act = id.New(m.base.Clock.Now())
	}
	ready, err := m.base.Journal.Prepare(keys, journal.Entry{Act: a.who.act, Kind: a.kind, Title: m.ruText(a.kind), Object: a.object, Facts: m.entryFacts(a)})
	if err != nil {
		return nil, fmt.Errorf("service: enter %s: %w", a.kind, err)
	}
	return ready, nil
}

// versionID is a version as the object of an entry, the same everywhere.
func versionID(hash Hash) id.ID { return id.Derived("city version", string(hash)) }

func (m *Module) ruText(key string) string {
	return m.base.Texts.Text(lang.Russian, "service.journal."+key[len("service."):])
}

// entryFacts say which version, what for and who: an official by their id in the city's records, a command, or a job.
func (m *Module) entryFacts(a acted) []journal.Fact {
	fact := func(name, value string) journal.Fact {
		return journal.Fact{Name: name, Label: m.ruText("service.fact_" + name), Value: value}
	}
	out := []journal.Fact{fact(FactVersion, string(a.hash)), fact(FactNote, a.note)}
	if !a.starts.IsZero() {
		out = append(out, fact(FactStarts, a.starts.UTC().Format(time.RFC3339)))
	}
	by := string(a.who.kind)
	switch {
	case a.who.channel == act.Command:
		by = string(act.Command)
	case !a.who.official.IsZero():
		by += " " + a.who.official.String()
	}
	out = append(out, fact("by", by))
	if !a.who.proposed.IsZero() {
		out = append(out, fact("proposed_by", a.who.proposed.String()))
	}
	return out
}

// enter puts a prepared entry into the act's own Write.
func enter(tx *store.Tx, ready *journal.Ready) error {
	if ready == nil {
		return nil
	}
	_, err := journal.Enter(tx, ready)
	return err
}
