package ui

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestTheHousesMosaics(t *testing.T) {
	t.Parallel()
	for name, rows := range map[string]string{"hero": HeroMosaic, "cover": CoverMosaic} {
		m, err := ParseMosaic(rows, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if wellFormed(m.drawing()) != nil || len(m.drawing()) > 20_000 {
			t.Errorf("%s: a drawing of %d bytes, well-formed: %v", name, len(m.drawing()), wellFormed(m.drawing()))
		}
	}
	if (EmptyStateProps{}).picture().Empty() {
		t.Error("the empty state has no picture")
	}
}

func TestMosaicFaultsNameTheirPlace(t *testing.T) {
	t.Parallel()
	tests := []struct{ rows, want string }{
		{"house.b.c\nhut.b.c", `row 2, tile 1: "hut": no such tile`},
		{"_ house.b", "row 1, tile 2"},
		{"house.b.z", `no colour "z"`},
		{"house.b.c.p.45", "a turn is"},
		{"house.b.c.p.-90", "a turn is"},
		{strings.Repeat("_ ", 25), "at most"},
		{strings.Repeat("_\n", 13), "at most"},
	}
	for _, test := range tests {
		if _, err := ParseMosaic(test.rows, nil); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want it to say %q", test.rows, err, test.want)
		}
	}
	if _, err := ParseMosaic("house.a.a", Palette{"a": `"/><script>`}); err == nil {
		t.Error("a palette may hold anything")
	}
}

func FuzzParseMosaic(f *testing.F) {
	f.Add(HeroMosaic)
	f.Add("house.b.c.p.90 _ -.-.-")
	f.Fuzz(func(t *testing.T, rows string) {
		m, err := ParseMosaic(rows, nil)
		if err != nil {
			return
		}
		if err := wellFormed(m.drawing()); err != nil {
			t.Errorf("%q draws %q: %v", rows, m.drawing(), err)
		}
	})
}

// wellFormed says whether the drawing is XML of groups, paths and circles alone.
func wellFormed(drawing string) error {
	decoder := xml.NewDecoder(strings.NewReader("<svg>" + drawing + "</svg>"))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if start, ok := token.(xml.StartElement); ok && !strings.Contains(" svg g path circle ", " "+start.Name.Local+" ") {
			return errors.New("a mosaic draws <" + start.Name.Local + ">")
		}
	}
}
