// Package carddb is the store of systems/card: its schema, and the queries generated from queries.sql.
package carddb

import "embed"

// Schema is the module's migrations.
//
//go:embed schema/*.sql
var Schema embed.FS
