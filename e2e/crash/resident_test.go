package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"slices"
	"sync"
	"time"

	"posad.city/kit/id"
)

// actor is somebody who uses the city until the campaign ends.
type actor interface {
	signIn()
	live(ctx context.Context)
}

// Who takes part: people with vehicles in parking zones, and the officials of their cases.
var (
	residentKeys = []string{"anna", "boris", "rustam", "nikolay", "ivan", "alexey", "hung", "kira"}
	officialKeys = []string{"kotova", "panin", "fomin"}
)

func everybody(c *city, w *world, n *notes, start uint64) []actor {
	var out []actor
	for i, key := range slices.Concat(residentKeys, officialKeys) {
		who, ok := w.people.ByKey(key)
		if !ok {
			c.t.Fatalf("there is no %s in Kitezh", key)
		}
		one := newCaller(c, n, who, i, start)
		if len(who.Roles) > 0 {
			out = append(out, &official{caller: one})
			continue
		}
		out = append(out, &resident{caller: one, world: w, drafts: map[string]*draft{}})
	}
	return out
}

// resident fills drafts, sends them, pays, and answers questions.
type resident struct {
	*caller
	world  *world
	drafts map[string]*draft // by service
}

// draft is what its resident knows of a draft: what the city has acknowledged, and how much may be there besides.
type draft struct {
	ID       id.ID
	service  string
	revision int64
	answers  map[string]json.RawMessage // canonical, as acknowledged
	doubt    int64                      // saves without an answer since
	parts    []map[string]any           // still to be sent
	mark     string                     // a text that no other application has
	sending  bool                       // sent without an answer
	dropping bool                       // deleted without an answer
}

// wireDraft is what the campaign reads of a draft.
type wireDraft struct {
	ID       id.ID                      `json:"id"`
	Revision int64                      `json:"revision"`
	Answers  map[string]json.RawMessage `json:"answers"`
	Missing  []struct{ Field string }   `json:"missing"`
	Obstacle *struct{ Key string }      `json:"obstacle"`
}

func (r *resident) live(ctx context.Context) {
	services := []string{"freight-pass", "parking-permit", "city-appeal"}
	for ctx.Err() == nil {
		switch n := r.random.IntN(100); {
		case n < 60:
			r.apply(services[r.random.IntN(len(services))])
		case n < 70:
			for _, d := range r.drafts {
				r.reread(d)
			}
		default:
			r.lookAfter()
		}
		pause(ctx, time.Duration(r.random.IntN(30))*time.Millisecond)
	}
}

// apply takes an application one step on: a new draft, the next answers, the sending.
func (r *resident) apply(service string) {
	d := r.drafts[service]
	switch {
	case d == nil:
		r.begin(service)
	case d.sending || len(d.parts) == 0:
		r.submit(d)
	case r.in(4):
		r.drop(d)
	default:
		r.patch(d)
	}
}

func (r *resident) begin(service string) {
	var got wireDraft
	status := r.call(http.MethodPost, "/api/v1/services/"+service+"/drafts", map[string]bool{"anew": true}, &got)
	if status/100 != 2 {
		return // without an answer there may be a draft that nobody knows; the next beginning makes it give way
	}
	d := &draft{ID: got.ID, service: service, revision: got.Revision, answers: map[string]json.RawMessage{}}
	d.mark = fmt.Sprintf("Прошу ответить по делу %s", got.ID)
	d.parts = r.parts(d)
	r.drafts[service] = d
	r.notes.count("drafts")
}

// parts are the answers of an application, in the portions in which they are sent.
func (r *resident) parts(d *draft) []map[string]any {
	day := time.Now().In(moscow).AddDate(0, 0, 2+r.random.IntN(20)).Format(time.DateOnly)
	switch d.service {
	case "freight-pass":
		plate := "Х000ХХ52"
		if len(r.who.Vehicles) > 0 {
			plate = r.who.Vehicles[0].Plate
		}
		return []map[string]any{
			{"acting": "person"}, {"plate": plate},
			{"to": map[string]string{"id": "kremlyovskaya:4", "flat": fmt.Sprint(1 + r.random.IntN(10))}},
			{"day": day, "time": []string{"night", "day"}[r.random.IntN(2)]},
		}
	case "parking-permit":
		return []map[string]any{
			{"phone": r.who.Account.Phone}, {"car": map[string]string{"plate": r.who.Vehicles[0].Plate}, "starts": day}, {"second": r.in(50)},
		}
	}
	return []map[string]any{
		{"topic": "other"}, {"text": d.mark}, {"text": d.mark, "channel": "account"},
		{"name": map[string]string{"surname": r.who.Name.Family, "given": r.who.Name.Given}},
	}
}

// patch sends the next answers and notes what was acknowledged.
func (r *resident) patch(d *draft) {
	part := d.parts[0]
	var got wireDraft
	switch status := r.call(http.MethodPatch, "/api/v1/drafts/"+d.ID.String(), map[string]any{"answers": part}, &got); {
	case status == silent:
		d.doubt++
	case status == http.StatusOK:
		r.compare(d, got, 1)
		d.parts = d.parts[1:]
		for key := range part {
			d.answers[key] = got.Answers[key]
		}
		d.revision, d.doubt = got.Revision, 0
		r.notes.count("saves")
	default:
		r.gone(d, status)
	}
}

// reread asks for a draft and compares it with what was acknowledged.
func (r *resident) reread(d *draft) {
	var got wireDraft
	switch status := r.call(http.MethodGet, "/api/v1/drafts/"+d.ID.String(), nil, &got); status {
	case silent:
	case http.StatusOK:
		r.compare(d, got, 0)
	default:
		r.gone(d, status)
	}
}

// compare finds acknowledged answers that are not there. further is how many saves the draft has had since it was noted,
// besides those that got no answer.
func (r *resident) compare(d *draft, got wireDraft, further int64) {
	if got.Revision < d.revision+further || got.Revision > d.revision+further+d.doubt {
		r.t.Errorf("%s: draft %s is at revision %d; %d was acknowledged, with %d saves in doubt", r.who.Key, d.ID, got.Revision, d.revision+further, d.doubt)
	}
	if d.doubt > 0 || further > 0 {
		return // what was in doubt may have changed the answers; the next comparison is exact again
	}
	for key, want := range d.answers {
		if !bytes.Equal(want, got.Answers[key]) {
			r.t.Errorf("%s: draft %s: %s is %s; %s was acknowledged", r.who.Key, d.ID, key, got.Answers[key], want)
		}
	}
}

// gone makes sense of a draft that can't be worked: it may have been sent or deleted by a call without an answer.
func (r *resident) gone(d *draft, status int) {
	missing := status == http.StatusNotFound || status == http.StatusConflict
	switch {
	case missing && d.dropping:
		delete(r.drafts, d.service)
	case missing && !d.sending:
		r.t.Errorf("%s: draft %s of %s is lost: %d", r.who.Key, d.ID, d.service, status)
		delete(r.drafts, d.service)
	}
}

func (r *resident) drop(d *draft) {
	d.dropping = true
	if status := r.call(http.MethodDelete, "/api/v1/drafts/"+d.ID.String(), nil, nil); status/100 == 2 || status == http.StatusNotFound {
		delete(r.drafts, d.service)
		r.notes.dropped(d.ID, r)
	}
}

// submit sends an application, sometimes twice at once, as an impatient press does.
func (r *resident) submit(d *draft) {
	if d.dropping {
		r.drop(d)
		return
	}
	presses := 1
	if r.in(15) {
		presses = 2
	}
	numbers, statuses := make([]string, presses), make([]int, presses)
	d.sending = true
	var all sync.WaitGroup
	for i := range presses {
		all.Go(func() {
			var got struct {
				Number string `json:"number"`
			}
			statuses[i] = r.call(http.MethodPost, "/api/v1/drafts/"+d.ID.String()+"/submit", map[string]bool{"consent": true}, &got)
			numbers[i] = got.Number
		})
	}
	all.Wait()
	for i, status := range statuses {
		switch status {
		case http.StatusCreated:
			r.sent(d, numbers[i])
		case http.StatusUnprocessableEntity, http.StatusForbidden: // an obstacle, or a register that did not answer
			if !slices.Contains(statuses, http.StatusCreated) {
				d.sending = false
				r.drop(d)
			}
			return
		}
	}
}

// sent notes an application that the city has taken, and keeps its promise.
func (r *resident) sent(d *draft, number string) {
	delete(r.drafts, d.service)
	n := r.notes.sent(number, d, r)
	if status, promise := r.send(http.MethodGet, "/api/v1/cases/"+number+"/promise", nil); status == http.StatusOK {
		r.notes.change(n, func() { n.promise = promise })
	}
}

// wireCase is what the campaign reads of a case.
type wireCase struct {
	Number    string `json:"number"`
	Status    string `json:"status"`
	Stage     string `json:"stage"`
	Revision  int64  `json:"revision"`
	Charge    *id.ID `json:"charge"`
	Rating    int    `json:"rating"`
	Questions []struct {
		ID     id.ID  `json:"id"`
		Words  string `json:"words"`
		Answer string `json:"answer"`
	} `json:"questions"`
	Timeline []struct {
		Event string `json:"event"`
	} `json:"timeline"`
	Answers []struct {
		Field string `json:"field"`
		Value string `json:"value"`
	} `json:"answers"`
	Documents []id.ID `json:"documents"`
}

// lookAfter takes one of the person's cases and does what is to be done.
func (r *resident) lookAfter() {
	var lines []wireCase
	if status := r.call(http.MethodGet, "/api/v1/cases", nil, &lines); status != http.StatusOK || len(lines) == 0 {
		return
	}
	line := lines[r.random.IntN(min(len(lines), 12))] // the newest are where something happens
	for _, other := range lines {
		if other.Status == "to_pay" && r.in(30) || other.Status == "asked" && r.in(50) {
			line = other
			break
		}
	}
	var one wireCase
	if status := r.call(http.MethodGet, "/api/v1/cases/"+line.Number, nil, &one); status != http.StatusOK {
		return
	}
	n := r.notes.of(one.Number, r)
	switch {
	case one.Status == "to_pay" && one.Charge != nil:
		r.pay(*one.Charge)
	case one.Status == "asked":
		r.answer(n, one)
	case (one.Status == "approved" || one.Status == "refused") && one.Rating == 0 && r.in(30):
		stars := 1 + r.random.IntN(5)
		if r.call(http.MethodPost, "/api/v1/cases/"+one.Number+"/rating", map[string]any{"stars": stars}, nil)/100 == 2 {
			r.notes.change(n, func() { n.stars = stars })
			r.notes.count("ratings")
		}
	}
}

func (r *resident) answer(n *caseNote, one wireCase) {
	for _, q := range one.Questions {
		if q.Answer != "" {
			continue
		}
		words := "Отвечаю: " + q.ID.String()
		if r.call(http.MethodPost, "/api/v1/cases/"+one.Number+"/answers", map[string]any{"question": q.ID, "words": words}, nil)/100 == 2 {
			r.notes.change(n, func() { n.answers = append(n.answers, words) })
			r.notes.count("answers")
		}
	}
}

// pay begins to pay, sometimes by two presses at once, and then pays, declines or goes away at the bank.
func (r *resident) pay(charge id.ID) {
	presses := 1
	if r.in(25) {
		presses = 2
	}
	pages := make([]string, presses)
	var all sync.WaitGroup
	for i := range presses {
		all.Go(func() {
			var got struct {
				Page string `json:"page"`
			}
			r.call(http.MethodPost, "/api/v1/charges/"+charge.String()+"/payments", map[string]string{}, &got)
			pages[i] = got.Page
		})
	}
	all.Wait()
	for _, page := range pages {
		if page == "" {
			continue
		}
		if pages[0] != "" && page != pages[0] {
			r.t.Errorf("%s: two presses began two payments: %v", r.who.Key, pages)
		}
		attempt := path.Base(page)
		r.notes.attempt(attempt)
		if r.in(80) {
			r.atTheBank(attempt)
		}
	}
}

func (r *resident) atTheBank(attempt string) {
	if _, err := r.world.bank.Decide(attempt, r.in(75)); err != nil {
		r.t.Errorf("%s is sent to a page that the bank does not know: %v", r.who.Key, err)
	}
}
