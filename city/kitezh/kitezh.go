// Package kitezh is the demo city: data only, embedded in the binary.
//
// It owns the folder that `posad demo` publishes (city.yaml, calendar, agencies, registers, services, resources, topics,
// content, the address register) and, in demo/, the invented people with what the agencies' registers know of them. Everything in
// it is invented; nobody lives here.
//
// It does not own the format (core/service) or the agencies' servers (sim). Neighbours: app publishes City; only the
// demo and tests read Demo.
//
// Life cycle: none; the file system is read-only and the same in every process of one build.
package kitezh

import (
	"embed"
	"io/fs"
)

//go:generate go run ./generate

//go:embed city.yaml charity.yaml utilities.yaml rates.yaml calendar.yaml topics.yaml situations.yaml places.yaml lists.yaml queries.yaml synonyms.yaml shortcuts.yaml agencies tariffs charges registers own-registers services resources messages content demo
var files embed.FS

// Files is the city's folder as LoadCity reads it.
func Files() fs.FS { return files }
