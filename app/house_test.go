package app_test

import "testing"

// TestHouse opens one house, has its people go through the four services, and looks at it from every side. The parts
// share it in this order, so that opening it is paid for once.
func TestHouse(t *testing.T) {
	w := newWorld(t)
	for _, part := range []struct {
		name string
		test func(*testing.T, *world)
	}{
		{"permissions", testPermissions},
		{"looks", testLooks},
		{"pages", testPages},
		{"document", testDocument},
		{"bad input", testBadInput},
		{"holders", testHolders},
		{"words", testWords},
		{"tables", testTables},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, w) })
	}
}
