package service

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"posad.city/kit/lang"
)

func TestMeasureCountsPlaces(t *testing.T) {
	t.Parallel()
	city := loadSmall(t)
	city.Queries = []Query{
		{Ask: "парковка", Want: []string{"permit"}, Lang: "ru"},
		{Ask: "parking", Want: []string{"other", "permit"}, Lang: "en"},
		{Ask: "парковка", Want: []string{"other"}, Lang: "ru"},
		{Ask: "абракадабра", Want: []string{"permit"}, Lang: "ru"},
		{Ask: "тарабарщина", Want: []string{"permit"}, Lang: "ru", Aside: true},
	}
	q, err := Measure(city)
	if err != nil {
		t.Fatal(err)
	}
	lost := []string{}
	for _, miss := range q.Lost {
		lost = append(lost, miss.Query.Ask)
	}
	if q.Total != 5 || q.Aside != (Tally{1, 0, 0}) || q.First != 2 || q.Third != 2 || q.By[lang.Russian] != (Tally{4, 1, 1}) || q.By[lang.English] != (Tally{1, 1, 1}) {
		t.Errorf("%+v", q)
	}
	if diff := cmp.Diff([]string{"парковка", "абракадабра"}, lost); diff != "" {
		t.Error(diff)
	}
	if q.Share(q.First) != 0.4 {
		t.Errorf("share %f", q.Share(q.First))
	}
}
