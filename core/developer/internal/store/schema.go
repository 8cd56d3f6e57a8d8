// Package developerdb holds the tables and queries of core/developer; everything but this file is generated from the SQL beside it.
package developerdb

import "embed"

// Schema is the module's numbered schema files.
//
//go:embed schema/*.sql
var Schema embed.FS
