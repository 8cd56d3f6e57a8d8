package pdf

import (
	"fmt"
	"strings"
	"time"

	"posad.city/kit/seal"
)

// Form is a form that people fill in by hand, or that shows what they have answered. All words come from the caller.
type Form struct {
	Lang, City, Office string
	Kind, Title        string
	Number, Date       string // at the top right; empty on a blank form
	Lead               string
	Facts              []Fact // what stands before the questions: what the city fetches, what to bring
	Sections           []FormSection
	Sign               []string // lines at the end, each with a rule to write on: date, signature
	Check              *Check   // the panel with the code of the address where an official or the person goes on
	PageOf             string
	Large              bool // letters of 16 points and more, for people who see badly
	Made               time.Time
}

// FormSection is a step of a form.
type FormSection struct {
	Title, Lead string
	Items       []FormItem
}

// FormItem is a question on paper.
type FormItem struct {
	Label, Hint string
	Value       string // what was answered; then there is nothing to write
	Cells       []int  // squares for one sign each, in groups: 2, 2, 4 for a day
	Lines       int    // rules to write on
	Named       []string
	Options     []FormOption
	Entry       string // heading above the question: first of an entry of a list
}

// FormOption is an answer with a square to tick.
type FormOption struct {
	Label, Hint string
	Chosen      bool
}

// RenderForm lays a form out. The same input gives the same bytes.
func RenderForm(f Form) ([]byte, error) {
	var code *seal.Code
	if f.Check != nil {
		made, err := seal.QR(f.Check.Address)
		if err != nil {
			return nil, fmt.Errorf("pdf: %w", err)
		}
		code = made
	}
	s, err := layOutForm(f, code)
	if err != nil {
		return nil, err
	}
	return s.finish(f.document())
}

func (f Form) document() Document {
	return Document{Lang: f.Lang, City: f.City, Office: f.Office, Kind: f.Kind, Title: f.Title, Number: f.Number, Date: f.Date, PageOf: f.PageOf, Made: f.Made}
}

// paper draws a form in its size of letters.
type paper struct {
	*sheet
	by float64 // how many times larger than usual
}

// largeBy brings the text of 10 points to 16.
const largeBy = 1.6

func (p *paper) size(s style) style {
	s.size, s.line = s.size*p.by, s.line*p.by
	return s
}

func layOutForm(f Form, code *seal.Code) (*sheet, error) {
	s, err := newSheet()
	if err != nil {
		return nil, err
	}
	d := f.document()
	p := &paper{s, 1}
	if f.Large {
		p.by = largeBy
	}
	s.atTop = func(s *sheet) {
		s.mark(left, s.y, 18)
		s.put(left+26, s.y+13, s.shorten(d.City, 200, runningStyle), runningStyle)
		s.putRight(right, s.y+13, s.shorten(d.Number, 260, officeStyle), officeStyle)
		s.rule(s.y+27, hair)
		s.y += 44
	}
	s.header(d)
	p.flow(f.Kind, p.size(kindStyle))
	p.flow(f.Title, p.titleStyle())
	p.y += 10
	p.flow(f.Lead, p.size(textStyle))
	p.y += 8
	for _, fact := range f.Facts {
		p.need(3 * p.size(textStyle).line)
		p.flow(fact.Label, p.size(valueStyle))
		p.flow(fact.Value, p.size(textStyle))
		p.y += 6
	}
	for _, section := range f.Sections {
		p.section(section)
	}
	for _, label := range f.Sign {
		p.named(label)
	}
	if f.Check != nil {
		s.y += 10
		s.check(*f.Check, code)
	}
	s.footers(d)
	return s, s.err
}

// titleStyle grows less than the text: a title is large already.
func (p *paper) titleStyle() style {
	s := titleStyle
	if p.by > 1 {
		s.size, s.line = 28, 33
	}
	return s
}

func (p *paper) section(section FormSection) {
	p.need(p.size(headStyle).line + 9*p.size(textStyle).line) // with its first question: a heading alone at a page's end helps nobody
	p.y += 12
	p.rule(p.y, ink)
	p.y += 10
	p.flow(section.Title, p.size(headStyle))
	p.flow(section.Lead, p.size(textStyle))
	p.y += 6
	for _, item := range section.Items {
		p.item(item)
	}
}

// item sets a question; its words stay on one page with the first place to write.
func (p *paper) item(item FormItem) {
	label, hint := p.size(valueStyle), p.size(smallStyle)
	height := float64(len(p.wrap(item.Label, right-left, label)))*label.line + float64(len(p.wrap(item.Hint, right-left, hint)))*hint.line
	p.need(min(height+2*p.row(), 400))
	if item.Entry != "" {
		p.y += 4
		p.flow(item.Entry, p.size(linkStyle))
	}
	p.flow(item.Label, label)
	p.flow(item.Hint, hint)
	p.y += 3
	p.flow(item.Value, p.size(leadStyle))
	for _, option := range item.Options {
		p.option(option)
	}
	if len(item.Cells) > 0 {
		p.cells(item.Cells)
	}
	for _, name := range item.Named {
		p.named(name)
	}
	for range item.Lines {
		p.need(p.row())
		p.y += p.row()
		p.stroke(left, p.y, right, p.y)
	}
	p.y += 10
}

// row is the height of a line to write on by hand.
func (p *paper) row() float64 { return 22 * min(p.by, 1.4) }

func (p *paper) stroke(x1, y1, x2, y2 float64) {
	p.now.setPen(grey, 0.7)
	p.now.stroke(x1, y1, x2, y2)
}

func (p *paper) square(x, y, side float64) {
	p.now.setPen(grey, 0.9)
	p.now.rectangle(x, y, side, side, "S")
}

// option is a square with words; a chosen one has a cross in it, which programs that read aloud find as the letter.
func (p *paper) option(o FormOption) {
	st, side := p.size(textStyle), 11*p.by
	text := strings.Join(nonEmpty(o.Label, o.Hint), " – ")
	lines := p.wrap(text, right-left-side-10, st)
	p.need(float64(len(lines)) * st.line)
	p.square(left, p.y+(st.line-side)/2, side)
	if o.Chosen {
		cross := style{bold, 10 * p.by, st.line, ink}
		p.put(left+(side-p.width("X", cross))/2, p.y+baseline(cross), "X", cross)
	}
	p.y += p.lines(left+side+10, p.y, lines, st) + 2
}

// cells are squares for one sign each.
func (p *paper) cells(groups []int) {
	side, x := 18*min(p.by, 1.4), left
	p.need(side + 4)
	for _, group := range groups {
		if x+float64(group)*side > right {
			x, p.y = left, p.y+side+6
			p.need(side + 4)
		}
		for range group {
			p.square(x, p.y+2, side)
			x += side
		}
		x += 8
	}
	p.y += side + 4
}

// named is a word with a rule after it.
func (p *paper) named(name string) {
	st := p.size(labelStyle)
	p.need(p.row())
	p.y += p.row()
	text := p.shorten(name, (right-left)*0.6, st)
	p.put(left, p.y-3, text, st)
	p.stroke(left+p.width(text, st)+8, p.y, right, p.y)
}
