package casework

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"posad.city/core/casework/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// memory has cases as the last Writes of this node left them, so that the jobs and the acts that follow within moments
// neither read them whole again nor unseal them. Who knows a case by it has read the case's line, in the look that records
// them, and found the same revision there; only a job of Posad's that follows a revision takes that revision as it was. It
// keeps cases of the plain kind alone, those that are a row and its tasks, and no keys: whose data was erased is found so.
type memory struct {
	mu    sync.Mutex
	cases map[id.ID]*known // as they were kept; nobody changes one
	order []id.ID          // the oldest first
	check func(k *known)   // of tests: hears of what is taken from here
}

// rememberedMost bounds the memory of a node, to some ten megabytes.
const rememberedMost = 2048

// keep remembers a case. One that is not plain is forgotten.
func (m *memory) keep(k *known) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old := m.cases[k.file.ID]
	switch {
	case !k.plain():
		delete(m.cases, k.file.ID)
		return
	case old != nil && old.file.Revision > k.file.Revision:
		return // commits are told of in no order
	case m.cases == nil:
		m.cases = map[id.ID]*known{}
	}
	m.cases[k.file.ID] = k
	if old == nil {
		m.order = append(m.order, k.file.ID)
	}
	for len(m.order) > rememberedMost {
		delete(m.cases, m.order[0])
		m.order = m.order[1:]
	}
}

// forget has a case read again.
func (m *memory) forget(caseID id.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.cases, caseID)
}

func (m *memory) find(caseID id.ID) *known {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cases[caseID]
}

// plain tells whether the case is a row and its tasks: nothing of it stands in another table.
func (k *known) plain() bool {
	f := &k.file
	return !f.Stopped && !f.Questioned && f.Late.IsZero() && f.Round == 0 && f.AboutCase.IsZero() && !k.has(string(service.TaskSign)) && !k.has(kindCorrect) &&
		len(k.inputs.Signers) == 0 && k.inputs.Signer == nil && k.inputs.Entry == nil
}

// remember has the case remembered as the change leaves it, once it is kept.
func (c *change) remember(file caseworkdb.CaseFile) {
	k := &known{file: file, tasks: c.tasks, city: c.k.city, service: c.k.service, rules: c.k.rules, inputs: c.k.inputs}
	if c.k.kept != nil {
		k.inputs = *c.k.kept
	}
	k = k.own() // whoever makes the change may go on with theirs
	asStored(k)
	c.tx.AfterCommit(func() { c.m.memory.keep(k) })
}

// asStored puts times and the order of tasks as a reading gives them.
func asStored(k *known) {
	f := &k.file
	for _, at := range []*time.Time{&f.Submitted, &f.TermDue, &f.Paused, &f.Late, &f.Decided, &f.Restarted, &f.Extended, &f.Escalated, &f.Proposed} {
		*at = storedTime(*at)
	}
	for i := range k.tasks {
		t := &k.tasks[i]
		t.Opened, t.Due, t.Closed = storedTime(t.Opened), storedTime(t.Due), storedTime(t.Closed)
	}
	slices.SortStableFunc(k.tasks, func(a, b caseworkdb.Task) int {
		return cmp.Or(a.Opened.Compare(b.Opened), slices.Compare(a.ID[:], b.ID[:]))
	})
}

func storedTime(at time.Time) time.Time {
	if at.IsZero() {
		return time.Time{}
	}
	return at.UTC().Truncate(time.Microsecond)
}

// own is the case for one caller, who may change it.
func (k *known) own() *known {
	out := *k
	out.tasks = slices.Clone(k.tasks)
	out.inputs.Answers, _ = cloned(map[string]any(k.inputs.Answers)).(map[string]any)
	out.inputs.Facts = maps.Clone(k.inputs.Facts)
	for key, fact := range out.inputs.Facts {
		fact.Values, _ = cloned(fact.Values).(map[string]any)
		out.inputs.Facts[key] = fact
	}
	return &out
}

// cloned copies what JSON is made of.
func cloned(v any) any {
	switch x := v.(type) {
	case map[string]any:
		if x == nil {
			return x
		}
		out := make(map[string]any, len(x))
		for key, one := range x {
			out[key] = cloned(one)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, one := range x {
			out[i] = cloned(one)
		}
		return out
	}
	return v
}

// recall gives the case out of the memory when its line says that it still stands so, else reads it. The first is shared:
// whoever keeps it takes their own. Everybody whom the case names is seen either way.
func (m *Module) recall(p *store.Personal, holder, caseID id.ID) (*known, bool, error) {
	if old := m.memory.find(caseID); old != nil && old.file.Holder == holder {
		line, err := caseworkdb.LineByID(p, holder, caseID)
		if err == nil && line.Revision == old.file.Revision {
			return old, true, nil
		}
	}
	k := &known{}
	return k, false, k.read(p, holder, caseID)
}

// knowAt is what a job that follows a revision knows of the case: that revision where it is remembered, else whichever there
// is.
func (m *Module) knowAt(ctx context.Context, a act.Act, j jobs.Job) (*known, error) {
	old := m.memory.find(j.Object)
	if old == nil || old.file.Revision != j.Version || old.file.Holder != j.Holder {
		return m.know(ctx, a, j.Holder, j.Object)
	}
	keys, err := m.base.Vault.Keys(ctx, j.Holder)
	if err != nil {
		return nil, err
	}
	if keys.Erased() {
		m.memory.forget(j.Object)
		return m.know(ctx, a, j.Holder, j.Object)
	}
	m.memory.taken(old)
	k := old.own()
	k.keys = keys
	return k, nil
}

func (m *memory) taken(k *known) {
	if m.check != nil {
		m.check(k)
	}
}
