package developer

import (
	"context"
	"errors"
	"sync"
	"time"

	"posad.city/core/developer/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/webhook"
)

// Bounds of sending.
const (
	// placesEach is how many messages one endpoint is sent at once by one node.
	placesEach = 4
	// takenFor is how long a try may be under way before another node takes it for lost; well over webhook.Within.
	takenFor = time.Minute
	// lookEvery is how often due deliveries are looked for when nobody has said that there are some.
	lookEvery = time.Second
	// pauseAfter and pauseFailures: an endpoint that has taken nothing for so long, in so many tries, is paused.
	pauseAfter    = 3 * 24 * time.Hour
	pauseFailures = 10
	// heardEvery is how often it is written down that an endpoint takes messages: every event's Write reads its row.
	heardEvery = time.Minute
	// restAfter failures in a row an endpoint is given a rest before anything new, up to restMost.
	restAfter = 3
	restMost  = 2 * time.Minute
)

// sender is this node's sending of messages.
type sender struct {
	wake chan struct{}

	mu    sync.Mutex
	busy  map[address]int       // tries under way
	rests map[address]time.Time // an endpoint that failed lately is left alone until then
	stop  context.CancelFunc
	done  chan struct{}
	tries sync.WaitGroup
}

// address is an endpoint of an agency.
type address struct{ agency, endpoint id.ID }

func newSender() *sender {
	return &sender{wake: make(chan struct{}, 1), busy: map[address]int{}, rests: map[address]time.Time{}}
}

// poke has due deliveries looked for at once.
func (m *Module) poke() {
	select {
	case m.sender.wake <- struct{}{}:
	default:
	}
}

// Start implements module.Module.
func (m *Module) Start(ctx context.Context) error {
	ctx, m.sender.stop = context.WithCancel(context.WithoutCancel(ctx))
	m.sender.done = make(chan struct{})
	go m.run(ctx)
	return nil
}

// Stop implements module.Module. Tries under way have a moment to end; what they leave is taken up after takenFor.
func (m *Module) Stop(ctx context.Context) error {
	if m.sender.stop == nil {
		return nil
	}
	m.sender.stop()
	<-m.sender.done
	ended := make(chan struct{})
	go func() { m.sender.tries.Wait(); close(ended) }()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *Module) run(ctx context.Context) {
	defer close(m.sender.done)
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		if _, err := m.round(ctx); err != nil && ctx.Err() == nil {
			m.base.Log.Warn("developer: due messages were not looked for", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-m.sender.wake:
		case <-ticker.C:
		}
	}
}

// round begins every try that is due and has a place, and tells how many it began.
func (m *Module) round(ctx context.Context) (int, error) {
	ctx = store.Background(ctx)
	var on []developerdb.EndpointsOnRow
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		on, err = developerdb.EndpointsOn(r)
		return err
	})
	begun := 0
	for _, row := range on {
		if err != nil {
			break
		}
		var n int
		n, err = m.begin(ctx, address{row.Agency, row.ID})
		begun += n
	}
	return begun, err
}

// begin takes what is due at one endpoint, as far as it has places.
func (m *Module) begin(ctx context.Context, to address) (int, error) {
	free := m.sender.free(to, m.base.Clock.Now())
	if free == 0 {
		return 0, nil
	}
	var due []developerdb.DeveloperDelivery
	now := m.base.Clock.Now()
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		due, err = developerdb.DueDeliveries(r, developerdb.DueDeliveriesParams{Agency: to.agency, Endpoint: to.endpoint, Now: now, Most: int64(free)})
		return err
	})
	if err != nil {
		return 0, err
	}
	begun := 0
	for _, d := range due {
		took, err := m.take(ctx, d)
		if err != nil {
			return begun, err
		}
		if !took {
			continue
		}
		d.Tries++
		begun++
		m.sender.enter(to)
		go m.try(ctx, to, d)
	}
	return begun, nil
}

// take makes a try this node's, and writes down that it began.
func (m *Module) take(ctx context.Context, d developerdb.DeveloperDelivery) (bool, error) {
	took := false
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
		now := tx.Now()
		n, err := developerdb.TakeDelivery(tx, developerdb.TakeDeliveryParams{
			Until: now.Add(takenFor), Agency: d.Agency, Endpoint: d.Endpoint, Message: d.Message, Tries: d.Tries, Now: now,
		})
		took = n > 0
		if err != nil || !took {
			return err
		}
		return developerdb.InsertTry(tx, developerdb.InsertTryParams{Agency: d.Agency, Endpoint: d.Endpoint, Message: d.Message, Number: d.Tries + 1, At: now})
	})
	return took, err
}

// try sends one message and writes down what came of it.
func (m *Module) try(ctx context.Context, to address, d developerdb.DeveloperDelivery) {
	defer m.sender.leave(to, m.poke)
	came, err := m.send(context.WithoutCancel(ctx), d)
	if errors.Is(err, store.ErrNone) {
		return // the endpoint or the message is gone
	}
	if err != nil {
		m.base.Log.Error("developer: a message could not be made ready", "endpoint", d.Endpoint.String(), "message", d.Message.String(), "error", err)
		return // it is tried again after takenFor
	}
	m.sent.WithLabelValues(outcomeName(came)).Inc()
	if err := m.keep(context.WithoutCancel(ctx), d, came); err != nil {
		m.base.Log.Error("developer: what came of a message was not written down", "endpoint", d.Endpoint.String(), "message", d.Message.String(), "error", err)
	}
}

func (m *Module) send(ctx context.Context, d developerdb.DeveloperDelivery) (webhook.Outcome, error) {
	var endpoint developerdb.DeveloperEndpoint
	var message developerdb.DeveloperMessage
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		if endpoint, err = developerdb.EndpointByID(r, d.Agency, d.Endpoint); err != nil {
			return err
		}
		message, err = developerdb.MessageByID(r, d.Agency, d.Message)
		return err
	})
	if err != nil {
		return webhook.Outcome{}, err
	}
	keys, err := m.signers(ctx, endpoint)
	if err != nil {
		return webhook.Outcome{}, err
	}
	return m.client.Send(ctx, webhook.Message{ID: messageName(d.Message), At: m.base.Clock.Now(), Body: []byte(message.Body), URL: endpoint.URL, Keys: keys}), nil
}

// messageName is the name of a message for receivers: the same at every try.
func messageName(message id.ID) string { return messagePrefix + message.String() }

// messagePrefix begins a message's name in its own headers.
const messagePrefix = "msg_"

// outcomeName is the outcome's label among the meters.
func outcomeName(came webhook.Outcome) string {
	if came.Taken() {
		return "taken"
	}
	return came.Why()
}

// verdict is what becomes of a delivery after a try.
type verdict struct {
	state string
	next  time.Time
	pause bool // the endpoint wants no more
}

// judge decides it: pure.
func judge(d developerdb.DeveloperDelivery, came webhook.Outcome, now time.Time) verdict {
	if came.Taken() {
		return verdict{state: Taken}
	}
	if came.Gone() {
		return verdict{state: Failed, pause: true}
	}
	wait, more := webhook.Wait(int(d.Tries-d.Since), messageName(d.Message), came)
	if !more {
		return verdict{state: Failed}
	}
	return verdict{state: Waiting, next: now.Add(wait)}
}

// keep writes down what came of a try, unless another node has taken the delivery over meanwhile.
func (m *Module) keep(ctx context.Context, d developerdb.DeveloperDelivery, came webhook.Outcome) error {
	status, why := int64(came.Status), came.Why()
	paused := false
	var endpoint developerdb.DeveloperEndpoint
	err := m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		now := tx.Now()
		paused = false
		v := judge(d, came, now)
		if err := developerdb.EndTry(tx, developerdb.EndTryParams{
			Status: status, Took: came.Took.Milliseconds(), Why: why, Agency: d.Agency, Endpoint: d.Endpoint, Message: d.Message, Number: d.Tries,
		}); err != nil {
			return err
		}
		n, err := developerdb.EndDelivery(tx, developerdb.EndDeliveryParams{
			State: v.state, Next: v.next, Status: status, Why: why, Agency: d.Agency, Endpoint: d.Endpoint, Message: d.Message, Tries: d.Tries,
		})
		if err != nil || n == 0 {
			return err
		}
		if came.Taken() {
			return developerdb.EndpointHeard(tx, developerdb.EndpointHeardParams{Heard: now, Agency: d.Agency, ID: d.Endpoint, Stale: now.Add(-heardEvery)})
		}
		if err := developerdb.EndpointFailed(tx, now, d.Agency, d.Endpoint); err != nil {
			return err
		}
		if endpoint, err = developerdb.EndpointByID(tx, d.Agency, d.Endpoint); err != nil {
			return err
		}
		if v.pause || endpoint.Failures >= pauseFailures && now.Sub(endpoint.Failing) >= pauseAfter {
			n, err := developerdb.PauseEndpoint(tx, d.Agency, d.Endpoint)
			if paused = n > 0; err != nil || !paused {
				return err
			}
			return m.base.Jobs.Put(tx, jobs.New{Handler: jobPaused, Holder: d.Agency, Object: d.Endpoint})
		}
		return nil
	})
	if err != nil {
		return err
	}
	m.sender.rest(address{d.Agency, d.Endpoint}, endpoint.Failures, m.base.Clock.Now())
	if paused {
		m.base.Log.Warn("developer: an endpoint takes nothing and is paused", "agency", d.Agency.String(), "endpoint", d.Endpoint.String())
	}
	return nil
}

// free is how many more messages an endpoint may be sent now.
func (s *sender) free(to address, now time.Time) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Before(s.rests[to]) {
		return 0
	}
	if !s.rests[to].IsZero() { // after a rest one message tries whether it is well again
		return max(0, 1-s.busy[to])
	}
	return placesEach - s.busy[to]
}

func (s *sender) enter(to address) {
	s.tries.Add(1)
	s.mu.Lock()
	s.busy[to]++
	s.mu.Unlock()
}

func (s *sender) leave(to address, poke func()) {
	s.mu.Lock()
	if s.busy[to]--; s.busy[to] == 0 {
		delete(s.busy, to)
	}
	s.mu.Unlock()
	s.tries.Done()
	poke()
}

// rest leaves an endpoint alone for a while after failures in a row; a success ends it.
func (s *sender) rest(to address, failures int64, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if failures < restAfter {
		delete(s.rests, to)
		return
	}
	s.rests[to] = now.Add(min(time.Second<<min(failures-restAfter, 10), restMost))
}

// Deliver sends what is due until nothing is, for tests, which do not Start.
func (m *Module) Deliver(ctx context.Context) (int, error) {
	all := 0
	for {
		n, err := m.round(ctx)
		m.sender.tries.Wait()
		all += n
		if err != nil || n == 0 {
			return all, err
		}
	}
}
