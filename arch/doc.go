// Package arch holds the walls of the house: `go test ./arch` reads the whole tree as text and syntax and fails where a
// rule of docs/developer/house.md is broken.
//
// A rule is a function of a Tree to a list of faults; each has a fixture in fixture_test.go that proves that it bites,
// and a test that no rule goes without one. Rules read files only: they build nothing, ask no network and no sqlc, so
// that the whole test takes about a second. The rules about SQL text are in sqlrules, which the generator of store code
// runs too.
//
// An exception is a line in exceptions.go with its reason, never a comment in the code.
package arch
