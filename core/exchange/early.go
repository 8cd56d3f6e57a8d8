package exchange

import (
	"context"
	"fmt"
	"time"

	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// The bounds of early questions.
const (
	earlyWait   = 3 * time.Second
	earlyLook   = 50 * time.Millisecond // how often an answer is looked for that somebody else waits for
	earlyMargin = 2 * time.Second       // the job comes so long after the first try should have ended
)

// Early asks while a form is being filled, to prefill it. The questions are put with their jobs, so that none is lost,
// and tried at once; after wait (0: 3 s) at the latest it returns what is known. What is not known yet stays waiting and
// becomes known later. A question that has met trouble is not waited for. Errors: ErrNoCase, and those of the store.
func (m *Module) Early(ctx context.Context, a act.Act, asks []Ask, wait time.Duration) (service.Facts, error) {
	if len(asks) == 0 {
		return service.Facts{}, nil
	}
	if wait == 0 {
		wait = earlyWait
	}
	prepared, err := m.prepareEarly(ctx, asks)
	if err != nil {
		return nil, err
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		for _, p := range prepared {
			if err := p.Put(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("exchange: ask early: %w", err)
	}
	m.askNow(ctx, prepared)
	if err := m.await(ctx, prepared, wait); err != nil {
		return nil, err
	}
	return m.earlyFacts(ctx, a, asks)
}

func (m *Module) prepareEarly(ctx context.Context, asks []Ask) ([]*PreparedAsk, error) {
	out := make([]*PreparedAsk, 0, len(asks))
	for _, ask := range asks {
		p, err := m.prepare(ctx, ask, true)
		if err != nil {
			return nil, err
		}
		p.delay = earlyMargin
		if register, ok := m.register(ask.Register); ok {
			p.delay += register.AnswersWithin()
		}
		out = append(out, p)
	}
	return out, nil
}

// askNow makes the first try of the questions that were put, beside the request that wants them.
func (m *Module) askNow(ctx context.Context, prepared []*PreparedAsk) {
	ctx = context.WithoutCancel(ctx)
	for _, p := range prepared {
		if p.put {
			m.begin(func() {
				if err := m.once(ctx, p.place(), p.params.ID); err != nil {
					m.base.Log.Warn("exchange: an early question is left to its job", "register", p.ask.Register, "ask", p.params.ID.String(), "error", err)
				}
			})
		}
	}
}

func (p *PreparedAsk) place() place { return place{p.ask.About, p.ask.Case, p.ask.Certificate} }

// once makes one try. The job finds the certificate answered, or goes on trying.
func (m *Module) once(ctx context.Context, at place, asking id.ID) error {
	q, err := m.question(ctx, at, asking)
	if err != nil || q == nil {
		return err
	}
	end, err := m.carry(ctx, q)
	if err != nil {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error { return m.keepEnd(tx, q, end) })
}

// await returns when nothing that is asked is worth waiting for, or the time is over.
func (m *Module) await(ctx context.Context, prepared []*PreparedAsk, wait time.Duration) error {
	over := time.NewTimer(wait)
	defer over.Stop()
	again := time.NewTicker(earlyLook)
	defer again.Stop()
	for {
		waiting, err := m.waiting(ctx, prepared)
		if err != nil || !waiting {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-over.C:
			return nil
		case <-again.C:
		}
	}
}

func (m *Module) waiting(ctx context.Context, prepared []*PreparedAsk) (bool, error) {
	byCase := map[id.ID][]id.ID{}
	for _, p := range prepared {
		byCase[p.ask.Case] = append(byCase[p.ask.Case], p.ask.About)
	}
	for caseID, about := range byCase {
		list, err := m.Certificates(ctx, act.ByJob(caseID, act.Purpose{Kind: "case", ID: caseID.String()}), about, caseID)
		if err != nil {
			return false, err
		}
		for _, c := range list {
			if c.State == Asked && c.Trouble == None {
				return true, nil
			}
		}
	}
	return false, nil
}

func (m *Module) earlyFacts(ctx context.Context, a act.Act, asks []Ask) (service.Facts, error) {
	out := service.Facts{}
	for _, ask := range asks {
		facts, err := m.Facts(ctx, a.ForCase(ask.Case), []id.ID{ask.About}, ask.Case)
		if err != nil {
			return nil, err
		}
		if fact, ok := facts[ask.Certificate]; ok {
			out[ask.Certificate] = fact
		}
	}
	return out, nil
}
