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
	"os"
	"path/filepath"
	"time"

	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// socketName is the operator's way into a running process: only who may open the data folder may open it.
const socketName = "admin.sock"

// admin serves the operator's commands on a socket in the data folder.
func (h *House) admin(ctx context.Context) error {
	path := filepath.Join(h.conf.Data, socketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("app: admin socket: %w", err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("app: admin socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return errors.Join(fmt.Errorf("app: admin socket: %w", err), listener.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /publish", h.takeVersion)
	mux.HandleFunc("POST /clock", h.moveClock)
	h.watching.Go(func() {
		if err := serveUntil(ctx, listener, mux); err != nil {
			h.Base.Log.Warn("app: admin socket", "error", err)
		}
	})
	return nil
}

// versionMost is the largest version of a city that is taken, bytes.
const versionMost = 64 << 20

func (h *House) takeVersion(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, versionMost))
	if err == nil {
		err = h.publishBytes(r.Context(), body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	fmt.Fprintln(w, "published")
}

func (h *House) publishBytes(ctx context.Context, version []byte) error {
	city, err := service.Open(version)
	if err != nil {
		return err
	}
	return h.Modules.Service.Publish(ctx, h.command(), city)
}

// command is the act of an operator at the machine.
func (h *House) command() act.Act {
	a := act.ByJob(id.New(h.Clock.Now()), act.Purpose{Kind: "command", ID: "publish"})
	a.Channel = act.Command
	return a
}

// moveClock shifts the demo's clock: {"seconds": 86400}.
func (h *House) moveClock(w http.ResponseWriter, r *http.Request) {
	var by struct {
		Seconds int64 `json:"seconds"`
	}
	if !h.conf.Demo {
		http.Error(w, "only the demo's clock can be moved", http.StatusForbidden)
		return
	}
	if err := json.NewDecoder(r.Body).Decode(&by); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	h.Clock.Move(time.Duration(by.Seconds) * time.Second)
	fmt.Fprintln(w, h.Clock.Now().Format(time.RFC3339))
}

// Publish puts a checked city into force: through the socket of the process that runs on the data folder, or directly
// when none does.
func Publish(ctx context.Context, conf Config, city *service.City) error {
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", filepath.Join(conf.Data, socketName))
	}}}
	answer, err := client.Post("http://posad/publish", "application/json", bytes.NewReader(city.Bytes()))
	if err != nil {
		return publishDirectly(ctx, conf, city)
	}
	defer func() { _ = answer.Body.Close() }() // it was read
	said, err := io.ReadAll(io.LimitReader(answer.Body, 1<<16))
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("publish: %s", bytes.TrimSpace(said))
	}
	return nil
}

func publishDirectly(ctx context.Context, conf Config, city *service.City) error {
	h, err := Open(ctx, conf, Options{})
	if err != nil {
		return err
	}
	return errors.Join(h.Modules.Service.Publish(ctx, h.command(), city), h.Stop(ctx))
}
