package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// SimulateCommand runs kept cases of services through two versions of the city.
type SimulateCommand struct {
	From, To []byte   // the versions, in canonical form
	Services []string // keys
	Days     int      // how many days back cases were sent; 1 to 3660
}

// simulated is a line that the process says: how far it is, or what came out.
type simulated struct {
	Service string              `json:"service,omitempty"`
	Done    int                 `json:"done,omitempty"`
	Result  *service.Simulation `json:"result,omitempty"`
}

// simulateEvery is after how many cases one says how far it is.
const simulateEvery = 100

// simulate runs the services one after the other and says a line of JSON for each piece of progress and each result.
func (h *House) simulate(ctx context.Context, c SimulateCommand, out io.Writer) error {
	if c.Days < 1 || c.Days > 3660 {
		return errors.New("cases are looked back for 1 to 3660 days")
	}
	from, err := service.Open(c.From)
	if err != nil {
		return err
	}
	to, err := service.Open(c.To)
	if err != nil {
		return err
	}
	lines := json.NewEncoder(out)
	since := h.Clock.Now().Add(-time.Duration(c.Days) * 24 * time.Hour)
	for _, key := range c.Services {
		tell := func(done int) {
			if done%simulateEvery == 0 {
				_ = lines.Encode(simulated{Service: key, Done: done}) // who asked may be gone; the context ends then
			}
		}
		result, err := service.Simulate(from, to, key, h.Modules.Casework.Decided(ctx, h.operator(), key, since), tell)
		if err != nil {
			return err
		}
		if err := lines.Encode(simulated{Service: key, Result: &result}); err != nil {
			return err
		}
	}
	return nil
}

// Simulate runs kept cases through two versions, in the running process or directly; progress hears how far it is.
func Simulate(ctx context.Context, conf Config, c SimulateCommand, progress func(service string, done int)) ([]service.Simulation, error) {
	read, write := io.Pipe()
	go func() {
		_ = write.CloseWithError(followed(ctx, conf, "/simulate", c, write, (*House).simulate)) // it never fails
	}()
	out, err := simulations(read, progress)
	return out, errors.Join(err, read.Close())
}

// simulations reads what a process says.
func simulations(r io.Reader, progress func(string, int)) ([]service.Simulation, error) {
	var out []service.Simulation
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, versionMost)
	for lines.Scan() {
		var line simulated
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, errors.New("the running process is of another release")
		}
		switch {
		case line.Result != nil:
			out = append(out, *line.Result)
		default:
			progress(line.Service, line.Done)
		}
	}
	return out, lines.Err()
}

// ReplayCommand decides a case again from what was kept.
type ReplayCommand struct {
	Number string        `json:"number"`
	Lang   lang.Language `json:"lang"`
}

// Replayed is a decision that was made again. It names nobody.
type Replayed struct {
	Number      string       `json:"number"`
	Service     string       `json:"service"`
	Title       lang.Text    `json:"title"`
	Definition  service.Hash `json:"definition"`
	Environment string       `json:"environment"` // of the rules, in which it was decided
	Decided     time.Time    `json:"decided"`
	Stage       string       `json:"stage"`
	By          string       `json:"by"` // table, official, ground
	Kept        string       `json:"kept,omitempty"`
	Now         string       `json:"now,omitempty"`
	Ground      string       `json:"ground,omitempty"`
	Same        bool         `json:"same"`
	Why         string       `json:"why,omitempty"`
}

func (h *House) replay(ctx context.Context, c ReplayCommand) (string, error) {
	l := orEnglish(c.Lang)
	m := h.Modules.Casework
	ref, err := m.Find(ctx, c.Number)
	if err != nil {
		return "", InWords(h.Base.Texts, l, err)
	}
	a := h.operator()
	one, err := m.Read(ctx, a, ref.Holder, ref.ID)
	if err != nil {
		return "", InWords(h.Base.Texts, l, err)
	}
	e, err := m.Explain(ctx, a, ref.Holder, ref.ID)
	if err != nil {
		return "", InWords(h.Base.Texts, l, err)
	}
	out := Replayed{
		Number: one.Number, Service: one.Service, Definition: service.Hash(one.Definition), Environment: e.Kept.Environ, Decided: one.Decided,
		Stage: string(e.Kept.Stage), By: e.Kept.By, Kept: e.Kept.Row, Now: e.Row, Ground: e.Kept.Ground, Same: e.Same,
	}
	if city, err := h.Modules.Service.Version(ctx, out.Definition); err == nil {
		if s, ok := city.Service(one.Service); ok {
			out.Title = s.Title
		}
	}
	if e.Why != nil {
		out.Why = strings.Join(strings.Fields(e.Why.Error()), " ")
	}
	said, err := json.Marshal(out)
	return string(said), err
}

// Replay decides a case again from the version, the inputs and the rules' environment that were kept with it.
func Replay(ctx context.Context, conf Config, c ReplayCommand) (Replayed, error) {
	said, err := given(ctx, conf, "/replay", c, (*House).replay)
	if err != nil {
		return Replayed{}, err
	}
	var out Replayed
	if err := json.Unmarshal([]byte(said), &out); err != nil {
		return out, errors.New("the running process is of another release")
	}
	return out, nil
}

// replayTexts are the app's own texts, for commands that open no house.
var replayTexts = sync.OnceValues(func() (*lang.Catalogue, error) { return lang.Load(own) })

// In says the replay for a terminal.
func (r Replayed) In(l lang.Language) string {
	texts, err := replayTexts()
	if err != nil {
		return r.Number
	}
	var out strings.Builder
	say := func(key string, params map[string]string) {
		out.WriteString(texts.TextWith(orEnglish(l), "app.replay."+key, params) + "\n")
	}
	word := func(key string) string { return texts.Text(orEnglish(l), "app.replay."+key) }
	say("head", map[string]string{"number": id.FormatNumber(r.Number), "title": r.Title.In(l), "service": r.Service})
	say("decided", map[string]string{"at": r.Decided.Format(time.RFC3339), "stage": word("stage_" + r.Stage), "by": word("by_" + r.By)})
	say("kept", map[string]string{"version": string(r.Definition), "environment": r.Environment})
	if r.Ground != "" {
		say("ground", map[string]string{"ground": r.Ground})
	}
	if r.Kept != "" || r.Now != "" {
		say("rows", map[string]string{"kept": orDash(r.Kept), "now": orDash(r.Now)})
	}
	switch {
	case r.Why != "":
		say("why", map[string]string{"why": r.Why})
	case r.Same:
		say("same", nil)
	default:
		say("differs", nil)
	}
	return out.String()
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
