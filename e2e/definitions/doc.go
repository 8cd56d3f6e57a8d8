// Package definitions has no code of its own: its tests hold what docs/author tells a city's staff about definitions.
//
// They check that the fifth service of e2e/testdata stands beside Kitezh's four and is found by words of its own, that the
// guide's excerpts and the faults that it shows are the real ones, and that docs/author/reference.md is made of the
// format's own types. It owns no format (core/service does) and no browser (the tests of e2e in JavaScript).
package definitions
