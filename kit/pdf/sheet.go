package pdf

import (
	"fmt"
	"strings"
)

// style is how a text is set: face, size and line height in points, colour.
type style struct {
	face  face
	size  float64
	line  float64
	color colour
}

type colour [3]uint8

// The colours of the design, for paper.
var (
	ink       = colour{0x13, 0x18, 0x29}
	grey      = colour{0x54, 0x5c, 0x72}
	hair      = colour{0xda, 0xde, 0xe8}
	panel     = colour{0xf4, 0xf6, 0xfb}
	brand     = colour{0x24, 0x50, 0xdc}
	deep      = colour{0x1c, 0x3f, 0xbf}
	coral     = colour{0xff, 0x6b, 0x4a}
	ice       = colour{0x8f, 0xae, 0xff}
	green     = colour{0x0f, 0x6b, 0x40}
	greenSoft = colour{0xdf, 0xf4, 0xe8}
	white     = colour{0xff, 0xff, 0xff}
)

// A4 and its margins, in points.
const (
	pageWidth  = 595.28
	pageHeight = 841.89
	left       = 57.0
	right      = pageWidth - left
	top        = 51.0
	bottom     = pageHeight - 62 // text ends here; the footer is below
)

// sheet is a document being drawn: pages, and how far down the present one is filled. The first trouble is kept.
type sheet struct {
	*canvas
	y     float64      // the next thing begins here
	air   float64      // of spaces between rows and paragraphs: 1 is plain
	atTop func(*sheet) // draws what every page but the first begins with
	err   error
}

func newSheet() (*sheet, error) {
	c, err := newCanvas()
	if err != nil {
		return nil, err
	}
	c.addPage()
	return &sheet{canvas: c, y: top, air: 1}, nil
}

func (s *sheet) keep(err error) {
	if s.err == nil && err != nil {
		s.err = fmt.Errorf("pdf: %w", err)
	}
}

// need begins a new page when the present one has no room for height. A thing taller than a page begins at the top.
func (s *sheet) need(height float64) {
	if s.y+height <= bottom || len(s.pages) >= MaxPages {
		if s.y+height > bottom {
			s.keep(ErrTooLong)
		}
		return
	}
	s.addPage()
	s.y = top
	if s.atTop != nil {
		s.atTop(s)
	}
}

// width is how wide a text is, in points.
func (s *sheet) width(text string, st style) float64 {
	return s.faces[st.face].font.width(text) * st.size
}

// put sets one line with its baseline at y.
func (s *sheet) put(x, y float64, text string, st style) {
	if text != "" {
		s.text(x, y, text, st)
	}
}

// putRight sets one line that ends at x.
func (s *sheet) putRight(x, y float64, text string, st style) {
	s.put(x-s.width(text, st), y, text, st)
}

// maxWord is the length in bytes from which a word is not measured whole: no line holds so much.
const maxWord = 1000

// wrap breaks a text into lines no wider than width. No-break spaces hold; a word that is too wide is cut.
func (s *sheet) wrap(text string, width float64, st style) []string {
	var out []string
	for _, paragraph := range strings.Split(text, "\n") {
		line := ""
		for _, word := range strings.Split(strings.TrimRight(paragraph, " \r"), " ") {
			longer := word
			if line != "" {
				longer = line + " " + word
			}
			if len(word) <= maxWord && s.width(longer, st) <= width {
				line = longer
				continue
			}
			if line != "" {
				out = append(out, line)
			}
			var cut []string
			cut, line = s.cut(word, width, st)
			out = append(out, cut...)
		}
		out = append(out, line)
	}
	return out
}

// cut takes full lines off a word that is too wide and returns them with what is left.
func (s *sheet) cut(word string, width float64, st style) ([]string, string) {
	var out []string
	rest := []rune(word)
	for {
		n := s.fitting(rest, "", width, st)
		if n == len(rest) {
			return out, string(rest)
		}
		n = max(n, 1)
		out, rest = append(out, string(rest[:n])), rest[n:]
	}
}

// fitting tells how many of the runes go into the width with the end after them. It measures what fits and no more, so
// that a text without spaces costs no more than any other.
func (s *sheet) fitting(text []rune, end string, width float64, st style) int {
	n := 0
	for n < len(text) && s.width(string(text[:n+1])+end, st) <= width {
		n++
	}
	return n
}

// lines sets lines from the top of a box at x, y and returns how high they are.
func (s *sheet) lines(x, y float64, lines []string, st style) float64 {
	for i, line := range lines {
		s.put(x, y+float64(i)*st.line+baseline(st), line, st)
	}
	return float64(len(lines)) * st.line
}

// baseline is how far below the top of its line a text stands: Golos has ascent 0.94 and descent 0.26 of the size.
func baseline(st style) float64 { return (st.line-1.2*st.size)/2 + 0.94*st.size }

// shorten cuts a text to one line of the width, with an ellipsis.
func (s *sheet) shorten(text string, width float64, st style) string {
	runes := []rune(text)
	if s.fitting(runes, "", width, st) == len(runes) {
		return text
	}
	return string(runes[:s.fitting(runes, "…", width, st)]) + "…"
}

// flow sets a text of any length from the present place, over as many pages as it takes.
func (s *sheet) flow(text string, st style) {
	if text == "" {
		return
	}
	for _, line := range s.wrap(text, right-left, st) {
		s.need(st.line)
		s.put(left, s.y+baseline(st), line, st)
		s.y += st.line
	}
}

// box fills a rectangle with rounded corners.
func (s *sheet) box(x, y, width, height, radius float64, c colour) {
	s.now.paint(c)
	s.now.rounded(x, y, width, height, radius)
}

func (s *sheet) rule(y float64, c colour) {
	s.now.setPen(c, 0.7)
	s.now.stroke(left, y, right, y)
}

func (s *sheet) link(x, y, width, height float64, address string) {
	s.now.links = append(s.now.links, link{x, y, width, height, address})
}
