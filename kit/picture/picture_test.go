package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"runtime"
	"testing"

	"pgregory.net/rapid"
)

// flag is a picture whose four corners differ: red, green, blue, white from the upper left on.
func flag(width, height int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.NRGBA{255, 0, 0, 255}
			switch {
			case x >= width/2 && y < height/2:
				c = color.NRGBA{0, 255, 0, 255}
			case x < width/2 && y >= height/2:
				c = color.NRGBA{0, 0, 255, 255}
			case x >= width/2:
				c = color.NRGBA{255, 255, 255, 255}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

// corners names the colours of the corners: upper left, upper right, lower left, lower right.
func corners(img image.Image) string {
	b := img.Bounds()
	dx, dy := b.Dx()/4, b.Dy()/4
	out := ""
	for _, p := range []image.Point{{b.Min.X + dx, b.Min.Y + dy}, {b.Max.X - 1 - dx, b.Min.Y + dy}, {b.Min.X + dx, b.Max.Y - 1 - dy}, {b.Max.X - 1 - dx, b.Max.Y - 1 - dy}} {
		r, g, bl, _ := img.At(p.X, p.Y).RGBA()
		switch {
		case r > 0x8000 && g > 0x8000 && bl > 0x8000:
			out += "w"
		case r > 0x8000:
			out += "r"
		case g > 0x8000:
			out += "g"
		default:
			out += "b"
		}
	}
	return out
}

// exif is a TIFF with an orientation and a place, as a phone writes it.
func exif(order binary.AppendByteOrder, o uint16) []byte {
	out := []byte("II*\x00")
	if order.String() == "BigEndian" {
		out = []byte("MM\x00*")
	}
	out = order.AppendUint32(out, 8)
	out = order.AppendUint16(out, 2)
	out = order.AppendUint16(order.AppendUint16(out, 0x010f), 2) // maker
	out = order.AppendUint32(order.AppendUint32(out, 4), 0x41414141)
	out = order.AppendUint16(order.AppendUint16(out, 0x0112), 3)
	out = order.AppendUint32(out, 1)
	out = order.AppendUint16(order.AppendUint16(out, o), 0)
	out = order.AppendUint32(out, 0)
	return append(out, "GPS 56.3268N 44.0059E of a home"...)
}

func asJPEG(t testing.TB, img image.Image, o uint16, order binary.AppendByteOrder) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	body := append([]byte(exifHead), exif(order, o)...)
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(body)+2)) //nolint:gosec // small
	return append(append(head, body...), out.Bytes()[2:]...)
}

func asPNG(t testing.TB, img image.Image, o uint16) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	body := exif(binary.BigEndian, o)
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(body))) //nolint:gosec // small
	chunk = append(append(chunk, "eXIf"...), body...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	const afterHeader = 8 + 25
	return append(append(bytes.Clone(out.Bytes()[:afterHeader]), chunk...), out.Bytes()[afterHeader:]...)
}

func decode(t testing.TB, p Picture) image.Image {
	t.Helper()
	img, kind, err := image.Decode(bytes.NewReader(p.Data))
	if err != nil || "image/"+kind != p.Type || img.Bounds().Dx() != p.Width || img.Bounds().Dy() != p.Height {
		t.Fatalf("%s %d x %d: %v", kind, p.Width, p.Height, err)
	}
	return img
}

// The pictures of exiftool's own table: what is at the upper left after each turn.
var seen = map[uint16]string{1: "rgbw", 2: "grwb", 3: "wbgr", 4: "bwrg", 5: "rbgw", 6: "brwg", 7: "wgbr", 8: "gwrb", 0: "rgbw", 9: "rgbw", 0xffff: "rgbw"}

func TestAPictureIsTurnedAsItWasTakenAndKeepsNoMetadata(t *testing.T) {
	t.Parallel()
	for o, want := range seen {
		for name, data := range map[string][]byte{
			"little": asJPEG(t, flag(64, 32), o, binary.LittleEndian), "big": asJPEG(t, flag(64, 32), o, binary.BigEndian), "png": asPNG(t, flag(64, 32), o),
		} {
			media := JPEG
			if name == "png" {
				media = PNG
			}
			got, err := Clean(data, media, 0)
			if err != nil {
				t.Fatal(err)
			}
			if c := corners(decode(t, got)); c != want {
				t.Errorf("%s, orientation %d: corners %s, not %s", name, o, c, want)
			}
			if quarter := o >= 5 && o <= 8; quarter != (got.Width == 32) {
				t.Errorf("%s, orientation %d: %d x %d", name, o, got.Width, got.Height)
			}
			if !bytes.Contains(data, []byte("GPS")) || bytes.Contains(got.Data, []byte("GPS")) || bytes.Contains(got.Data, []byte("Exif")) {
				t.Errorf("%s: the place is still in the picture", name)
			}
		}
	}
}

func TestAPictureIsNeverLargerThanItMayBe(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		width, height, most := rapid.IntRange(1, 300).Draw(rt, "width"), rapid.IntRange(1, 300).Draw(rt, "height"), rapid.IntRange(1, 200).Draw(rt, "most")
		o := rapid.Uint16Range(1, 8).Draw(rt, "orientation")
		got, err := Clean(asJPEG(t, flag(width, height), o, binary.LittleEndian), JPEG, most)
		if err != nil {
			rt.Fatal(err)
		}
		long := max(width, height)
		if max(got.Width, got.Height) != min(most, long) {
			rt.Errorf("%d x %d at most %d became %d x %d", width, height, most, got.Width, got.Height)
		}
	})
}

func TestWhatHidesBesideThePictureGoes(t *testing.T) {
	t.Parallel()
	for media, data := range map[string][]byte{JPEG: asJPEG(t, flag(20, 20), 1, binary.BigEndian), PNG: asPNG(t, flag(20, 20), 1)} {
		got, err := Clean(append(data, "PK\x03\x04<script>alert(1)</script>"...), media, 0)
		if err != nil || bytes.Contains(got.Data, []byte("script")) {
			t.Errorf("%s: %v", media, err)
		}
	}
}

func TestASmallFileCannotFillTheMemory(t *testing.T) {
	t.Parallel()
	bomb := asPNG(t, flag(1, 1), 1)
	for _, side := range []uint32{20_000, 29_999, 1 << 20} {
		binary.BigEndian.PutUint32(bomb[16:], side)
		binary.BigEndian.PutUint32(bomb[20:], side)
		binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := Clean(bomb, PNG, 0); !errors.Is(err, ErrHuge) {
			t.Errorf("%d pixels square: %v", side, err)
		}
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 200<<20 { // other tests run beside
			t.Errorf("%d pixels square: %d MB were taken", side, took>>20)
		}
	}
}

func TestWhatIsNoPictureIsRefused(t *testing.T) {
	t.Parallel()
	whole := asJPEG(t, flag(40, 40), 6, binary.BigEndian)
	for name, data := range map[string][]byte{"nothing": nil, "a start": []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"), "cut off": whole[:len(whole)/2], "PNG as JPEG": asPNG(t, flag(2, 2), 1)} {
		if _, err := Clean(data, JPEG, 0); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Clean([]byte("RIFF"), "image/webp", 0); !errors.Is(err, ErrBroken) {
		t.Errorf("another kind: %v", err)
	}
}

func TestAThumbIsASmallPictureOnWhite(t *testing.T) {
	t.Parallel()
	clear := image.NewNRGBA(image.Rect(0, 0, 400, 100))
	thumb, err := Thumb(asPNG(t, clear, 1), PNG, 160)
	if err != nil || thumb.Width != 160 || thumb.Height != 40 || thumb.Type != JPEG {
		t.Fatalf("%d x %d %s: %v", thumb.Width, thumb.Height, thumb.Type, err)
	}
	if r, _, _, _ := decode(t, thumb).At(80, 20).RGBA(); r < 0xf000 {
		t.Error("what is transparent became dark")
	}
}

func FuzzClean(f *testing.F) {
	f.Add(asJPEG(f, flag(9, 5), 6, binary.LittleEndian))
	f.Add(asPNG(f, flag(9, 5), 8))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, media := range []string{JPEG, PNG} {
			got, err := Clean(data, media, 64)
			if err != nil {
				continue
			}
			if again, err := Clean(got.Data, media, 64); err != nil || again.Width != got.Width || again.Height != got.Height || max(got.Width, got.Height) > 64 {
				t.Errorf("%s: %d x %d, then %v", media, got.Width, got.Height, err)
			}
		}
	})
}

func FuzzOrientation(f *testing.F) {
	f.Add(exif(binary.LittleEndian, 6))
	f.Add(asJPEG(f, flag(2, 2), 3, binary.BigEndian))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, o := range []orientation{exifOrientation(data), jpegOrientation(data), pngOrientation(data)} {
			if o < 1 || o > 8 {
				t.Errorf("orientation %d", o)
			}
		}
	})
}

// A photo of a phone, 12 megapixels.
func BenchmarkClean(b *testing.B) {
	data := asJPEG(b, flag(4000, 3000), 6, binary.BigEndian)
	for b.Loop() {
		if _, err := Clean(data, JPEG, 0); err != nil {
			b.Fatal(err)
		}
	}
}
