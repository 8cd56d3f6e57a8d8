package pdf

import (
	"strconv"
	"strings"

	"posad.city/kit/seal"
)

// The styles of the page.
var (
	cityStyle    = style{bold, 13, 16, ink}
	officeStyle  = style{regular, 9, 12, grey}
	runningStyle = style{semiBold, 9.5, 12, ink}
	numberStyle  = style{semiBold, 10, 16, ink}
	kindStyle    = style{semiBold, 10, 14, brand}
	titleStyle   = style{bold, 23, 27, ink}
	statusStyle  = style{semiBold, 10, 14, green}
	plainStyle   = style{semiBold, 10, 14, grey}
	leadStyle    = style{regular, 11.5, 17, ink}
	labelStyle   = style{regular, 9.5, 14, grey}
	valueStyle   = style{semiBold, 10.5, 14, ink}
	headStyle    = style{semiBold, 12, 16, ink}
	textStyle    = style{regular, 10, 14.5, ink}
	smallStyle   = style{regular, 8.5, 12, grey}
	linkStyle    = style{semiBold, 9, 13, brand}
)

// layOut draws the whole document. What runs over to another page by a little is set closer, so that no page holds the last
// lines alone.
func layOut(d Document, code *seal.Code) (*sheet, error) {
	s, err := setOut(d, code, 1)
	if err != nil || len(s.pages) == 1 {
		return s, err
	}
	tight, err := setOut(d, code, closer)
	if err != nil || len(tight.pages) == len(s.pages) {
		return s, err
	}
	return tight, nil
}

// closer is what is left of the space between rows and paragraphs of a document that is set close.
const closer = 0.55

// setOut draws the document with its spaces times air; the footers come last, when it is known how many pages there are.
func setOut(d Document, code *seal.Code, air float64) (*sheet, error) {
	s, err := newSheet()
	if err != nil {
		return nil, err
	}
	s.air = air
	s.atTop = func(s *sheet) {
		s.mark(left, s.y, 18)
		s.put(left+26, s.y+13, s.shorten(d.City, 200, runningStyle), runningStyle)
		s.putRight(right, s.y+13, s.shorten(d.Number, 200, officeStyle), officeStyle)
		s.rule(s.y+27, hair)
		s.y += 44
	}
	s.header(d)
	s.heading(d)
	s.facts(d.Facts)
	for _, part := range d.Parts {
		s.part(part)
	}
	if d.Check != nil {
		s.check(*d.Check, code)
	}
	s.footers(d)
	return s, s.err
}

func (s *sheet) header(d Document) {
	s.mark(left, s.y, 38)
	s.put(left+50, s.y+17, s.shorten(d.City, 270, cityStyle), cityStyle)
	office := s.wrap(d.Office, 270, officeStyle)
	for i, line := range office {
		s.put(left+50, s.y+31+float64(i)*officeStyle.line, line, officeStyle)
	}
	s.putRight(right, s.y+17, s.shorten(d.Number, 150, numberStyle), numberStyle)
	s.putRight(right, s.y+31, s.shorten(d.Date, 150, officeStyle), officeStyle)
	s.y += max(58+24*s.air, 58+float64(len(office))*officeStyle.line)
}

func (s *sheet) heading(d Document) {
	if d.Kind != "" {
		s.flow(d.Kind, kindStyle)
		s.y += 3
	}
	s.flow(d.Title, titleStyle)
	s.y += 12 * s.air
	if d.Status != "" {
		face, field := statusStyle, greenSoft
		if d.Plain {
			face, field = plainStyle, panel
		}
		status := s.shorten(d.Status, right-left-20, face)
		s.box(left, s.y, s.width(status, face)+20, 22, 6, field)
		s.put(left+10, s.y+4+baseline(face), status, face)
		s.y += 22 + 14*s.air
	}
	if d.Lead != "" {
		s.flow(d.Lead, leadStyle)
		s.y += 14 * s.air
	}
}

// labelWidth is the width of the table's left column; the gap to the right one included.
const labelWidth = 168

func (s *sheet) facts(facts []Fact) {
	if len(facts) == 0 {
		return
	}
	for _, f := range facts {
		labels := s.wrap(f.Label, labelWidth-16, labelStyle)
		values := s.wrap(f.Value, right-left-labelWidth, valueStyle)
		s.fact(labels, values)
	}
	s.rule(s.y, hair)
	s.y += 18 * s.air
}

// fact sets one row, over several pages when its value is that long.
func (s *sheet) fact(labels, values []string) {
	pad := 7 * s.air
	s.need(2*pad + valueStyle.line*float64(max(len(labels), min(len(values), 3))))
	s.rule(s.y, hair)
	s.y += pad
	height := s.lines(left, s.y, labels, labelStyle)
	from := s.y
	for _, line := range values {
		if s.y+valueStyle.line > bottom {
			height = 0
		}
		s.need(valueStyle.line)
		s.put(left+labelWidth, s.y+baseline(valueStyle), line, valueStyle)
		s.y += valueStyle.line
	}
	s.y = max(s.y, min(from, s.y)+height) + pad
}

func (s *sheet) part(p Part) {
	s.need(headStyle.line + 2*textStyle.line)
	if p.Heading != "" {
		s.flow(p.Heading, headStyle)
		s.y += 3
	}
	s.flow(p.Text, textStyle)
	s.y += 14 * s.air
}

// The panel with the code: the code is 34 mm wide with its quiet zone, which phones read from paper at arm's length.
const (
	codeSide  = 104.0
	panelPad  = 16.0
	codeQuiet = 4
)

func (s *sheet) check(c Check, code *seal.Code) {
	x := left + panelPad + codeSide + 18
	width := right - panelPad - x
	text := s.wrap(c.Text, width, textStyle)
	signed := s.wrap(c.Seal, width, smallStyle)
	content := headStyle.line + 4 + float64(len(text))*textStyle.line + 5 + linkStyle.line + 8 + float64(len(signed))*smallStyle.line
	height := max(content, codeSide) + 2*panelPad
	s.need(height + 6)
	s.y += 6
	s.box(left, s.y, right-left, height, 12, panel)
	s.code(left+panelPad, s.y+panelPad, code, c.Address)
	y := s.y + panelPad
	s.put(x, y+baseline(headStyle), c.Title, headStyle)
	y += headStyle.line + 4
	y += s.lines(x, y, text, textStyle) + 5
	s.put(x, y+baseline(linkStyle), c.Shown, linkStyle)
	s.link(x, y, s.width(c.Shown, linkStyle), linkStyle.line, c.Address)
	y += linkStyle.line + 8
	s.lines(x, y, signed, smallStyle)
	s.y += height
}

// code draws the QR code on a white tile, as vectors: sharp on any printer.
func (s *sheet) code(x, y float64, code *seal.Code, address string) {
	s.box(x, y, codeSide, codeSide, 8, white)
	module := codeSide / float64(code.Size()+2*codeQuiet)
	s.now.paint(ink)
	code.Runs(func(column, row, length int) {
		from := x + float64(column+codeQuiet)*module
		down := y + float64(row+codeQuiet)*module
		s.now.operator("re", from, pageHeight-down-module-0.02, float64(length)*module, module+0.02) // the overlap hides seams between rows
	})
	s.now.operator("f")
	s.link(x, y, codeSide, codeSide, address)
}

// footers draws every page's last line.
func (s *sheet) footers(d Document) {
	y := pageHeight - 36.0
	name := s.shorten(strings.Join(nonEmpty(d.City, strings.ReplaceAll(d.Title, "\n", " ")), " · "), right-left-110, smallStyle)
	for i, page := range s.pages {
		s.now = page
		s.put(left, y, name, smallStyle)
		text := strings.NewReplacer("{page}", strconv.Itoa(i+1), "{pages}", strconv.Itoa(len(s.pages))).Replace(d.PageOf)
		s.putRight(right, y, text, smallStyle)
	}
}

func nonEmpty(texts ...string) []string {
	var out []string
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}
