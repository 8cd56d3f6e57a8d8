package ui

// Kind is how loud an action is. One Primary a page or widget at most.
type Kind string

// The kinds of action. Accent is for search alone.
const (
	Primary   Kind = "primary"
	Secondary Kind = "secondary"
	Ghost     Kind = "ghost"
	Accent    Kind = "accent"
	Danger    Kind = "danger"
)

// Size is how tall an action is: 38, 44 or 52 pixels.
type Size string

// The sizes of an action.
const (
	Small  Size = "sm"
	Medium Size = ""
	Large  Size = "lg"
)

// Tone is what a colour says. It never says it alone: there is a word or an icon beside it.
type Tone string

// The tones of states, then those of topics.
const (
	Neutral Tone = "neutral"
	Info    Tone = "info"
	Success Tone = "success"
	Warning Tone = "warning"
	Fault   Tone = "danger"

	Ice     Tone = "ice"
	Mint    Tone = "mint"
	Apricot Tone = "apricot"
	Sand    Tone = "sand"
	Lilac   Tone = "lilac"
	Rose    Tone = "rose"
	Plain   Tone = "plain"
)

// ButtonProps is a button, or a link that looks like one when Href is set.
type ButtonProps struct {
	Text       string
	For        string // what it acts on, heard but not seen: "Удалить" + "страница-1.pdf"
	Kind       Kind   // empty: Primary
	Size       Size
	Href       string
	Icon       string
	IconEnd    string
	Name       string
	Value      string
	Form       string // id of a form elsewhere on the page
	Action     string // another address than the form's
	Confirm    string // a question asked first where there is a script
	Full       bool
	Plain      bool // type="button"; for scripts alone
	NoValidate bool
	Dialog     string // id of the dialog that a script opens instead of following Href
}

func (p ButtonProps) class() string {
	kind := p.Kind
	if kind == "" {
		kind = Primary
	}
	return classes("btn", "btn--"+string(kind), modified("btn", string(p.Size)), when(p.Full, "btn--full"))
}

// IconButtonProps is a button with no words to see; Label is what is heard.
type IconButtonProps struct {
	Icon, Label string
	Href        string // empty: a button of the form around it
	Name, Value string
	Count       int // a red number in the corner, above zero
}

// ChipProps is a short choice that leads somewhere.
type ChipProps struct {
	Text, Href string
	Count      int // shown above zero
	Current    bool
}

// MenuProps is a list of actions behind one button.
type MenuProps struct {
	Label string
	Icon  string // empty: three dots
	Links []Link
}

// toneClass is the class of a topic's or a state's field of colour.
func toneClass(t Tone) string {
	switch t {
	case Info, Success, Warning, Fault:
		return "st-" + string(t)
	case Ice, Mint, Apricot, Sand, Lilac, Rose, Plain:
		return "tone-" + string(t)
	}
	return "tone-ice"
}

// ink is the class of a state's colour of text; no tone, the text's own.
func ink(t Tone) string {
	if t == "" || t == Neutral {
		return ""
	}
	return "c-" + string(t)
}
