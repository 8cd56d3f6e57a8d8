package pdf

import (
	"math"

	"github.com/signintech/gopdf"
)

// markSide is the side of the square that the mark is drawn on.
const markSide = 40.0

// mark draws the city's mark: the sun over the river, on blue.
func (s *sheet) mark(x, y, size float64) {
	k := size / markSide
	s.box(x, y, size, size, 10*k, deep)
	at := func(points []gopdf.Point, c colour) {
		moved := make([]gopdf.Point, len(points))
		for i, p := range points {
			moved[i] = gopdf.Point{X: x + p.X*k, Y: y + p.Y*k}
		}
		s.fill(c)
		s.pdf.Polygon(moved, "F")
	}
	at(sun(), coral)
	at(wave(25, 29), white)
	at(wave(33, 36.5), ice)
}

// sun is the upper half of a disc.
func sun() []gopdf.Point {
	var out []gopdf.Point
	for i := range 33 {
		angle := math.Pi * float64(i) / 32
		out = append(out, gopdf.Point{X: 20 - 10*math.Cos(angle), Y: 21 - 10*math.Sin(angle)})
	}
	return out
}

// wave is a band between two wavy lines, cut by the corners of the square.
func wave(upper, lower float64) []gopdf.Point {
	var out []gopdf.Point
	for i := range 81 {
		out = append(out, inside(float64(i)/2, upper-2*math.Sin(math.Pi*float64(i)/20)))
	}
	for i := 80; i >= 0; i-- {
		out = append(out, inside(float64(i)/2, lower-2*math.Sin(math.Pi*float64(i)/20)))
	}
	return out
}

// inside moves a point of the lower part into the square's rounded corners.
func inside(x, y float64) gopdf.Point {
	const radius = 10
	inset := 0.0
	if down := y - (markSide - radius); down > 0 {
		inset = radius - math.Sqrt(max(0, radius*radius-down*down))
	}
	return gopdf.Point{X: min(max(x, inset), markSide-inset), Y: y}
}
