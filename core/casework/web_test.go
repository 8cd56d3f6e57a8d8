package casework

import (
	"context"
	"encoding/json"
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

var (
	oleg   = id.Derived("person", "oleg") // Misha's other parent
	people = map[string]id.ID{"anna": anna, "boris": id.Derived("person", "boris"), "oleg": oleg}
)

// cookies stand for core/account: the token is the person's key.
type cookies struct{}

func (cookies) Find(_ context.Context, hash web.TokenHash) (web.Session, error) {
	for key, person := range people {
		if web.HashToken(tokenOf(key)) == hash {
			return web.Session{ID: id.Derived("session", key), Person: person, Assurance: act.Standard, CSRF: []byte(strings.Repeat("k", 32))}, nil
		}
	}
	return web.Session{}, web.ErrNoSession
}

func (cookies) Touch(context.Context, id.ID, time.Time) {}

// tokens are the people's, by key.
var tokens = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for key := range people {
		out[key], _ = web.NewToken()
	}
	return out
})

func tokenOf(key string) string { return tokens()[key] }

// ties stand for core/mandate: Anna and Oleg act for Misha.
type ties struct{}

func (ties) Relate(_ context.Context, a act.Act, o act.Object, _ string) (web.Tie, error) {
	switch {
	case a.Actor.Person.IsZero():
		return web.Tie{Relation: act.Unsigned}, nil
	case o.Holder == a.Actor.Person, slices.Contains(o.Persons, a.Actor.Person):
		return web.Tie{Relation: act.Self}, nil
	case o.Holder == misha && a.Actor.Person == anna:
		return web.Tie{Relation: act.ByMandate, Mandate: id.Derived("mandate", "misha")}, nil
	case o.Holder == misha && a.Actor.Person == oleg:
		return web.Tie{Relation: act.ByMandate, Mandate: id.Derived("mandate", "misha and oleg")}, nil
	}
	return web.Tie{Relation: act.Stranger}, nil
}

// browser is a person at the pages.
type browser struct {
	r      *rig
	client *http.Client
	lang   string
	where  string // that the last answer leads to
}

func (r *rig) browser(key, l string) *browser {
	jar, err := cookiejar.New(nil)
	r.must(err)
	at, err := url.Parse("http://city.test") // a client keeps cookies by the host that it asks for
	r.must(err)
	jar.SetCookies(at, []*http.Cookie{{Name: "posad_session", Value: tokenOf(key)}})
	return &browser{r: r, lang: l, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (b *browser) send(method, path string, form url.Values) (int, string) {
	b.r.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	q, err := http.NewRequest(method, b.r.server.URL+path, body)
	b.r.must(err)
	q.Host = "city.test"
	q.Header.Set("Accept-Language", b.lang)
	q.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		q.Header.Set("Origin", "http://city.test")
	}
	a, err := b.client.Do(q)
	b.r.must(err)
	defer func() { _ = a.Body.Close() }() // it was read
	b.where = a.Header.Get("Location")
	text, err := io.ReadAll(a.Body)
	b.r.must(err)
	return a.StatusCode, html.UnescapeString(string(text))
}

func (b *browser) says(path string, status int, words ...string) string {
	b.r.t.Helper()
	got, text := b.send(http.MethodGet, path, nil)
	if got != status {
		b.r.t.Fatalf("%s: %d %s\n%s", path, got, b.where, text)
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			b.r.t.Errorf("%s does not say %q", path, w)
		}
	}
	return text
}

var tokenField = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

func (b *browser) post(page, path string, status int, form url.Values) string {
	b.r.t.Helper()
	found := tokenField.FindStringSubmatch(b.says(page, http.StatusOK))
	if found == nil {
		b.r.t.Fatalf("%s has no form", page)
	}
	form.Set("_csrf", found[1])
	got, text := b.send(http.MethodPost, path, form)
	if got != status {
		b.r.t.Fatalf("POST %s: %d\n%s", path, got, text)
	}
	return text
}

func TestThePersonFollowsTheirCase(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.open("city-appeal", "pothole", anna)
		r.run(time.Minute)
		ru, en, stranger := r.browser("anna", "ru"), r.browser("anna", "en"), r.browser("boris", "ru")
		path := "/cases/" + ref.Number
		ru.says("/cases", 200, id.FormatNumber(ref.Number), "Обращение к городу", "В очереди")
		en.says("/cases", 200, "Write to the city", "In the queue")
		ru.says(path, 200, "Заявление принято", "Во дворе яма", "Никто, кроме вас", "Отозвать заявление")
		stranger.says(path, 404)
		stranger.says("/api/v1"+path, 404)
		en.says("/cases/123", 404)

		desk := officer(igor, "housing", agency.Officer)
		s := Step{Holder: anna, Case: ref.ID}
		_, err := r.Take(ctx, desk, s)
		r.must(err)
		_, err = r.Ask(ctx, desk, s, "У какого подъезда яма?")
		r.must(err)
		page := ru.says(path, 200, "У какого подъезда яма?", "Вопрос сотрудника", "Ждём вашего ответа")
		question := regexp.MustCompile(`name="question" value="([^"]+)"`).FindStringSubmatch(page)[1]
		empty := ru.post(path, path+"/answers", 422, url.Values{"question": {question}, "words": {""}})
		if !strings.Contains(empty, "Напишите текст") {
			t.Error("an empty answer is not told of")
		}
		ru.post(path, path+"/answers", 303, url.Values{"question": {question}, "words": {"У второго"}})
		ru.says(path, 200, "Ответ отправлен", "У второго", "Смирнова\u00a0А.")
		r.run(time.Minute)
		_, err = r.Decide(ctx, desk, s, Verdict{Stage: Refused, Ground: "answered", Words: "Уже отвечали."})
		r.must(err)
		r.run(time.Minute)
		en.says(path, 200, "Refused", "You have had several answers", "If you disagree", "Уже отвечали.", "complaints board", "How did it go?", "Application")
		ru.post(path, path+"/rating", 422, url.Values{"stars": {"9"}, "words": {"Плохо"}})
		ru.post(path, path+"/rating", 303, url.Values{"stars": {"2"}, "words": {"Плохо"}})
		for _, tail := range []string{"/promise", "/decision"} {
			if _, err := journal.Verify([]byte(ru.says(path+tail, 200))); err != nil {
				t.Errorf("%s: %v", tail, err)
			}
		}
		var got wireCase
		r.must(json.Unmarshal([]byte(en.says("/api/v1"+path, 200)), &got))
		if got.Status != StatusRefused || got.Decision.By != "official" || got.Rating != 2 || len(got.Looks) == 0 || len(got.Timeline) < 6 {
			t.Errorf("the API says %+v", got)
		}
	})
}

// openForMisha files his first class as Anna.
func (r *rig) openForMisha() Ref {
	r.t.Helper()
	in := r.inputs("school-first-class", "own-area")
	child := in.Answers["child"].(map[string]any)
	child["id"], child["snils"] = misha.String(), "11223377408"
	ref := r.openAs("school-first-class", in, misha)
	r.run(time.Minute)
	return ref
}

func TestTheOtherParentDoesNotSeeWhatTheApplicantToldOfThemselves(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.openForMisha()
		_, err := r.Read(ctx, officer(igor, "education", agency.Officer), misha, ref.ID) // a look at the child and at Anna
		r.must(err)
		read := func(key string) (wireCase, string) {
			b := r.browser(key, "en")
			var got wireCase
			r.must(json.Unmarshal([]byte(b.says("/api/v1/cases/"+ref.Number, 200)), &got))
			return got, b.says("/cases/"+ref.Number, 200, "School No.")
		}
		whole, page := read("anna")
		if strings.Contains(page, "Told by the applicant") || len(whole.Certificates) != 2 {
			t.Errorf("the applicant's own page hides something; certificates: %+v", whole.Certificates)
		}
		told := map[string]string{}
		for _, answer := range whole.Answers {
			told[answer.Field] = answer.Value
		}
		less, page := read("oleg")
		for _, answer := range less.Answers {
			hidden := answer.Value == "Told by the applicant" && answer.Source == ""
			if own := answer.Field == "phone" || answer.Field == "address"; hidden != own || !own && answer.Value != told[answer.Field] {
				t.Errorf("%s: %q from %q", answer.Field, answer.Value, answer.Source)
			}
		}
		for _, field := range []string{"phone", "address"} {
			if told[field] == "" || strings.Contains(page, told[field]) || !strings.Contains(page, "Told by the applicant") {
				t.Errorf("the page shows %s: %q", field, told[field])
			}
		}
		if len(less.Certificates) != 1 || less.Certificates[0].Certificate != "pupils" || strings.Contains(page, "To make sure that you are the parent") {
			t.Errorf("certificates: %+v", less.Certificates)
		}
		looks, err := r.Looks(ctx, annaAct, anna, ref.ID)
		r.must(err)
		for _, l := range looks {
			if l.What == "exchange.look.certificates" && l.Actor.Person == oleg {
				t.Errorf("the other parent looked at the applicant's certificates: %+v", l)
			}
		}
		v, err := r.view(ctx, act.Act{Actor: act.Actor{Kind: act.Person, Person: oleg}, Holder: misha}, ref, lang.English)
		r.must(err)
		for _, l := range v.Looks {
			if slices.ContainsFunc(looks, func(own store.LookRecord) bool { return own.ID == l.ID }) {
				t.Errorf("a look at the applicant is shown: %+v", l)
			}
		}
	})
}

func TestTheParentSeesTheChildsCase(t *testing.T) {
	t.Parallel()
	r := one(t)
	ref := r.openForMisha()
	b := r.browser("anna", "en")
	b.says("/cases", 200, id.FormatNumber(ref.Number))
	b.says("/cases/"+ref.Number, 200, "What we asked other agencies", "To make sure that you are the parent", "The school decides on admission")
	looks, err := r.Looks(ctx, act.Act{Actor: act.Actor{Kind: act.Person, Person: misha}}, misha, ref.ID)
	r.must(err)
	if !slices.ContainsFunc(looks, func(l store.LookRecord) bool { return l.Actor.Person == anna }) {
		t.Errorf("the parent's look at the child is not on record: %+v", looks)
	}
}

func TestAFeeLeadsToItsBill(t *testing.T) {
	t.Parallel()
	r := one(t)
	ref := r.open("parking-permit", "own-car", anna)
	r.run(time.Minute)
	bill := openTask(r.read(ref).Tasks).Reference
	r.browser("anna", "en").says("/cases/"+ref.Number, 200, "/pay/"+bill.String(), "To be paid", "An official checks the application")
	r.payBill(ref)
	r.run(time.Minute)
	r.browser("anna", "en").says("/cases/"+ref.Number, 200, "Payment received", "In the queue")
}

func TestAWithdrawalByThePage(t *testing.T) {
	t.Parallel()
	r := one(t)
	ref := r.open("city-appeal", "pothole", anna)
	r.run(time.Minute)
	b, path := r.browser("anna", "ru"), "/cases/"+ref.Number
	b.post(path, path+"/withdraw", 303, url.Values{"words": {""}})
	b.says(path, 200, "Отозвано", "Заявление отозвано.")
	if _, err := r.Answer(ctx, annaAct, Answer{Holder: anna, Case: ref.ID, Words: "…"}); !errors.Is(err, ErrNotNow) {
		t.Errorf("an answer after the withdrawal: %v", err)
	}
}
