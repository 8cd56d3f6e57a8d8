package app_test

import (
	"net/http"
	"strconv"

	"posad.city/app/apptest"
	"posad.city/core/agency"
	"posad.city/core/developer"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// setting is the act of Posad itself, setting an agency's programs up.
func setting(w *world) act.Act {
	return act.ByJob(id.New(w.Clock.Now()), act.Purpose{Kind: "agency"})
}

// newKey makes a key of an agency that is for everything.
func (w *world) newKey(of string, test bool) (developer.Key, string) {
	w.t.Helper()
	k, shown, err := w.Modules.Developer.MakeKey(w.t.Context(), setting(w), agency.ID(of), developer.NewKey{
		Name: "matrix", Test: test, Scopes: developer.Scopes(), PerMinute: developer.PerMinuteMost, Life: developer.KeyLife,
	})
	w.Must(err)
	return k, shown
}

// program is an agency's program with such a key. On pages it is nobody.
func (w *world) program(of string, test bool) *member {
	name := of + strconv.FormatBool(test)
	if _, made := w.keys[name]; !made {
		_, shown := w.newKey(of, test)
		w.keys[name] = &member{hat: of, key: true, browser: w.Nobody(), program: w.Key(shown)}
	}
	return w.keys[name]
}

// programs makes what the Department of Transport's programs have: a key, an endpoint of the sandbox, a message to it, and a
// payment of the sandbox.
func (w *world) programs(made map[string]string) {
	w.t.Helper()
	key, _ := w.newKey("transport", true)
	made["key"] = key.ID.String()
	_, shown := w.newKey("transport", true)
	sandbox := w.Key(shown)
	var endpoint struct{ ID string }
	w.want(sandbox, http.MethodPost, "/api/v1/agency/webhooks", map[string]any{"name": "matrix", "url": "https://127.0.0.1:9/", "types": []string{developer.ChargePaid}}, &endpoint)
	var message struct{ Message string }
	w.want(sandbox, http.MethodPost, "/api/v1/agency/webhooks/"+endpoint.ID+"/ping", nil, &message)
	made["endpoint"], made["message"] = endpoint.ID, message.Message[len("msg_"):]
	made["trial"] = w.trial(sandbox)
}

// trial issues a bill in the sandbox and pays it there, and gives the payment.
func (w *world) trial(sandbox *apptest.Client) string {
	w.t.Helper()
	var bill, paid struct{ ID string }
	w.want(sandbox, http.MethodPost, "/api/v1/agency/charges", map[string]any{
		"kind": "other", "number": "matrix", "by": "inn", "value": "7707083893", "amount": 150000, "title_ru": "Проба", "title_en": "A trial",
	}, &bill)
	w.want(sandbox, http.MethodPost, "/api/v1/agency/sandbox/payments", map[string]any{"charge": bill.ID}, &paid)
	return paid.ID
}
