package account_test

import (
	"testing"

	"posad.city/kit/calendar"
	"posad.city/kit/lang"
)

func TestWhatWasWrittenIsComparedAsTwoClerksWouldWriteIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		known := enrolAnna(t, r)
		for _, want := range []struct {
			name        lang.Name
			birth       calendar.Date
			other, date bool
		}{
			{known.Name, known.Birth, false, false}, {lang.Name{}, calendar.Date{}, false, false},
			{lang.Name{Family: "  СМИРНОВА ", Given: "анна"}, known.Birth, false, false}, {lang.Name{Family: "Смирнов", Given: "Анна"}, known.Birth, true, false},
			{lang.Name{Family: known.Name.Family, Given: known.Name.Given, Patronymic: "Олеговна"}, calendar.Date{}, true, false},
			{known.Name, known.Birth.AddDays(1), false, true}, {lang.Name{Family: "Чужая"}, known.Birth.AddYears(1), true, true},
		} {
			other, date, err := r.Differs(t.Context(), known.Person, want.name, want.birth)
			if err != nil || other != want.other || date != want.date {
				t.Errorf("%+v %s: %t %t %v", want.name, want.birth, other, date, err)
			}
		}
	})
}
