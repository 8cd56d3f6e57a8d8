package app_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"posad.city/app/apptest"
	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/mandate"
	"posad.city/core/organisation"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// target is a thing that a route is asked for.
type target struct {
	name   string
	object func(*subject) act.Object
	path   map[string]string // values of the path's wildcards
	query  string            // of the address, where a thing is named there
	form   url.Values        // fields that name a thing in the body; nil: the body names none
	header map[string]string // of a protocol
	kind   string            // content type of the protocol's body; empty: the surface's own
	each   bool              // every agency has another
	also   *subject          // somebody who is asked for this thing alone
}

// things keeps what was made for the matrix.
type things struct {
	w             *world
	anna, misha   id.ID
	made          map[string]string // ids by what they are
	annas, mishas string            // drafts
	letter        string            // a draft of Anna's that takes files
	copied        time.Time         // when the copy was last made by live
	spent         string            // the target to which somebody was let in since the last renewal
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
		paper := w.paper(holder)
		t.made[owner+" document"], t.made[owner+" entry"] = paper.String(), w.entry(holder, paper)
		t.pay(owner, map[string]*member{"anna": anna, "misha": w.of("oleg", "")}[owner], w.bill(holder))
	}
	var inbox struct{ Messages []struct{ ID string } }
	w.want(anna.program, http.MethodGet, "/api/v1/notices", nil, &inbox)
	if len(inbox.Messages) == 0 {
		w.t.Fatal("Anna was told nothing of four cases")
	}
	t.made["anna message"] = inbox.Messages[0].ID
	t.made["anna session"] = w.session("anna")
	t.made["anna copy"] = w.copy()
	t.made["investigation"], t.made["client"] = w.investigation(), w.site()
	t.made["given"], t.made["offered"], t.made["asked"] = w.given(), w.offer(mandate.Give), w.offer(mandate.Ask)
	t.made["way"] = w.recovery()
	t.made["child's"] = w.taken("anna", t.misha)
	t.made["visit"], t.made["company"] = w.visit(), w.company()
	w.bar()
	t.made["change"], t.made["run"] = w.change()
	t.office()
	t.book()
	t.send()
	t.charge()
	t.flat()
	w.programs(t.made)
	w.funds()
	return t
}

// office makes what officials of the Department of Transport have beside cases.
func (t *things) office() {
	t.made["bulk"], t.made["absence"], t.made["template"] = t.w.bulk(), t.w.absence(), t.w.template()
}

// book makes an appointment of Anna's and one of her son's.
func (t *things) book() {
	t.made["anna booking"], t.made["misha booking"] = t.w.booking(t.anna, t.made["anna booking"]), t.w.booking(t.misha, t.made["misha booking"])
}

// send begins to send a file in parts.
func (t *things) send() { t.made["sending"] = t.w.sending(t.letter) }

// draft begins one for Anna and one for her son.
func (t *things) draft() {
	t.annas = t.w.begin(t.w.of("anna", ""), "parking-permit", nil)
	t.mishas = t.w.begin(t.w.of("anna", ""), "school-first-class", &t.misha)
	t.letter = t.w.begin(t.w.of("anna", ""), "city-appeal", nil)
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
	var receipt struct{ Code string }
	t.w.want(payer.program, http.MethodGet, "/api/v1/payments/"+paid.Payment, nil, &receipt)
	t.made[owner+" charge"], t.made[owner+" payment"], t.made[owner+" receipt"] = charge, paid.Payment, receipt.Code
}

// renew makes anew what an operation of once has used up.
func (t *things) renew(op string) {
	if t.spent != "" {
		t.again(op)
	}
	switch op {
	case "account.close_session":
		if t.annasSession() {
			return
		}
		t.made["anna session"] = t.w.session("anna")
	case "agency.drop_official":
		t.w.appoint("hung", "transport", agency.Clerk)
	}
}

// again makes anew what somebody was let in to.
func (t *things) again(op string) {
	switch op {
	case "apply.delete":
		t.draft()
	case "account.unblock":
		t.w.bar()
	case "centre.end":
		t.made["visit"] = t.w.visit()
	case "mandate.accept":
		t.made["offered"] = t.w.offer(mandate.Give)
	case "mandate.grant":
		t.made["asked"] = t.w.offer(mandate.Ask)
	case "mandate.end":
		if t.spent == "given" {
			t.made["given"] = t.w.given()
		} else {
			t.made["offered"] = t.w.offer(mandate.Give)
		}
	case "organisation.close":
		t.made["company"] = t.w.company()
	case "desk.next":
		t.w.putBack(t.w.appeal)
	case "desk.away":
		t.made["absence"] = t.w.absence()
	case "desk.drop_template":
		t.made["template"] = t.w.template()
	case "document.send":
		t.send()
	}
}

// live makes anew what has a short life and is needed by a route.
func (t *things) live(r web.Route) {
	switch {
	case strings.Contains(r.Path, "{visit}"):
		t.made["visit"] = t.w.visit()
	case strings.Contains(r.Path, "{copy}") && t.w.Clock.Now().Sub(t.copied) > 12*time.Hour:
		t.made["anna copy"], t.copied = t.w.copy(), t.w.Clock.Now()
	case strings.Contains(r.Path, "{mandate}"):
		t.made["offered"], t.made["asked"] = t.w.offer(mandate.Give), t.w.offer(mandate.Ask)
	case strings.Contains(r.Path, "/visits"):
		t.book()
	}
}

// anew makes anew what the matrix has used up or what has a short life.
func (t *things) anew() {
	t.draft()
	t.fill()
	t.made["visit"], t.made["company"], t.made["anna copy"] = t.w.visit(), t.w.company(), t.w.copy()
	t.made["given"], t.made["offered"], t.made["asked"] = t.w.given(), t.w.offer(mandate.Give), t.w.offer(mandate.Ask)
	t.office()
	t.book()
	t.send()
}

var wildcards = regexp.MustCompile(`\{([a-z]+)\}`)

// messages are Anna's in the log of the exchange.
func (t *things) messages() target {
	list, err := t.w.Modules.Exchange.Log(t.w.t.Context(), act.ByJob(t.anna, act.Purpose{Kind: "account"}), t.anna, id.ID{}, 1)
	if err != nil || len(list) == 0 {
		t.w.t.Fatalf("no register was asked about Anna: %v", err)
	}
	return target{name: "about Anna", object: always(act.Object{Kind: "register", Holder: t.anna, Agency: agency.ID(agency.City)}), path: map[string]string{
		"person": t.anna.String(), "try": list[0].ID.String(), "side": "question",
	}}
}

// targets are all things that a route is asked for.
func (t *things) targets(r web.Route) []target {
	switch {
	case r.Op.Object == "":
		return []target{{name: "all", object: always(act.Object{}), path: t.public(r)}}
	case r.Op.Object == "list":
		return []target{{name: "of transport", object: always(act.Object{Kind: "list", Agency: agency.ID("transport")}), path: t.public(r)}}
	case r.Op.Object == "studio":
		return t.studio(r)
	case r.Op.Object == "charge" && strings.HasPrefix(r.Op.Name, "charge."):
		return t.bills(r)
	case r.Op.Object == "books":
		return t.books(r)
	case r.Op.Object == "flat":
		return t.flats(r)
	case r.Op.Object == "autopay":
		return t.regular(r)
	case r.Op.Object == "income":
		return t.receipts(r)
	case r.Op.Object == "charity":
		return t.charity()
	case r.Op.Object == "card":
		return []target{{name: "the carrier's", object: always(act.Object{Kind: "card", Agency: agency.ID("transport")}), path: map[string]string{}}}
	case r.Op.Object == "program":
		return []target{t.programs(r)}
	case r.Op.Object == "entry" && strings.Contains(r.Path, "/desk/registers"):
		return t.deskEntries(r)
	case r.Op.Object == "booking" && strings.Contains(r.Path, "{booking}"):
		return t.bookings()
	case strings.HasPrefix(r.Path, "/api/v1/files"):
		return t.sendings(r)
	case strings.HasPrefix(r.Path, "/sign/"):
		return []target{{name: "to sign", object: always(act.Object{Kind: "case", Holder: t.anna}), path: map[string]string{"number": t.w.stay}}}
	case r.Pattern == "GET /desk/documents":
		return []target{{name: "own desk", object: ownDesk("document"), path: map[string]string{}}}
	case r.Op.Name == "exchange.messages":
		return []target{t.messages()}
	case slices.Contains([]string{"official", "register", "sign_ins", "provider", "authority", "client", "log"}, r.Op.Object):
		return []target{{name: "the city's", object: always(act.Object{Kind: r.Op.Object, Agency: agency.ID(agency.City)}), path: map[string]string{
			"agency": "transport", "person": t.w.Resident("hung").ID().String(), "client": t.made["client"],
		}}}
	case slices.Contains([]string{"visit", "mandate", "organisation", "investigation"}, r.Op.Object), strings.Contains(r.Path, "{account}"), r.Op.Name == "account.block", r.Pattern == "GET /account/security/way":
		return t.parties(r)
	case r.Op.Object == "desk", r.Pattern == "POST /desk/take":
		return t.desks(r)
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
	case whole(r, t.public(r)):
		return []target{own(r, t.public(r))}
	case strings.Contains(r.Path, "{site}"):
		return []target{own(r, map[string]string{"site": t.made["client"]})}
	}
	return t.owned(r)
}

// deskEntries are what an official does at their desk with the register of parking permits: finds, reads and changes an entry.
func (t *things) deskEntries(r web.Route) []target {
	q := url.Values{"purpose": {"keeping"}}
	if !strings.Contains(r.Path, "{entry}") && strings.Contains(r.Path, "{register}") {
		q.Set("field", "plate")
		q.Set("q", plate)
	}
	return []target{{
		name: "own desk", object: ownDesk("entry"), path: map[string]string{"register": "parking-permits", "entry": t.made["anna entry"]}, query: "?" + q.Encode(),
		form: url.Values{}, // whole: who may not is not asked for more
	}}
}

// parties are the things in which more than one side has a hand.
func (t *things) parties(r web.Route) []target {
	one := func(name string, o act.Object, wildcard, value string) target {
		o.Kind = r.Op.Object
		return target{name: name, object: always(o), path: map[string]string{wildcard: value}}
	}
	boris := t.w.Resident(neighbour).ID()
	given := one("given", act.Object{Holder: t.anna, Persons: []id.ID{boris}}, "mandate", t.made["given"])
	offered := one("offered", act.Object{Holder: boris, Persons: []id.ID{t.anna}}, "mandate", t.made["offered"])
	asked := one("asked", act.Object{Holder: boris, Persons: []id.ID{t.anna}}, "mandate", t.made["asked"])
	childs := one("a child's", act.Object{Holder: t.misha, Persons: []id.ID{t.anna}}, "mandate", t.made["child's"])
	visit := act.Object{Holder: boris, Agency: agency.ID("centre"), Assigned: t.w.Resident("orekhova").ID()}
	switch {
	case r.Pattern == "GET /account/security/way":
		out := one("Anna's", act.Object{Holder: t.anna}, "", "")
		out.query = "?" + url.Values{"account": {t.w.accountOf("anna").String()}, "way": {t.made["way"]}}.Encode()
		return []target{out}
	case strings.Contains(r.Path, "{account}"), r.Op.Name == "account.block":
		return []target{one("closed", act.Object{Holder: t.w.Resident(barred).ID()}, "account", t.w.accountOf(barred).String())}
	case strings.Contains(r.Path, "{visit}"):
		return []target{one("a neighbour's", visit, "visit", t.made["visit"])}
	case r.Op.Object == "visit":
		return []target{one("the desk", act.Object{Agency: agency.ID("centre")}, "", "")}
	case strings.Contains(r.Path, "{investigation}"):
		o := act.Object{Agency: agency.ID("road-police"), Assigned: t.w.Resident("dorogin").ID()}
		return []target{one("of Anna", o, "investigation", t.made["investigation"])}
	case r.Op.Object == "investigation":
		return []target{{name: "own desk", object: ownDesk("investigation"), path: map[string]string{}}}
	case strings.Contains(r.Path, "{organisation}"):
		return []target{one("Anna's", act.Object{Holder: organisation.ID(companyOGRN)}, "organisation", t.made["company"])}
	case r.Op.Name == "mandate.accept":
		return []target{offered}
	case r.Op.Name == "mandate.grant":
		return []target{asked}
	case r.Op.Name == "mandate.end":
		return []target{given, offered}
	case strings.Contains(r.Path, "{mandate}"):
		return []target{given, offered, asked, childs}
	}
	return []target{own(r, map[string]string{})} // a new mandate of one's own
}

func always(o act.Object) func(*subject) act.Object { return func(*subject) act.Object { return o } }

func own(r web.Route, path map[string]string) target {
	return target{name: "own", path: path, object: func(s *subject) act.Object { return act.Object{Kind: r.Op.Object, Holder: s.id()} }}
}

func ownDesk(kind string) func(*subject) act.Object {
	return func(s *subject) act.Object {
		o := act.Object{Kind: kind}
		if s.hat != "" {
			o.Agency, o.Test = agency.ID(s.hat), s.test
		}
		return o
	}
}

func (t *things) public(r web.Route) map[string]string {
	out := open(t.w)
	switch {
	case strings.HasPrefix(r.Path, "/v/"), strings.HasPrefix(r.Path, "/api/v1/check/"), strings.HasPrefix(r.Path, "/api/v1/access/"):
		out["code"] = t.made["check code"]
	case strings.Contains(r.Path, "/services/{key}"):
		out["key"] = "parking-permit"
	case strings.HasPrefix(r.Path, "/pay/check/"):
		out["code"] = t.made["anna receipt"]
	case strings.HasPrefix(r.Path, "/pay/guest/"):
		out["payment"] = id.Derived("test", "no guest's payment").String()
	}
	return out
}

// cases are Anna's, as far as a route is about each.
func (t *things) cases(r web.Route) []target {
	w := t.w
	kotova, orlova, belova, dorogin := w.Resident("kotova").ID(), w.Resident("orlova").ID(), w.Resident("belova").ID(), w.Resident("dorogin").ID()
	all := []struct {
		name, number     string
		holder, assigned id.ID
		office           string
		also             *subject
		only             func(web.Route) bool // nil: every route
	}{
		{name: "in hands", number: w.parking, holder: t.anna, assigned: kotova, office: "transport"},
		{name: "a child's", number: w.school, holder: t.misha, assigned: orlova, office: "education"},
		{name: "with a file", number: w.appeal, holder: t.anna, office: t.officeOf(w.appeal)},
		{name: "decided, a mistake is looked at", number: w.freight, holder: t.anna, assigned: belova, office: "transport"},
		{name: "agreed by two agencies", number: w.cargo, holder: t.anna, assigned: dorogin, office: "transport", only: about("read", "opine", "desk_case")},
		{name: "proposed", number: w.vacancy, holder: t.anna, office: "employment", also: w.second(), only: about("confirm", "return", "desk_case")},
	}
	var out []target
	for _, c := range all {
		decided := c.number == w.freight
		if strings.HasSuffix(r.Path, "/decision") && !decided || strings.Contains(r.Path, "{file}") && c.number != w.appeal || c.only != nil && !c.only(r) {
			continue
		}
		o := act.Object{Kind: "case", Holder: c.holder, Persons: []id.ID{t.anna}, Agency: agency.ID(c.office), Assigned: c.assigned}
		one := target{name: c.name, object: always(o), also: c.also, path: map[string]string{"number": c.number, "file": w.appealFile.String()}}
		if c.number == w.cargo { // it is each agency's that was asked
			one.object = func(s *subject) act.Object {
				o := o
				if s.hat == "road-police" {
					o.Agency = agency.ID(s.hat)
				}
				return o
			}
		}
		out = append(out, one)
	}
	return out
}

// about holds a case to routes of some operations: what a case is at matters to these alone.
func about(names ...string) func(web.Route) bool {
	return func(r web.Route) bool { return slices.Contains(names, strings.TrimPrefix(r.Op.Name, "casework.")) }
}

// desks are the desk of whoever asks, and what belongs to the desk of the Department of Transport.
func (t *things) desks(r web.Route) []target {
	one := func(wildcard, value string) []target {
		o := act.Object{Kind: "desk", Agency: agency.ID("transport")}
		return []target{{name: "of transport", object: always(o), path: map[string]string{wildcard: value}}}
	}
	for _, kind := range []string{"bulk", "absence", "template"} {
		if strings.Contains(r.Path, "{"+kind+"}") {
			out := one(kind, t.made[kind])
			out[0].form = url.Values{} // whole: who may not is not asked for more
			return out
		}
	}
	out := target{name: "own desk", object: ownDesk("desk"), path: map[string]string{}}
	switch {
	case strings.Contains(r.Path, "{person}"): // a colleague, or nobody of the agency
		out.path["person"], out.form = t.w.Resident("kotova").ID().String(), url.Values{}
	case r.Pattern == "GET /desk/bulk":
		out.query = "?" + url.Values{"case": {t.w.parking}}.Encode()
	case strings.HasSuffix(r.Path, "/desk/closed"):
		out.query = "?" + url.Values{"q": {t.w.freight}}.Encode()
	case r.Op.Name == "booking.desk":
		out.each = true
		out.query = "?" + url.Values{"day": {t.w.visits}}.Encode()
	}
	return []target{out}
}

// studio is the studio of whoever asks, and a change set of the Department of Transport.
func (t *things) studio(r web.Route) []target {
	out := target{name: "own studio", object: ownDesk("studio"), path: map[string]string{"version": t.w.version(), "schema": "service.json"}}
	if strings.Contains(r.Path, "{change}") {
		out.name, out.object = "of transport", always(act.Object{Kind: "studio", Agency: agency.ID("transport")})
		out.path["change"], out.path["run"] = t.made["change"], t.made["run"]
	}
	if strings.HasSuffix(r.Path, "/file") && r.Method == http.MethodGet {
		out.query = "?" + url.Values{"path": {studied}}.Encode()
	}
	return []target{out}
}

// programs are what the Department of Transport's programs have. An administrator says whose; a program asks for its own.
func (t *things) programs(r web.Route) target {
	transport := agency.ID("transport")
	out := target{name: "of transport", query: "?agency=transport", path: map[string]string{
		"key": t.made["key"], "endpoint": t.made["endpoint"], "message": t.made["message"], "payment": t.made["trial"],
	}}
	trial := strings.Contains(r.Path, "/sandbox/")
	out.object = func(s *subject) act.Object {
		o := act.Object{Kind: "program", Agency: transport, Test: true}
		if s.key && !trial && !strings.Contains(r.Path, "{") {
			o.Agency, o.Test = agency.ID(s.hat), s.test
		}
		return o
	}
	return out
}

// bookings are an appointment of Anna's at the service centre and one of her son's.
func (t *things) bookings() []target {
	one := func(name string, holder id.ID, booking string) target {
		o := act.Object{Kind: "booking", Holder: holder, Persons: []id.ID{t.anna}, Agency: agency.ID("centre")}
		return target{name: name, object: always(o), path: map[string]string{"booking": booking}}
	}
	return []target{one("Anna's", t.anna, t.made["anna booking"]), one("a child's", t.misha, t.made["misha booking"])}
}

// sendings are files that are being sent into a draft of Anna's.
func (t *things) sendings(r web.Route) []target {
	out := target{name: "Anna's", object: always(act.Object{Kind: "draft", Holder: t.anna}), path: map[string]string{"sending": t.made["sending"]}, header: map[string]string{"Tus-Resumable": "1.0.0"}}
	switch r.Method {
	case http.MethodPost:
		out.header["Upload-Length"], out.header["Upload-Metadata"] = "5", sendingOf(t.letter)
	case http.MethodPatch: // not where it stands: nothing is taken
		out.kind, out.header["Upload-Offset"] = "application/offset+octet-stream", "3"
	}
	return []target{out}
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
		for _, kind := range []string{"document", "charge", "attempt", "payment", "message", "session", "copy", "entry"} {
			path[kind] = t.made[owner+" "+kind]
		}
		path["file"] = t.made[owner+" upload"]
		if strings.Contains(r.Path, "{copy}") {
			path["file"] = "json"
		}
		if whole(r, path) {
			o := act.Object{Kind: r.Op.Object, Holder: holder}
			if r.Op.Object == "document" {
				o.Agency = agency.ID("transport")
			}
			out = append(out, target{name: map[string]string{"anna": "Anna's", "misha": "a child's"}[owner], object: always(o), path: path})
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
	out := apptest.Call{Method: r.Method, Path: path + t.query, Type: t.kind, Header: t.header}
	if len(t.header) > 0 || r.Method == http.MethodGet || r.Method == http.MethodDelete {
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
