package transparency

import (
	"encoding/json"
	"strings"
	"testing"

	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/store"
)

// publish enters an act on the city's definition as core/service does.
func (r *rig) publish(kind, hash, note string) {
	r.t.Helper()
	r.clock.Move(1e9)
	keys, err := r.base.Vault.Keys(r.t.Context(), service.Account())
	if err != nil {
		r.t.Fatal(err)
	}
	ready, err := r.base.Journal.Prepare(keys, journal.Entry{
		Act: id.New(r.clock.Now()), Kind: kind, Title: "Версия", Object: id.New(r.clock.Now()), Facts: []journal.Fact{
			{Name: service.FactVersion, Label: "Версия", Value: hash}, {Name: service.FactNote, Label: "Для чего", Value: note},
			{Name: "by", Label: "Кто", Value: "official 0199-boris"},
		},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	err = r.base.Store.Write(r.t.Context(), func(tx *store.Tx) error {
		_, err := journal.Enter(tx, ready)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

func TestPublicationsAreListed(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		if status, body := r.get("/log"); status != 200 || !strings.Contains(body, "Публикаций пока нет") {
			t.Errorf("before: %d", status)
		}
		r.publish(service.EntryPublished, "aaaa1111", "с января новые сроки")
		r.publish(service.EntryRolledBack, "bbbb2222", "ошибка в сроке")
		r.publish("mydata.investigation", "cccc3333", "не для всех")
		r.round()
		status, body := r.get("/log")
		for _, want := range []string{"aaaa1111", "с января новые сроки", "Возвращена прежняя версия", "/log?leaf="} {
			if status != 200 || !strings.Contains(body, want) {
				t.Errorf("%d, without %q", status, want)
			}
		}
		_, api := r.get("/api/v1/log/publications")
		for _, never := range []string{"boris", "cccc3333", "не для всех"} {
			if strings.Contains(body, never) || strings.Contains(api, never) {
				t.Errorf("%q is told to everybody", never)
			}
		}
		var list []wirePublication
		if err := json.Unmarshal([]byte(api), &list); err != nil || len(list) != 2 {
			t.Fatalf("%v: %s", err, api)
		}
		if list[0].Version != "bbbb2222" || list[1].Position == nil || list[1].Note != "с января новые сроки" {
			t.Errorf("%+v", list)
		}
		if status, body := r.get("/api/v1/log/inclusion?leaf=" + list[1].Leaf); status != 200 || !strings.Contains(body, `"hashes"`) {
			t.Errorf("the leaf of a publication: %d", status)
		}
	})
}

// TestAChangedPublicationIsNotTold: a row that does not fit its leaf tells nothing, and the page stays.
func TestAChangedPublicationIsNotTold(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.publish(service.EntryPublished, "aaaa1111", "с января новые сроки")
		r.round()
		q := store.NewQuery("test.Forge", "UPDATE journal_entry SET kind = $1 WHERE holder = $2")
		if err := r.base.Store.Write(r.t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(q, service.EntryRolledBack, service.Account())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if status, body := r.get("/log"); status != 200 || strings.Contains(body, "с января новые сроки") {
			t.Errorf("the page: %d", status)
		}
		if status, _ := r.get("/api/v1/log/publications"); status != 503 {
			t.Errorf("the list: %d", status)
		}
	})
}
