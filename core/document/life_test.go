package document

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/core/document/internal/store"
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// withLists gives the house a city that keeps a public list and one that is not, and renews permits.
func (r *rig) withLists() {
	city := &service.City{
		Lists: []service.List{
			{Key: "stalls", Agency: "transport", Title: lang.Text{RU: "Реестр ярмарок", EN: "Register of stalls"}, About: Same("…"), Public: true},
			{Key: "guardians", Agency: "transport", Title: lang.Text{RU: "Опекуны", EN: "Guardians"}, About: Same("…")},
		},
		Services: []service.Service{{Key: "parking-permit", Renewal: &service.Renewal{From: "60 days"}}},
	}
	r.deps.City = func() *service.City { return city }
}

// entry is a line of a list; n tells lines apart.
func entry(holder id.ID, list string, n int) NewResult {
	out := permit(holder)
	out.ID = id.Derived("result", fmt.Sprintf("%s %s %d", holder, list, n))
	out.Form, out.List = FormEntry, list
	out.Facts = []Fact{
		{Key: "name", Label: lang.Text{RU: "Название", EN: "Name"}, Value: lang.Text{RU: fmt.Sprintf("Ёлочный базар %d%%", n), EN: fmt.Sprintf("Fir fair %d%%", n)}},
		{Key: "owner", Label: lang.Text{RU: "Кто", EN: "Owner"}, Value: Same("Смирнова Анна")},
	}
	out.Public = []string{"name"}
	out.From = calendar.MustDate("2026-11-01").AddDays(n)
	out.Until = out.From.AddDays(60)
	return out
}

func TestAnEntryStandsInItsListUntilItIsOver(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.withLists()
		first := r.issue(t, entry(anna, "stalls", 1))
		r.issue(t, entry(boris, "stalls", 2))
		closed := r.issue(t, entry(anna, "guardians", 3))
		list := must[EntryPage](t)(r.Entries(t.Context(), "stalls", EntryQuery{}))
		if len(list.Entries) != 2 || list.Entries[0].value("name", lang.English) != "Fir fair 2%" || list.Entries[1].Number != first.Number {
			t.Fatalf("the list: %+v", list.Entries)
		}
		if text := must[[]byte](t)(json.Marshal(list)); strings.Contains(string(text), "Смирнова") {
			t.Errorf("what is not public stands in the list: %s", text)
		}
		if other := must[EntryPage](t)(r.Entries(t.Context(), "guardians", EntryQuery{})); len(other.Entries) != 1 || len(other.Entries[0].Facts) != 0 || other.Entries[0].Result != closed.ID {
			t.Errorf("a list that is not public: %+v", other.Entries)
		}
		r.write(t, must[*PreparedRevoke](t)(r.PrepareRevoke(t.Context(), Revocation{Holder: anna, ID: first.ID, Reason: Same("ошибка")})).Put)
		if list := must[EntryPage](t)(r.Entries(t.Context(), "stalls", EntryQuery{})); len(list.Entries) != 1 {
			t.Errorf("after the revocation: %+v", list.Entries)
		}
		all := must[EntryPage](t)(r.Entries(t.Context(), "stalls", EntryQuery{All: true}))
		if len(all.Entries) != 2 || all.Entries[1].Standing(r.today()) != Revoked {
			t.Errorf("all: %+v", all.Entries)
		}
		r.clock.Move(63 * 24 * time.Hour)
		if list := must[EntryPage](t)(r.Entries(t.Context(), "stalls", EntryQuery{})); len(list.Entries) != 0 {
			t.Errorf("after the last day: %+v", list.Entries)
		}
		r.clock.Move(4 * 366 * 24 * time.Hour)
		if err := r.sweepEntries(t.Context()); err != nil {
			t.Fatal(err)
		}
		if all := must[EntryPage](t)(r.Entries(t.Context(), "stalls", EntryQuery{All: true})); len(all.Entries) != 0 {
			t.Errorf("years later: %+v", all.Entries)
		}
	})
}

func TestAListIsSearchedAsItIsWritten(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.withLists()
		r.issue(t, entry(anna, "stalls", 1))
		other := r.issue(t, entry(anna, "stalls", 22))
		for words, want := range map[string]int{
			"": 2, "ЁЛОЧНЫЙ": 2, "елочный  базар 2": 1, "fir FAIR": 2, "22%": 1, "2_": 0, "%": 2, `\`: 0, other.Number: 1, id.FormatNumber(other.Number): 1, "Смирнова": 0, "' OR 1=1 --": 0,
		} {
			got := must[EntryPage](t)(r.Entries(t.Context(), "stalls", EntryQuery{Words: words}))
			if len(got.Entries) != want {
				t.Errorf("%q finds %d, not %d", words, len(got.Entries), want)
			}
		}
	})
}

// Pages of any size hold every line once, the newest first.
func TestPagesOfAListHoldEachLineOnce(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.withLists()
	const lines = 17
	for n := range lines {
		e := entry(anna, "stalls", n%5) // several of one day
		e.ID = id.Derived("result", fmt.Sprint(n))
		r.issue(t, e)
	}
	rapid.Check(t, func(rt *rapid.T) {
		q := EntryQuery{Most: rapid.IntRange(1, lines+2).Draw(rt, "most"), All: rapid.Bool().Draw(rt, "all")}
		var got []string
		var last calendar.Date
		for range lines + 1 {
			some, err := r.Entries(t.Context(), "stalls", q)
			if err != nil {
				rt.Fatal(err)
			}
			for _, e := range some.Entries {
				if slices.Contains(got, e.Number) || !last.IsZero() && e.Since.After(last) {
					rt.Fatalf("%s comes twice or too late", e.Number)
				}
				got, last = append(got, e.Number), e.Since
			}
			if q.After = some.Next; q.After == "" {
				break
			}
		}
		if len(got) != lines {
			rt.Errorf("%d lines of %d", len(got), lines)
		}
	})
}

func TestEverybodyReadsAPublicList(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.withLists()
	e := r.issue(t, entry(anna, "stalls", 1))
	bad := entry(anna, "stalls", 2)
	bad.Facts[0].Value = Same(`=HYPERLINK("http://evil","a")`)
	r.issue(t, bad)
	get := r.browser(t, "")
	get("/lists").says(t, http.StatusOK, "Register of stalls", "/lists/stalls")
	if strings.Contains(get("/lists").body, "guardians") {
		t.Error("a list that is not public is shown")
	}
	get("/lists/stalls?q=fair").says(t, http.StatusOK, "Fir fair 1%", id.FormatNumber(e.Number), "/lists/stalls/csv?q=fair")
	get("/lists/stalls?q=nothing").says(t, http.StatusOK, "Nothing was found")
	for _, path := range []string{"/lists/guardians", "/lists/guardians/csv", "/api/v1/lists/guardians", "/lists/none"} {
		get(path).says(t, http.StatusNotFound)
	}
	file := get("/lists/stalls/csv")
	rows, err := csv.NewReader(strings.NewReader(file.body)).ReadAll()
	if err != nil || len(rows) != 3 || rows[0][1] != "Name" || rows[1][1] != `'=HYPERLINK("http://evil","a")` || rows[2][2] != "2026-11-02" {
		t.Errorf("the table: %v %v", rows, err)
	}
	var wire wireEntries
	if err := json.Unmarshal([]byte(get("/api/v1/lists/stalls?q="+url.QueryEscape("fir")).body), &wire); err != nil || len(wire.Entries) != 1 || wire.Entries[0].Facts[0].Label != "Name" {
		t.Errorf("the API: %+v %v", wire, err)
	}
	if got := get("/api/v1/lists").body; !strings.Contains(got, "stalls") || strings.Contains(got, "guardians") {
		t.Errorf("lists: %s", got)
	}
}

func TestACorrectionStandsInThePlaceOfTheOldOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.withLists()
		old := r.issue(t, entry(anna, "stalls", 1))
		fix := Correction{
			ID: id.Derived("result", "right"), Holder: anna, Old: old.ID, Reason: lang.Text{RU: "В названии ошибка.", EN: "A slip in the name."},
			Facts: []Fact{{Key: "name", Label: lang.Text{RU: "Название", EN: "Name"}, Value: Same("Сосновый базар")}},
		}
		for range 2 { // a job that runs again
			p := must[*PreparedCorrection](t)(r.PrepareCorrection(t.Context(), fix))
			r.write(t, p.Put)
			r.write(t, func(tx *store.Tx) error {
				if err := p.Put(tx); !errors.Is(err, ErrRevoked) {
					return err
				}
				return nil
			})
		}
		now := must[Result](t)(r.Result(t.Context(), own, anna, fix.ID))
		was := must[Result](t)(r.Result(t.Context(), own, anna, old.ID))
		if now.Replaces != old.Number || was.Replaced != now.Number || was.Revoked.IsZero() || now.Number == old.Number || now.Until != old.Until || now.Text != old.Text {
			t.Fatalf("now %+v\nwas %+v", now, was)
		}
		checked := must[Checked](t)(r.Check(t.Context(), nobody, old.Token))
		if checked.Standing != Revoked || checked.Replaced != now.Number {
			t.Errorf("the check of the old one: %+v", checked)
		}
		if checked := must[Checked](t)(r.Check(t.Context(), nobody, now.Token)); checked.Standing != Valid || checked.Replaced != "" || checked.Facts[0].Value.RU != "Сосновый базар" {
			t.Errorf("the check of the new one: %+v", checked)
		}
		list := must[EntryPage](t)(r.Entries(t.Context(), "stalls", EntryQuery{}))
		if len(list.Entries) != 1 || list.Entries[0].Number != now.Number {
			t.Errorf("the list: %+v", list.Entries)
		}
		r.browser(t, "")("/check?q="+old.Number).says(t, http.StatusOK, "stands in its place", id.FormatNumber(now.Number))
		r.drain(t)
		if r.heard[EventIssued] != 2 || r.heard[EventRevoked] != 1 {
			t.Errorf("heard: %v", r.heard)
		}
		fix.ID = id.Derived("result", "again")
		if _, err := r.PrepareCorrection(t.Context(), fix); !errors.Is(err, ErrRevoked) {
			t.Errorf("a correction of what is revoked: %v", err)
		}
	})
}

// Of two corrections that race, one issues and revokes; the other leaves nothing.
func TestTwoCorrectionsAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		old := r.issue(t, permit(anna))
		fix := func(name string) Correction {
			return Correction{ID: id.Derived("result", name), Holder: anna, Old: old.ID, Reason: Same("ошибка")}
		}
		a, b := must[*PreparedCorrection](t)(r.PrepareCorrection(t.Context(), fix("a"))), must[*PreparedCorrection](t)(r.PrepareCorrection(t.Context(), fix("b")))
		r.write(t, a.Put)
		if err := r.base.Store.Write(t.Context(), b.Put); !errors.Is(err, ErrRevoked) {
			t.Errorf("the second: %v", err)
		}
		if _, err := r.Result(t.Context(), own, anna, fix("b").ID); !errors.Is(err, ErrNone) {
			t.Errorf("it was issued: %v", err)
		}
	})
}

func TestARefusalIsADocument(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		p := must[*PreparedResult](t)(r.PrepareRefusal(t.Context(), Refusal{
			ID: id.Derived("result", "no"), Holder: anna, Case: caseID, Number: "1234567890", Service: "parking-permit", Agency: transport,
			Asked: lang.Text{RU: "Разрешение на парковку", EN: "Parking permit"}, Office: lang.Text{RU: "Департамент транспорта", EN: "Department of Transport"},
			Applied: calendar.MustDate("2026-11-02"), Ground: lang.Text{RU: "Машина не ваша", EN: "The car is not yours"}, Law: lang.Text{RU: "Постановление № 12, пункт 4", EN: "Order No. 12, point 4"},
			Words: "Владелец другой.", Instead: lang.Text{RU: "Оформите машину на себя", EN: "Register the car to you"},
			Where: lang.Text{RU: "Комиссия по жалобам", EN: "The complaints board"}, How: lang.Text{RU: "письмом или на портале", EN: "by letter or on the portal"},
			Until: calendar.MustDate("2026-12-22"), Lang: lang.Russian,
		}))
		r.write(t, p.Put)
		got := must[Result](t)(r.Result(t.Context(), own, anna, p.Result().ID))
		if got.Form != FormRefusal || got.Kind != KindRefusal || !strings.HasPrefix(r.Validity(got, lang.Russian), "Решение от ") {
			t.Errorf("%+v", got)
		}
		_, from, err := r.OpenPDF(t.Context(), own, anna, got.ID)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "no.pdf")
		if err := os.WriteFile(path, must[[]byte](t)(io.ReadAll(from)), 0o600); err != nil {
			t.Fatal(err)
		}
		_ = from.Close()
		text := strings.Join(strings.Fields(tool(t, "pdftotext", "-layout", path, "-")), " ")
		for _, want := range []string{"Решение об отказе", "Машина не ваша", "Постановление № 12, пункт 4", "Оформите машину на себя", "Комиссия по жалобам", "22 декабря 2026", "1234-567-890", "Владелец другой."} {
			if text != "" && !strings.Contains(text, want) {
				t.Errorf("the paper does not say %q:\n%s", want, text)
			}
		}
		page := r.browser(t, "")("/v/" + got.Token)
		page.says(t, http.StatusOK, "The decision is genuine")
		if strings.Contains(page.body, "not yours") {
			t.Error("a stranger reads why it was refused")
		}
	})
	r := one(t)
	if _, err := r.PrepareRefusal(t.Context(), Refusal{ID: caseID, Holder: anna, Office: Same("o"), Ground: Same("why")}); err == nil {
		t.Error("a refusal without its law")
	}
}

func TestARightIsAskedForByItsHolderOrByItsCode(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.family(t)
	n := permit(anna)
	n.Form, n.Opens, n.From, n.Until = FormAccess, "barrier-7", calendar.MustDate("2026-11-01"), calendar.MustDate("2027-03-01")
	pass := r.issue(t, n)
	get, gate := r.browser(t, "anna"), r.browser(t, "")
	ask := func(get func(string) answer, path string) wireAccess {
		t.Helper()
		got := get(path)
		got.says(t, http.StatusOK)
		var out wireAccess
		if err := json.Unmarshal([]byte(got.body), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	if got := ask(get, "/api/v1/access/barrier-7"); !got.Open || got.Until == nil || got.Number != pass.Number {
		t.Errorf("its holder: %+v", got)
	}
	for _, path := range []string{"/api/v1/access/barrier-8", "/api/v1/access/parking-permit"} {
		if ask(get, path).Open {
			t.Errorf("%s is open", path)
		}
	}
	if ask(r.browser(t, "boris"), "/api/v1/access/barrier-7").Open {
		t.Error("it is open to somebody else")
	}
	if got := gate("/api/v1/access/barrier-7"); got.status == http.StatusOK {
		t.Errorf("nobody: %d", got.status)
	}
	plain := r.issue(t, permit(boris))
	for path, open := range map[string]bool{
		"barrier-7/" + pass.Token: true, "barrier-8/" + pass.Token: false, "barrier-7/" + plain.Token: false, "barrier-7/junk": false, "barrier-7/" + pass.Number: false,
	} {
		if got := ask(gate, "/api/v1/access/"+path); got.Open != open {
			t.Errorf("%s: %+v", path, got)
		}
	}
	r.write(t, must[*PreparedRevoke](t)(r.PrepareRevoke(t.Context(), Revocation{Holder: anna, ID: pass.ID, Reason: Same("ошибка")})).Put)
	if ask(get, "/api/v1/access/barrier-7").Open || ask(gate, "/api/v1/access/barrier-7/"+pass.Token).Open {
		t.Error("it opens after the revocation")
	}
}

// A row that somebody turned into another right, or into a line of a list, is not what was signed.
func TestARightCannotBeWrittenIntoARow(t *testing.T) {
	t.Parallel()
	r := one(t)
	n := permit(anna)
	n.Form, n.Opens = FormAccess, "barrier-7"
	pass := r.issue(t, n)
	keys := must[*vault.Keys](t)(r.base.Vault.Keys(t.Context(), anna))
	for name, change := range map[string]func(*documentdb.DocumentResult){
		"nothing": func(*documentdb.DocumentResult) {}, "opens": func(d *documentdb.DocumentResult) { d.Opens = "barrier-8" },
		"form": func(d *documentdb.DocumentResult) { d.Form = "" }, "list": func(d *documentdb.DocumentResult) { d.List = "stalls" },
		"replaces": func(d *documentdb.DocumentResult) { d.Replaces = "1234567890" },
	} {
		row := must[documentdb.DocumentResult](t)(r.row(t.Context(), own, "test", anna, pass.ID))
		change(&row)
		got := must[opened](t)(open(keys, row))
		if err := got.sound(r.deps.Zone()); errors.Is(err, errRow) == (name == "nothing") {
			t.Errorf("%s changed: %v", name, err)
		}
	}
}

func TestTheEndOfADocumentIsTold(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.issue(t, permit(anna))
	gone := r.issue(t, permit(boris))
	r.write(t, must[*PreparedRevoke](t)(r.PrepareRevoke(t.Context(), Revocation{Holder: boris, ID: gone.ID, Reason: Same("ошибка")})).Put)
	r.clock.Move(370 * 24 * time.Hour)
	r.drain(t)
	if r.heard[EventEnded] != 0 {
		t.Error("told too early")
	}
	r.clock.Move(10 * 24 * time.Hour)
	r.drain(t)
	if r.heard[EventEnded] != 1 {
		t.Errorf("told %d times", r.heard[EventEnded])
	}
}

func TestADocumentIsRenewedBeforeItEnds(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.withLists()
	r.family(t)
	d := r.issue(t, permit(anna)) // until 30 November 2027
	link := "/services/parking-permit/apply?renew=" + d.Case.String()
	if strings.Contains(r.browser(t, "anna")("/documents").body, "renew=") {
		t.Error("it can be renewed a year before")
	}
	r.clock.Move(350 * 24 * time.Hour) // early November
	get := r.browser(t, "anna")
	get("/documents").says(t, http.StatusOK, "Can be renewed", link)
	get("/documents/"+d.ID.String()).says(t, http.StatusOK, link)
	get("/api/v1/documents/"+d.ID.String()).says(t, http.StatusOK, link)
	r.clock.Move(30 * 24 * time.Hour)
	r.browser(t, "anna")("/documents").says(t, http.StatusOK, "Refused and ended", "Expired", link)
	r.write(t, must[*PreparedRevoke](t)(r.PrepareRevoke(t.Context(), Revocation{Holder: anna, ID: d.ID, Reason: Same("ошибка")})).Put)
	if strings.Contains(r.browser(t, "anna")("/documents").body, "renew=") {
		t.Error("a revoked one can be renewed")
	}
	for day, want := range map[string]bool{"2027-09-30": false, "2027-10-01": true, "2027-11-30": true, "2028-01-29": true, "2028-01-30": false} {
		if got := renewable(d.Until, service.Span{Days: 60}, calendar.MustDate(day)); got != want {
			t.Errorf("%s: %v", day, got)
		}
	}
}

func FuzzCSVCell(f *testing.F) {
	f.Add("=1+1")
	f.Fuzz(func(t *testing.T, value string) {
		if got := harmless(value); got != "" && strings.ContainsAny(got[:1], "=+-@\t\r") {
			t.Errorf("%q", got)
		}
	})
}

func FuzzPattern(f *testing.F) {
	f.Add(`50%_\`)
	f.Fuzz(func(t *testing.T, words string) {
		got := pattern(words)
		inner := strings.NewReplacer(`\\`, "", `\%`, "", `\_`, "").Replace(got[1 : len(got)-1])
		if strings.ContainsAny(inner, `%_\`) {
			t.Errorf("%q became %q", words, got)
		}
	})
}
