package pdf

import (
	"encoding/binary"
	"math"
	"sync"
)

// colourProfile is what the numbers of the colours mean: sRGB (IEC 61966-2-1) as an ICC profile of version 2, packed. It
// is computed from the standard's own figures, so that nobody else's file is needed.
var colourProfile = sync.OnceValue(func() []byte { return pack(sRGB()) })

// fixed is a number of 16 bits before the point and 16 after it.
func fixed(v float64) []byte {
	return binary.BigEndian.AppendUint32(nil, uint32(int32(math.Round(v*65536))))
}

func xyz(x, y, z float64) []byte {
	out := append([]byte("XYZ \x00\x00\x00\x00"), fixed(x)...)
	return append(append(out, fixed(y)...), fixed(z)...)
}

// sRGB builds the profile: its three colours and its white, seen under D50 as ICC asks, and its curve.
func sRGB() []byte {
	const words = "sRGB IEC61966-2.1"
	description := append([]byte("desc\x00\x00\x00\x00"), binary.BigEndian.AppendUint32(nil, uint32(len(words)+1))...)
	description = append(append(description, words...), make([]byte, 1+4+4+2+1+67)...) // no other languages
	tags := []struct {
		name string
		body []byte
	}{
		{"desc", description}, {"cprt", []byte("text\x00\x00\x00\x00Public domain\x00")}, {"wtpt", xyz(0.9642, 1, 0.8249)},
		{"rXYZ", xyz(0.43607, 0.22249, 0.01392)}, {"gXYZ", xyz(0.38515, 0.71687, 0.09708)}, {"bXYZ", xyz(0.14307, 0.06061, 0.71410)},
		{"rTRC", curve()}, {"gTRC", nil}, {"bTRC", nil},
	}
	header := make([]byte, 128)
	copy(header[8:], []byte{2, 0x10, 0, 0})
	copy(header[12:], "mntrRGB XYZ ")
	copy(header[24:], []byte{0x07, 0xea, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0}) // a day of 2026: a profile has one
	copy(header[36:], "acsp")
	copy(header[68:], xyz(0.9642, 1, 0.8249)[8:])
	table := binary.BigEndian.AppendUint32(nil, uint32(len(tags)))
	var bodies []byte
	at, length := 0, 0
	for _, tag := range tags {
		if tag.body != nil { // the others share the last one
			at, length = len(header)+4+12*len(tags)+len(bodies), len(tag.body)
			bodies = append(bodies, tag.body...)
			for len(bodies)%4 != 0 {
				bodies = append(bodies, 0)
			}
		}
		table = append(table, tag.name...)
		table = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(table, uint32(at)), uint32(length))
	}
	out := append(append(header, table...), bodies...)
	binary.BigEndian.PutUint32(out, uint32(len(out)))
	return out
}

// curve tells how much light a number stands for, at 1024 places.
func curve() []byte {
	const places = 1024
	out := append([]byte("curv\x00\x00\x00\x00"), binary.BigEndian.AppendUint32(nil, places)...)
	for i := range places {
		v := float64(i) / (places - 1)
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		out = binary.BigEndian.AppendUint16(out, uint16(math.Round(v*65535)))
	}
	return out
}
