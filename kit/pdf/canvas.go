package pdf

import (
	"strconv"
)

// point is a place on a page, from its upper left corner, in points.
type point struct{ x, y float64 }

// link is a place on a page that leads to an address.
type link struct {
	x, y, width, height float64
	address             string
}

// page is the drawing of one page, as operators of ISO 32000.
type page struct {
	drawn []byte
	links []link
	fill  colour // what is set; a page begins with black
	pen   colour
	line  float64
}

// canvas is the pages of a document while they are drawn, and the parts of fonts that they use.
type canvas struct {
	pages []*page
	now   *page
	faces [faces]*subset
}

func newCanvas() (*canvas, error) {
	all, err := fonts()
	if err != nil {
		return nil, err
	}
	c := new(canvas)
	for i, f := range all {
		c.faces[i] = newSubset(f)
	}
	return c, nil
}

func (c *canvas) addPage() {
	c.now = &page{drawn: make([]byte, 0, 32<<10), line: 1}
	c.pages = append(c.pages, c.now)
}

// number writes a coordinate with at most two decimals: a hundredth of a point is finer than any printer.
func (p *page) number(v float64) {
	hundredths := int64(v*100 + 0.5)
	if v < 0 {
		hundredths = -int64(-v*100 + 0.5)
	}
	if hundredths < 0 {
		p.drawn, hundredths = append(p.drawn, '-'), -hundredths
	}
	p.drawn = strconv.AppendInt(p.drawn, hundredths/100, 10)
	if rest := hundredths % 100; rest != 0 {
		p.drawn = append(p.drawn, '.', byte('0'+rest/10))
		if rest%10 != 0 {
			p.drawn = append(p.drawn, byte('0'+rest%10))
		}
	}
	p.drawn = append(p.drawn, ' ')
}

func (p *page) operator(name string, numbers ...float64) {
	for _, n := range numbers {
		p.number(n)
	}
	p.drawn = append(append(p.drawn, name...), '\n')
}

// paint sets the colour of areas and texts, pen that of lines.
func (p *page) paint(c colour) {
	if p.fill != c {
		p.fill = c
		p.colour(c, "rg")
	}
}

func (p *page) setPen(c colour, width float64) {
	if p.pen != c {
		p.pen = c
		p.colour(c, "RG")
	}
	if p.line != width {
		p.line = width
		p.operator("w", width)
	}
}

// colour writes three parts of one with three decimals: enough for 255 steps.
func (p *page) colour(c colour, operator string) {
	for _, part := range c {
		p.drawn = strconv.AppendFloat(p.drawn, float64(part)/255, 'f', 3, 64)
		p.drawn = append(p.drawn, ' ')
	}
	p.drawn = append(append(p.drawn, operator...), '\n')
}

// text sets one line with its baseline at y.
func (c *canvas) text(x, y float64, s string, st style) {
	const digits = "0123456789ABCDEF"
	p, sub := c.now, c.faces[st.face]
	p.paint(st.color)
	p.drawn = append(p.drawn, "BT /F"...)
	p.drawn = strconv.AppendInt(p.drawn, int64(st.face), 10)
	p.drawn = append(p.drawn, ' ')
	p.operator("Tf", st.size)
	p.operator("Td", x, pageHeight-y)
	p.drawn = append(p.drawn, '<')
	for _, r := range s {
		n := sub.number(r)
		p.drawn = append(p.drawn, digits[n>>12], digits[n>>8&15], digits[n>>4&15], digits[n&15])
	}
	p.drawn = append(p.drawn, "> Tj ET\n"...)
}

// rectangle fills an area, or draws its outline.
func (p *page) rectangle(x, y, width, height float64, operator string) {
	p.operator("re", x, pageHeight-y-height, width, height)
	p.operator(operator)
}

// rounded fills a rectangle whose corners are quarters of circles.
func (p *page) rounded(x, y, width, height, radius float64) {
	const bend = 0.5523 // how far the handles of a Bézier curve lie so that it looks like a circle
	r := min(radius, width/2, height/2)
	k := r * (1 - bend)
	l, rt, t, b := x, x+width, pageHeight-y, pageHeight-y-height
	p.operator("m", l+r, t)
	p.operator("l", rt-r, t)
	p.operator("c", rt-k, t, rt, t-k, rt, t-r)
	p.operator("l", rt, b+r)
	p.operator("c", rt, b+k, rt-k, b, rt-r, b)
	p.operator("l", l+r, b)
	p.operator("c", l+k, b, l, b+k, l, b+r)
	p.operator("l", l, t-r)
	p.operator("c", l, t-k, l+k, t, l+r, t)
	p.operator("f")
}

// polygon fills the area inside the points.
func (p *page) polygon(points []point) {
	for i, at := range points {
		operator := "l"
		if i == 0 {
			operator = "m"
		}
		p.operator(operator, at.x, pageHeight-at.y)
	}
	p.operator("f")
}

func (p *page) stroke(x1, y1, x2, y2 float64) {
	p.operator("m", x1, pageHeight-y1)
	p.operator("l", x2, pageHeight-y2)
	p.operator("S")
}
