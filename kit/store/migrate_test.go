package store_test

import (
	"testing"
	"testing/fstest"

	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

func TestADroppedTableIsDeclaredNoMore(t *testing.T) {
	t.Parallel()
	table := func(name, comment string) string {
		return "CREATE TABLE " + name + " (holder UUID NOT NULL, PRIMARY KEY (holder)); COMMENT ON TABLE " + name + " IS '" + comment + "';\n"
	}
	s, _ := storetest.Open(t, store.Migrations{Module: "moved", Files: fstest.MapFS{
		"schema/001_first.sql": {Data: []byte(table("line", "holder: holder; personal: holder"))},
		"schema/002_next.sql":  {Data: []byte(table("moved", "holder: holder; personal: holder") + "DROP TABLE line;\n" + table("line", "holder: holder") + "DROP TABLE moved;")},
	}})
	if d, ok := s.Decls()["line"]; !ok || len(d.Personal) != 0 {
		t.Errorf("a table made anew is declared as %+v", d)
	}
	if _, ok := s.Decls()["moved"]; ok {
		t.Error("a table that is gone is declared")
	}
}
