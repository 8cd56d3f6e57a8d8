package service

import (
	"slices"
	"testing"
)

func TestLocateReadsAddressesAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	book := loadSmall(t).Addresses()
	for text, want := range map[string]string{
		"Речная ул., 9, кв. 12":       "rechnaya:9/12",
		"ул. Речная, д. 9, кв 12":     "rechnaya:9/12",
		"речная 9 12":                 "rechnaya:9/12",
		"г. Малый, Речная 9":          "", // the city's own name is not known to be noise
		"Речная, 10к2":                "rechnaya:10k2/",
		"речная 10 К 2":               "rechnaya:10k2/",
		"речная 10 корп. 2 кв. 5":     "rechnaya:10k2/5",
		"Rechnaya St, 10k2, flat 3":   "rechnaya:10k2/3",
		"Речной пер., 2":              "rechnoy:2/",
		"Набережная Ленина, 1, кв. 1": "rechnaya:1/1",
		"Речная":                      "",
		"Речная ул., 4":               "",
		"Речна 9":                     "",
		"":                            "",
	} {
		id, flat, ok := book.Locate(text)
		got := ""
		if ok {
			got = id + "/" + flat
		}
		if got != want {
			t.Errorf("Locate(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestFlatsAreOfTheHouse(t *testing.T) {
	t.Parallel()
	book := loadSmall(t).Addresses()
	for _, c := range []struct {
		id, flat string
		ok       bool
	}{
		{"rechnaya:9", "1", true}, {"rechnaya:9", "20", true}, {"rechnaya:9", "21", false}, {"rechnaya:9", "0", false},
		{"rechnaya:9", "01", false}, {"rechnaya:9", "", false}, {"rechnoy:1", "", true}, {"rechnoy:1", "1", false}, {"none:1", "", false},
	} {
		if _, ok := book.Address(c.id, c.flat); ok != c.ok {
			t.Errorf("%s flat %q: %v", c.id, c.flat, ok)
		}
	}
	a, _ := book.Address("rechnaya:10k2", "3")
	if a.Text != "Речная ул., 10к2, кв. 3" || a.TextEN != "Rechnaya St, 10k2, flat 3" || a.Zones["parking"] != "101" || a.Reference() != "rechnaya:10k2/3" {
		t.Errorf("%+v", a)
	}
}

func TestSuggestBeginsWithTheLikeliest(t *testing.T) {
	t.Parallel()
	book := loadSmall(t).Addresses()
	ids := func(text string, limit int) []string {
		var out []string
		for _, a := range book.Suggest(text, limit) {
			out = append(out, a.ID)
		}
		return out
	}
	if got := ids("речн 1", 3); !slices.Equal(got, []string{"rechnaya:1", "rechnoy:1", "rechnaya:10"}) {
		t.Errorf("got %v", got)
	}
	if got := ids("лен", 10); len(got) != 3 || got[0] != "rechnaya:1" {
		t.Errorf("a former name gives %v", got)
	}
	if got := ids("неглинная", 10); got != nil {
		t.Errorf("got %v", got)
	}
	if got := book.Suggest("речная 9 кв 12", 1); len(got) != 1 || got[0].Flat != "12" {
		t.Errorf("the flat got lost: %v", got)
	}
}
