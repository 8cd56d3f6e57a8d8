// Package centredb is the store of core/centre: its schema and its queries.
package centredb

import "embed"

// Schema is the module's migrations.
//
//go:embed schema/*.sql
var Schema embed.FS
