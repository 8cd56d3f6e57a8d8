package register

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"posad.city/core/document"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
)

var byCase = Reading{Register: "permits", Purpose: PurposeCase, Case: caseID}

// TestACaseSeesWhatACertificateTells and no more: nothing of what was, of what is over, of numbers and days that no certificate declares.
func TestACaseSeesWhatACertificateTells(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		e := r.permit(t, "one", anna, "А417МО52", "105")
		r.Provide(lives(true), caseOf)
		whole := r.city.Registers[0].Values
		r.city.Registers[0].Values = []service.Value{{Name: "found", Type: "yes-no"}}
		got, history, err := r.Read(t.Context(), patrol, byCase, e.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !equal(got, Entry{Holder: anna, ID: e.ID, Register: "permits", Values: Values{}}) || history != nil {
			t.Errorf("a certificate of found alone: %d versions of %+v", len(history), got)
		}
		s := r.serve(t)
		at := "/desk/registers/permits/" + e.ID.String() + "?purpose=case&case=" + caseID.String()
		for _, path := range []string{at, "/api/v1" + at} {
			status, body := ask(t, s, "patrol", http.MethodGet, path, "")
			for _, word := range []string{id.FormatNumber(e.Number), "2026", "2027", "history", "History", "entered", "version"} {
				if status != http.StatusOK || strings.Contains(body[strings.Index(body, "<h1")+1:], word) {
					t.Errorf("%s: %d, it tells %q", path, status, word)
				}
			}
		}
		r.city.Registers[0].Values = whole
		if got, _, err = r.Read(t.Context(), patrol, byCase, e.ID); err != nil || got.Until != calendar.MustDate("2027-11-20") || got.Number != "" || !got.Since.IsZero() {
			t.Errorf("a certificate of until: %+v, %v", got, err)
		}
	})
}

// TestACaseSeesNothingThatIsOver: an ended entry and one whose last day is past are as none, and leave no look.
func TestACaseSeesNothingThatIsOver(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.Provide(lives(true), caseOf)
		ended, past := r.permit(t, "one", anna, "А417МО52", "105"), r.permit(t, "two", anna, "В202КХ52", "105")
		p := must[*document.PreparedRevoke](t)(r.papers.PrepareRevoke(t.Context(), document.Revocation{Holder: anna, ID: ended.Source, Reason: text("sold")}))
		r.write(t, p.Put)
		r.drain(t)
		r.unseen(t, ended, "А417МО52")
		r.clock.Move(366 * 24 * time.Hour) // and nobody has ended the other one yet
		r.unseen(t, past, "В202КХ52")
	})
}

func (r *rig) unseen(t *testing.T, e Entry, plate string) {
	t.Helper()
	before := len(r.looks(t, anna))
	if _, _, err := r.Read(t.Context(), patrol, byCase, e.ID); !errors.Is(err, ErrNone) {
		t.Errorf("%s: %v", plate, err)
	}
	if got := r.looks(t, anna); len(got) != before {
		t.Errorf("%s: looks %v", plate, got)
	}
	if got := r.find(t, patrol, Query{byCase, "plate", plate}); len(got) != 0 {
		t.Errorf("%s: found %+v", plate, got)
	}
}

func (r *rig) find(t *testing.T, by act.Act, q Query) []Entry {
	t.Helper()
	return must[Found](t)(r.Search(t.Context(), by, q)).Entries
}

// many enters a permit of one value for each of so many people, and one for anna whose entry comes last by its id.
func (r *rig) many(t *testing.T, others int) Entry {
	t.Helper()
	names := make([]string, others+1)
	for i := range names {
		names[i] = "many " + strconv.Itoa(i)
	}
	entry := func(name string) id.ID {
		return id.Derived("register entry", "permits/"+id.Derived("result", name).String())
	}
	slices.SortFunc(names, func(a, b string) int { x, y := entry(a), entry(b); return slices.Compare(x[:], y[:]) })
	for i, name := range names {
		holder := boris
		if i == 0 {
			holder = anna
		}
		r.issue(t, result(name, holder, "permit", "А417МО52", "105"))
	}
	r.drain(t)
	return must[Entry](t)(r.entry(t.Context(), anna, entry(names[0])))
}

// TestASearchByACaseFindsItsPerson among any number of others with the same value.
func TestASearchByACaseFindsItsPerson(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.Provide(lives(true), caseOf)
		e := r.many(t, foundMost)
		if got := r.find(t, patrol, Query{byCase, "plate", "А417МО52"}); len(got) != 1 || got[0].ID != e.ID {
			t.Errorf("found %d: %+v", len(got), got)
		}
		if got := r.looks(t, boris); len(got) != 0 {
			t.Errorf("those who are not of the case were looked at: %v", got)
		}
	})
}

// TestASearchTellsThatItWasCut, on the page and by the API, and looks at nobody whom it does not tell.
func TestASearchTellsThatItWasCut(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		e := r.many(t, foundMost)
		got := must[Found](t)(r.Search(t.Context(), officer, Query{keeping, "plate", "А417МО52"}))
		if len(got.Entries) != foundMost || !got.More || slices.ContainsFunc(got.Entries, func(one Entry) bool { return one.ID == e.ID }) {
			t.Errorf("found %d, more: %v", len(got.Entries), got.More)
		}
		if looks := r.looks(t, anna); len(looks) != 0 {
			t.Errorf("she is not told and was looked at: %v", looks)
		}
		s := r.serve(t)
		at := "/desk/registers/permits?purpose=keeping&field=plate&q=a417mo52"
		for path, says := range map[string]string{at: "There are more entries with this value; 50 of them", "/api/v1" + at: `"more":true`} {
			if status, body := ask(t, s, "officer", http.MethodGet, path, ""); status != http.StatusOK || !strings.Contains(body, says) {
				t.Errorf("%s: %d without %q", path, status, says)
			}
		}
	})
}

// TestTheReasonIsForWhoSeesEveryField: its free words may quote the fields that a purpose does not show.
func TestTheReasonIsForWhoSeesEveryField(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		e := r.permit(t, "one", anna, "А417МО52", "105")
		reason := "It was not Смирнова Анна"
		p := must[*Prepared](t)(r.PrepareEnd(t.Context(), withID(head, "end"), Ending{Register: "permits", Entry: e.ID, Version: 1, Reason: reason}))
		r.write(t, p.Put)
		for name, c := range map[string]struct {
			by   act.Act
			read Reading
			want string
		}{
			"of every field": {officer, keeping, reason},
			"of two fields":  {patrol, Reading{Register: "permits", Purpose: "street"}, ""},
		} {
			_, history, err := r.Read(t.Context(), c.by, c.read, e.ID)
			if err != nil || len(history) != 2 {
				t.Fatal(err, history)
			}
			for _, v := range history {
				if v.Change == Ended && v.Reason.RU != c.want || c.want == "" && !v.Case.IsZero() {
					t.Errorf("%s: reason %q, case %s", name, v.Reason.RU, v.Case)
				}
			}
		}
	})
}

// TestAMalformedCaseIsAFaultOfItsField, and is not read as none.
func TestAMalformedCaseIsAFaultOfItsField(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		e := r.permit(t, "one", anna, "А417МО52", "105")
		r.Provide(lives(true), caseOf)
		s := r.serve(t)
		for _, path := range []string{"/desk/registers/permits?field=plate&q=a417mo52&", "/desk/registers/permits/" + e.ID.String() + "?"} {
			path += "purpose=case&case=12-34"
			status, body := ask(t, s, "patrol", http.MethodGet, "/api/v1"+path, "")
			if status != http.StatusUnprocessableEntity || !strings.Contains(body, `"#/case"`) || !strings.Contains(body, "register.bad_case") {
				t.Errorf("%s: %d %s", path, status, body)
			}
			if status, body := ask(t, s, "patrol", http.MethodGet, path, ""); status != http.StatusUnprocessableEntity || !strings.Contains(body, "number of a case") {
				t.Errorf("%s: %d", path, status)
			}
		}
	})
}
