// Package charitydb is the store of systems/charity: its schema, and the queries generated from queries.sql.
package charitydb

import "embed"

// Schema is the module's migrations.
//
//go:embed schema/*.sql
var Schema embed.FS
