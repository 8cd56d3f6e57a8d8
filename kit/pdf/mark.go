package pdf

import "math"

// markSide is the side of the square that the mark is drawn on.
const markSide = 40.0

// mark draws the city's mark: the sun over the river, on blue.
func (s *sheet) mark(x, y, size float64) {
	k := size / markSide
	s.box(x, y, size, size, 10*k, deep)
	at := func(points []point, c colour) {
		moved := make([]point, len(points))
		for i, p := range points {
			moved[i] = point{x + p.x*k, y + p.y*k}
		}
		s.now.paint(c)
		s.now.polygon(moved)
	}
	at(sun(), coral)
	at(wave(25, 29), white)
	at(wave(33, 36.5), ice)
}

// sun is the upper half of a disc.
func sun() []point {
	var out []point
	for i := range 33 {
		angle := math.Pi * float64(i) / 32
		out = append(out, point{20 - 10*math.Cos(angle), 21 - 10*math.Sin(angle)})
	}
	return out
}

// wave is a band between two wavy lines, cut by the corners of the square.
func wave(upper, lower float64) []point {
	var out []point
	for i := range 81 {
		out = append(out, inside(float64(i)/2, upper-2*math.Sin(math.Pi*float64(i)/20)))
	}
	for i := 80; i >= 0; i-- {
		out = append(out, inside(float64(i)/2, lower-2*math.Sin(math.Pi*float64(i)/20)))
	}
	return out
}

// inside moves a point of the lower part into the square's rounded corners.
func inside(x, y float64) point {
	const radius = 10
	inset := 0.0
	if down := y - (markSide - radius); down > 0 {
		inset = radius - math.Sqrt(max(0, radius*radius-down*down))
	}
	return point{min(max(x, inset), markSide-inset), y}
}
