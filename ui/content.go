package ui

import (
	"fmt"
	"math"

	"github.com/a-h/templ"
)

// TagProps is a state in a word.
type TagProps struct {
	Text string
	Tone Tone // Neutral, Info, Success, Warning, Fault
	Icon string
}

// SlaProps is a term: how much is left, in words, and how urgent that is.
type SlaProps struct {
	Text string
	Tone Tone // Neutral: there is time; Warning: today; Fault: over
}

func (p SlaProps) icon() string {
	switch p.Tone {
	case Fault:
		return "warning-octagon-fill"
	case Warning:
		return "clock-fill"
	}
	return ""
}

// TileProps is a service among the popular ones.
type TileProps struct {
	Icon  string // a duotone symbol
	Tone  Tone
	Title string
	Note  string // time or term, one or two words
	Href  string
}

// LifeCardProps is a life event. The first two of a page are Large.
type LifeCardProps struct {
	Title, Note, Href, Icon string
	Tone                    Tone
	Large                   bool
}

// NewsCardProps is a news item; only the leading one shows Lead and Picture.
type NewsCardProps struct {
	Date, Title, Lead, Href string
	Picture                 Mosaic // empty: the house's cover
}

func (p NewsCardProps) picture() Mosaic {
	if p.Picture.Empty() {
		return mosaicOf(CoverMosaic)
	}
	return p.Picture
}

// NewsProps is the leading news and the four after it.
type NewsProps struct {
	Lead NewsCardProps
	Rest []NewsCardProps
}

// CardProps is a raised surface.
type CardProps struct {
	Title string // a heading of the second level; empty: none
	ID    string
	Class string // a class of the house's styles, for layout
}

// WidgetProps is a card of the account: what it is about, a link to all of it, the content.
type WidgetProps struct {
	Icon  string
	Tone  Tone
	Title string
	Href  string // where the title leads; empty: nowhere
	More  Link   // at the right: all bills, all cases
}

// DateBlockProps is a day to remember.
type DateBlockProps struct {
	Day, Month string
	Tone       Tone // Fault: this week; Warning; Info
}

// TodoProps is what needs attention: the most urgent line has the filled button.
type TodoProps struct {
	Title string
	Items []TodoItem
}

// TodoItem is one thing to do: by when, why, one action.
type TodoItem struct {
	Date   DateBlockProps
	Title  string
	Note   string
	Action ButtonProps
}

// TimelineStep is one step of a case: what, when, who has it and why.
type TimelineStep struct {
	State State
	Title string
	When  string
	Note  string
	Link  Link // a document, an answer to give; may be empty
}

// RowItem is a line of a list in a card.
type RowItem struct {
	Icon  string
	Tone  Tone // of the icon: Success, Warning, Fault; empty: the text's colour
	Text  string
	Href  string
	Value string // at the right
	Tag   *TagProps
	Muted bool // the whole line is less important
	Quiet bool // the value is less important
}

func iconLines(items []RowItem) bool {
	for _, item := range items {
		if item.Icon != "" {
			return true
		}
	}
	return false
}

// NoticeProps is a message inside a page.
type NoticeProps struct {
	Tone  Tone // Info, Success, Warning, Fault
	Title string
	Text  string
	Link  Link
	Live  bool // appears after the page was read: is announced
}

func (p NoticeProps) icon() string {
	switch p.Tone {
	case Success:
		return "check-circle-fill"
	case Warning:
		return "warning-fill"
	case Fault:
		return "warning-octagon-fill"
	}
	return "info-fill"
}

func (p NoticeProps) live() templ.Attributes {
	if !p.Live {
		return nil
	}
	return templ.Attributes{"role": "status"}
}

// ConfirmPanelProps is the end of a form: it is sent, this is its number, this happens next.
type ConfirmPanelProps struct {
	Title  string
	Label  string // before the number: Номер заявления
	Number string
	Text   string
}

// EmptyStateProps is a place with nothing in it yet, and what to do about that.
type EmptyStateProps struct {
	Title, Text string
	Action      *ButtonProps
	Picture     Mosaic // empty: the house's
}

func (p EmptyStateProps) picture() Mosaic {
	if p.Picture.Empty() {
		return mosaicOf("pine.-.g.k house.-.k.i tree.-.m.k sun.-.c\nwave.-.l wave.-.l wave.-.b wave.-.l")
	}
	return p.Picture
}

// DialogProps is a question over the page. Without a script its opener's address leads to a page that asks the same.
type DialogProps struct {
	ID    string
	Title string
	Open  bool // shown at once, in place: the page without a script
}

// PaginationProps is the pages of a list. A list by keys has Previous and Next alone.
type PaginationProps struct {
	Summary        string // 1–11 из 174
	Pages          []PageLink
	Previous, Next string // addresses; empty: there is no such page
}

// PageLink is one page's number; a gap has no address and Number 0.
type PageLink struct {
	Number  int
	Href    string
	Current bool
}

// ProgressProps is how much is done.
type ProgressProps struct {
	Label     string
	Value, Of int
	Text      string // what is seen at the right: 3 из 5
}

// BarsProps is a small chart; Label says the same in words for those who do not see it.
type BarsProps struct {
	Label string
	Items []Bar
}

// Bar is one column.
type Bar struct {
	Label   string // under it: июн
	Text    string // over it: 9
	Value   float64
	Current bool
}

// tallest is the height of the largest column, in ems of its text.
const tallest = 5.2

// height is a column's height as an SVG length; the largest value fills the chart, and what is not a number is flat.
func (p BarsProps) height(bar Bar) string {
	largest := 0.0
	for _, other := range p.Items {
		largest = math.Max(largest, other.Value)
	}
	share := bar.Value / largest
	if math.IsNaN(share) || share < 0 || math.IsInf(share, 0) {
		share = 0
	}
	if share == 0 {
		return "0" // nothing is drawn as nothing
	}
	return fmt.Sprintf("%.2fem", math.Max(0.3, share*tallest))
}

// TopicItem is a topic with the number of services in it.
type TopicItem struct {
	Title, Href string
	Count       int
}

// AppointmentProps is a visit.
type AppointmentProps struct {
	Day, When   string
	Title, Note string
	Tone        Tone
}

// FieldLine is a small labelled answer in a card, with what it was before.
type FieldLine struct {
	Name, Label, Note, Value string
	InputMode                string
}
