package ui

import (
	"fmt"
	"strings"
)

// tiles are the drawings of the mosaic on a square of 80 by 80, in one colour or two.
var tiles = map[string]func(colour, second string) string{
	"none": func(string, string) string { return "" },
	"q":    func(c, _ string) string { return filled("M0 0H80A80 80 0 0 1 0 80Z", c) },
	"half": func(c, _ string) string { return filled("M0 80V40A40 40 0 0 1 80 40V80Z", c) },
	"sun":  func(c, _ string) string { return disc(40, 40, 25.6, c) },
	"ring": ring,
	"house": func(c, s string) string {
		return filled("M14.4 80V40L40 14.4L65.6 40V80Z", c) + filled("M32 80V56h16V80Z", s)
	},
	"tower":   tower,
	"blocks":  func(c, s string) string { return filled("M0 80V32h40V80Z", c) + filled("M40 80V12.8h40V80Z", s) },
	"wave":    wave,
	"tree":    func(c, s string) string { return filled("M36.8 48h6.4V80h-6.4Z", s) + disc(40, 33.6, 24, c) },
	"pine":    pine,
	"arch":    arch,
	"stripes": stripes,
	"leaf":    func(c, _ string) string { return filled("M8 72V40A32 32 0 0 1 40 8H72V40A32 32 0 0 1 40 72Z", c) },
	"dots":    dots,
	"steps":   func(c, _ string) string { return filled("M0 80V60H20V40H40V20H60V0H80V80Z", c) },
}

func filled(path, colour string) string {
	return `<path d="` + path + `" fill="` + colour + `"/>`
}

func disc(x, y, radius float64, colour string) string {
	return fmt.Sprintf(`<circle cx="%g" cy="%g" r="%g" fill="%s"/>`, x, y, radius, colour)
}

func ring(colour, _ string) string {
	return `<circle cx="40" cy="40" r="21.6" fill="none" stroke="` + colour + `" stroke-width="12.8"/>`
}

func tower(colour, windows string) string {
	var out strings.Builder
	out.WriteString(filled("M17.6 80V9.6h44.8V80Z", colour))
	for y := range 3 {
		for x := range 2 {
			out.WriteString(filled(fmt.Sprintf("M%g %gh11.2v9.6h-11.2Z", 25.6+float64(x)*17.6, 19.2+float64(y)*17.6), windows))
		}
	}
	return out.String()
}

func wave(colour, _ string) string {
	var out strings.Builder
	for _, y := range []string{"17.6", "41.6", "65.6"} {
		out.WriteString(`<path d="M0 ` + y + `q10-12.8 20 0t20 0t20 0t20 0" fill="none" stroke="` + colour + `" stroke-width="7.2"/>`)
	}
	return out.String()
}

func pine(colour, trunk string) string {
	return filled("M36.8 64h6.4V80h-6.4Z", trunk) + filled("M40 8L64 40H16ZM40 27.2L68.8 65.6H11.2Z", colour)
}

func arch(colour, rail string) string {
	return filled("M0 24H80V80H68.8A28.8 40 0 0 0 11.2 80H0Z", colour) + filled("M0 14.4h80v4.8h-80Z", rail)
}

func stripes(colour, _ string) string {
	var out strings.Builder
	for i := range 3 {
		out.WriteString(filled(fmt.Sprintf("M%g 0h16v80h-16Z", 6.4+float64(i)*25.6), colour))
	}
	return out.String()
}

func dots(colour, _ string) string {
	var out strings.Builder
	for _, y := range []float64{20, 40, 60} {
		for _, x := range []float64{20, 40, 60} {
			out.WriteString(disc(x, y, 4.8, colour))
		}
	}
	return out.String()
}
