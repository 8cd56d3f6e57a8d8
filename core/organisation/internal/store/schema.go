// Package organisationdb is the store of core/organisation: its schema, and the queries generated from queries.sql.
package organisationdb

import "embed"

// Schema is the module's migrations.
//
//go:embed schema/*.sql
var Schema embed.FS
