// Package approvaldb holds the tables and queries of core/approval; everything but this file is generated from the SQL beside it.
package approvaldb

import "embed"

// Schema is the module's numbered schema files.
//
//go:embed schema/*.sql
var Schema embed.FS
