package casework

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/casework/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

func TestTheDeskShowsTheQueueAndTheCase(t *testing.T) {
	eachCounter(t, func(t *testing.T, d *counter) {
		ref := d.filed(anna, "А417МО52", nil)
		d.get(igor, "/desk").wants(t, 200, "парков", number(ref), "Смирнова", "Заречье", "Новое", "Не назначен", "Все открытые", "1–1 из 1")
		if got := d.looks(anna); got[lookQueue] == 0 {
			t.Errorf("the list left no look: %v", got)
		}
		d.get(igor, "/desk?case="+number(ref)).wants(t, 200, "case-panel", "По правилам: одобрить", "Взять в работу", "is-open")
		d.get(igor, deskPath(ref.Number)).wants(t, 200, "Смирнова Анна Игоревна", "Сверки", "Skoda Octavia", "А 417 МО 52", "История", "Взять в работу", "!Принять решение")
		if got := d.looks(anna); got[lookCase] == 0 {
			t.Errorf("the case left no look: %v", got)
		}
		for _, q := range []string{"смирнов", number(ref), "а417мо52", "A417MO52"} {
			d.get(igor, "/desk?q="+url.QueryEscape(q)).wants(t, 200, number(ref))
		}
		d.get(igor, "/desk?q="+url.QueryEscape("Иванов")).wants(t, 200, "Ничего не нашлось", "!"+number(ref))
		for path, shown := range map[string]bool{
			"/desk?status=in_queue": true, "/desk?status=asked": false, "/desk?owner=free": true, "/desk/mine": false, "/desk?term=overdue": false, "/desk?term=week": true,
			"/desk?district=zarechye": true, "/desk?district=sloboda": false, "/desk?service=parking-permit": true, "/desk?service=freight-pass": false,
		} {
			if got := strings.Contains(d.get(igor, path).body, number(ref)); got != shown {
				t.Errorf("%s shows it: %v", path, got)
			}
		}
	})
}

func TestAnOfficialTakesAsksAndDecides(t *testing.T) {
	eachCounter(t, func(t *testing.T, d *counter) {
		ref := d.filed(anna, "А417МО52", nil)
		path := deskPath(ref.Number)
		back := "/desk?case=" + number(ref)
		if got := d.post(igor, path+"/take", "revision", d.revision(igor, path), "back", back); got.status != 303 || got.to != back {
			t.Fatalf("taking: %d to %q: %s", got.status, got.to, got.body)
		}
		d.run(time.Second)
		d.get(igor, "/desk/mine").wants(t, 200, number(ref), ">Вы<")
		d.get(vera, path).wants(t, 200, "Белов Игорь Петрович", "!Принять решение", "Добавить заметку")
		d.post(vera, path+"/decide", "revision", "0", "verdict", "approve").wants(t, 403, "Сначала возьмите")
		d.post(igor, path+"/ask", "revision", d.revision(igor, path), "question", " ").wants(t, 422, "error-summary", "Напишите текст")
		if got := d.post(igor, path+"/ask", "revision", d.revision(igor, path), "question", "Когда куплена машина?"); got.status != 303 || got.to != path {
			t.Fatalf("asking: %d to %q: %s", got.status, got.to, got.body)
		}
		d.get(igor, path).wants(t, 200, "Когда куплена машина?", "Ждём ответа", "Ждём заявителя", "Стоит с ")
		d.post(igor, path+"/decide", "revision", d.revision(igor, path), "verdict", "refuse", "ground", "debt").wants(t, 409, "Заявитель ещё может ответить")
		c := d.read(ref)
		if _, err := d.Answer(ctx, annaAct, Answer{Holder: anna, Case: ref.ID, Question: c.Questions[0].ID, Words: "В октябре"}); err != nil {
			t.Fatal(err)
		}
		d.run(time.Second)
		d.get(igor, "/desk").wants(t, 200, "Заявитель ответил", "На проверке")
		d.post(igor, path+"/decide", "revision", d.revision(igor, path)).wants(t, 422, "Выберите решение")
		d.post(igor, path+"/decide", "revision", d.revision(igor, path), "verdict", "refuse").wants(t, 422, "Выберите основание", `value="refuse" checked`)
		if got := d.post(igor, path+"/decide", "revision", d.revision(igor, path), "verdict", "approve", "words", "Всё верно"); got.status != 303 {
			t.Fatalf("deciding: %d: %s", got.status, got.body)
		}
		d.run(time.Minute)
		d.status(ref, StatusApproved)
		d.get(igor, path).wants(t, 200, "Одобрено", "Белов Игорь Петрович", "Всё верно", "Разрешение на парковку жителя", "!Принять решение", "Дело закончено")
		d.get(igor, "/desk").wants(t, 200, "Для вас пока ничего нет")
		if got := d.get(igor, "/desk?q="+number(ref)); got.status != 303 || got.to != path {
			t.Errorf("a decided case by its number: %d to %q", got.status, got.to)
		}
	})
}

var revisionField = regexp.MustCompile(`name="revision" value="(\d+)"`)

// revision is the one that the forms of a page carry.
func (d *counter) revision(who id.ID, path string) string {
	d.t.Helper()
	page := d.get(who, path)
	found := revisionField.FindStringSubmatch(page.body)
	if found == nil {
		d.t.Fatalf("no form on %s: %d %s", path, page.status, page.body)
	}
	return found[1]
}

func TestAnOldRevisionDoesNothingAndKeepsTheWords(t *testing.T) {
	eachCounter(t, func(t *testing.T, d *counter) {
		ref := d.filed(anna, "А417МО52", nil)
		path := deskPath(ref.Number)
		d.post(igor, path+"/take", "revision", "0").wants(t, 303)
		old := d.revision(igor, path)
		d.post(vera, path+"/note", "revision", old, "note", "Звонила, просит побыстрее").wants(t, 303)
		got := d.post(igor, path+"/decide", "revision", old, "verdict", "refuse", "ground", "not-owner", "words", "Машина продана в мае")
		got.wants(t, 409, "уже изменилось", "Машина продана в мае", `value="not-owner" checked`, "Звонила, просит побыстрее", "осталось в форме")
		d.status(ref, StatusInReview)
		fresh := revisionField.FindStringSubmatch(got.body)[1]
		if fresh == old {
			t.Error("the form still has the old revision")
		}
		d.post(igor, path+"/decide", "revision", fresh, "verdict", "refuse", "ground", "not-owner", "words", "Машина продана в мае").wants(t, 303)
		d.run(time.Minute)
		if c := d.status(ref, StatusRefused); c.Ground != "not-owner" || c.Decision.Words != "Машина продана в мае" {
			t.Errorf("decided %+v", c.Decision)
		}
	})
}

// Whoever serves somewhere and acts for themselves is led to the desk; the list stays closed until they are there.
func TestAnOfficialWithoutTheHatIsLedToTheDesk(t *testing.T) {
	t.Parallel()
	d := newCounter(t, one(t))
	ref := d.filed(anna, "А417МО52", nil)
	d.deps.Officials = staff{anna: {Person: anna, Agency: agency.ID("transport"), Role: agency.Officer}}
	d.get(anna, "/desk").wants(t, 200, "Войти на рабочее место", `action="/hat"`, agency.ID("transport").String(), "!"+number(ref))
	d.get(anna, "/api/v1/desk/cases").wants(t, 403, "casework.desk.denied")
}

func TestWhoMayNotSeesNothing(t *testing.T) {
	eachCounter(t, func(t *testing.T, d *counter) {
		ref := d.filed(anna, "А417МО52", nil)
		path := deskPath(ref.Number)
		d.get(anna, "/desk").wants(t, 403, "открыто сотрудникам", "!"+number(ref))
		d.get(anna, path).wants(t, 403, "открыто сотрудникам")
		if got := d.get(id.ID{}, "/desk"); got.status != 303 || !strings.HasPrefix(got.to, "/sign-in") {
			t.Errorf("nobody: %d to %q", got.status, got.to)
		}
		d.get(rita, path).wants(t, 404, "!Смирнова")
		d.get(rita, "/desk").wants(t, 200, "!"+number(ref))
		d.get(rita, "/desk?case="+number(ref)).wants(t, 200, "!Смирнова")
		d.post(rita, path+"/take", "revision", "0").wants(t, 404)
		d.post(rita, "/desk/take", "case", number(ref)).wants(t, 303)
		d.post(petra, path+"/take", "revision", "0").wants(t, 422)
		d.post(igor, path+"/forward", "revision", "0", "queue", "transport/freight").wants(t, 403)
		if c := d.read(ref); !openTask(c.Tasks).Official.IsZero() {
			t.Error("somebody took it")
		}
		own := d.filed(igor, "М300КА52", nil)
		d.get(igor, deskPath(own.Number)).wants(t, 403, "ваше собственное дело")
		d.post(igor, deskPath(own.Number)+"/take", "revision", "0").wants(t, 403)
	})
}

func TestAHeadForwardsAndGivesBack(t *testing.T) {
	eachCounter(t, func(t *testing.T, d *counter) {
		ref := d.filed(anna, "А417МО52", nil)
		path := deskPath(ref.Number)
		d.post(igor, path+"/take", "revision", "0").wants(t, 303)
		d.post(vera, path+"/release", "revision", "0").wants(t, 403)
		d.get(boss, path).wants(t, 200, "Вернуть в очередь", "Передать", "!Принять решение")
		d.post(boss, path+"/release", "revision", d.revision(boss, path)).wants(t, 303)
		if c := d.read(ref); !openTask(c.Tasks).Official.IsZero() {
			t.Error("it was not given back")
		}
		d.post(boss, path+"/forward", "revision", "0", "queue", "transport/none").wants(t, 422, "f-queue")
		if got := d.post(boss, path+"/forward", "revision", "0", "queue", "education/letters", "comment", "Это к вам"); got.status != 303 || got.to != "/desk" {
			t.Fatalf("forwarding: %d to %q: %s", got.status, got.to, got.body)
		}
		d.run(time.Second)
		d.get(boss, path).wants(t, 404)
		d.get(rita, "/desk").wants(t, 200, number(ref))
		d.get(rita, path).wants(t, 200, "Это к вам")
	})
}

func TestARegisterIsAskedAgain(t *testing.T) {
	eachCounter(t, func(t *testing.T, d *counter) {
		ref := d.filed(anna, "А417МО52", func(r map[string]any) { delete(r, "vehicle-ownership") })
		path := deskPath(ref.Number)
		d.get(igor, "/desk").wants(t, 200, "Не все ведомства ответили")
		d.post(igor, path+"/ask-again", "certificate", "owner").wants(t, 403)
		d.post(igor, path+"/take", "revision", "0").wants(t, 303)
		d.get(igor, path).wants(t, 200, "По правилам: решает сотрудник", "нет записи", `name="certificate" value="owner"`, `!name="certificate" value="debts"`)
		d.post(igor, path+"/ask-again", "certificate", "no-such").wants(t, 404)
		whole := replies(nil)
		d.replies.Store(&whole)
		d.post(igor, path+"/ask-again", "certificate", "owner").wants(t, 303)
		d.run(time.Minute)
		d.get(igor, path).wants(t, 200, "По правилам: одобрить", `!name="certificate" value="owner"`)
	})
}

func TestManyAreTakenAtOnce(t *testing.T) {
	eachCounter(t, func(t *testing.T, d *counter) {
		a, b := d.filed(anna, "А417МО52", nil), d.filed(boss, "М300КА52", nil)
		d.post(igor, "/desk/take").wants(t, 303)
		d.post(igor, "/desk/take", "case", number(a), "case", number(b), "case", "1234567890", "back", "//evil.example").wants(t, 303)
		d.run(time.Second)
		for _, ref := range []Ref{a, b} {
			if c := d.read(ref); openTask(c.Tasks).Official != igor {
				t.Errorf("%s is with %s", ref.Number, openTask(c.Tasks).Official)
			}
		}
		if got := d.post(vera, "/desk/take", "case", number(a), "back", "/desk?owner=free"); got.status != 303 || got.to != "/desk?owner=free" {
			t.Errorf("back to %q", got.to)
		}
		if c := d.read(a); openTask(c.Tasks).Official != igor {
			t.Error("a colleague's case was taken away")
		}
	})
}

func TestTheListTurnsItsPagesBothWays(t *testing.T) {
	eachCounter(t, func(t *testing.T, d *counter) {
		var want []string
		for i := range 2*deskRows + 3 {
			n := id.NewNumber()
			want = append(want, id.FormatNumber(n))
			d.must(d.store.Write(ctx, func(tx *store.Tx) error {
				return caseworkdb.PutDeskLine(tx, caseworkdb.PutDeskLineParams{
					Agency: agency.ID("transport"), ID: id.Derived("case", strconv.Itoa(i)), Holder: anna, Applicant: anna, Queue: "parking", Official: Free, Service: "parking-permit",
					Number: n, Status: string(StatusInQueue), Due: d.clock.Now().Add(time.Duration(i)*time.Hour - 90*time.Minute), Submitted: d.clock.Now(), Revision: 1,
				})
			}))
		}
		d.walk(t, want)
		if latest := tickField.FindStringSubmatch(d.get(igor, "/desk?order=latest").body); latest[1] != want[len(want)-1] {
			t.Errorf("the other way round it begins with %s", latest[1])
		}
		got := d.get(igor, "/desk/list.csv?owner=free")
		got.wants(t, 200)
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(got.body, "\ufeff"))).ReadAll()
		if err != nil || len(rows) != deskRows+1 || rows[1][0] != want[0] || rows[1][1] != "Смирнова Анна Игоревна" {
			t.Errorf("the table: %v, %v", rows, err)
		}
		var counts map[string]tally
		if err := json.Unmarshal([]byte(d.get(igor, "/api/v1/desk/counts").body), &counts); err != nil || counts["all"].Count != int64(len(want)) || counts["overdue"].Count != 2 {
			t.Errorf("counts %v, %v", counts, err)
		}
	})
}

var (
	tickField = regexp.MustCompile(`name="case" value="([0-9-]+)"`)
	turnLink  = regexp.MustCompile(`<a href="([^"]+)"[^>]*rel="(prev|next)"`)
)

// walk goes to the last page and back to the first by the links of the pages.
func (d *counter) walk(t *testing.T, want []string) {
	t.Helper()
	at := "/desk?owner=free"
	for page := range 5 {
		number := min(page, 4-page) // 0 1 2 1 0
		got := d.get(igor, at)
		first, last := number*deskRows, min((number+1)*deskRows, len(want))
		got.wants(t, 200, fmt.Sprintf("%d–%d из %d", first+1, last, len(want)))
		var shown []string
		for _, found := range tickField.FindAllStringSubmatch(got.body, -1) {
			shown = append(shown, found[1])
		}
		if strings.Join(shown, " ") != strings.Join(want[first:last], " ") {
			t.Fatalf("page %d shows %v", number, shown)
		}
		turns := map[string]string{}
		for _, found := range turnLink.FindAllStringSubmatch(got.body, -1) {
			turns[found[2]] = strings.ReplaceAll(found[1], "&amp;", "&")
		}
		at = turns["next"]
		if page >= 2 {
			at = turns["prev"]
		}
		if at == "" && page < 4 {
			t.Fatalf("page %d leads nowhere: %v", number, turns)
		}
	}
	if at != "" {
		t.Errorf("before the first page is %q", at)
	}
}

func TestProgramsDoTheSame(t *testing.T) {
	eachCounter(t, func(t *testing.T, d *counter) {
		ref := d.filed(anna, "А417МО52", func(r map[string]any) { r["debts"] = map[string]any{"amount": 250000, "fines": 1} })
		api := "/api/v1" + deskPath(ref.Number)
		var list listBody
		d.decode(d.get(igor, "/api/v1/desk/cases?q=%D1%81%D0%BC%D0%B8%D1%80%D0%BD%D0%BE%D0%B2"), &list)
		if len(list.Cases) != 1 || list.Cases[0].Number != number(ref) || list.Cases[0].Applicant.Family != "Смирнова" || list.Total.Count != 1 {
			t.Fatalf("the list %+v", list)
		}
		var one caseBody
		d.decode(d.get(igor, api), &one)
		if one.Advice == nil || one.Advice.Row != "debt" || strings.Join(one.Can, " ") != "take note" || len(one.Certificates) != 3 {
			t.Fatalf("the case %+v", one)
		}
		for _, c := range one.Certificates {
			if c.Cited != (c.Key == "debts") {
				t.Errorf("%s is cited: %v", c.Key, c.Cited)
			}
		}
		d.json(igor, api+"/take", `{"revision": 1}`).wants(t, 409, "casework.moved_on")
		var after revisionBody
		d.decode(d.json(igor, api+"/take", fmt.Sprintf(`{"revision": %d}`, one.Revision)), &after)
		d.json(igor, api+"/decide", `{"verdict": "refuse", "ground": "no-such"}`).wants(t, 422, "casework.no_ground")
		d.json(igor, api+"/decide", `{"verdict": "refuse", "ground": "debt", "colour": "red"}`).wants(t, 422)
		d.json(vera, api+"/decide", `{"verdict": "approve"}`).wants(t, 403, "casework.not_yours")
		d.json(anna, api+"/take", `{}`).wants(t, 403, "casework.desk.denied")
		d.json(igor, api+"/note", fmt.Sprintf(`{"revision": %d, "words": "Долг подтверждён"}`, after.Revision)).wants(t, 200)
		d.json(igor, api+"/decide", `{"verdict": "refuse", "ground": "debt"}`).wants(t, 200)
		d.run(time.Minute)
		d.status(ref, StatusRefused)
		d.get(igor, "/api/v1/desk/cases?colour=red").wants(t, 422)
	})
}

func (d *counter) json(who id.ID, path, body string) answered {
	return d.send(who, "POST", path, "application/json", body)
}

func (d *counter) decode(a answered, target any) {
	d.t.Helper()
	if a.status != 200 {
		d.t.Fatalf("status %d: %s", a.status, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), target); err != nil {
		d.t.Fatalf("%v in %s", err, a.body)
	}
}

func TestAPhoneGetsThePageOfTheCase(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]bool{
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1": true,
		"Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0":                                                true,
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                              false,
		"": false,
	} {
		r := requestOf(agent)
		if got := phone(r); got != want {
			t.Errorf("%q is a phone's: %v", agent, got)
		}
	}
	hinted := requestOf("Mozilla/5.0 (Linux; Android 10; K) Chrome/140.0 Mobile Safari/537.36")
	hinted.Header.Set("Sec-CH-UA-Mobile", "?0")
	if phone(hinted) {
		t.Error("the browser says that it is none")
	}
}

func TestDeadlinesAreReadByTheCitysDays(t *testing.T) {
	t.Parallel()
	days := theCity().Days()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, days.Zone())
	for _, one := range []struct {
		due  time.Time
		want deskSla
	}{
		{now.Add(6 * time.Hour), deskSla{Today: true}},
		{now.Add(-time.Hour), deskSla{Late: true, Today: true}},
		{now, deskSla{Late: true, Today: true}},
		{now.Add(13 * time.Hour), deskSla{Days: 1}},
		{now.Add(-13 * time.Hour), deskSla{Late: true, Days: 1}},
		{now.AddDate(0, 0, 5), deskSla{Days: 5}},
	} {
		if got := readSla(one.due, now, days); got != one.want {
			t.Errorf("%s: %+v, want %+v", one.due, got, one.want)
		}
	}
}

func TestASpreadsheetTakesNothingForAFormula(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"=1+1": "'=1+1", "@x": "'@x", "Анна": "Анна", "": "", "-": "'-"} {
		if got := harmless(text); got != want {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestFilesOfACaseAreReadAtTheDeskAndTheLookIsSeen(t *testing.T) {
	eachCounter(t, func(t *testing.T, d *counter) {
		ref := d.filed(anna, "А417МО52", nil)
		path := deskPath(ref.Number)
		d.post(igor, path+"/take", "revision", "0").wants(t, 303)
		d.post(igor, path+"/ask", "revision", "0", "question", "Пришлите договор").wants(t, 303)
		file := web.File{Name: "договор.pdf", Type: "application/pdf", Data: []byte("%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n")}
		if _, err := d.Answer(ctx, annaAct, Answer{Holder: anna, Case: ref.ID, Question: d.read(ref).Questions[0].ID, Files: []web.File{file}}); err != nil {
			t.Fatal(err)
		}
		d.run(time.Second)
		page := d.get(igor, path)
		page.wants(t, 200, "договор.pdf", "ответ на вопрос", "1\u00a0КБ")
		link := regexp.MustCompile(`href="(/desk/cases/[^"]+/files/[^"]+)"`).FindStringSubmatch(page.body)
		if link == nil {
			t.Fatal("no link to the file")
		}
		before := d.looks(anna)["document.look.file"]
		d.get(igor, link[1]).wants(t, 200, "%PDF-1.4")
		if got := d.looks(anna)["document.look.file"]; got != before+1 {
			t.Errorf("%d looks at the file, before it was read %d", got, before)
		}
		d.get(rita, link[1]).wants(t, 404)
		d.get(anna, link[1]).wants(t, 403)
		other := d.filed(boss, "М300КА52", nil)
		d.get(igor, strings.Replace(link[1], number(ref), number(other), 1)).wants(t, 404)
	})
}
