package form_test

import (
	"net/url"
	"testing"

	"posad.city/core/form"
	"posad.city/core/service"
)

func BenchmarkShow(b *testing.B) {
	in := draft(b, "parking-permit")
	in.Answers = service.Answers(in.Service.Examples[0].Answers)
	in.Step = "car-and-home"
	for b.Loop() {
		if _, err := form.Show(in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBind(b *testing.B) {
	in := draft(b, "parking-permit")
	in.Step = "car-and-home"
	raw := url.Values{"car": {"А417МО52"}}
	for b.Loop() {
		if _, err := form.Bind(in, raw); err != nil {
			b.Fatal(err)
		}
	}
}
