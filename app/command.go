package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
)

// A command of the operator's is carried out by the process that runs on the data folder, which takes it on a socket, or
// directly when none does: given and taken are of commands that say what came out, followed and following of those that tell
// how far they are.

// commandMost is the longest command, bytes: two versions of a city. saidMost is the longest answer: a version.
const (
	commandMost = 4 * versionMost
	saidMost    = versionMost
)

// given gives a command to the process that runs on the data folder, or carries it out directly, and returns what came out.
func given[T any](ctx context.Context, conf Config, path string, c T, do func(*House, context.Context, T) (string, error)) (string, error) {
	var said bytes.Buffer
	sent, err := send(ctx, conf, path, c, &said)
	if sent || err != nil {
		return said.String(), err
	}
	out := ""
	err = directly(ctx, conf, func(h *House) error {
		out, err = do(h, ctx, c)
		return err
	})
	return out, err
}

// taken carries out a command and says what came out.
func taken[T any](do func(context.Context, T) (string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		said := ""
		c, err := received[T](w, r)
		if err == nil {
			said, err = do(r.Context(), c)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		_, _ = io.WriteString(w, said) // who asked may be gone
	}
}

// followed gives a command to the process that runs on the data folder, or carries it out directly; what it tells goes to out
// as it tells it.
func followed[T any](ctx context.Context, conf Config, path string, c T, out io.Writer, do func(*House, context.Context, T, io.Writer) error) error {
	said := &verdict{to: out}
	sent, err := send(ctx, conf, path, c, said)
	if sent || err != nil {
		return errors.Join(err, said.err())
	}
	return directly(ctx, conf, func(h *House) error { return do(h, ctx, c, out) })
}

// following carries out a command and sends each line at once.
func following[T any](do func(context.Context, T, io.Writer) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := received[T](w, r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		out := &flushed{w: w, control: http.NewResponseController(w)}
		if err := do(r.Context(), c, out); err != nil {
			fmt.Fprintf(out, "%c%s", verdictMark, err)
		}
	}
}

func received[T any](w http.ResponseWriter, r *http.Request) (T, error) {
	var c T
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, commandMost)).Decode(&c)
	return c, err
}

// send gives a command and copies what the process says as it says it; false when no process runs on the folder.
func send(ctx context.Context, conf Config, path string, command any, to io.Writer) (bool, error) {
	body, err := json.Marshal(command)
	if err != nil {
		return false, fmt.Errorf("app: command: %w", err)
	}
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", filepath.Join(conf.Data, socketName))
	}}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://posad"+path, bytes.NewReader(body))
	if err != nil {
		return false, fmt.Errorf("app: command: %w", err)
	}
	answer, err := client.Do(r)
	if err != nil {
		return false, nil // nobody listens: no process runs on the folder
	}
	defer func() { _ = answer.Body.Close() }() // it was read
	var refusal bytes.Buffer
	if answer.StatusCode != http.StatusOK {
		to = &refusal
	}
	if _, err := io.Copy(to, io.LimitReader(answer.Body, saidMost)); err != nil {
		return true, fmt.Errorf("app: command: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return true, errors.New(string(bytes.TrimSpace(refusal.Bytes())))
	}
	return true, nil
}

// directly opens the house, does one thing, and closes it.
func directly(ctx context.Context, conf Config, do func(*House) error) error {
	h, err := Open(ctx, conf, Options{})
	if err != nil {
		return err
	}
	return errors.Join(do(h), h.Stop(ctx))
}

// flushed sends each line at once.
type flushed struct {
	w       io.Writer
	control *http.ResponseController
}

// Write implements io.Writer.
func (f *flushed) Write(b []byte) (int, error) {
	n, err := f.w.Write(b)
	_ = f.control.Flush() // a writer that can't is read at its end
	return n, err
}

// verdictMark stands before the words of a failure in a stream whose status was sent long ago.
const verdictMark = 0

// verdict passes a stream on up to the mark, and keeps what comes after it.
type verdict struct {
	to     io.Writer
	failed *bytes.Buffer
}

// Write implements io.Writer.
func (v *verdict) Write(b []byte) (int, error) {
	if v.failed != nil {
		return v.failed.Write(b)
	}
	at := bytes.IndexByte(b, verdictMark)
	if at < 0 {
		return v.to.Write(b)
	}
	v.failed = new(bytes.Buffer)
	v.failed.Write(b[at+1:])
	n, err := v.to.Write(b[:at])
	return n + len(b) - at, err
}

func (v *verdict) err() error {
	if v.failed == nil {
		return nil
	}
	return errors.New(v.failed.String())
}
