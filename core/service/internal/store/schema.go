// Package servicedb holds the tables and queries of core/service; everything but this file is generated from the SQL
// beside it.
package servicedb

import "embed"

// Schema is the module's numbered schema files.
//
//go:embed schema/*.sql
var Schema embed.FS
