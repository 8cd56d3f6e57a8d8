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
	"slices"
	"time"

	"posad.city/core/agency"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
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
	mux.HandleFunc("POST /appoint", h.takeAppointment)
	mux.HandleFunc("POST /jobs", h.takeJobs)
	mux.HandleFunc("POST /keys", h.takeKeys)
	mux.HandleFunc("POST /log", h.takeLog)
	mux.HandleFunc("POST /backup", h.takeBackup)
	mux.HandleFunc("POST /exchange", h.takeExchange)
	mux.HandleFunc("POST /clock", h.moveClock)
	mux.HandleFunc("POST /publish-at", taken(h.publishAt))
	mux.HandleFunc("POST /versions", taken(h.versions))
	mux.HandleFunc("POST /version", taken(h.versionBytes))
	mux.HandleFunc("POST /kept", taken(h.kept))
	mux.HandleFunc("POST /export", taken(h.export))
	mux.HandleFunc("POST /simulate", h.takeSimulate)
	mux.HandleFunc("POST /replay", taken(h.replay))
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
	city, err := service.Accept(version)
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

// Appointment gives a person a role in an agency. It is how the first administrator comes in; later ones are made on the
// page /admin/officials.
type Appointment struct {
	Contact string `json:"contact"` // e-mail or phone that the person signs in with
	Agency  string `json:"agency"`  // key
	Role    string `json:"role"`
}

func (h *House) takeAppointment(w http.ResponseWriter, r *http.Request) {
	var a Appointment
	err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&a)
	if err == nil {
		err = h.appoint(r.Context(), a)
	}
	if err != nil {
		http.Error(w, InWords(h.Base.Texts, lang.English, err).Error(), http.StatusUnprocessableEntity)
		return
	}
	fmt.Fprintln(w, "appointed")
}

func (h *House) appoint(ctx context.Context, a Appointment) error {
	person, err := h.Modules.Account.Find(ctx, a.Contact)
	if err != nil {
		return fmt.Errorf("nobody signs in by %s yet: let them sign in once: %w", a.Contact, err)
	}
	if !slices.Contains(agency.Roles(agency.ID(a.Agency)), agency.Role(a.Role)) {
		return fmt.Errorf("there is no role %q in the agency %q", a.Role, a.Agency)
	}
	return h.Modules.Agency.Enrol(ctx, []agency.Official{{Person: person, Agency: agency.ID(a.Agency), Role: agency.Role(a.Role), Since: h.Clock.Now()}})
}

// Publish puts a checked city into force: through the process that runs on the data folder, or directly when none does.
func Publish(ctx context.Context, conf Config, city *service.City) error {
	_, err := PublishAt(ctx, conf, Publishing{City: city.Bytes(), Files: city.Files()})
	return err
}

// Appoint gives a person a role: through the process that runs on the data folder, or directly when none does.
func Appoint(ctx context.Context, conf Config, a Appointment) error {
	body, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("appoint: %w", err)
	}
	sent, err := send(ctx, conf, "/appoint", body)
	if sent || err != nil {
		return err
	}
	return directly(ctx, conf, func(h *House) error { return h.appoint(ctx, a) })
}

// send gives a command to the process that runs on the data folder; false when none does.
func send(ctx context.Context, conf Config, path string, body []byte) (bool, error) {
	_, sent, err := ask(ctx, conf, path, body)
	return sent, err
}

// ask gives a command and returns what the process said.
func ask(ctx context.Context, conf Config, path string, body []byte) (string, bool, error) {
	var said bytes.Buffer
	sent, err := stream(ctx, conf, path, body, &said)
	return said.String(), sent, err
}

// saidMost is the longest answer to a command, bytes: a version of a city.
const saidMost = versionMost

// stream gives a command and copies what the process says as it says it; false when no process runs on the folder.
func stream(ctx context.Context, conf Config, path string, body []byte, to io.Writer) (bool, error) {
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
