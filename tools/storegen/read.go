package storegen

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sqlc-dev/plugin-sdk-go/plugin"
)

// most is how many arguments a function has before they become a struct.
const most = 3

func planQuery(tables []table, q *plugin.Query) (query, error) {
	out := query{name: q.GetName(), sql: strings.TrimSpace(q.GetText()), command: q.GetCmd()}
	if !isExported(out.name) {
		return out, errors.New("the name starts with a capital letter and is a Go name")
	}
	words := words(out.sql)
	if len(words) == 0 {
		return out, errors.New("there is no statement")
	}
	out.reads = words[0] == "select" || words[0] == "with"
	counts := false
	for _, line := range q.GetComments() {
		line = strings.TrimSpace(line)
		if line == "counts only" {
			counts = true
			continue
		}
		out.about = append(out.about, line)
	}
	if err := out.checkCommand(words, len(q.GetColumns())); err != nil {
		return out, err
	}
	if err := out.takeColumns(q.GetColumns()); err != nil {
		return out, err
	}
	if err := out.takeArguments(q.GetParams()); err != nil {
		return out, err
	}
	if err := out.takePersons(tables, q.GetColumns(), counts); err != nil {
		return out, err
	}
	out.takeModel(tables, q.GetColumns())
	return out, nil
}

func (q *query) checkCommand(words []string, columns int) error {
	switch q.command {
	case ":one", ":many":
		if columns == 0 {
			return fmt.Errorf("%s returns no columns; use :exec, or add RETURNING", q.command)
		}
	case ":exec", ":execrows":
		if q.reads || columns > 0 {
			return fmt.Errorf("%s throws its rows away; use :one or :many", q.command)
		}
	default:
		return fmt.Errorf("%s is none of :one, :many, :exec, :execrows", q.command)
	}
	if words[0] == "with" && (slices.Contains(words, "insert") || slices.Contains(words, "update") || slices.Contains(words, "delete")) {
		return errors.New("SQLite changes no rows inside WITH; write two queries")
	}
	return nil
}

func (q *query) takeColumns(columns []*plugin.Column) error {
	for _, column := range columns {
		found, ok := valueKind(column)
		switch {
		case column.GetName() == "":
			return errors.New("a column of the result has no name; add AS")
		case !ok:
			return fmt.Errorf("the type of column %s is %s, which the house does not have; say it with CAST(... AS BIGINT), TEXT, BOOLEAN or TIMESTAMPTZ", column.GetName(), typeName(column))
		case !column.GetNotNull() && !found.nullable:
			return fmt.Errorf("column %s may be NULL and is %s; wrap it in COALESCE or CAST", column.GetName(), found.sql)
		case holds(q.columns, column.GetName()):
			return fmt.Errorf("two columns of the result are called %s; add AS", column.GetName())
		}
		q.columns = append(q.columns, field{column.GetName(), found, !column.GetNotNull()})
	}
	return nil
}

func (q *query) takeArguments(params []*plugin.Parameter) error {
	params = slices.Clone(params)
	slices.SortFunc(params, func(a, b *plugin.Parameter) int { return int(a.GetNumber() - b.GetNumber()) })
	for i, param := range params {
		column := param.GetColumn()
		name, found, err := argumentOf(param)
		if err != nil {
			return err
		}
		if holds(q.arguments, name) {
			return fmt.Errorf("two parameters are called %s; name them, as in @from_id", name)
		}
		if column.GetIsSqlcSlice() {
			if i != len(params)-1 {
				return fmt.Errorf("the list %s must be the last parameter: write the others as $1, $2 and this one as sqlc.slice", name)
			}
			q.list = true
		}
		q.arguments = append(q.arguments, field{name, found, !column.GetNotNull()})
	}
	return q.checkList()
}

func argumentOf(param *plugin.Parameter) (string, kind, error) {
	column := param.GetColumn()
	name := column.GetName()
	if name == "" {
		return "", kind{}, fmt.Errorf("parameter $%d has no name; write it as @name", param.GetNumber())
	}
	found, ok := valueKind(column)
	if !ok {
		return "", kind{}, fmt.Errorf("the type of parameter %s is %s, which the house does not have; say it with CAST(@%s AS BIGINT), TEXT, BOOLEAN or TIMESTAMPTZ", name, typeName(column), name)
	}
	if !column.GetNotNull() && !found.nullable {
		return "", kind{}, fmt.Errorf("parameter %s may be NULL and is %s, which the house does not have", name, found.sql)
	}
	return name, found, nil
}

// checkList holds a query with a list to what stays true when the list goes in several parts.
func (q *query) checkList() error {
	if !q.list {
		return nil
	}
	if q.command == ":one" || q.command == ":exec" {
		return fmt.Errorf("a query with sqlc.slice is :many or :execrows")
	}
	for _, word := range words(q.sql) {
		if slices.Contains([]string{"order", "limit", "group", "distinct", "union"}, word) {
			return fmt.Errorf("a list goes to the database in parts, so %s would hold within a part only; do it in Go", strings.ToUpper(word))
		}
	}
	placeholder := fmt.Sprintf("($%d)", len(q.arguments))
	if strings.Count(q.sql, placeholder) != 1 || strings.Count(q.sql, placeholder[1:len(placeholder)-1]) != 1 {
		return errors.New("sqlc.slice stands once, alone in the brackets of IN")
	}
	return nil
}

// takeModel finds the table whose own row fits the result: all of its columns, in its order, from it alone.
func (q *query) takeModel(tables []table, columns []*plugin.Column) {
	for _, t := range tables {
		if len(t.columns) < 2 || !slices.Equal(t.columns, q.columns) {
			continue
		}
		same := func(c *plugin.Column) bool {
			return c.GetTable().GetName() == t.name && c.GetOriginalName() == c.GetName()
		}
		if !slices.ContainsFunc(columns, func(c *plugin.Column) bool { return !same(c) }) {
			q.model, q.table = exported(t.name), t.name
		}
	}
}

func (q *query) wide() bool   { return len(q.arguments) > most }
func (q *query) ownRow() bool { return q.model == "" && len(q.columns) > 1 }
