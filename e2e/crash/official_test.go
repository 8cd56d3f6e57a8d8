package crash

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"posad.city/kit/id"
)

// official works a desk.
type official struct {
	*caller
	asked int
}

// signIn opens the session and puts the official's hat on.
func (o *official) signIn() {
	o.t.Helper()
	o.caller.signIn()
	var roles []struct {
		Agency id.ID `json:"agency"`
	}
	if status := o.call(http.MethodGet, "/api/v1/roles", nil, &roles); status != http.StatusOK || len(roles) == 0 {
		o.t.Fatalf("%s has no role: %d", o.who.Key, status)
	}
	if status := o.call(http.MethodPost, "/api/v1/hat", map[string]any{"agency": roles[0].Agency}, nil); status/100 != 2 {
		o.t.Fatalf("%s can't put the hat on: %d", o.who.Key, status)
	}
}

// deskLine is what the campaign reads of the desk's list.
type deskLine struct {
	Number  string `json:"number"`
	Service string `json:"service"`
	Status  string `json:"status"`
	Owner   *struct {
		ID id.ID `json:"id"`
	} `json:"owner"`
}

func (o *official) live(ctx context.Context) {
	for ctx.Err() == nil {
		var list struct {
			Cases []deskLine `json:"cases"`
		}
		if status := o.call(http.MethodGet, "/api/v1/desk/cases", nil, &list); status == http.StatusOK && len(list.Cases) > 0 {
			line := list.Cases[o.random.IntN(len(list.Cases))]
			line.Number = strings.ReplaceAll(line.Number, "-", "")
			o.work(line)
		}
		pause(ctx, time.Duration(20+o.random.IntN(60))*time.Millisecond)
	}
}

// grounds are one ground of refusal a service.
var grounds = map[string]string{"parking-permit": "not-resident", "city-appeal": "answered", "freight-pass": "too-dirty"}

func (o *official) work(line deskLine) {
	n := o.notes.of(line.Number, nil)
	desk := "/api/v1/desk/cases/" + line.Number
	if line.Owner == nil {
		if o.call(http.MethodPost, desk+"/take", map[string]any{}, nil) == http.StatusOK {
			o.notes.change(n, func() { n.taken = true })
			o.notes.count("takes")
		}
		return
	}
	if line.Status == "asked" && o.in(80) {
		return
	}
	switch k := o.random.IntN(100); {
	case k < 20:
		o.asked++
		words := fmt.Sprintf("Вопрос %d от %s", o.asked, o.who.Key)
		if o.call(http.MethodPost, desk+"/ask", map[string]string{"words": words}, nil) == http.StatusOK {
			o.notes.change(n, func() { n.questions = append(n.questions, words) })
			o.notes.count("questions")
		}
	case k < 40:
		o.decide(n, desk, "refused", map[string]string{"verdict": "refuse", "ground": grounds[line.Service], "words": "Отказано."})
	case k < 85:
		o.decide(n, desk, "approved", map[string]string{"verdict": "approve", "words": "Решено."})
	}
}

func (o *official) decide(n *caseNote, desk, stage string, sent map[string]string) {
	if o.call(http.MethodPost, desk+"/decide", sent, nil) == http.StatusOK {
		o.notes.change(n, func() { n.stage = stage })
		o.notes.count("decisions")
	}
}
