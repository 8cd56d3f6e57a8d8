package sampledb

import "embed"

// Schema is the sample's tables.
//
//go:embed schema/*.sql
var Schema embed.FS
