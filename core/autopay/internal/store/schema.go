// Package autopaydb holds the tables and queries of core/autopay; everything but this file is generated from the SQL beside it.
package autopaydb

import "embed"

// Schema is the module's numbered schema files.
//
//go:embed schema/*.sql
var Schema embed.FS
