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
	}
	q, err := Measure(city)
	if err != nil {
		t.Fatal(err)
	}
	lost := []string{}
	for _, miss := range q.Lost {
		lost = append(lost, miss.Query.Ask)
	}
	if q.Total != 4 || q.First != 2 || q.Third != 2 || q.By[lang.Russian] != (Tally{3, 1, 1}) || q.By[lang.English] != (Tally{1, 1, 1}) {
		t.Errorf("%+v", q)
	}
	if diff := cmp.Diff([]string{"парковка", "абракадабра"}, lost); diff != "" {
		t.Error(diff)
	}
	if q.Share(q.First) != 0.5 {
		t.Errorf("share %f", q.Share(q.First))
	}
}
