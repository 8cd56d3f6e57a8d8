package picture

import (
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/draw"
	"iter"
)

// orientation is how a picture has to be turned to be seen as it was taken: the numbers of EXIF (tag 0x0112). Others than
// 1 to 8 mean nothing and are taken for upright.
type orientation uint16

const upright orientation = 1

// segment is a marker of a JPEG with what belongs to it.
type segment struct {
	marker byte
	data   []byte
}

// segments goes through the markers of a JPEG up to the picture itself. A broken file just ends.
func segments(data []byte) iter.Seq[segment] {
	return func(yield func(segment) bool) {
		if len(data) < 4 || data[0] != 0xff || data[1] != 0xd8 {
			return
		}
		for rest := data[2:]; len(rest) >= 4 && rest[0] == 0xff; {
			marker := rest[1]
			if marker == 0xff { // fill bytes may stand before a marker
				rest = rest[1:]
				continue
			}
			if marker == 0xda || marker == 0xd9 { // the scan, the end
				return
			}
			if marker == 0x01 || marker >= 0xd0 && marker <= 0xd7 { // these stand alone
				rest = rest[2:]
				continue
			}
			size := int(binary.BigEndian.Uint16(rest[2:]))
			if size < 2 || 2+size > len(rest) {
				return
			}
			if !yield(segment{marker, rest[4 : 2+size]}) {
				return
			}
			rest = rest[2+size:]
		}
	}
}

const exifHead = "Exif\x00\x00"

func jpegOrientation(data []byte) orientation {
	for s := range segments(data) {
		if s.marker == 0xe1 && len(s.data) > len(exifHead) && string(s.data[:len(exifHead)]) == exifHead {
			return exifOrientation(s.data[len(exifHead):])
		}
	}
	return upright
}

// pngOrientation reads the chunk eXIf (PNG, third edition, 11.3.4.5).
func pngOrientation(data []byte) orientation {
	const head = 8
	if len(data) < head {
		return upright
	}
	for rest := data[head:]; len(rest) >= 12; {
		size := int64(binary.BigEndian.Uint32(rest))
		if size+12 > int64(len(rest)) {
			return upright
		}
		kind, body, sum := string(rest[4:8]), rest[8:8+size], binary.BigEndian.Uint32(rest[8+size:])
		if kind == "IDAT" || kind == "IEND" {
			return upright
		}
		if kind == "eXIf" && crc32.ChecksumIEEE(rest[4:8+size]) == sum {
			return exifOrientation(body)
		}
		rest = rest[12+size:]
	}
	return upright
}

// exifOrientation finds the tag in the first directory of a TIFF (EXIF 2.32, 4.6.4).
func exifOrientation(tiff []byte) orientation {
	if len(tiff) < 8 {
		return upright
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return upright
	}
	at := int64(order.Uint32(tiff[4:]))
	if at < 8 || at+2 > int64(len(tiff)) {
		return upright
	}
	count := int64(order.Uint16(tiff[at:]))
	for i := range count {
		entry := at + 2 + 12*i
		if entry+12 > int64(len(tiff)) {
			return upright
		}
		const tag, short = 0x0112, 3
		if order.Uint16(tiff[entry:]) != tag {
			continue
		}
		value := orientation(order.Uint16(tiff[entry+8:]))
		if order.Uint16(tiff[entry+2:]) != short || order.Uint32(tiff[entry+4:]) != 1 || value < 1 || value > 8 {
			return upright
		}
		return value
	}
	return upright
}

// turned is the picture as it is seen.
func turned(img image.Image, o orientation) image.Image {
	if o == upright {
		return img
	}
	from := image.NewRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	draw.Draw(from, from.Bounds(), img, img.Bounds().Min, draw.Src)
	width, height := from.Rect.Dx(), from.Rect.Dy()
	if o >= 5 {
		width, height = height, width
	}
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			sx, sy := source(o, x, y, width, height)
			copy(out.Pix[out.PixOffset(x, y):][:4], from.Pix[from.PixOffset(sx, sy):][:4])
		}
	}
	return out
}

// source is where a pixel of the seen picture, width by height, lies in the kept one.
func source(o orientation, x, y, width, height int) (int, int) {
	switch o {
	case 2: // mirrored left to right
		return width - 1 - x, y
	case 3: // upside down
		return width - 1 - x, height - 1 - y
	case 4: // mirrored top to bottom
		return x, height - 1 - y
	case 5: // mirrored at the falling diagonal
		return y, x
	case 6: // to be turned a quarter to the right
		return y, width - 1 - x
	case 7: // mirrored at the rising diagonal
		return height - 1 - y, width - 1 - x
	case 8: // to be turned a quarter to the left
		return height - 1 - y, x
	}
	return x, y
}
