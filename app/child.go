package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// child is a small server of the world outside, run as a process of its own from the same binary.
type child struct {
	cmd     *exec.Cmd
	address map[string]string // what it said on its line "ready NAME=ADDRESS …"
	done    chan error
	once    sync.Once
	err     error
}

// startWithin is how long a child may take to say that it is ready.
const startWithin = 20 * time.Second

// startChild runs `posad sim ARGS` and waits until it says that it is ready. The child ends with this process, however
// that ends.
func startChild(ctx context.Context, args ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("app: %w", err)
	}
	cmd := exec.Command(self, append([]string{"sim"}, args...)...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("app: %s: %w", args[0], err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("app: %s: %w", args[0], err)
	}
	c := &child{cmd: cmd, done: make(chan error, 1)}
	ready := make(chan map[string]string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if said, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
				ready <- addresses(said)
			}
		}
		c.done <- cmd.Wait()
	}()
	timer := time.NewTimer(startWithin)
	defer timer.Stop()
	select {
	case c.address = <-ready:
		return c, nil
	case err := <-c.done:
		return nil, fmt.Errorf("app: %s ended before it was ready: %w", args[0], err)
	case <-timer.C:
		return nil, errors.Join(fmt.Errorf("app: %s did not become ready", args[0]), cmd.Process.Kill())
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), cmd.Process.Kill())
	}
}

func addresses(said string) map[string]string {
	out := map[string]string{}
	for _, pair := range strings.Fields(said) {
		if name, address, ok := strings.Cut(pair, "="); ok {
			out[name] = address
		}
	}
	return out
}

// stop asks the child to end and waits; after five seconds it is ended.
func (c *child) stop() error {
	c.once.Do(func() {
		if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			c.err = fmt.Errorf("app: stop: %w", err)
		}
		timer := time.NewTimer(5 * time.Second)
		defer timer.Stop()
		select {
		case <-c.done:
		case <-timer.C:
			c.err = errors.Join(c.err, c.cmd.Process.Kill())
		}
	})
	return c.err
}
