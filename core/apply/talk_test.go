package apply_test

import (
	"net/http"
	"strings"
	"testing"

	"posad.city/core/service"
	"posad.city/core/talk"
)

// saidTurn is a turn as a program reads it.
type saidTurn struct {
	Says, Field string
	Act         talk.Act
	State       talk.Dialogue
}

// TestAConversationThroughTheAPI fills in an application by replies, keeps each at once, and sends it; the same draft is on
// paper for its applicant alone, and the blank is everybody's.
func TestAConversationThroughTheAPI(t *testing.T) {
	t.Parallel()
	d, _ := kitezhCity().Service("parking-permit")
	x := newExample(t, kitezhCity(), d, &d.Examples[0])
	var draft struct{ ID string }
	x.b.call(http.MethodPost, "/api/v1/services/parking-permit/drafts", map[string]any{}, &draft)
	path := "/api/v1/drafts/" + draft.ID
	turn := saidTurn{}
	if got := x.b.call(http.MethodPost, path+"/talk", map[string]any{}, &turn); got.status != http.StatusOK || turn.Field != "phone" {
		t.Fatalf("%d %s", got.status, got.shown())
	}
	for _, reply := range []string{"что?", "да", "1", "послезавтра", "нет", "да", "да"} {
		next := saidTurn{}
		if got := x.b.call(http.MethodPost, path+"/talk", map[string]any{"state": turn.State, "text": reply}, &next); got.status != http.StatusOK {
			t.Fatalf("%q: %d %s", reply, got.status, got.shown())
		}
		turn = next
	}
	if turn.Act != talk.Submit {
		t.Fatalf("%+v", turn)
	}
	x.onPaper(t, draft.ID)
	var sent struct{ Number string }
	x.b.call(http.MethodPost, path+"/submit", map[string]any{"consent": true}, &sent)
	if sent.Number == "" || len(x.cases.sent) != 1 || x.cases.sent[0].Inputs.Answers["phone"] == nil {
		t.Errorf("%v %v", sent, x.cases.sent)
	}
}

func (x *example) onPaper(t *testing.T, draft string) {
	t.Helper()
	for _, path := range []string{"/drafts/" + draft + "/form.pdf", "/drafts/" + draft + "/form.pdf?large=1"} {
		if got := x.b.get(path); got.status != http.StatusOK || got.kind != "application/pdf" || !strings.HasPrefix(got.body, "%PDF") {
			t.Errorf("%s: %d %s", path, got.status, got.kind)
		}
	}
	x.enrol("other", service.Person{Name: service.Name{Surname: "Орлов", Given: "Пётр"}})
	if got := x.signIn("other").get("/drafts/" + draft + "/form.pdf"); got.status == http.StatusOK {
		t.Error("another person prints the draft")
	}
	if got := x.stranger().get("/services/parking-permit/form.pdf"); got.status != http.StatusOK || !strings.HasPrefix(got.body, "%PDF") {
		t.Errorf("the blank: %d", got.status)
	}
	if got := x.stranger().get("/services/nonsense/form.pdf"); got.status != http.StatusNotFound {
		t.Errorf("a service that is not there: %d", got.status)
	}
}
