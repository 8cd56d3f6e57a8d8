// Package docs has no code of its own: its tests hold what docs/ tells people to what the program does.
//
// They check that the fifth service of e2e/testdata stands beside Kitezh's four and is found by words of its own, that the
// author's guide shows real excerpts and real faults, that docs/author/reference.md is made of the format's own types,
// that the operator's pages name every key of the configuration and every metric, and that links lead somewhere.
//
// It owns no format (core/service does), no text of the pages, and no browser (the JavaScript tests of e2e).
package docs
