package pdf

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// subset is the part of a font that one document uses. Glyphs are numbered anew in the order in which they come; that
// number is what the pages say (Identity-H). Number 0 is what a font draws for nothing.
type subset struct {
	font    *font
	glyphs  []glyphID
	numbers map[glyphID]uint16
	meaning []rune // of each number; 0 when it is only a part of another glyph
}

func newSubset(f *font) *subset {
	return &subset{font: f, glyphs: []glyphID{0}, numbers: map[glyphID]uint16{0: 0}, meaning: []rune{0}}
}

// number is a character's place in the subset.
func (s *subset) number(r rune) uint16 {
	g, means := s.font.glyph(r)
	n := s.add(g)
	if s.meaning[n] == 0 || means < s.meaning[n] { // a no-break space and a space may share a glyph: the plainer one is told
		s.meaning[n] = means
	}
	return n
}

func (s *subset) add(g glyphID) uint16 {
	if n, ok := s.numbers[g]; ok {
		return n
	}
	n := uint16(len(s.glyphs))
	s.glyphs, s.meaning, s.numbers[g] = append(s.glyphs, g), append(s.meaning, 0), n
	return n
}

// used tells whether the document uses the font at all.
func (s *subset) used() bool { return len(s.glyphs) > 1 }

// Flags of a part of a composite glyph.
const (
	argsAreWords   = 0x0001
	hasScale       = 0x0008
	moreComponents = 0x0020
	hasTwoScales   = 0x0040
	hasMatrix      = 0x0080
)

// outlines copies the drawings one after another, parts of composite glyphs included, and tells where each begins.
func (s *subset) outlines() ([]byte, []uint32, error) {
	var glyf []byte
	var loca []uint32
	for i := 0; i < len(s.glyphs); i++ { // grows while parts are found
		loca = append(loca, uint32(len(glyf)))
		outline := slices.Clone(s.font.outline(s.glyphs[i]))
		if len(outline) >= 10 && i16(outline, 0) < 0 {
			if err := s.renumberParts(outline); err != nil {
				return nil, nil, err
			}
		}
		glyf = append(glyf, outline...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
	}
	return glyf, append(loca, uint32(len(glyf))), nil
}

// renumberParts gives the parts of a composite glyph their numbers in the subset.
func (s *subset) renumberParts(outline []byte) error {
	for at := 10; ; {
		if at+4 > len(outline) {
			return fmt.Errorf("%w: a composite glyph", errFont)
		}
		flags, part := u16(outline, at), glyphID(u16(outline, at+2))
		if int(part) >= len(s.font.widths) {
			return fmt.Errorf("%w: a part of a composite glyph", errFont)
		}
		binary.BigEndian.PutUint16(outline[at+2:], s.add(part))
		at += 6
		if flags&argsAreWords != 0 {
			at += 2
		}
		switch {
		case flags&hasScale != 0:
			at += 2
		case flags&hasTwoScales != 0:
			at += 4
		case flags&hasMatrix != 0:
			at += 8
		}
		if flags&moreComponents == 0 {
			return nil
		}
	}
}

// file is the subset as a font file of the tables that ISO 32000 asks for. Its bytes depend on the glyphs alone.
func (s *subset) file() ([]byte, error) {
	glyf, loca, err := s.outlines()
	if err != nil {
		return nil, err
	}
	tables := map[string][]byte{"glyf": glyf}
	for _, at := range loca {
		tables["loca"] = binary.BigEndian.AppendUint32(tables["loca"], at)
	}
	hmtx := s.font.tables["hmtx"]
	for _, g := range s.glyphs {
		bearing := 4*s.font.horizontal + 2*(int(g)-s.font.horizontal)
		if int(g) < s.font.horizontal {
			bearing = 4*int(g) + 2
		}
		if bearing+2 > len(hmtx) {
			return nil, errFont
		}
		tables["hmtx"] = binary.BigEndian.AppendUint16(tables["hmtx"], s.font.widths[g])
		tables["hmtx"] = append(tables["hmtx"], hmtx[bearing:bearing+2]...)
	}
	count := uint16(len(s.glyphs))
	for name, change := range map[string]func([]byte){
		"head": func(b []byte) { binary.BigEndian.PutUint16(b[50:], 1); binary.BigEndian.PutUint32(b[8:], 0) },
		"hhea": func(b []byte) { binary.BigEndian.PutUint16(b[34:], count) },
		"maxp": func(b []byte) { binary.BigEndian.PutUint16(b[4:], count) },
	} {
		tables[name] = slices.Clone(s.font.tables[name])
		change(tables[name])
	}
	for _, name := range []string{"cvt ", "fpgm", "prep"} {
		if t := s.font.tables[name]; len(t) > 0 {
			tables[name] = t
		}
	}
	return assemble(tables), nil
}

// assemble writes tables with their directory and checksums.
func assemble(tables map[string][]byte) []byte {
	names := make([]string, 0, len(tables))
	for name := range tables {
		names = append(names, name)
	}
	slices.Sort(names)
	power, log := 1, 0
	for power*2 <= len(names) {
		power, log = power*2, log+1
	}
	out := binary.BigEndian.AppendUint32(nil, 0x00010000)
	for _, n := range []int{len(names), power * 16, log, len(names)*16 - power*16} {
		out = binary.BigEndian.AppendUint16(out, uint16(n))
	}
	at, head := len(out)+16*len(names), 0
	for _, name := range names {
		if name == "head" {
			head = at
		}
		out = append(out, name...)
		for _, n := range []uint32{checksum(tables[name]), uint32(at), uint32(len(tables[name]))} {
			out = binary.BigEndian.AppendUint32(out, n)
		}
		at += (len(tables[name]) + 3) &^ 3
	}
	for _, name := range names {
		out = append(out, tables[name]...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	binary.BigEndian.PutUint32(out[head+8:], 0xB1B0AFBA-checksum(out))
	return out
}

func checksum(table []byte) uint32 {
	sum := uint32(0)
	for len(table) >= 4 {
		sum, table = sum+u32(table, 0), table[4:]
	}
	if len(table) > 0 {
		var last [4]byte
		copy(last[:], table)
		sum += u32(last[:], 0)
	}
	return sum
}

// widthsArray is the W entry: every number's width in thousandths.
func (s *subset) widthsArray() string {
	var out strings.Builder
	out.WriteString("[0 [")
	for _, g := range s.glyphs {
		fmt.Fprintf(&out, " %d", s.thousandths(int(s.font.widths[g])))
	}
	out.WriteString(" ]]")
	return out.String()
}

func (s *subset) thousandths(units int) int {
	n := units * 1000
	if n < 0 {
		return -((-n + s.font.perEm/2) / s.font.perEm)
	}
	return (n + s.font.perEm/2) / s.font.perEm
}

// toUnicode is the map from numbers to characters, by which text is searched, copied and read aloud.
func (s *subset) toUnicode() []byte {
	var pairs []string
	for n, r := range s.meaning {
		if n == 0 || r == 0 {
			continue
		}
		hex := ""
		for _, unit := range utf16.Encode([]rune{r}) {
			hex += fmt.Sprintf("%04X", unit)
		}
		pairs = append(pairs, fmt.Sprintf("<%04X> <%s>\n", n, hex))
	}
	var out strings.Builder
	out.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	for chunk := range slices.Chunk(pairs, 100) { // the most that a block may have
		fmt.Fprintf(&out, "%d beginbfchar\n%sendbfchar\n", len(chunk), strings.Join(chunk, ""))
	}
	out.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return []byte(out.String())
}

// present is the CIDSet: a bit for every number that the font file has.
func (s *subset) present() []byte {
	out := make([]byte, (len(s.glyphs)+7)/8)
	for n := range s.glyphs {
		out[n/8] |= 0x80 >> (n % 8)
	}
	return out
}
