// Package exchange asks agencies' registers for certificates, so that nobody brings a paper that the city can get itself.
//
// A certificate is what one register tells about one person for one case. There is one row for each person, case and
// certificate of the service's definition; it is asked, known or failed. The row and the job exchange.ask are put in one
// Write, so that nothing is lost when the process dies; the row's id goes with every request as its idempotency key, so
// that a register sees a repeated question as the same one. A certificate that is known and fresh is not asked again; one
// whose parameters have changed is.
//
// No case, no data: a question is put and sent only while a draft or an open case lives whose service lists the
// certificate. Lives, given by the app, says so; it is asked when the question is put and again before each request.
//
// An agency may be slow, silent, wrong or gone. Each request has the register's time limit, each register its own gate (a
// circuit breaker, and a bound on requests under way), so that one bad agency stops no other. A reply that does not fit
// the register's schema is a fault of its own kind and never becomes a fact. What is kept of a good reply are the declared
// values alone. Where the register names another one in its place (fallback.go), that one is asked when the first has failed.
// A certificate that failed for good says why; an official may have it asked again.
//
// A register is asked by the contract of docs/operator/registers.md or, where its definition says so, as a service of an
// X-Road member (kit/xroad). What went over the wire, either way, is kept in a log: sealed with the person's key, its hashes
// signed in batches of which each holds the top of the one before (kit/asic). Erasure takes the messages and leaves the
// hashes; a message can be had as a container that others' tools verify.
//
// The city answers as well (provide.go): other members ask it by X-Road under /r1/ whether a person holds a valid document.
// The same holds there: no live case whose service lists the certificate, and no agreement in the configuration, no answer.
//
// Each answer leaves a look record for the person it is about: on behalf of which agency, for which case, from which
// register.
//
// It owns the tables certificate and exchange_* and the wire contract of docs/operator/registers.md. It does not own which certificates a
// service needs (core/service), when a case asks for them (core/casework, core/apply) or the registers themselves (sim/agency
// stands for them in the demo). It gives core/account and core/mandate their questions to the population and family
// registers (Identity, FamilyFacts), whose purpose is the account and not a case.
//
// Events: exchange.replied, exchange.failed; the holder is the case's, the object the case, the version the certificate's
// own revision, which says nothing of the case's.
//
// Life cycle: New with the endpoints; Provide with Lives; Provision registers the job, the metrics and the operator's
// page; Stop waits for questions that Early began.
package exchange
