package service

import (
	"bytes"
	"testing"
	"testing/fstest"

	"posad.city/kit/lang"
)

// FuzzLoadCity: whatever a service's file holds, its author gets a City or faults that can be shown, never a panic; and
// what loads round-trips.
func FuzzLoadCity(f *testing.F) {
	files := smallCity(f)
	f.Add(files[permit].Data)
	for _, slip := range slips {
		if slip.file == permit && len(slip.old) > 1 {
			f.Add(bytes.Replace(files[permit].Data, []byte(slip.old), []byte(slip.new), 1))
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		changed := fstest.MapFS{}
		for name, file := range files {
			changed[name] = file
		}
		changed[permit] = &fstest.MapFile{Data: content}
		city, faults := LoadCity(changed)
		if (city == nil) == (len(faults) == 0) {
			t.Fatalf("city %v with %d faults", city != nil, len(faults))
		}
		if city == nil {
			if err := faults.Print(&bytes.Buffer{}, lang.English); err != nil {
				t.Fatal(err)
			}
			return
		}
		if again, err := Open(city.Bytes()); err != nil || again.Hash() != city.Hash() {
			t.Fatalf("does not round-trip: %v", err)
		}
	})
}

// FuzzOpen: bytes that are not a version are refused; what is taken is canonical.
func FuzzOpen(f *testing.F) {
	f.Add(loadSmall(f).Bytes())
	f.Add([]byte(`{"format":"posad-city/1"}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		if city, err := Open(content); err == nil && !bytes.Equal(city.Bytes(), content) {
			t.Error("took bytes that are not canonical")
		}
	})
}
