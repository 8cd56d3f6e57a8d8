package app_test

import (
	"slices"

	"posad.city/kit/id"
	"posad.city/kit/web"
)

// kinds are the kinds of object that operations are registered with, and who has one in these tests. A kind without a
// line here fails the matrix.
var kinds = map[string]string{
	"booking":  "an appointment of Anna's and one of her son's at the service centre",
	"studio":   "the studio of the agency whose hat is worn; a change set of the Department of Transport",
	"list":     "a list that the Department of Transport keeps",
	"account":  "everybody's own; Anna's sessions and her copy of her data; one that the city closed",
	"case":     "Anna's permit, letter and pass (a mistake in it is looked at), her son's place at school, her load on which two agencies are asked, her application for a post on which two officials decide, a neighbour's that she signs",
	"draft":    "Anna's, and hers for her son; a file that she sends in parts",
	"document": "a certificate of Anna's and one of her son's, a file in the draft of each",
	"charge":   "a bill of Anna's and one of her son's, both paid; one that the Department of Transport issued, and a file of them",
	"notice":   "a message to Anna",
	"card":     "the transport cards that the Department of Transport makes",
	"charity":  "what charity funds asked of the city, at the desk of the Department of Social Protection",
	"flat":     "Anna's flat with a bill of the month before; the settlement centre's desk",
	"autopay":  "templates and orders of everybody's own, of which nobody has one",
	"income":   "what the Department of Transport received by a payment of Anna's",
	"books":    "the treasury's; the income of the agency whose hat is worn",
	"program":  "the Department of Transport's keys and endpoints; a payment of its sandbox",
	"desk":     "the desk of the agency whose hat is worn; an act on many cases, an absence and a text of the Department of Transport",
	"official": "the roles of the city's agencies",
	"register": "the registers that the city asks",
	"entry":    "Anna's entry in the register of parking permits and one of her son's; the desk's registers of whoever asks",

	"authority":     "the authorities whose certificates are believed",
	"client":        "a site that signs people in by the city",
	"investigation": "one of the road police's into Anna",
	"log":           "how the witnesses of the public log stand",
	"mandate":       "one that Anna gave, offers to her to act and to be acted for, her son's to her",
	"organisation":  "the company that Anna heads",
	"provider":      "an outside provider",
	"sign_ins":      "counts of sign-ins",
	"visit":         "the centre's desk, and a neighbour's visit to it",
}

// open are the wildcards that name public things, with one that exists.
func open(w *world) map[string]string {
	return map[string]string{
		"service": "parking-permit", "topic": w.City.Topics[0].Key, "situation": w.City.Situations[0].Key, "item": w.City.News[0].Key,
		"agency": "transport", "page": w.City.Pages[0].Key, "code": "web.missing", "key": "outside", "kind": "account.profile",
		"list": "taxi-licences", "register": "parking-permits", "resource": "centre", "opens": "family-parking",
		"fund": demoFund().String(), "appeal": ofFund("wheelchair").String(), "aim": ofFund("wheelchair").String(), "picture": ofFund("no file").String(),
		"gift": ofFund("no gift").String(), "monthly": ofFund("no monthly gift").String(), "year": "2026",
		"card": id.Derived("test", "no such card").String(), "day": "2026-01-01", "token": "no-such-token", "id": id.Derived("test", "no such question").String(),
	}
}

// secrets are routes that answer by a secret in the request or by a thing that need not be there, not by who asks alone:
// whoever may is told anything but a fault of the house's.
var secrets = map[string]string{
	"POST /api/v1/pay/notify": "the bank signs its messages",

	"GET /account/transport-card/{card}":          "a card that need not be there",
	"POST /account/transport-card/{card}/top-up":  "a card that need not be there",
	"POST /account/transport-card/{card}/ticket":  "a card that need not be there",
	"POST /account/transport-card/{card}/block":   "a card that need not be there",
	"POST /account/transport-card/{card}/unblock": "a card that need not be there",
	"GET /account/transport-card/{card}/replace":  "a card that need not be there",
	"POST /account/transport-card/{card}/replace": "a card that need not be there",
	"GET /api/v1/transport-cards/{card}/history":  "a card that need not be there",
	"POST /api/v1/transport-cards/{card}/top-ups": "a card that need not be there",
	"POST /api/v1/transport-cards/{card}/tickets": "a card that need not be there",
	"POST /pay/cards/{card}/remove":               "a card that need not be there",

	"GET /charity/where/{code}":                      "the giver alone has a gift's code",
	"GET /api/v1/charity/where/{code}":               "the giver alone has a gift's code",
	"GET /charity/files/{picture}":                   "a file that need not be there",
	"POST /account/gifts/{gift}/pay":                 "a gift that need not be there",
	"POST /account/gifts/{gift}/back":                "a gift that need not be there",
	"POST /account/gifts/{gift}/hide":                "a gift that need not be there",
	"POST /account/gifts/monthly/{monthly}/stop":     "a monthly gift that need not be there",
	"POST /api/v1/gifts":                             "an appeal that need not be there",
	"POST /api/v1/gifts/{gift}/back":                 "a gift that need not be there",
	"GET /account/funds/{organisation}/report":       "an appeal that need not be there",
	"POST /account/funds/{organisation}/report":      "an appeal that need not be there",
	"POST /account/funds/{organisation}/payout/back": "a payout that need not be there",

	"GET /pay/guest/{payment}":                             "a guest's payment is known to the browser that began it",
	"GET /pay/guest/{payment}/state":                       "a guest's payment is known to the browser that began it",
	"GET /pay/guest/{payment}/qr":                          "a guest's payment is known to the browser that began it",
	"GET /pay/payment/{payment}/qr":                        "a payment that need not be by a QR code",
	"POST /desk/payments/{payment}/refunds/{refund}/again": "a refund that need not be there",

	"GET /pay/autopay/new/terms":                              "a bill that need not be there",
	"POST /pay/templates/{template}/name":                     "a template that need not be there",
	"POST /pay/templates/{template}/drop":                     "a template that need not be there",
	"POST /pay/templates/{template}/pay":                      "a template that need not be there",
	"DELETE /api/v1/templates/{template}":                     "a template that need not be there",
	"POST /api/v1/agency/payments/{payment}/refunds":          "a charge that the payment need not have paid",
	"GET /pay/autopay/{order}":                                "an order that need not be there",
	"GET /pay/autopay/{order}/change":                         "an order that need not be there",
	"POST /pay/autopay/{order}/change":                        "an order that need not be there",
	"POST /pay/autopay/{order}/pause":                         "an order that need not be there",
	"POST /pay/autopay/{order}/resume":                        "an order that need not be there",
	"POST /pay/autopay/{order}/stop":                          "an order that need not be there",
	"GET /pay/autopay/{order}/bills/{turn}":                   "an order that need not be there",
	"POST /pay/autopay/{order}/bills/{turn}/answer":           "an order that need not be there",
	"POST /pay/autopay/{order}/bills/{turn}/undo":             "an order that need not be there",
	"GET /api/v1/autopay/orders/{order}":                      "an order that need not be there",
	"PUT /api/v1/autopay/orders/{order}":                      "an order that need not be there",
	"POST /api/v1/autopay/orders/{order}/pause":               "an order that need not be there",
	"POST /api/v1/autopay/orders/{order}/stop":                "an order that need not be there",
	"GET /api/v1/autopay/orders/{order}/bills/{turn}":         "an order that need not be there",
	"POST /api/v1/autopay/orders/{order}/bills/{turn}/answer": "an order that need not be there",
	"POST /api/v1/autopay/orders/{order}/bills/{turn}/undo":   "an order that need not be there",

	"POST /desk/books/lines/{line}/settle":       "a line that need not be there",
	"POST /desk/books/lines/{line}/back":         "a line that need not be there",
	"POST /desk/books/lines/{line}/explain":      "a line that need not be there",
	"POST /desk/books/payouts/{payout}/approve":  "a payout that need not be there",
	"POST /desk/books/payouts/{payout}/cancel":   "a payout that need not be there",
	"POST /desk/books/payouts/{payout}/answer":   "a payout that need not be there",
	"POST /desk/books/payees":                    "a payee that need not be there",
	"GET /desk/utility/house":                    "a house that need not be there",
	"POST /desk/utility/review":                  "a reading that need not be there",
	"POST /desk/utility/decide":                  "a recalculation that need not be there",
	"GET /desk/utility/runs/{period}":            "a month that need not have been made",
	"GET /desk/utility/imports/{import}":         "a file that need not be there",
	"GET /desk/utility/imports/{import}/bad.csv": "a file that need not be there",
	"POST /desk/utility/flats/{home}/again":      "a bill of a month that need not be there",
	"GET /open-books/{day}/receipt":              "a day that need not be published",
	"GET /api/v1/open-books/{day}":               "a day that need not be published",
	"GET /desk/books/payouts/{payout}/order.xml": "a payout that need not be there",
	"GET /desk/books/statements/{statement}":     "a statement that need not be there",
	"GET /desk/books/lines/{line}":               "a line that need not be there",
	"GET /desk/books/payouts/{payout}":           "a payout that need not be there",
	"GET /api/v1/desk/books/proof":               "a proof that need not be there",
	"POST /api/v1/notices/unsubscribe":           "the letter's link carries a token",
	"POST /recover/cancel":                       "the letter's link carries a token",

	"GET /sign-in/provider/{key}/return": "the browser that left for the provider comes back with what it was given",
	"GET /approve/{token}":               "the code of the other device's screen",
	"POST /approve/{token}":              "the code of the other device's screen",
	"GET /approve/push/{id}":             "the device to which the question was sent",
	"POST /approve/push/{id}":            "the device to which the question was sent",
	"GET /api/v1/approvals/{id}":         "the person of whom the question was asked",
	"POST /api/v1/approvals/{id}":        "the person of whom the question was asked",
	"POST /account/data/delete/cancel":   "an erasure that was asked for",
	"DELETE /api/v1/data/erasure":        "an erasure that was asked for",
	"GET /sign-in/certificate/text":      "the text that this browser was given to sign",
	"GET /sign-in/certificate/ticket":    "what the host of certificates gave the browser",
	"GET /account/certificate/link":      "the certificate that this browser has just shown",
	"GET /sign-in/provider/found":        "who came back from the provider in this browser",
	"GET /oauth/continue":                "the request of a site with which the browser came",
	"GET /oauth/leave":                   "the request of a site with which the browser came",
	"POST /api/v1/desk/next":             "a free case that whoever asks may take",
}

// secretOf tells whether a route is one of these. Protocols all are: they answer by a client's secret, a token or a key in
// the request, which the tests of core/openid and core/broker try.
func secretOf(r web.Route) bool {
	_, found := secrets[r.Pattern]
	return found || r.Surface == web.SurfaceProtocol
}

// parting are routes after which whoever asked is signed in no more.
var parting = []string{"POST /sign-out", "DELETE /api/v1/session", "POST /account/merge", "POST /desk/centre/return"}

// narrower are operations, or routes of theirs, whose use cases let in fewer, with the reason. They refuse the subjects named.
var narrower = map[string]struct {
	subjects []string
	reason   string
}{
	"mandate.ask_register": {[]string{"new resident"}, "the family register is asked only for a person whose identity is confirmed"},
	"apply.read":           {[]string{"child's other parent"}, "a draft is its applicant's alone until it is sent"},
	"apply.save":           {[]string{"child's other parent"}, "a draft is its applicant's alone until it is sent"},
	"apply.submit":         {[]string{"child's other parent"}, "a draft is its applicant's alone until it is sent"},
	"apply.delete":         {[]string{"child's other parent"}, "a draft is its applicant's alone until it is sent"},

	"charge.issue":      {[]string{clerk, "clerk of the centre", "administrator"}, "officers and heads issue bills"},
	"charge.send":       {[]string{clerk, "clerk of the centre", "administrator"}, "officers and heads issue bills"},
	"charge.change":     {[]string{clerk}, "officers and heads correct and cancel bills"},
	"charge.api_issue":  {[]string{clerk, "clerk of the centre", "administrator"}, "officers and heads issue bills"},
	"charge.api_change": {[]string{clerk}, "officers and heads correct and cancel bills"},
	"charge.api_send":   {[]string{clerk, "clerk of the centre", "administrator"}, "officers and heads issue bills"},

	"studio.read":     {notAuthors, "heads of agencies and administrators write services"},
	"studio.begin":    {notAuthors, "heads of agencies and administrators write services"},
	"studio.edit":     {notAuthors, "heads of agencies and administrators write services"},
	"studio.propose":  {notAuthors, "heads of agencies and administrators write services"},
	"studio.approve":  {notAuthors, "heads of agencies and administrators write services"},
	"studio.refuse":   {notAuthors, "heads of agencies and administrators write services"},
	"studio.drop":     {notAuthors, "heads of agencies and administrators write services"},
	"studio.simulate": {notAuthors, "heads of agencies and administrators write services"},
	"studio.history":  {notAuthors, "heads of agencies and administrators write services"},

	"GET /desk/registers/{register}":                         {notKeepers, "a register is read for a purpose that it declares"},
	"GET /desk/registers/{register}/{entry}":                 {notKeepers, "a register is read for a purpose that it declares"},
	"GET /api/v1/desk/registers/{register}":                  {notKeepers, "a register is read for a purpose that it declares"},
	"GET /api/v1/desk/registers/{register}/{entry}":          {notKeepers, "a register is read for a purpose that it declares"},
	"POST /desk/registers/{register}/{entry}/correct":        {notKeepers, "officers and heads of the agency that keeps it correct"},
	"POST /api/v1/desk/registers/{register}/{entry}/correct": {notKeepers, "officers and heads of the agency that keeps it correct"},
	"POST /desk/registers/{register}/{entry}/end":            {notItsHead, "the head takes from a person what the city gave"},
	"POST /api/v1/desk/registers/{register}/{entry}/end":     {notItsHead, "the head takes from a person what the city gave"},

	"GET /desk/bulk/{bulk}":                    {[]string{clerk, sameQueue, hasIt}, "an act on many cases is its official's and the head's"},
	"GET /api/v1/desk/bulk/{bulk}":             {[]string{clerk, sameQueue, hasIt}, "an act on many cases is its official's and the head's"},
	"POST /desk/bulk/{bulk}/undo":              {[]string{clerk, sameQueue, hasIt, head}, "whoever did it takes it back"},
	"POST /api/v1/desk/bulk/{bulk}/undo":       {[]string{clerk, sameQueue, hasIt, head}, "whoever did it takes it back"},
	"DELETE /api/v1/desk/absences/{absence}":   {[]string{clerk, sameQueue, hasIt}, "an absence is its official's and the head's"},
	"DELETE /api/v1/desk/templates/{template}": {[]string{clerk, otherQueue, sameQueue, hasIt}, "the head keeps the agency's texts"},
	"PUT /api/v1/desk/team/{person}":           {notHeads, "the head says what officials take"},
	"GET /api/v1/desk/charts":                  {notHeads, "the head sees the load of the agency"},
	"desk.looks":                               {notHeads, "the head sees the looks of the agency"},
	"developer.see":                            {notItsHeadOrAdmin, "the head manages the agency's programs"},
	"developer.change_key":                     {notItsHeadOrAdmin, "the head manages the agency's programs"},
	"developer.hooks":                          {notItsHeadOrAdmin, "the head manages the agency's programs"},
	"developer.change_hook":                    {notItsHeadOrAdmin, "the head manages the agency's programs"},
	"desk.judge_look":                          {notHeads, "the head judges unusual looks"},
	"POST /desk/documents/{document}/revoke":   {[]string{clerk, otherQueue, sameQueue, hasIt}, "the head takes from a person what the city gave"},
}

// narrowed tells whether the use case of a route lets a subject in less than its operation.
func narrowed(r web.Route, s *subject) bool {
	return slices.Contains(narrower[r.Pattern].subjects, s.name) || slices.Contains(narrower[r.Op.Name].subjects, s.name)
}

// once are operations that use up what they are done to: each call gets a fresh one.
var once = []string{
	"apply.delete", "account.close_session", "account.sign_out", "agency.drop_official",
	"account.unblock", "centre.end", "mandate.accept", "mandate.grant", "mandate.end", "organisation.close",
	"desk.next", "desk.away", "desk.drop_template", "document.send",
}
