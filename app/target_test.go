package app_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"posad.city/app/apptest"
	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// target is a thing that a route is asked for.
type target struct {
	name   string
	object func(*subject) act.Object
	path   map[string]string // values of the path's wildcards
	form   url.Values        // fields that name a thing in the body; nil: the body names none
}

// kinds are the kinds of object that operations are registered with, and who has one in these tests. A kind without a
// line here fails the matrix.
var kinds = map[string]string{
	"account":  "everybody's own; Anna's sessions",
	"case":     "Anna's permit, letter and pass, her son's place at school",
	"draft":    "Anna's, and hers for her son",
	"document": "a certificate of Anna's and one of her son's, a file in the draft of each",
	"charge":   "a bill of Anna's and one of her son's, both paid",
	"notice":   "a message to Anna",
	"desk":     "the desk of the agency whose hat is worn",
	"official": "the roles of the city's agencies",
	"register": "the registers that the city asks",
}

// open are the wildcards that name public things, with one that exists.
func open(w *world) map[string]string {
	return map[string]string{
		"service": "parking-permit", "topic": w.City.Topics[0].Key, "situation": w.City.Situations[0].Key, "item": w.City.News[0].Key,
		"agency": "transport", "page": w.City.Pages[0].Key, "code": "web.missing",
	}
}

// secrets are routes that are open to everyone and answer by a secret in the request, not by who asks.
var secrets = map[string]string{
	"POST /api/v1/pay/notify":          "the bank signs its messages",
	"POST /api/v1/notices/unsubscribe": "the letter's link carries a token",
}

// narrower are use cases that let in fewer than their operation, with the reason. They refuse the subjects named.
var narrower = map[string]struct {
	subjects []string
	reason   string
}{
	"mandate.ask_register": {[]string{"new resident"}, "the family register is asked only for a person whose identity is confirmed"},
	"apply.read":           {[]string{"child's other parent"}, "a draft is its applicant's alone until it is sent"},
	"apply.save":           {[]string{"child's other parent"}, "a draft is its applicant's alone until it is sent"},
	"apply.submit":         {[]string{"child's other parent"}, "a draft is its applicant's alone until it is sent"},
	"apply.delete":         {[]string{"child's other parent"}, "a draft is its applicant's alone until it is sent"},
}

// once are operations that use up what they are done to: each call gets a fresh one.
var once = []string{"apply.delete", "account.close_session", "account.sign_out", "agency.drop_official"}

// things keeps what was made for the matrix.
type things struct {
	w             *world
	anna, misha   id.ID
	made          map[string]string // ids by what they are
	annas, mishas string            // drafts
	spent         bool              // somebody was let in since the last renewal
}

// annasSession tells whether the session that was made for Anna is still open: it lies in nobody else's account, and
// whoever names it closes nothing.
func (t *things) annasSession() bool {
	list, err := t.w.Modules.Account.SessionsOf(t.w.t.Context(), system(t.w), t.anna)
	t.w.Must(err)
	return slices.ContainsFunc(list, func(s account.OpenSession) bool { return s.ID.String() == t.made["anna session"] })
}

func makeThings(w *world) *things {
	t := &things{w: w, anna: w.Resident("anna").ID(), misha: w.Resident("misha").ID(), made: map[string]string{}}
	t.draft()
	t.fill()
	anna := w.of("anna", "")
	for owner, holder := range map[string]id.ID{"anna": t.anna, "misha": t.misha} {
		t.made[owner+" document"] = w.paper(holder).String()
		t.pay(owner, map[string]*member{"anna": anna, "misha": w.of("oleg", "")}[owner], w.bill(holder))
	}
	var inbox struct{ Messages []struct{ ID string } }
	w.want(anna.program, http.MethodGet, "/api/v1/notices", nil, &inbox)
	if len(inbox.Messages) == 0 {
		w.t.Fatal("Anna was told nothing of four cases")
	}
	t.made["anna message"] = inbox.Messages[0].ID
	t.made["anna session"] = w.session("anna")
	return t
}

// draft begins one for Anna and one for her son.
func (t *things) draft() {
	t.annas = t.w.begin(t.w.of("anna", ""), "parking-permit", nil)
	t.mishas = t.w.begin(t.w.of("anna", ""), "school-first-class", &t.misha)
}

// fill puts a file into each draft.
func (t *things) fill() {
	by := act.Act{Actor: act.Actor{Kind: act.Person, Person: t.anna}, Holder: t.anna, Assurance: act.Standard, Channel: act.Web}
	t.made["anna upload"] = t.w.upload(t.anna, by, t.annas).String()
	t.made["misha upload"] = t.w.upload(t.misha, by, t.mishas).String()
}

// pay pays a bill; by mandate when it is a child's.
func (t *things) pay(owner string, payer *member, charge string) {
	before := t.w.Bank.Payments()
	t.w.payBill(payer, charge)
	for key := range t.w.Bank.Payments() {
		if _, old := before[key]; !old {
			t.made[owner+" attempt"] = key
		}
	}
	var paid struct{ Payment string }
	t.w.want(payer.program, http.MethodGet, "/api/v1/charges/"+charge, nil, &paid)
	t.made[owner+" charge"], t.made[owner+" payment"] = charge, paid.Payment
}

// renew makes anew what an operation of once has used up.
func (t *things) renew(op string) {
	switch op {
	case "apply.delete":
		if t.spent {
			t.draft()
		}
	case "account.close_session":
		if t.annasSession() {
			return
		}
		t.made["anna session"] = t.w.session("anna")
	case "agency.drop_official":
		t.w.appoint("hung", "transport", agency.Clerk)
	}
}

var wildcards = regexp.MustCompile(`\{([a-z]+)\}`)

// targets are all things that a route is asked for.
func (t *things) targets(r web.Route) []target {
	named := wildcards.FindAllStringSubmatch(r.Path, -1)
	switch {
	case r.Op.Object == "":
		return []target{{name: "all", object: always(act.Object{}), path: t.public(r)}}
	case r.Op.Object == "official" || r.Op.Object == "register":
		return []target{{name: "the city's", object: always(act.Object{Kind: r.Op.Object, Agency: agency.ID(agency.City)}), path: map[string]string{
			"agency": "transport", "person": t.w.Resident("hung").ID().String(),
		}}}
	case r.Op.Object == "desk", r.Pattern == "POST /desk/take":
		return []target{{name: "own desk", object: ownDesk, path: map[string]string{}}}
	case strings.Contains(r.Path, "{number}"):
		return t.cases(r)
	case r.Pattern == "POST /services/{service}/apply", r.Pattern == "POST /api/v1/services/{service}/drafts":
		return []target{
			own(r, map[string]string{"service": "parking-permit"}),
			{name: "for a child", object: always(act.Object{Kind: "draft", Holder: t.misha}), path: map[string]string{"service": "school-first-class"},
				form: url.Values{"child": {t.misha.String()}}},
		}
	case r.Pattern == "POST /account/security/close":
		out := own(r, map[string]string{})
		out.form = url.Values{"session": {t.made["anna session"]}}
		return []target{out}
	case r.Pattern == "DELETE /api/v1/sessions/{session}":
		return []target{own(r, map[string]string{"session": t.made["anna session"]})}
	case len(named) == 0 || len(named) == 1 && named[0][1] == "service":
		return []target{own(r, t.public(r))}
	}
	return t.owned(r)
}

func always(o act.Object) func(*subject) act.Object { return func(*subject) act.Object { return o } }

func own(r web.Route, path map[string]string) target {
	return target{name: "own", path: path, object: func(s *subject) act.Object { return act.Object{Kind: r.Op.Object, Holder: s.id()} }}
}

func ownDesk(s *subject) act.Object {
	o := act.Object{Kind: "desk"}
	if s.hat != "" {
		o.Agency = agency.ID(s.hat)
	}
	return o
}

func (t *things) public(r web.Route) map[string]string {
	out := open(t.w)
	if strings.HasPrefix(r.Path, "/v/") || strings.HasPrefix(r.Path, "/api/v1/check/") {
		out["code"] = t.made["check code"]
	}
	return out
}

// cases are the four of Anna's, as far as a route is about each.
func (t *things) cases(r web.Route) []target {
	w := t.w
	kotova, orlova := w.Resident("kotova").ID(), w.Resident("orlova").ID()
	all := []struct {
		name, number     string
		holder, assigned id.ID
		office           string
	}{
		{"in hands", w.parking, t.anna, kotova, "transport"},
		{"a child's", w.school, t.misha, orlova, "education"},
		{"with a file", w.appeal, t.anna, id.ID{}, t.officeOf(w.appeal)},
		{"decided", w.freight, t.anna, id.ID{}, "transport"},
	}
	var out []target
	for _, c := range all {
		if strings.HasSuffix(r.Path, "/decision") && c.name != "decided" || strings.Contains(r.Path, "{file}") && c.name != "with a file" {
			continue
		}
		o := act.Object{Kind: "case", Holder: c.holder, Persons: []id.ID{t.anna}, Agency: agency.ID(c.office), Assigned: c.assigned}
		out = append(out, target{name: c.name, object: always(o), path: map[string]string{"number": c.number, "file": w.appealFile.String()}})
	}
	return out
}

// officeOf is where a letter was sent by its topic.
func (t *things) officeOf(number string) string {
	ref, err := t.w.Modules.Casework.Find(t.w.t.Context(), number)
	t.w.Must(err)
	for _, a := range t.w.City.Agencies {
		if agency.ID(a.Key) == ref.Agency {
			return a.Key
		}
	}
	t.w.t.Fatalf("the letter %s lies with nobody", number)
	return ""
}

// owned are Anna's thing and her son's.
func (t *things) owned(r web.Route) []target {
	var out []target
	for owner, holder := range map[string]id.ID{"anna": t.anna, "misha": t.misha} {
		path := map[string]string{"step": "applicant", "draft": map[string]string{"anna": t.annas, "misha": t.mishas}[owner]}
		if owner == "misha" {
			path["step"] = "school"
		}
		for _, kind := range []string{"document", "charge", "attempt", "payment", "message", "session"} {
			path[kind] = t.made[owner+" "+kind]
		}
		path["file"] = t.made[owner+" upload"]
		if whole(r, path) {
			out = append(out, target{name: map[string]string{"anna": "Anna's", "misha": "a child's"}[owner], object: always(act.Object{Kind: r.Op.Object, Holder: holder}), path: path})
		}
	}
	slices.SortFunc(out, func(a, b target) int { return strings.Compare(a.name, b.name) })
	return out
}

// whole tells whether every wildcard of a route has a value.
func whole(r web.Route, path map[string]string) bool {
	for _, name := range wildcards.FindAllStringSubmatch(r.Path, -1) {
		if path[name[1]] == "" {
			return false
		}
	}
	return true
}

// call makes the request: its body names the thing where the path does not, and else is one that no operation takes, so
// that whoever may is told what is wrong with it.
func (t target) call(r web.Route) apptest.Call {
	path := strings.TrimSuffix(r.Path, "{$}")
	for name, value := range t.path {
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	out := apptest.Call{Method: r.Method, Path: path}
	if r.Method == http.MethodGet || r.Method == http.MethodDelete {
		return out
	}
	form := t.form
	if form == nil {
		form = url.Values{"nobody-knows-this": {"1"}}
	}
	if r.Surface == web.SurfacePage {
		out.Type, out.Body = "application/x-www-form-urlencoded", []byte(form.Encode())
		return out
	}
	flat := map[string]string{}
	for name := range form {
		flat[name] = form.Get(name)
	}
	body, err := json.Marshal(flat)
	if err != nil {
		panic(err) // strings always marshal
	}
	out.Type, out.Body = "application/json", body
	return out
}
