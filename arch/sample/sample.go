// Package sample is a store with every kind of query that tools/generate can write. It serves nobody: the generator's
// test compares what it writes with internal/store/queries.gen.go, and the test here runs that code on both engines.
package sample
