package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"posad.city/core/apply"
	"posad.city/core/form"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// The lifecycle of a case is four calls of the API: the resident sends the application, an official takes it, decides it,
// and the resident reads it. The load is an open loop: lifecycles start by a schedule that waits for no answer, and the
// first call's time counts from the moment that the schedule names. Jobs run as they do in a server.
//
//	POSAD_BENCH_CASES    stored cases, by commas; 0 when empty
//	POSAD_BENCH_RATES    offered lifecycles a second, by commas; a search for the greatest when empty
//	POSAD_BENCH_SECONDS  how long each rate is offered; 10 when empty
//	POSAD_BENCH_VERDICT  refuse (when empty) or approve, which makes a document
//	POSAD_BENCH_KEEP     folder where loaded cities stay from run to run
//	POSAD_BENCH_TOGETHER so many lifecycles at a time, each begun when another ends, and no schedule: processor time on a busy machine
//	POSAD_BENCH_LOAD     load the cities and measure nothing
//	POSAD_BENCH_OUT      folder for the results as JSON

// callNames are the four calls in their order.
var callNames = []string{"submit", "assign", "decide", "read"}

// quantiles of one call, in milliseconds.
type quantiles struct {
	P50, P95, P99, Max float64
}

// trial is one offered rate and what came of it.
type trial struct {
	Engine    string
	Stored    int // cases before the first trial of the run
	Verdict   string
	Offered   float64 // lifecycles a second
	Seconds   float64 // from the first start to the last answer
	Started   int
	Succeeded int
	Waited    int // tries of assign that came before the case was in its queue
	Calls     map[string]quantiles
	JobsLeft  int     // due when the last answer came
	JobsAfter float64 // seconds until none was
	CPU       float64 // milliseconds of processor time of one lifecycle, load generator and jobs included; PostgreSQL's own not
	Load      string  // of the machine, others' work included
	Fault     string  // the first one
}

// well tells whether everything succeeded and every call was quick.
func (r trial) well() bool {
	for _, q := range r.Calls {
		if q.P95 >= 50 {
			return false
		}
	}
	return r.Succeeded == r.Started && r.JobsAfter < max(2, r.Seconds/4)
}

// BenchmarkLifecycle measures offered rates one after another.
func BenchmarkLifecycle(b *testing.B) {
	for _, engine := range engines() {
		for _, cases := range numbersOf("POSAD_BENCH_CASES", 0) {
			b.Run(fmt.Sprintf("%s/%d", engine, int(cases)), func(b *testing.B) {
				t, err := stored(engine, int(cases))
				if err != nil {
					b.Fatal(err)
				}
				if os.Getenv("POSAD_BENCH_LOAD") != "" {
					return // the city is loaded, to be kept
				}
				if err := t.work(); err != nil {
					b.Fatal(err)
				}
				var trials []trial
				if rates := numbersOf("POSAD_BENCH_RATES"); len(rates) > 0 {
					for _, rate := range rates {
						trials = append(trials, t.offer(b, rate))
					}
				} else {
					trials = t.greatest(b)
				}
				keep(b, fmt.Sprintf("lifecycle-%s-%d-%s", engine, int(cases), verdict()), trials)
				best := 0.0
				for _, one := range trials {
					if one.well() {
						best = max(best, one.Offered)
					}
				}
				b.ReportMetric(best, "lifecycles/s")
			})
		}
	}
}

func engines() []string {
	out := []string{"sqlite"}
	if os.Getenv(storetest.PostgresEnv) != "" {
		out = append(out, "postgres")
	}
	return out
}

func verdict() string {
	if os.Getenv("POSAD_BENCH_VERDICT") == "approve" {
		return "approve"
	}
	return "refuse"
}

// What an official sends and what the case is then.
var (
	verdicts = map[string]string{"refuse": `{"verdict":"refuse","ground":"unreadable","words":"Файл не открывается."}`, "approve": `{"verdict":"approve","words":"Исправлено сегодня."}`}
	stages   = map[string]string{"refuse": "refused", "approve": "approved"}
)

// numbersOf are the numbers of an environment variable.
func numbersOf(name string, without ...float64) []float64 {
	var out []float64
	for _, part := range strings.Split(os.Getenv(name), ",") {
		if n, err := strconv.ParseFloat(strings.TrimSpace(part), 64); err == nil {
			out = append(out, n)
		}
	}
	if len(out) == 0 {
		return without
	}
	return out
}

var storedTowns = map[string]*town{}

// stored opens a city with so many cases.
func stored(engine string, cases int) (*town, error) {
	name := fmt.Sprintf("-%d", cases)
	if t := storedTowns[engine+name]; t != nil {
		return t, nil
	}
	perPerson := float64(casesOfBusy+casesOfOthers*(busyOneIn-1)) / busyOneIn
	s := size{name: name, persons: persons(), cases: cases > 0, kept: os.Getenv("POSAD_BENCH_KEEP")}
	if cases > 0 {
		s.persons = int(float64(cases) / perPerson)
	}
	t, err := buildOf(engine, s)
	storedTowns[engine+name] = t
	return t, err
}

// work has jobs run, as a server does.
func (t *town) work() error {
	if t.working {
		return nil
	}
	t.working = true
	return t.Base.Jobs.Start(context.Background())
}

// greatest looks for the greatest rate at which everything succeeds in time: first upwards by a quarter, then halving the
// gap.
func (t *town) greatest(b *testing.B) []trial {
	var out []trial
	good, bad := 0.0, 0.0
	for rate := numbersOf("POSAD_BENCH_FROM", 100)[0]; bad == 0 && rate < 5000; rate *= 1.25 {
		one := t.offer(b, rate)
		out = append(out, one)
		if one.well() {
			good = rate
		} else {
			bad = rate
		}
	}
	for bad-good > good/10 && good > 0 {
		one := t.offer(b, (good+bad)/2)
		out = append(out, one)
		if one.well() {
			good = one.Offered
		} else {
			bad = one.Offered
		}
	}
	return out
}

// life is one lifecycle under way.
type life struct {
	ready
	at   time.Time // when it was to start
	took [4]time.Duration
	wait int
	err  error
}

// offer starts lifecycles at a rate and waits until all have ended.
func (t *town) offer(b *testing.B, rate float64) trial {
	b.Helper()
	seconds := numbersOf("POSAD_BENCH_SECONDS", 10)[0]
	count := int(rate * seconds)
	lives := make([]life, count)
	all, err := t.fill(count)
	if err != nil {
		b.Fatal(err)
	}
	t.settleJobs(time.Minute)
	pool := &openPool{address: t.address}
	if file := os.Getenv("POSAD_BENCH_PROFILE"); file != "" {
		out, err := os.Create(file)
		if err == nil {
			err = pprof.StartCPUProfile(out)
		}
		if err != nil {
			b.Fatal(err)
		}
		defer pprof.StopCPUProfile()
	}
	before, began := processor(), time.Now()
	var group sync.WaitGroup
	places := make(chan struct{}, int(numbersOf("POSAD_BENCH_TOGETHER", 0)[0]))
	for i := range lives {
		l := &lives[i]
		if l.ready = all[i]; cap(places) > 0 {
			places <- struct{}{}
			l.at = time.Now()
		} else {
			l.at = began.Add(time.Duration(float64(i) / rate * float64(time.Second)))
			time.Sleep(time.Until(l.at))
		}
		group.Go(func() {
			l.err = t.live(pool, l, int64(i))
			if cap(places) > 0 {
				<-places
			}
		})
	}
	group.Wait()
	out := trial{Engine: t.engine, Stored: t.storedCases(), Verdict: verdict(), Offered: rate, Seconds: time.Since(began).Seconds(), Started: count}
	out.JobsLeft = t.dueJobs()
	out.JobsAfter = t.settleJobs(time.Minute).Seconds()
	out.CPU = float64((processor() - before).Microseconds()) / 1000 / float64(count)
	out.sum(lives)
	load, _ := os.ReadFile("/proc/loadavg")
	out.Load = strings.TrimSpace(string(load))
	b.Logf("%+v", out)
	return out
}

func (r *trial) sum(lives []life) {
	r.Calls = map[string]quantiles{}
	for n, name := range callNames {
		var took []time.Duration
		for i := range lives {
			if lives[i].took[n] > 0 {
				took = append(took, lives[i].took[n])
			}
		}
		r.Calls[name] = quantilesOf(took)
	}
	for i := range lives {
		r.Waited += lives[i].wait
		if lives[i].err == nil {
			r.Succeeded++
		} else if r.Fault == "" {
			r.Fault = lives[i].err.Error()
		}
	}
}

func quantilesOf(took []time.Duration) quantiles {
	if len(took) == 0 {
		return quantiles{}
	}
	slices.Sort(took)
	at := func(q float64) float64 {
		return float64(took[min(len(took)-1, int(q*float64(len(took))))].Microseconds()) / 1000
	}
	return quantiles{at(0.5), at(0.95), at(0.99), at(1)}
}

// assignMost is how long assign is tried while the case is not in its queue.
const assignMost = 5 * time.Second

// live goes through one lifecycle.
func (t *town) live(pool *openPool, l *life, n int64) error {
	status, body, err := pool.ask(t.post("/api/v1/drafts/"+l.draft.String()+"/submit", l.citizen, `{"consent":true}`))
	if err := answered(http.StatusCreated)(status, body, err); err != nil {
		return fmt.Errorf("submit: %w", err)
	}
	l.took[0] = time.Since(l.at)
	var sent struct{ Number string }
	if err := json.Unmarshal(body, &sent); err != nil {
		return err
	}
	clerk, began := t.official(n), time.Now()
	for {
		status, body, err = pool.ask(t.post("/api/v1/desk/cases/"+sent.Number+"/take", clerk, `{}`))
		if err != nil || status == http.StatusOK || time.Since(began) > assignMost {
			break
		}
		l.wait++
		time.Sleep(5 * time.Millisecond)
	}
	if err := answered(http.StatusOK)(status, body, err); err != nil {
		return fmt.Errorf("assign: %w", err)
	}
	l.took[1] = time.Since(began)
	began = time.Now()
	status, body, err = pool.ask(t.post("/api/v1/desk/cases/"+sent.Number+"/decide", clerk, verdicts[verdict()]))
	if err := answered(http.StatusOK)(status, body, err); err != nil {
		return fmt.Errorf("decide: %w", err)
	}
	l.took[2] = time.Since(began)
	began = time.Now()
	status, body, err = pool.ask("GET /api/v1/cases/" + sent.Number + " HTTP/1.1\r\nHost: " + t.address + "\r\nX-Forwarded-For: " + l.address +
		"\r\nAuthorization: Bearer " + l.token + "\r\n\r\n")
	if err := answered(http.StatusOK)(status, body, err); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	l.took[3] = time.Since(began)
	var read struct{ Stage string }
	if err := json.Unmarshal(body, &read); err != nil || read.Stage != stages[verdict()] {
		return errors.Join(err, fmt.Errorf("read: stage %q", read.Stage))
	}
	return nil
}

// fill makes so many drafts that can be sent.
func (t *town) fill(count int) ([]ready, error) {
	if count > len(t.people) {
		return nil, fmt.Errorf("%d lifecycles of %d persons", count, len(t.people))
	}
	out := make([]ready, count)
	from := t.filled.Add(int64(count)) - int64(count)
	err := spread(count, 32, func(i int) error {
		c := t.people[(int(from)+i)%len(t.people)]
		draft, err := t.draftOf(c)
		out[i] = ready{c, draft}
		return err
	})
	return out, err
}

func (t *town) draftOf(c citizen) (id.ID, error) {
	ctx, a := context.Background(), c.act(t)
	d, _, err := t.Modules.Apply.Begin(ctx, a, apply.Beginning{Service: "bench-report", Anew: true, Lang: lang.Russian})
	if err != nil {
		return id.ID{}, err
	}
	body := []byte(`{"text": "` + letterText + `", "name": {"surname": "Жителев", "given": "Пётр"}}`)
	_, err = t.Modules.Apply.Save(ctx, a, d.ID, apply.Change{Lang: lang.Russian, Bind: func(in form.Input) (form.Bound, error) { return form.BindJSON(in, body) }})
	return d.ID, err
}

var (
	countDue   = store.NewQuery("bench.Due", `SELECT COUNT(*) FROM job WHERE state = 'open' AND handler = $1 AND (due <= $2 OR claim IS NOT NULL)`)
	anyDue     = store.NewQuery("bench.AnyDue", `SELECT 1 FROM job WHERE state = 'open' AND handler = $1 AND due <= $2 LIMIT 1`)
	countFiles = store.NewQuery("bench.Files", `SELECT COUNT(*) FROM case_number`)
)

// jobsOfCases are the handlers that work behind a case.
var jobsOfCases = []string{
	"casework.move", "casework.after", "casework.tell", "casework.count", "desk.closed", "notice.send",
}

// dueJobs is how many jobs behind cases should have run, or are claimed, and have not ended.
func (t *town) dueJobs() int {
	n := 0
	err := t.Base.Store.Read(context.Background(), func(r *store.Snapshot) error {
		n = 0
		for _, handler := range jobsOfCases {
			if err := r.Query(countDue, func(row *store.Row) error { n += int(row.Int(0)); return nil }, handler, r.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return -1
	}
	return n
}

// settleJobs waits until no job is due, and tells how long that was.
func (t *town) settleJobs(most time.Duration) time.Duration {
	began := time.Now()
	for time.Since(began) < most && t.unsettled() {
		time.Sleep(100 * time.Millisecond)
	}
	return time.Since(began)
}

// unsettled tells whether a job behind cases is still to be done. A claimed job is due when its lease ends, long after those
// of cases are done but before any that waits for a term.
func (t *town) unsettled() bool {
	found := false
	err := t.Base.Store.Read(context.Background(), func(r *store.Snapshot) error {
		found = false
		for _, handler := range jobsOfCases {
			if err := r.Query(anyDue, func(*store.Row) error { found = true; return nil }, handler, r.Now().Add(time.Minute)); err != nil || found {
				return err
			}
		}
		return nil
	})
	return err == nil && found
}

func (t *town) storedCases() int {
	n := 0
	err := t.Base.Store.Read(context.Background(), func(r *store.Snapshot) error {
		return r.Query(countFiles, func(row *store.Row) error { n = int(row.Int(0)); return nil })
	})
	if err != nil {
		return -1
	}
	return n
}

// processor is the time that the process has had.
func processor() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// keep writes results down.
func keep(b *testing.B, name string, value any) {
	b.Helper()
	folder := os.Getenv("POSAD_BENCH_OUT")
	if folder == "" {
		return
	}
	text, err := json.MarshalIndent(value, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".json"), append(text, '\n'), 0o644)
	}
	if err != nil {
		b.Error(err)
	}
}

// openPool gives every call a connection, a new one when all are busy: an open loop waits for none.
type openPool struct {
	address string
	mu      sync.Mutex
	free    []*line
	made    atomic.Int64
}

func (p *openPool) ask(request string) (int, []byte, error) {
	p.mu.Lock()
	var one *line
	if n := len(p.free); n > 0 {
		one, p.free = p.free[n-1], p.free[:n-1]
	}
	p.mu.Unlock()
	if one == nil {
		p.made.Add(1)
		conn, err := net.DialTimeout("tcp", p.address, 10*time.Second)
		if err != nil {
			return 0, nil, err
		}
		one = &line{address: p.address, conn: conn, reader: bufio.NewReaderSize(conn, 16<<10)}
	}
	status, body, err := one.ask(request, true)
	if err != nil {
		return status, body, errors.Join(err, one.conn.Close())
	}
	p.mu.Lock()
	p.free = append(p.free, one)
	p.mu.Unlock()
	return status, body, nil
}
