package lang

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"posad.city/kit/calendar"
)

type titled struct {
	Title Text          `json:"title" yaml:"title"`
	Hint  *Text         `json:"hint" yaml:"hint"`
	Since calendar.Date `json:"since" yaml:"since"`
}

func TestTextIsReadStrictly(t *testing.T) {
	t.Parallel()
	want := Text{"Разрешение", "Permit"}
	for _, good := range []string{"title: {ru: Разрешение, en: Permit}\nsince: 2026-11-21\n", "title:\n  en: Permit\n  ru: Разрешение\nsince: '2026-11-21'\n"} {
		var got titled
		if err := yaml.UnmarshalWithOptions([]byte(good), &got, yaml.Strict()); err != nil || got.Title != want || got.Since != calendar.MustDate("2026-11-21") {
			t.Errorf("%q gave %+v: %v", good, got, err)
		}
	}
	var got titled
	if err := json.Unmarshal([]byte(`{"title":{"ru":"Разрешение","en":"Permit"},"hint":null}`), &got); err != nil || got.Title != want || got.Hint != nil {
		t.Errorf("JSON gave %+v: %v", got, err)
	}
}

func TestTextRefusesWithAPlace(t *testing.T) {
	t.Parallel()
	for bad, want := range map[string]string{
		"title: {ru: Разрешение}\n":                         "[1:8] a text needs both languages",
		"title:\n  ru: Да\n  en: ''\n":                      "a text needs both languages",
		"title: Разрешение\n":                               "[1:8] a text needs both languages",
		"title:\n  ru: Да\n  en: Yes\n  de: Ja\n":           "[4:3] unknown language",
		"title:\n  ru: Да\n  en: 12\n":                      "[3:7] want a text here",
		"title: {ru: Да, en: Yes}\nhint: {en: Only this}\n": "[2:7] a text needs",
	} {
		var got titled
		if err := yaml.UnmarshalWithOptions([]byte(bad), &got, yaml.Strict()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gave %v, want %s", bad, err, want)
		}
	}
	for _, bad := range []string{`{"ru":"Да"}`, `{"ru":"Да","en":"Yes","de":"Ja"}`, `"Да"`, `{"ru":1,"en":"x"}`} {
		var got Text
		if err := json.Unmarshal([]byte(bad), &got); !errors.Is(err, ErrText) {
			t.Errorf("%s gave %v", bad, err)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("title: {ru: Да, en: Yes}")
	f.Add("title:\n  <<: *x\n")
	f.Fuzz(func(t *testing.T, content string) {
		var got titled
		if err := yaml.UnmarshalWithOptions([]byte(content), &got, yaml.Strict()); err == nil && !got.Title.IsZero() && !got.Title.whole() {
			t.Errorf("%q gave %+v", content, got)
		}
	})
}

// FuzzTextJSON makes sure that the quick way reads what the long way does.
func FuzzTextJSON(f *testing.F) {
	for _, seed := range []string{`{"ru":"а","en":"b"}`, `{"ru":"а\n","en":"b"}`, `{"ru":"","en":"b"}`, `{"ru":"а","en":"b","en":"c"}`, `{"ru":"а","en":"b"`, "{\"ru\":\"\xff\",\"en\":\"b\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		quick, ok := quickText(content)
		if !ok {
			return
		}
		var long struct{ RU, EN *string }
		decoder := json.NewDecoder(bytes.NewReader(content))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&long); err != nil || long.RU == nil || long.EN == nil || *long.RU != quick.RU || *long.EN != quick.EN {
			t.Errorf("%q: %+v, %v", content, quick, err)
		}
	})
}
