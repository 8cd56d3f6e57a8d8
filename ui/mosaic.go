package ui

import (
	"fmt"
	"strconv"
	"strings"
)

// Mosaic is a picture of the city laid from square tiles: the identity that a page has instead of photographs.
// Make one with ParseMosaic.
type Mosaic struct {
	Cells   [][]Cell // rows from the top; a row may be shorter than the others
	Palette Palette
}

// Cell is one tile: what is drawn, and the letters of its colours in the palette. A zero Cell is a gap.
type Cell struct {
	Kind                   string // house, tower, wave and so on, see tiles; empty: a gap
	Ground, Colour, Second string // Ground may be empty: transparent
	Turn                   int    // degrees: 0, 90, 180, 270
}

// Palette maps a letter to a colour as #RRGGBB.
type Palette map[string]string

// HousePalette is the palette of a city that has not chosen its own.
var HousePalette = Palette{
	"k": "#1C3FBF", "d": "#152C86", "n": "#0D1A43", "b": "#2F5BEA", "l": "#9AB6FF", "i": "#E6EDFF",
	"c": "#FF6B4A", "m": "#BFEBD8", "g": "#1F8A63", "p": "#FFD9C4", "w": "#FFFFFF",
}

// HeroMosaic is the demo picture of the hero; a city brings its own rows.
const HeroMosaic = `
_ _ _ _ sun.d.p none.d.d
_ _ pine.d.m.g none.d.d tower.b.i.k leaf.d.b
_ none.d.d house.b.c.p blocks.d.l.b tree.b.m.d tower.d.l.d
tower.d.w.b arch.d.l.c pine.d.g.m house.k.p.c steps.b.l house.d.w.b
wave.b.l wave.d.b wave.b.i wave.d.l wave.b.b wave.d.i
wave.d.b wave.b.l wave.d.l wave.b.i wave.d.b wave.b.l`

// CoverMosaic is the picture of a news item that has none of its own.
const CoverMosaic = `
none.i.i sun.i.w none.i.i tower.i.l.i none.i.i sun.i.c
pine.i.g.k house.i.k.i blocks.i.b.l arch.i.k.c pine.i.g.k tree.i.m.k
wave.k.l wave.b.l wave.k.b wave.b.i wave.k.l wave.b.l`

// Bounds of a mosaic: more tiles than this are no picture but a heavy page.
const (
	tileSize   = 80
	mostRows   = 12
	mostInARow = 24
)

// ParseMosaic reads rows of tiles, a row a line, tiles apart by spaces, each kind.ground.colour[.second[.turn]]; "_" is a
// gap and "-" no colour. The error names the row, the tile and what is wanted.
func ParseMosaic(rows string, palette Palette) (Mosaic, error) {
	if palette == nil {
		palette = HousePalette
	}
	for letter, colour := range palette {
		if !isColour(colour) {
			return Mosaic{}, fmt.Errorf("mosaic: colour %q is %q; want #RRGGBB", letter, colour)
		}
	}
	out := Mosaic{Palette: palette}
	for number, line := range strings.Split(strings.TrimSpace(rows), "\n") {
		var row []Cell
		for _, text := range strings.Fields(line) {
			cell, err := parseCell(text, palette)
			if err != nil {
				return Mosaic{}, fmt.Errorf("mosaic: row %d, tile %d: %w", number+1, len(row)+1, err)
			}
			row = append(row, cell)
		}
		out.Cells = append(out.Cells, row)
		if len(row) > mostInARow || len(out.Cells) > mostRows {
			return Mosaic{}, fmt.Errorf("mosaic: row %d: at most %d rows of %d tiles", number+1, mostRows, mostInARow)
		}
	}
	return out, nil
}

// mosaicOf is ParseMosaic for pictures written in code; what cannot be read is left empty.
func mosaicOf(rows string) Mosaic {
	out, err := ParseMosaic(rows, nil)
	if err != nil {
		return Mosaic{}
	}
	return out
}

func parseCell(text string, palette Palette) (Cell, error) {
	if text == "_" {
		return Cell{}, nil
	}
	parts := strings.Split(text, ".")
	if len(parts) < 3 || len(parts) > 5 {
		return Cell{}, fmt.Errorf("%q: want kind.ground.colour, then a second colour and a turn", text)
	}
	if _, known := tiles[parts[0]]; !known {
		return Cell{}, fmt.Errorf("%q: no such tile", parts[0])
	}
	for len(parts) < 5 {
		parts = append(parts, "")
	}
	for _, letter := range parts[1:4] {
		if letter != "" && letter != "-" && palette[letter] == "" {
			return Cell{}, fmt.Errorf("%q: the palette has no colour %q", text, letter)
		}
	}
	turn, err := strconv.Atoi("0" + parts[4])
	if err != nil || turn%90 != 0 || turn > 270 {
		return Cell{}, fmt.Errorf("%q: a turn is 0, 90, 180 or 270", text)
	}
	none := func(letter string) string { return strings.TrimPrefix(letter, "-") }
	return Cell{Kind: parts[0], Ground: none(parts[1]), Colour: none(parts[2]), Second: none(parts[3]), Turn: turn}, nil
}

func isColour(text string) bool {
	if len(text) != 7 || text[0] != '#' {
		return false
	}
	_, err := strconv.ParseUint(text[1:], 16, 32)
	return err == nil
}

// Empty says that there is nothing to draw.
func (m Mosaic) Empty() bool { return len(m.Cells) == 0 }

// box is the viewBox.
func (m Mosaic) box() string {
	widest := 0
	for _, row := range m.Cells {
		widest = max(widest, len(row))
	}
	return fmt.Sprintf("0 0 %d %d", widest*tileSize, len(m.Cells)*tileSize)
}

// drawing is the inside of the <svg>. Safe to write as it is: kinds and colours were checked against closed lists, and
// everything else is numbers.
func (m Mosaic) drawing() string {
	var out strings.Builder
	for y, row := range m.Cells {
		for x, cell := range row {
			draw, known := tiles[cell.Kind]
			if !known {
				continue
			}
			second := cell.Second
			if second == "" {
				second = cell.Ground
			}
			fmt.Fprintf(&out, `<g transform="translate(%d %d)">`, x*tileSize, y*tileSize)
			if cell.Ground != "" {
				fmt.Fprintf(&out, `<path d="M0 0h%[1]dv%[1]dh-%[1]dz" fill="%[2]s"/>`, tileSize, m.colour(cell.Ground))
			}
			inner := draw(m.colour(cell.Colour), m.colour(second))
			if cell.Turn != 0 {
				inner = fmt.Sprintf(`<g transform="rotate(%d %d %d)">%s</g>`, cell.Turn, tileSize/2, tileSize/2, inner)
			}
			out.WriteString(inner + `</g>`)
		}
	}
	return out.String()
}

// colour is the letter's colour; a letter that is not there, or a value that is no colour, is not painted.
func (m Mosaic) colour(letter string) string {
	if colour := m.Palette[letter]; isColour(colour) {
		return colour
	}
	return "none"
}
