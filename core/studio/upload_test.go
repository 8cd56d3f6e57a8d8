package studio

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"

	"posad.city/core/service"
)

func zipped(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range files {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestUnpack(t *testing.T) {
	t.Parallel()
	bomb := map[string]string{"services/a.yaml": strings.Repeat("#", FileMost+1)}
	many := map[string]string{}
	for i := range FilesMost + 1 {
		many["services/s"+number(int64(i))+".yaml"] = "x"
	}
	tests := map[string]struct {
		files map[string]string
		want  []string
		err   error
	}{
		"a folder":         {map[string]string{"city.yaml": "a", "services/a.yaml": "b", "readme.md": "c", "demo/x.yaml": "d", ".git/x.yaml": "e"}, []string{"city.yaml", "services/a.yaml"}, nil},
		"a wrapped folder": {map[string]string{"kitezh/city.yaml": "a", "kitezh/services/a.yaml": "b"}, []string{"city.yaml", "services/a.yaml"}, nil},
		"one folder of it": {map[string]string{"services/a.yaml": "b"}, []string{"services/a.yaml"}, nil},
		"out of it":        {map[string]string{"../../etc/x.yaml": "a"}, nil, ErrPath},
		"too large":        {bomb, nil, ErrLarge},
		"too many":         {many, nil, ErrMany},
		"not a text":       {map[string]string{"city.yaml": "\xff"}, nil, ErrText},
	}
	for name, test := range tests {
		got, err := unpack(zipped(t, test.files))
		if !errors.Is(err, test.err) || len(got) != len(test.want) {
			t.Errorf("%s: %d files, %v", name, len(got), err)
			continue
		}
		for i, f := range got {
			if f.Path != test.want[i] {
				t.Errorf("%s: %s", name, f.Path)
			}
		}
	}
}

// FuzzUnpack: whatever is sent, only bounded texts with paths of a city's folder come out, and writing them gives them back.
func FuzzUnpack(f *testing.F) {
	f.Add(zipped(f, map[string]string{"city.yaml": "a", "services/a.yaml": "b"}))
	f.Add(zipped(f, map[string]string{"x/services/a.yaml": "b"}))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, content []byte) {
		files, err := unpack(content)
		if err != nil {
			return
		}
		if len(files) > FilesMost {
			t.Fatalf("%d files", len(files))
		}
		for _, one := range files {
			if !known.MatchString(one.Path) || rightText(one.Content) != nil {
				t.Fatalf("%q of %d bytes", one.Path, len(one.Content))
			}
		}
		packed, err := Archive(files)
		if err != nil {
			t.Fatal(err)
		}
		again, err := unpack(packed)
		if err != nil || service.TreeOf(again) != service.TreeOf(files) {
			t.Fatalf("written and read again: %v", err)
		}
	})
}

func FuzzLines(f *testing.F) {
	f.Add("a\r\nb", []byte("a\nb"))
	f.Fuzz(func(t *testing.T, text string, was []byte) {
		if got := lines(text, was); strings.ReplaceAll(string(got), "\r\n", "\n") != strings.ReplaceAll(text, "\r\n", "\n") {
			t.Errorf("%q became %q", text, got)
		}
	})
}
