package service

import (
	"bytes"
	"io/fs"
	"testing"

	"posad.city/city/kitezh"
)

func loadKitezh(t *testing.T) *City {
	t.Helper()
	city, faults := LoadCity(kitezh.Files())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return city
}

func TestFilesAreTheFoldersOwnBytes(t *testing.T) {
	t.Parallel()
	city := loadKitezh(t)
	if len(city.Files()) < 100 {
		t.Fatalf("%d files", len(city.Files()))
	}
	for _, f := range city.Files() {
		want, err := fs.ReadFile(kitezh.Files(), f.Path)
		if err != nil || !bytes.Equal(want, f.Content) {
			t.Errorf("%s is not what lies in the folder: %v", f.Path, err)
		}
	}
	again, faults := LoadFiles(city.Files())
	if len(faults) > 0 || again.Hash() != city.Hash() {
		t.Errorf("the files read again: %v", faults)
	}
}

func TestARenderedCityMeansTheSame(t *testing.T) {
	t.Parallel()
	city := loadKitezh(t)
	opened, err := Open(city.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if len(opened.Files()) != 0 {
		t.Error("a city that was opened from its canonical bytes has files")
	}
	files, err := Rendered(opened)
	if err != nil {
		t.Fatal(err)
	}
	again, faults := LoadFiles(files)
	if len(faults) > 0 {
		t.Fatal(faults[:min(5, len(faults))])
	}
	if again.Hash() != city.Hash() {
		for _, c := range Diff(city, again) {
			t.Log(c.In("en"))
		}
		t.Error("the rendered folder is another version")
	}
}

func TestTreesNameBytesAndPaths(t *testing.T) {
	t.Parallel()
	one := []SourceFile{{"a.yaml", []byte("1")}, {"b.yaml", []byte("2")}}
	turned := []SourceFile{one[1], one[0]}
	if TreeOf(one) != TreeOf(turned) || TreeOf(nil) != "" {
		t.Error("the order of files matters, or no files have a name")
	}
	for _, other := range [][]SourceFile{{{"a.yaml", []byte("1")}}, {{"a.yaml", []byte("1")}, {"c.yaml", []byte("2")}}, {{"a.yaml", []byte("1")}, {"b.yaml", []byte("3")}}} {
		if TreeOf(other) == TreeOf(one) {
			t.Errorf("%v has the same name", other)
		}
	}
}
