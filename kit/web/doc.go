// Package web is the edge between browsers, programs and the modules: routes, sessions, permission, limits, errors.
//
// A route hangs on an operation (act.Operation) and its handler returns an error:
//
//	op := server.Operation(act.Operation{Name: "casework.read", Object: "case", May: act.Self | act.SameAgency, Look: "case"})
//	server.Page(op, "GET /cases/{id}", m.showCase)
//	server.API(op, "GET /api/v1/cases/{id}", m.apiCase, web.Describe{Summary: "One case", Out: Case{}})
//
// It owns: everything that is put on a route when it is registered (session, origin and form tokens, level of sign-in,
// limits of size, time and rate, headers), the question "may they", the one adapter that turns an error into a page or
// an RFC 9457 problem, the request log and metrics, the OpenAPI document, health, draining and shedding.
//
// It does not own: how a session is kept (Sessions), how an actor stands to an object (Relator), how a page looks
// (ErrorPage, Shell), where counters and answers of repeated calls lie (Counters, Answers). The app provides these.
//
// Its neighbours: kit/act below; ui, which finds the Context of a page by From; every module above.
//
// The order in which a request is met: in-flight limit; route; rate by address; origin; session; rate by person; level
// of sign-in; form token; repeated call; handler. The handler's own order: who, may they (May), bind, act, answer. An
// answer before May is a breach: the person gets a 500, the log is loud and Deps.Breach is told, which fails a test.
//
// Nothing that a person typed is lost: a form that meets an ended session, a stale form token or a neighbour that is
// down is kept sealed for an hour (Holder), and its page gets it back by Context.Held.
//
// Life cycle: New; modules register operations and routes; the app calls Provide with what came into being meanwhile;
// Handler checks that all is there and is final; Serve runs until its context ends, then drains.
package web
