package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
)

// Most is the longest side of a picture that is kept, in pixels: a sheet of paper photographed from above can be read.
const Most = 2400

// The content types that are known here.
const (
	JPEG = "image/jpeg"
	PNG  = "image/png"
)

// The errors.
var (
	ErrBroken = errors.New("picture: the file can't be read as a picture")
	ErrHuge   = errors.New("picture: too many pixels")
)

// quality of the JPEG that is written: what text in a photo needs.
const quality = 86

// Picture is a picture as it is kept.
type Picture struct {
	Data          []byte
	Type          string // JPEG or PNG, as it came
	Width, Height int    // pixels, as it is seen
}

// Known tells whether pictures of a content type are read here.
func Known(media string) bool { return media == JPEG || media == PNG }

// Clean turns a picture by its orientation, shrinks it to most pixels at its longest side (0: Most) and leaves all else of
// the file out. Errors: ErrBroken, ErrHuge.
func Clean(data []byte, media string, most int) (Picture, error) {
	if most <= 0 {
		most = Most
	}
	img, turn, err := open(data, media)
	if err != nil {
		return Picture{}, err
	}
	return encode(turned(shrunk(img, most), turn), media)
}

// Thumb is a small JPEG of a picture, most pixels at its longest side; what is transparent becomes white. The picture
// is one that Clean made: its orientation is not asked again.
func Thumb(data []byte, media string, most int) (Picture, error) {
	img, _, err := open(data, media)
	if err != nil {
		return Picture{}, err
	}
	return ThumbOf(img, most)
}

// ThumbOf is Thumb of a picture that is in memory.
func ThumbOf(img image.Image, most int) (Picture, error) {
	small := shrunk(img, most)
	page := image.NewRGBA(image.Rect(0, 0, small.Bounds().Dx(), small.Bounds().Dy()))
	draw.Draw(page, page.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(page, page.Bounds(), small, small.Bounds().Min, draw.Over)
	return encode(page, JPEG)
}

// open decodes a picture whose header promised to fit into memory.
func open(data []byte, media string) (image.Image, orientation, error) {
	release, err := admit(data, media)
	if err != nil {
		return nil, upright, err
	}
	defer release()
	var img image.Image
	turn := upright
	switch media {
	case JPEG:
		img, err = jpeg.Decode(bytes.NewReader(data))
		turn = jpegOrientation(data)
	case PNG:
		img, err = png.Decode(bytes.NewReader(data))
		turn = pngOrientation(data)
	}
	if err != nil {
		return nil, upright, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return img, turn, nil
}

// shrunk makes the longest side at most that many pixels; a smaller picture stays as it is.
func shrunk(img image.Image, most int) image.Image {
	size := img.Bounds().Size()
	long := max(size.X, size.Y)
	if long <= most {
		return img
	}
	width, height := max(1, size.X*most/long), max(1, size.Y*most/long)
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.BiLinear.Scale(out, out.Bounds(), img, img.Bounds(), draw.Src, nil)
	return out
}

func encode(img image.Image, media string) (Picture, error) {
	var out bytes.Buffer
	var err error
	if media == JPEG {
		err = jpeg.Encode(&out, img, &jpeg.Options{Quality: quality})
	} else {
		err = png.Encode(&out, img)
	}
	if err != nil {
		return Picture{}, fmt.Errorf("picture: write: %w", err)
	}
	size := img.Bounds().Size()
	return Picture{Data: out.Bytes(), Type: media, Width: size.X, Height: size.Y}, nil
}
