package storegen

import (
	"reflect"
	"testing"
)

func TestUsesFindsEveryPlaceOfATable(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{
		"SELECT a FROM person",
		"SELECT a FROM person AS p WHERE a = 1",
		"SELECT a FROM b, person",
		"SELECT a FROM b AS x, c y, person p",
		"SELECT a FROM b JOIN person ON b.id = person.id",
		"SELECT a FROM b JOIN c ON b.id = c.id, person",
		"SELECT a FROM b JOIN c USING (id, n), person",
		"SELECT a FROM (SELECT 1 AS a) x, person",
		"SELECT a FROM (b CROSS JOIN c), person",
		"SELECT a FROM (person JOIN b ON x = y)",
		"SELECT a FROM (b JOIN (c JOIN person ON x = y) ON y = z)",
		"SELECT a FROM b WHERE EXISTS (SELECT 1 FROM person WHERE person.id = b.id)",
		"SELECT a, (SELECT COUNT(*) FROM person) AS n FROM b",
		"WITH x AS (SELECT a FROM person), y AS (SELECT 1) SELECT a FROM x",
		"SELECT a FROM b UNION SELECT a FROM person",
		"SELECT a FROM b LEFT\nJOIN\n-- the one\nPerson ON TRUE",
	} {
		if len(usesOf(sql)["person"]) == 0 {
			t.Errorf("not found in %s", sql)
		}
	}
}

func TestUsesPassesColumnsByTheSameName(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{
		"SELECT id, person FROM session WHERE person = $1",
		"SELECT session.id, session.person FROM session ORDER BY id, person",
		"SELECT id FROM session WHERE (id, person) > ($1, $2) GROUP BY id, person",
		"SELECT id FROM session WHERE kind = 'from person'",
		"SELECT id FROM session JOIN b USING (id, person)",
		"SELECT COALESCE(id, person) AS x FROM session",
	} {
		if len(usesOf(sql)["person"]) > 0 {
			t.Errorf("a column was taken for a table in %s", sql)
		}
	}
}

func TestUsesKnowTheAlias(t *testing.T) {
	t.Parallel()
	got := usesOf("SELECT 1 FROM a, b AS x JOIN c y ON TRUE LEFT JOIN d ON TRUE JOIN a AS z USING (id) WHERE EXISTS (SELECT 1 FROM e) AND TRUE")
	want := map[string][]string{"a": {"a", "z"}, "b": {"x"}, "c": {"y"}, "d": {"d"}, "e": {"e"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}
