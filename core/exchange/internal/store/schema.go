// Package exchangedb holds the tables and queries of core/exchange; everything but this file is generated from the SQL beside it.
package exchangedb

import "embed"

// Schema is the module's numbered schema files.
//
//go:embed schema/*.sql
var Schema embed.FS
