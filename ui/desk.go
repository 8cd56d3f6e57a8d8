package ui

import (
	"context"
	"strconv"

	"github.com/a-h/templ"
)

// RailProps is the menu of the desk, at the left (above on a phone).
type RailProps struct {
	Label  string // heard; empty: Desk
	Home   string // where the mark leads
	City   City
	Links  []Link
	Search SearchBoxProps
}

// DeskHeadProps is the head of a queue: its name, a line about it, up to three figures.
type DeskHeadProps struct {
	Title, Note string
	Figures     []Figure
}

// Figure is a number with what it counts.
type Figure struct {
	Value, Text string
	Tone        Tone
}

// ViewsProps is a row of saved views, or of tabs: links, each with a count when above zero.
type ViewsProps struct {
	Label string // heard; empty: Views of the queue
	Items []Link
}

// FiltersProps is what a list is narrowed by: a GET form, so that the result can be kept as a link.
type FiltersProps struct {
	Action string
	Fields []Filter
	Save   Link // keep as a view; may be empty
}

// Filter is one of them: a choice, or a line of text when there are no choices.
type Filter struct {
	Name, Label, Value string
	Choices            []Choice
}

// BulkBarProps is what can be done with the rows that were ticked.
type BulkBarProps struct {
	Chosen  int
	Actions []ButtonProps
}

// DataTableProps is a list for officials. Under 42 rem of width rows become cards.
type DataTableProps struct {
	Caption  string // heard
	Select   string // name of the ticks; empty: there are none
	Columns  []Column
	Rows     []TableRow
	AllLabel string // of the tick in the head; empty: Choose all on this page
}

// Column is a head of the table; the first is the row's own name.
type Column struct {
	Title string
	Href  string // sorts by it; empty: it cannot be sorted by
	Sort  string // ascending, descending; empty: not sorted by it
	Role  string // deadline or owner: where the cell stands in the card of a phone
}

// TableRow is one line; Cells follow Columns after the first.
type TableRow struct {
	Value  string // of the tick
	Label  string // of the tick, heard: Выбрать ЯП-118402
	Chosen bool
	Open   bool // its panel is open
	Title  string
	Href   string
	Note   string
	Cells  []TableCell
}

// TableCell is what stands under a column: a term, a state, or words, with a line under them.
type TableCell struct {
	Text  string
	Note  string
	Muted bool
	Tag   *TagProps
	Sla   *SlaProps
	Body  templ.Component // instead of all these
}

// CasePanelProps is the case beside the queue, or on a page of its own.
type CasePanelProps struct {
	ID    string
	Line  string // number and day
	Title string
	Href  string // the case's own page; may be empty
	Tag   *TagProps
	Sla   *SlaProps
	Page  bool // the only thing on the page: its title is the heading
}

// CheckState is what came of a check.
type CheckState string

// The states of a check.
const (
	CheckOK      CheckState = "ok"
	CheckWarning CheckState = "warning"
	CheckFault   CheckState = "fault"
	CheckWait    CheckState = "wait"
)

// CheckItem is one check of a case.
type CheckItem struct {
	State       CheckState
	Title, Note string
	Link        Link
}

func (c CheckItem) icon() (string, Tone) {
	switch c.State {
	case CheckOK:
		return "check-circle-fill", Success
	case CheckWarning:
		return "warning-fill", Warning
	case CheckFault:
		return "x-circle-fill", Fault
	}
	return "hourglass-duotone", Info
}

// DocItem is a document of a case.
type DocItem struct {
	Name, Href, Note string
}

// LogItem is one thing that happened.
type LogItem struct{ When, Text string }

// RatingProps asks how it went, from 1 to 5.
type RatingProps struct {
	Field
	Value int // 0: not answered
}

// rated says a rating in words.
func rated(ctx context.Context, value int) string {
	return say(ctx, "rating_value", "number", value)
}

func ratingID(f Field, value int) string { return numberedID(f.id(), value-1) }

func sortLabel(sort string) templ.Attributes {
	if sort == "" {
		return nil
	}
	return templ.Attributes{"aria-sort": sort}
}

func cellRole(p DataTableProps, i int) string {
	if i+1 < len(p.Columns) && p.Columns[i+1].Role != "" {
		return "cell--" + p.Columns[i+1].Role
	}
	return ""
}

func columnTitle(p DataTableProps, i int) string {
	if i+1 < len(p.Columns) {
		return p.Columns[i+1].Title
	}
	return ""
}

func count(n int) string { return strconv.Itoa(n) }
