// Package utilitydb holds the tables and queries of systems/utility; everything but this file is generated from the SQL beside it.
package utilitydb

import "embed"

// Schema is the module's numbered schema files.
//
//go:embed schema/*.sql
var Schema embed.FS
