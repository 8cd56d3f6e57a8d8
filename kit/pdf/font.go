package pdf

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
)

//go:embed fonts/GolosText-Regular.ttf
var regularTTF []byte

//go:embed fonts/GolosText-SemiBold.ttf
var semiBoldTTF []byte

//go:embed fonts/GolosText-Bold.ttf
var boldTTF []byte

// face is a weight of Golos Text.
type face int

const (
	regular face = iota
	semiBold
	bold
	faces // how many there are
)

// fontName is a face's name in the file: six letters say that only a part of the font is in.
func (f face) fontName() string {
	return [faces]string{"POSADR+GolosText-Regular", "POSADS+GolosText-SemiBold", "POSADB+GolosText-Bold"}[f]
}

// glyphID is a glyph's place in its font.
type glyphID uint16

// font is a TrueType font, read once a process and never changed. It holds what a page is set with.
type font struct {
	tables     map[string][]byte
	perEm      int
	box        [4]int // of all glyphs, in units of the font
	ascent     int
	descent    int
	capHeight  int
	widths     []uint16
	offsets    []uint32 // of the glyphs' outlines; one more than there are glyphs
	ofRune     map[rune]glyphID
	missing    glyphID // stands for what the font lacks
	horizontal int     // glyphs with a width of their own in the file
}

var errFont = errors.New("pdf: a font of the program is damaged")

// fonts are the three faces, read when the first page is drawn.
var fonts = sync.OnceValues(func() ([faces]*font, error) {
	var out [faces]*font
	for i, data := range [faces][]byte{regularTTF, semiBoldTTF, boldTTF} {
		f, err := readFont(data)
		if err != nil {
			return out, fmt.Errorf("%w: %s", err, face(i).fontName())
		}
		out[i] = f
	}
	return out, nil
})

// readFont reads what is needed of an OpenType file with TrueType outlines (ISO/IEC 14496-22). The files are the
// program's own: it checks that tables are there and long enough, not that they make sense.
func readFont(data []byte) (*font, error) {
	f := &font{tables: map[string][]byte{}, ofRune: map[rune]glyphID{}}
	if len(data) < 12 {
		return nil, errFont
	}
	for i := range int(u16(data, 4)) {
		entry := 12 + 16*i
		if entry+16 > len(data) {
			return nil, errFont
		}
		from, length := int(u32(data, entry+8)), int(u32(data, entry+12))
		if from+length > len(data) {
			return nil, errFont
		}
		f.tables[string(data[entry:entry+4])] = data[from : from+length]
	}
	for table, least := range map[string]int{"head": 54, "hhea": 36, "maxp": 32, "OS/2": 90, "hmtx": 4, "loca": 4, "glyf": 1, "cmap": 4} {
		if len(f.tables[table]) < least {
			return nil, fmt.Errorf("%w: table %s", errFont, table)
		}
	}
	f.readMeasures()
	if err := f.readGlyphs(); err != nil {
		return nil, err
	}
	if err := f.readRunes(); err != nil {
		return nil, err
	}
	f.missing = f.ofRune['?']
	return f, nil
}

func u16(b []byte, at int) uint16 { return binary.BigEndian.Uint16(b[at:]) }
func i16(b []byte, at int) int    { return int(int16(u16(b, at))) }
func u32(b []byte, at int) uint32 { return binary.BigEndian.Uint32(b[at:]) }

func (f *font) readMeasures() {
	head, hhea := f.tables["head"], f.tables["hhea"]
	f.perEm = int(u16(head, 18))
	for i := range f.box {
		f.box[i] = i16(head, 36+2*i)
	}
	f.ascent, f.descent = i16(hhea, 4), i16(hhea, 6)
	f.capHeight = i16(f.tables["OS/2"], 88)
	f.horizontal = int(u16(hhea, 34))
}

func (f *font) readGlyphs() error {
	count := int(u16(f.tables["maxp"], 4))
	hmtx, loca := f.tables["hmtx"], f.tables["loca"]
	long := u16(f.tables["head"], 50) == 1
	if f.horizontal < 1 || len(hmtx) < 4*f.horizontal || len(loca) < (count+1)*2 || long && len(loca) < (count+1)*4 {
		return errFont
	}
	for i := range count {
		f.widths = append(f.widths, u16(hmtx, 4*min(i, f.horizontal-1)))
	}
	for i := range count + 1 {
		at := uint32(0)
		if long {
			at = u32(loca, 4*i)
		} else {
			at = 2 * uint32(u16(loca, 2*i))
		}
		if int(at) > len(f.tables["glyf"]) || i > 0 && at < f.offsets[i-1] {
			return errFont
		}
		f.offsets = append(f.offsets, at)
	}
	return nil
}

// readRunes reads the map of characters in format 4, which every font of the basic plane has.
func (f *font) readRunes() error {
	cmap := f.tables["cmap"]
	for i := range int(u16(cmap, 2)) {
		if len(cmap) < 12+8*i {
			return errFont
		}
		sub := cmap[min(int(u32(cmap, 4+8*i+4)), len(cmap)):]
		if len(sub) < 14 || u16(sub, 0) != 4 {
			continue
		}
		return f.readSegments(sub)
	}
	return fmt.Errorf("%w: no map of characters", errFont)
}

func (f *font) readSegments(sub []byte) error {
	twice := int(u16(sub, 6))
	ends, starts, deltas, ranges := 14, 16+twice, 16+2*twice, 16+3*twice
	if len(sub) < ranges+twice {
		return errFont
	}
	for s := 0; s < twice; s += 2 {
		delta, offset := u16(sub, deltas+s), int(u16(sub, ranges+s))
		for c := int(u16(sub, starts+s)); c <= int(u16(sub, ends+s)) && c < 0xffff; c++ {
			glyph := uint16(c) + delta
			if offset != 0 {
				at := ranges + s + offset + 2*(c-int(u16(sub, starts+s)))
				if at+2 > len(sub) {
					return errFont
				}
				if glyph = u16(sub, at); glyph != 0 {
					glyph += delta
				}
			}
			if glyph != 0 && int(glyph) < len(f.widths) {
				f.ofRune[rune(c)] = glyphID(glyph)
			}
		}
	}
	return nil
}

// glyph is what a character is drawn with, and the character that it then stands for.
func (f *font) glyph(r rune) (glyphID, rune) {
	if g, ok := f.ofRune[r]; ok {
		return g, r
	}
	return f.missing, '?'
}

// width is how wide a text is at a size of one point.
func (f *font) width(text string) float64 {
	sum := 0
	for _, r := range text {
		g, _ := f.glyph(r)
		sum += int(f.widths[g])
	}
	return float64(sum) / float64(f.perEm)
}

// outline is a glyph's drawing; empty for a space.
func (f *font) outline(g glyphID) []byte {
	return f.tables["glyf"][f.offsets[g]:f.offsets[g+1]]
}
