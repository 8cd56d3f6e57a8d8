package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
)

const (
	budget   = 256 << 20 // bytes that decoding one picture may take
	sideMost = 30_000    // pixels of one side
	atOnce   = 2         // pictures that are decoded at the same time in this process
)

// seats bound what all pictures together take, however many requests bring one.
var seats = make(chan struct{}, atOnce)

// admit reads the header alone and waits for a seat. The function that it returns gives the seat back.
func admit(data []byte, media string) (func(), error) {
	var conf image.Config
	var err error
	switch media {
	case JPEG:
		conf, err = jpeg.DecodeConfig(bytes.NewReader(data))
	case PNG:
		conf, err = png.DecodeConfig(bytes.NewReader(data))
	default:
		err = fmt.Errorf("%s is not read here", media)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if conf.Width <= 0 || conf.Height <= 0 {
		return nil, fmt.Errorf("%w: it has no pixels", ErrBroken)
	}
	if conf.Width > sideMost || conf.Height > sideMost || int64(conf.Width)*int64(conf.Height)*pixel(conf, data, media) > budget {
		return nil, fmt.Errorf("%w: %d by %d", ErrHuge, conf.Width, conf.Height)
	}
	seats <- struct{}{}
	return func() { <-seats }, nil
}

// pixel is how many bytes of memory a pixel takes at most while it is decoded.
func pixel(conf image.Config, data []byte, media string) int64 {
	if media == JPEG {
		parts := int64(3)
		switch conf.ColorModel {
		case color.GrayModel:
			parts = 1
		case color.CMYKModel:
			parts = 4
		}
		if progressive(data) {
			return parts * 5 // the coefficients of all scans, four bytes each, wait beside the picture
		}
		return parts
	}
	switch conf.ColorModel {
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	case color.Gray16Model:
		return 2
	case color.GrayModel:
		return 1
	}
	if _, ok := conf.ColorModel.(color.Palette); ok {
		return 1
	}
	return 4
}

// progressive tells whether a JPEG comes in several scans.
func progressive(data []byte) bool {
	found := false
	for s := range segments(data) {
		if s.marker == 0xc2 {
			found = true
		}
	}
	return found
}
