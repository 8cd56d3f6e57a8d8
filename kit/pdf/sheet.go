package pdf

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/signintech/gopdf"
)

//go:embed fonts/GolosText-Regular.ttf
var regularTTF []byte

//go:embed fonts/GolosText-SemiBold.ttf
var semiBoldTTF []byte

//go:embed fonts/GolosText-Bold.ttf
var boldTTF []byte

// face is a weight of Golos Text, by the name that the file gives it: six letters say that only a part of the font is in.
type face string

const (
	regular  face = "POSADR+GolosText-Regular"
	semiBold face = "POSADS+GolosText-SemiBold"
	bold     face = "POSADB+GolosText-Bold"
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
	pdf   *gopdf.GoPdf
	y     float64 // the next thing begins here
	pages int
	atTop func(*sheet) // draws what every page but the first begins with
	err   error
}

func newSheet() (*sheet, error) {
	s := &sheet{pdf: new(gopdf.GoPdf)}
	s.pdf.Start(gopdf.Config{PageSize: *gopdf.PageSizeA4})
	for _, one := range []struct {
		face face
		data []byte
	}{{regular, regularTTF}, {semiBold, semiBoldTTF}, {bold, boldTTF}} {
		option := gopdf.TtfOption{OnGlyphNotFoundSubstitute: func(rune) rune { return '?' }}
		if err := s.pdf.AddTTFFontDataWithOption(string(one.face), one.data, option); err != nil {
			return nil, fmt.Errorf("pdf: font %s: %w", one.face, err)
		}
	}
	s.pdf.AddPage()
	s.pages, s.y = 1, top
	return s, nil
}

func (s *sheet) keep(err error) {
	if s.err == nil && err != nil {
		s.err = fmt.Errorf("pdf: %w", err)
	}
}

// need begins a new page when the present one has no room for height. A thing taller than a page begins at the top.
func (s *sheet) need(height float64) {
	if s.y+height <= bottom || s.pages >= MaxPages {
		if s.y+height > bottom {
			s.keep(ErrTooLong)
		}
		return
	}
	s.pdf.AddPage()
	s.pages++
	s.y = top
	if s.atTop != nil {
		s.atTop(s)
	}
}

func (s *sheet) use(st style) {
	s.keep(s.pdf.SetFont(string(st.face), "", st.size))
	s.pdf.SetTextColor(st.color[0], st.color[1], st.color[2])
}

// width is how wide a text is, in points.
func (s *sheet) width(text string, st style) float64 {
	s.use(st)
	w, err := s.pdf.MeasureTextWidth(text)
	s.keep(err)
	return w
}

// put sets one line with its baseline at y.
func (s *sheet) put(x, y float64, text string, st style) {
	if text == "" {
		return
	}
	s.use(st)
	s.pdf.SetXY(x, y)
	s.keep(s.pdf.Text(text))
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

func (s *sheet) fill(c colour) { s.pdf.SetFillColor(c[0], c[1], c[2]) }

// box fills a rectangle with rounded corners.
func (s *sheet) box(x, y, width, height, radius float64, c colour) {
	s.fill(c)
	s.keep(s.pdf.Rectangle(x, y, x+width, y+height, "F", radius, 8))
}

func (s *sheet) rule(y float64, c colour) {
	s.pdf.SetLineWidth(0.7)
	s.pdf.SetStrokeColor(c[0], c[1], c[2])
	s.pdf.Line(left, y, right, y)
}
