package seal

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"github.com/skip2/go-qrcode"
)

// Code is a QR code: a square of modules, without the quiet zone of four modules that must stay free around it.
type Code struct {
	modules [][]bool
}

// QR makes the code of a text at error correction M (15 % may be lost), which suits paper that is folded and stamped.
func QR(text string) (*Code, error) {
	made, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("seal: qr code: %w", err)
	}
	made.DisableBorder = true
	return &Code{modules: made.Bitmap()}, nil
}

// Size is how many modules a side has.
func (c *Code) Size() int { return len(c.modules) }

// quiet is the width of the free border, in modules, as ISO/IEC 18004 asks.
const quiet = 4

// PNG draws the code with its quiet zone, each module scale pixels wide (1-40).
func (c *Code) PNG(scale int) ([]byte, error) {
	scale = min(max(scale, 1), 40)
	side := (c.Size() + 2*quiet) * scale
	picture := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	c.Runs(func(x, y, width int) {
		area := image.Rect(x+quiet, y+quiet, x+quiet+width, y+quiet+1)
		draw.Draw(picture, image.Rectangle{Min: area.Min.Mul(scale), Max: area.Max.Mul(scale)}, image.Black, image.Point{}, draw.Src)
	})
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return nil, fmt.Errorf("seal: qr code: %w", err)
	}
	return out.Bytes(), nil
}

// SVG draws the code with its quiet zone as one dark path on white.
func (c *Code) SVG(label string) []byte {
	side := c.Size() + 2*quiet
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" shape-rendering="crispEdges"><title>`, side, side)
	_ = xml.EscapeText(&out, []byte(label)) // a buffer takes everything
	fmt.Fprintf(&out, `</title><path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#131829" d="`, side, side)
	c.Runs(func(x, y, width int) { fmt.Fprintf(&out, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, width, width) })
	out.WriteString(`"/></svg>`)
	return out.Bytes()
}

// Runs calls each for every row's unbroken run of dark modules.
func (c *Code) Runs(each func(x, y, width int)) {
	for y, row := range c.modules {
		for x := 0; x < len(row); x++ {
			from := x
			for x < len(row) && row[x] {
				x++
			}
			if x > from {
				each(from, y, x-from)
			}
		}
	}
}
