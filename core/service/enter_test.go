package service_test

import (
	"strings"
	"testing"
	"time"

	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
)

// journalled gives a house a journal, as the app does.
func journalled(t *testing.T, s *store.Store, c *clock.Fixed) (*house, *jobs.Queue) {
	t.Helper()
	h, queue := planner(t, s, c)
	kek, err := vault.ParseKEK(vault.NewKEKText())
	if err != nil {
		t.Fatal(err)
	}
	if h.base.Vault, err = vault.Open(t.Context(), vault.Options{Store: s, KEK: kek, Clock: c}); err != nil {
		t.Fatal(err)
	}
	h.base.Journal = journal.New(seal.New("http://kitezh.test", h.base.Vault, c), c)
	return h, queue
}

// entries are what the journal has of the city's own acts, oldest first.
func (h *house) entries() []journal.Entered {
	h.t.Helper()
	keys, err := h.base.Vault.Keys(h.t.Context(), service.Account())
	if err != nil {
		h.t.Fatal(err)
	}
	var rows []journal.Row
	err = h.base.Store.Look(h.t.Context(), act.ByJob(id.Derived("act", "test"), act.Purpose{}), "test", func(p *store.Personal) error {
		rows, err = journal.Latest(p, service.Account(), 100)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	var out []journal.Entered
	for i := range rows {
		e, err := h.base.Journal.Open(keys, rows[len(rows)-1-i])
		if err != nil {
			h.t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// TestEachChangeOfTheCityIsInTheJournal: who, which version and what for, in the same Write as the change itself.
func TestEachChangeOfTheCityIsInTheJournal(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		h, queue := journalled(t, s, c)
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		boris := id.Derived("person", "boris")
		by := func() act.Act {
			c.Move(time.Minute)
			return act.Act{ID: id.New(c.Now()), Actor: act.Actor{Kind: act.Official, Person: boris, Agency: service.Account(), Role: "admin"}, Channel: act.Desk}
		}
		command := admin
		first, second := small(t, "Permit"), small(t, "Licence")
		_, err := h.PublishWith(ctx, command, first, service.Publication{Note: "начало"})
		must(err)
		must(h.Publish(ctx, by(), first)) // it is in force already: nothing happens
		plan, err := h.PublishWith(ctx, by(), second, service.Publication{Note: "с понедельника", At: c.Now().Add(time.Hour), Proposed: id.Derived("person", "alla")})
		must(err)
		c.Move(2 * time.Hour)
		_, err = queue.Drain(ctx)
		must(err)
		must(h.Refresh(ctx))
		_, err = h.Rollback(ctx, by(), "", "ошибка")
		must(err)
		plan, err = h.PublishWith(ctx, by(), second, service.Publication{At: c.Now().Add(time.Hour)})
		must(err)
		must(h.CancelPlan(ctx, by(), plan))
		if err := h.CancelPlan(ctx, by(), plan); err != error(service.ErrPlan) {
			t.Errorf("cancelled twice: %v", err)
		}
		want := []struct{ kind, hash, note, by string }{
			{service.EntryPublished, string(first.Hash()), "начало", "command"},
			{service.EntryPlanned, string(second.Hash()), "с понедельника", "official " + boris.String()},
			{service.EntryPublished, string(second.Hash()), "с понедельника", "official " + boris.String()},
			{service.EntryRolledBack, string(first.Hash()), "ошибка", "official " + boris.String()},
			{service.EntryPlanned, string(second.Hash()), "", "official " + boris.String()},
			{service.EntryCancelled, string(second.Hash()), "", "official " + boris.String()},
		}
		got := h.entries()
		if len(got) != len(want) {
			t.Fatalf("%d entries, want %d", len(got), len(want))
		}
		for i, e := range got {
			facts := map[string]string{}
			for _, f := range e.Facts {
				facts[f.Name] = f.Value
				if f.Label == "" || strings.HasPrefix(f.Label, "service.") {
					t.Errorf("the fact %s has no words", f.Name)
				}
			}
			w := want[i]
			if e.Kind != w.kind || facts["version"] != w.hash || facts["note"] != w.note || facts["by"] != w.by {
				t.Errorf("entry %d is %s %v, want %v", i, e.Kind, facts, w)
			}
			if proposed := facts["proposed_by"]; (proposed != "") != (w.note == "с понедельника") {
				t.Errorf("entry %d was proposed by %q", i, proposed)
			}
		}
	}, service.Migrations, feed.Migrations, jobs.Migrations, vault.Migrations, journal.Migrations)
}
