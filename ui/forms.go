package ui

import (
	"context"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// Field is what every question has. The control's id follows from Name (see FieldID), so that an error summary made
// elsewhere finds it.
type Field struct {
	Name     string // as the form posts it: vehicle.plate
	Label    string
	Hint     string // one line; empty: none
	Error    string // the fault of this answer; empty: none
	Source   string // where a prefilled value comes from: "из реестра автомобилей"; empty: the person typed it
	Optional bool   // says so beside the label
	Page     bool   // the only question of the page: its label is the page's heading
	Anchor   string // names the control's id where several groups of choices share a name; empty: the name does
}

// FieldID is the id of the control for a field's name: where the error summary leads.
func FieldID(name string) string { return "f-" + strings.ReplaceAll(name, " ", "-") }

func (f Field) id() string {
	if f.Anchor != "" {
		return FieldID(f.Anchor)
	}
	return FieldID(f.Name)
}
func (f Field) part(part string) string   { return f.id() + "-" + part }
func (f Field) frame() string             { return classes("field", when(f.Error != "", "field--error")) }
func (f Field) partName(p string) string  { return f.Name + "." + p }
func (f Field) numbered(i int) string     { return numberedID(f.id(), i) }
func (f Field) invalid() templ.Attributes { return invalidWhen(f.Error != "") }
func invalidWhen(bad bool) templ.Attributes {
	if !bad {
		return nil
	}
	return templ.Attributes{"aria-invalid": "true"}
}

// numberedID gives the first control the field's own id, because the error summary leads there.
func numberedID(id string, i int) string {
	if i == 0 {
		return id
	}
	return id + "-" + strconv.Itoa(i+1)
}

// described is aria-describedby: hint, source, fault, and what else the control adds.
func (f Field) described(more ...string) templ.Attributes {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.part("hint"))
	}
	if f.Source != "" {
		ids = append(ids, f.part("source"))
	}
	if f.Error != "" {
		ids = append(ids, f.part("error"))
	}
	if ids = append(ids, more...); len(ids) == 0 {
		return nil
	}
	return templ.Attributes{"aria-describedby": strings.Join(ids, " ")}
}

// Width is how long an answer is expected to be, in characters; the line is about that wide.
type Width string

// The widths of an input.
const (
	Width2   Width = "2"
	Width4   Width = "4"
	Width12  Width = "12"
	WidthAll Width = ""
)

// InputProps is a question with an answer of one line.
type InputProps struct {
	Field
	Value        string
	Type         string // text (default), email, tel, password, search
	Width        Width
	Autocomplete string // HTML's names: name, bday, tel, email, street-address; empty: off
	InputMode    string // numeric, decimal, tel, email
	Prefix       string // before the answer, inside the frame
	Suffix       string // after it: ₽, м³
	MaxLength    int    // characters; 0: no bound shown to the browser
	ReadOnly     bool
	Spellcheck   bool
	Attributes   templ.Attributes // of the input; for htmx and the like
}

func (p InputProps) kind() string {
	if p.Type == "" {
		return "text"
	}
	return p.Type
}

func (p InputProps) autocomplete() string {
	if p.Autocomplete == "" {
		return "off"
	}
	return p.Autocomplete
}

// MoneyProps is a question whose answer is an amount; Value is as the person typed it.
type MoneyProps struct {
	Field
	Value    string
	Currency string // sign after the amount; empty: ₽
}

// TextareaProps is a question with an answer of many lines.
type TextareaProps struct {
	Field
	Value string
	Rows  int // 0: 5
	Limit int // characters; above zero a counter says how many are left
}

func (p TextareaProps) rows() string {
	if p.Rows <= 0 {
		return "5"
	}
	return strconv.Itoa(p.Rows)
}

func (p TextareaProps) more() []string {
	if p.Limit > 0 {
		return []string{p.part("count")}
	}
	return nil
}

// Choice is one of the answers to choose from.
type Choice struct {
	Value string
	Text  string
	Hint  string
	Then  templ.Component // questions that this answer opens; shown only while it is chosen
	Group string          // of a Select: the heading under which it stands, with its neighbours of the same one; empty: none
}

// choiceGroup is a run of choices under one heading.
type choiceGroup struct {
	Name    string
	Choices []Choice
}

// groups are the choices as they stand, parted by their headings.
func (p SelectProps) groups() []choiceGroup {
	var out []choiceGroup
	for _, one := range p.Choices {
		if n := len(out); n > 0 && out[n-1].Name == one.Group {
			out[n-1].Choices = append(out[n-1].Choices, one)
			continue
		}
		out = append(out, choiceGroup{Name: one.Group, Choices: []Choice{one}})
	}
	return out
}

// SelectProps is a choice from a long list. Up to about seven answers Radios are easier.
type SelectProps struct {
	Field
	Value   string
	Choices []Choice
	Blank   string // the line of no choice; empty: there is none
	Width   Width
}

// RadiosProps is a choice of one.
type RadiosProps struct {
	Field
	Value   string
	Choices []Choice
	Row     bool // side by side, for choices of a word or a time
}

// CheckboxesProps is a choice of any number. One choice without a legend is a consent: leave Label empty.
type CheckboxesProps struct {
	Field
	Values  []string
	Choices []Choice
}

func (p CheckboxesProps) chosen(value string) bool {
	for _, v := range p.Values {
		if v == value {
			return true
		}
	}
	return false
}

// PicksProps is a list of things with a sum each, of which any may be chosen.
type PicksProps struct {
	Name   string
	Legend string // heard
	More   string // words of each line's link
	Items  []PickItem
}

// PickItem is one of them.
type PickItem struct {
	Value         string
	Text, Note    string
	Sum           string
	Was, WasLabel string    // a sum that was greater, struck out, and what it is; empty: none
	Tag, Also     *TagProps // nil: none
	Href          string    // more about it; empty: nothing
	Chosen        bool
}

// DatePartsProps is a date that the person knows by heart: three boxes, no calendar. They post Name.day, Name.month,
// Name.year as typed.
type DatePartsProps struct {
	Field
	Day, Month, Year string
	Wrong            []string // which parts are at fault: day, month, year; none: the whole date is
	Birthday         bool     // lets the browser fill it
}

type datePart struct {
	name, value, id, auto string
	wrong                 bool
	width                 Width
}

// parts are the three boxes. The first one at fault takes the field's id, because the error summary leads there.
func (p DatePartsProps) parts() []datePart {
	out := []datePart{
		{name: "day", value: p.Day, width: Width2}, {name: "month", value: p.Month, width: Width2}, {name: "year", value: p.Year, width: Width4},
	}
	target := -1
	for i := range out {
		out[i].id = p.part(out[i].name)
		out[i].wrong = p.Error != "" && (len(p.Wrong) == 0 || contains(p.Wrong, out[i].name))
		out[i].auto = "off"
		if p.Birthday {
			out[i].auto = "bday-" + out[i].name
		}
		if out[i].wrong && target < 0 {
			target = i
		}
	}
	out[max(target, 0)].id = p.id()
	return out
}

func contains(list []string, text string) bool {
	for _, item := range list {
		if item == text {
			return true
		}
	}
	return false
}

// FileUploadProps is a question whose answer is files.
type FileUploadProps struct {
	Field
	Multiple   bool
	Accept     string         // for the browser: .pdf,.jpg,.png; the server checks the content
	Files      []UploadedFile // already there, good or bad
	RemoveName string         // of the button that removes a file; its value is UploadedFile.ID
	Send       string         // address to which a script sends files in parts as they are chosen; empty: they go with the form
	SendDraft  string         // the draft that they are for
}

// sending is what the script of parts needs, its words too.
func (p FileUploadProps) sending(ctx context.Context) templ.Attributes {
	if p.Send == "" {
		return nil
	}
	return templ.Attributes{
		"data-send": p.Send, "data-send-draft": p.SendDraft, "data-send-list": say(ctx, "upload_list"), "data-send-going": say(ctx, "upload_going"),
		"data-send-waiting": say(ctx, "upload_waiting"), "data-send-done": say(ctx, "upload_done"), "data-send-failed": say(ctx, "upload_failed"),
		"data-send-again": say(ctx, "upload_again"), "data-send-busy": say(ctx, "upload_busy"), "data-send-cancel": say(ctx, "upload_cancel"),
	}
}

// UploadedFile is a file that was sent.
type UploadedFile struct {
	ID    string
	Name  string
	Note  string // 1,2 МБ, загружен; or what is wrong with it
	Href  string // where it can be seen; may be empty
	Wrong bool
}

func (f UploadedFile) icon() string {
	name := strings.ToLower(f.Name)
	switch {
	case f.Wrong:
		return "file-x-duotone"
	case strings.HasSuffix(name, ".jpg"), strings.HasSuffix(name, ".jpeg"), strings.HasSuffix(name, ".png"):
		return "file-image-duotone"
	case strings.HasSuffix(name, ".pdf"):
		return "file-pdf-duotone"
	}
	return "files-duotone"
}

// SearchBoxProps is the line of a search. Its form is a GET, so that the answer can be kept as a link.
type SearchBoxProps struct {
	Action      string
	Name        string // of the field; empty: q
	Value       string
	Label       string // heard, not seen
	Placeholder string
	Button      string
	Suggest     string // address of suggestions for htmx; empty: none
}

func (p SearchBoxProps) name() string {
	if p.Name == "" {
		return "q"
	}
	return p.Name
}

// State is how far a step or a check has come.
type State string

// The states of steps.
const (
	Done State = "done"
	Now  State = "now"
	Next State = "next"
)

// Step is one page of a form.
type Step struct {
	Text  string
	Href  string // a step that was visited can be returned to
	State State
}

// stepNow is the number of the open step, from 1.
func stepNow(steps []Step) int {
	for i, step := range steps {
		if step.State == Now {
			return i + 1
		}
	}
	return len(steps)
}

// SummaryListProps is answers to be checked before they are sent, or any list of names and values.
type SummaryListProps struct {
	Title string
	Rows  []SummaryRow
}

// SummaryRow is one answer.
type SummaryRow struct {
	Name   string
	Value  string          // lines apart by \n
	Body   templ.Component // instead of Value
	Source string          // where the value comes from
	Error  string          // what is wrong with it now
	Change string          // address of the question; empty: cannot be changed
}

func lines(text string) []string { return strings.Split(text, "\n") }

// FormProps is a form. It carries the token, and never lets the browser check answers by
// itself: the server's words are clearer.
type FormProps struct {
	Action    string
	ID        string
	Class     string
	Multipart bool   // there are files in it
	Autosave  string // address that a script posts the form to while the person types
	Saved     string // "Черновик сохранён в 14:12": what the line of autosaving says at first
	Method    string // post (default) or get
	Label     string // for a screen reader, where the page has several forms
}

func (p FormProps) method() string {
	if p.Method == "get" {
		return "get"
	}
	return "post"
}

func (p FormProps) attributes() templ.Attributes {
	out := templ.Attributes{}
	set := func(name, value string) {
		if value != "" {
			out[name] = value
		}
	}
	set("id", p.ID)
	set("class", p.Class)
	set("aria-label", p.Label)
	set("data-autosave", p.Autosave)
	if p.Multipart {
		set("enctype", "multipart/form-data")
	}
	return out
}

// FormActionsProps is the end of a step.
type FormActionsProps struct {
	Submit      string // empty: Save and continue
	SubmitName  string
	SubmitValue string
	Later       string // empty with LaterName set: Finish later
	LaterName   string // name of the second button; empty: there is none
	Back        Link   // a plain link before; may be empty
}

func (p FormActionsProps) submit(ctx context.Context) string {
	if p.Submit == "" {
		return say(ctx, "submit")
	}
	return p.Submit
}

func (p FormActionsProps) later(ctx context.Context) string {
	if p.Later == "" {
		return say(ctx, "later")
	}
	return p.Later
}

// FaultLine is one line of the error summary: the field's name and the sentence.
type FaultLine struct{ Name, Text string }
