// Package storegen turns a module's SQL into Go that stands on kit/store. It is a plugin of sqlc: sqlc parses and types
// the schema and the queries, storegen decides what may be generated and writes the text.
//
// It owns the table of types, the rule that a personal table is read only through a look, and the shape of the generated
// functions. It does not own the rules about the SQL text itself (banned words, keys, declarations): these are in
// posad.city/arch/sqlrules, which the architecture test and tools/generate both run.
//
// A plan is made first (plan.go, read.go: pure, every refusal is there), then written (write.go). A refusal names the
// query or the column and says what to do instead.
package storegen
