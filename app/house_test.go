package app_test

import (
	"os"
	"testing"

	"posad.city/app/apptest"
	"posad.city/kit/store/storetest"
)

// TestHouse opens one house, has its people go through the four services, and looks at it from every side. The parts
// share it in this order, so that opening it is paid for once. Where there is a PostgreSQL server, the same goes there.
func TestHouse(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { everySide(t, apptest.Open(t)) })
	if os.Getenv(storetest.PostgresEnv) != "" {
		t.Run("postgres", func(t *testing.T) { everySide(t, apptest.OpenPostgres(t)) })
	}
}

func everySide(t *testing.T, h *apptest.House) {
	w := newWorld(t, h)
	for _, part := range []struct {
		name string
		test func(*testing.T, *world)
	}{
		{"permissions", testPermissions},
		{"acts", testActs},
		{"looks", testLooks},
		{"an operator's looks", testOperator},
		{"pages", testPages},
		{"document", testDocument},
		{"bad input", testBadInput},
		{"holders", testHolders},
		{"a case opened anew", testReopen},
		{"words", testWords},
		{"tables", testTables},
		{"the rows beside the public log", testRows},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, w) })
	}
}
