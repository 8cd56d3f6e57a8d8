package storegen

import (
	"strings"

	"github.com/sqlc-dev/plugin-sdk-go/plugin"
)

// kind is one row of the house's table of column types.
type kind struct {
	sql      string // as the schema writes it
	goType   string
	scan     string // how a Row gives it; %d is the column's place
	imports  string // the package of goType, "" for Go's own
	nullable bool   // whether the zero value may stand for NULL
}

var (
	kindUUID    = kind{"UUID", "id.ID", "row.ID(%d)", "posad.city/kit/id", true}
	kindText    = kind{"TEXT", "string", "row.Text(%d)", "", false}
	kindBigint  = kind{"BIGINT", "int64", "row.Int(%d)", "", false}
	kindBoolean = kind{"BOOLEAN", "bool", "row.Bool(%d)", "", false}
	kindTime    = kind{"TIMESTAMPTZ", "time.Time", "row.Time(%d)", "time", true}
	kindBytea   = kind{"BYTEA", "[]byte", "row.Bytes(%d)", "", true}
	kindSealed  = kind{"SEALED", "vault.Sealed", "vault.Sealed(row.Bytes(%d))", "posad.city/kit/vault", true}
	kindKeyed   = kind{"KEYED", "vault.Keyed", "vault.Keyed(row.Bytes(%d))", "posad.city/kit/vault", true}
)

// columnKinds are the types that a schema may declare, by the names that sqlc gives them.
var columnKinds = map[string]kind{
	"uuid": kindUUID, "text": kindText, "int8": kindBigint, "bigint": kindBigint, "bool": kindBoolean, "boolean": kindBoolean,
	"timestamptz": kindTime, "bytea": kindBytea, "sealed": kindSealed, "keyed": kindKeyed,
}

// valueKinds are the further types that an expression or a LIMIT may have; both engines widen them to BIGINT.
var valueKinds = map[string]kind{"int4": kindBigint, "integer": kindBigint, "int": kindBigint}

func typeName(column *plugin.Column) string {
	return strings.ToLower(strings.TrimPrefix(column.GetType().GetName(), "pg_catalog."))
}

func columnKind(column *plugin.Column) (kind, bool) {
	found, ok := columnKinds[typeName(column)]
	return found, ok && !column.GetIsArray()
}

func valueKind(column *plugin.Column) (kind, bool) {
	if found, ok := columnKind(column); ok {
		return found, true
	}
	found, ok := valueKinds[typeName(column)]
	return found, ok && !column.GetIsArray()
}
