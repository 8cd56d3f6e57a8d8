// Package reconciledb holds the tables and queries of core/reconcile; everything but this file is generated from the SQL beside it.
package reconciledb

import "embed"

// Schema is the module's numbered schema files.
//
//go:embed schema/*.sql
var Schema embed.FS
