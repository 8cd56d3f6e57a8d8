package crash

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startWithin is how long a city may take to be ready again.
const startWithin = 30 * time.Second

// city is the process that is killed.
type city struct {
	t        *testing.T
	data     string
	database string // empty: the embedded engine
	listen   string
	outside  string
	log      string // file of everything it said on stderr
	process  *exec.Cmd
	moved    time.Duration // how far the clock of the present process was moved
	took     span          // how long starts took
}

// span is the least and the most of something.
type span struct{ least, most time.Duration }

func (s *span) add(d time.Duration) {
	if s.least == 0 || d < s.least {
		s.least = d
	}
	s.most = max(s.most, d)
}

func (s span) String() string {
	return fmt.Sprintf("%d to %d ms", s.least.Milliseconds(), s.most.Milliseconds())
}

func newCity(t *testing.T, w *world, database string) *city {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	c := &city{t: t, data: data, database: database, listen: listen, outside: w.addresses(), log: filepath.Join(data, "stderr.log")}
	t.Cleanup(func() {
		if c.process != nil {
			c.kill()
		}
	})
	return c
}

// folder is where the embedded database lies.
func (c *city) folder() string { return filepath.Join(c.data, "db") }

func (c *city) address() string { return "http://" + c.listen }

// start runs the city on its data and waits until it is ready.
func (c *city) start() {
	c.t.Helper()
	args := []string{"demo", "--data", c.data, "--listen", c.listen, "--outside", c.outside, "--key", outsideKey}
	if c.database != "" {
		args = append(args, "--database", c.database)
	}
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = log.Close() }() // the child has its own
	process := exec.Command(binary, args...)
	process.Stderr = log
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := process.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	began := time.Now()
	if err := process.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.process, c.moved = process, 0
	ready := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "ready ") {
				ready <- true
			}
		}
		ready <- false
	}()
	select {
	case ok := <-ready:
		if !ok {
			c.t.Fatalf("the city ended before it was ready:\n%s", c.tail())
		}
	case <-time.After(startWithin):
		c.t.Fatalf("the city was not ready within %v:\n%s", startWithin, c.tail())
	}
	c.took.add(time.Since(began))
}

// kill ends the city as a power cut would end the program.
func (c *city) kill() {
	_ = c.process.Process.Kill() // it may have ended by itself, which the next start shows
	_ = c.process.Wait()         // it was killed: an error is what it must say
	c.process = nil
}

// stop ends the city as an operator does.
func (c *city) stop() {
	c.t.Helper()
	if err := c.process.Process.Signal(syscall.SIGTERM); err != nil {
		c.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func(p *exec.Cmd) { done <- p.Wait() }(c.process)
	select {
	case err := <-done:
		if err != nil {
			c.t.Errorf("the city did not stop cleanly: %v\n%s", err, c.tail())
		}
		c.process = nil
	case <-time.After(startWithin):
		c.t.Errorf("the city did not stop within %v", startWithin)
		c.kill()
	}
}

// moveClock moves the demo's clock on, so that what waits for a time need not be waited for.
func (c *city) moveClock(by time.Duration) {
	c.t.Helper()
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", filepath.Join(c.data, "admin.sock"))
	}}}
	defer client.CloseIdleConnections()
	body, err := json.Marshal(map[string]int64{"seconds": int64(by.Seconds())})
	if err != nil {
		c.t.Fatal(err)
	}
	answer, err := client.Post("http://posad/clock", "application/json", bytes.NewReader(body))
	if err != nil {
		c.t.Fatalf("move the clock: %v", err)
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
		c.t.Fatalf("move the clock: %s %v", answer.Status, err)
	}
	c.moved += by
}

func (c *city) said() []byte {
	text, err := os.ReadFile(c.log)
	if err != nil {
		c.t.Error(err)
	}
	return text
}

func (c *city) tail() []byte {
	text := c.said()
	return text[max(0, len(text)-4000):]
}

// shownMost is how many lines or rows of one kind a failure shows.
const shownMost = 5

// foreseen are the errors that a city rightly says when the world fails.
var foreseen = []string{`"id":"pay.bank_silent"`}

// checkLog looks for what a city must never say, however often it is killed.
func (c *city) checkLog() {
	c.t.Helper()
	shown := 0
	for line := range strings.Lines(string(c.said())) {
		bad := strings.Contains(line, `"level":"ERROR"`) || strings.HasPrefix(line, "panic:") || strings.Contains(line, "panic in a transaction") ||
			strings.HasPrefix(line, "fatal error:")
		if !bad || slices.ContainsFunc(foreseen, func(known string) bool { return strings.Contains(line, known) }) {
			continue
		}
		if shown++; shown <= shownMost {
			c.t.Errorf("the city said: %.1000s", line)
		}
	}
	if shown > shownMost {
		c.t.Errorf("and %d lines more like these", shown-shownMost)
	}
}
