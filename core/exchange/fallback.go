package exchange

import "posad.city/core/service"

// A register may have another one in its place (fallback). When it fails for good, the question goes on to that one, under
// the same id, with its own number of tries. Tries are counted on, so that the row says whose turn it is; an answer that
// there is no such record is an answer, and nobody else is asked then.

// turn says which register is asked now.
type turn struct {
	key    string
	before int    // tries that were another register's
	after  string // the register whose turn is next; empty: none's
	pass   int    // tries after which it is
}

// turnOf is whose turn it is for a question.
func (m *Module) turnOf(q *question) turn {
	first := turn{key: q.row.Register}
	register, ok := m.register(q.row.Register)
	if !ok || register.Fallback == "" {
		return first
	}
	if pass := register.Retries + 1; int(q.row.Tries) < pass {
		first.after, first.pass = register.Fallback, pass
		return first
	}
	return turn{key: register.Fallback, before: register.Retries + 1}
}

// Source is the register that a known certificate comes from: the question's own, or the one in its place.
func (m *Module) Source(c Certificate) string {
	if c.source == "" {
		return c.Register
	}
	return c.source
}

// next is a step with the turns in mind: what has failed for good goes on to the register in its place.
func (t turn) next(s step) step {
	s.tries += t.before
	if s.state != Failed || t.after == "" || s.trouble == NotFound || s.trouble == Closed {
		return s
	}
	return step{state: Asked, trouble: s.trouble, tries: t.pass, after: spread(busyPause)}
}

// parametersOf are the parameters that a register takes: the one in another's place may take fewer.
func parametersOf(r *service.Register, q *question) map[string]string {
	if r.Key == q.row.Register {
		return q.params
	}
	out := map[string]string{}
	for _, p := range r.Parameters {
		if value, ok := q.params[p.Name]; ok {
			out[p.Name] = value
		}
	}
	return out
}
