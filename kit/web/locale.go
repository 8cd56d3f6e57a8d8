package web

import "embed"

// Locale holds the edge's own texts; the app loads them with those of the modules.
//
//go:embed locale/*.yaml
var Locale embed.FS
