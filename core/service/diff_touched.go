package service

import (
	"cmp"
	"slices"
)

// VersionCount is how many cases or drafts keep a version of a service.
type VersionCount struct {
	Service string
	Version Hash
	Count   int
}

// Touched is how many open cases and drafts of a service keep a version: cases go on under it, drafts move by the
// person's agreement.
type Touched struct {
	Service string `json:"service"`
	Version Hash   `json:"version"`
	Cases   int    `json:"cases"`
	Drafts  int    `json:"drafts"`
}

// TouchedBy adds up the open cases and drafts of the services that the changes are about, by service and version.
func TouchedBy(changes []Change, cases, drafts []VersionCount) []Touched {
	var out []Touched
	at := func(c VersionCount) *Touched {
		i := slices.IndexFunc(out, func(t Touched) bool { return t.Service == c.Service && t.Version == c.Version })
		if i < 0 {
			out = append(out, Touched{Service: c.Service, Version: c.Version})
			i = len(out) - 1
		}
		return &out[i]
	}
	changed := Changed(changes)
	for _, c := range cases {
		if slices.Contains(changed, c.Service) {
			at(c).Cases += c.Count
		}
	}
	for _, c := range drafts {
		if slices.Contains(changed, c.Service) {
			at(c).Drafts += c.Count
		}
	}
	slices.SortFunc(out, func(a, b Touched) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Version, b.Version))
	})
	return out
}
