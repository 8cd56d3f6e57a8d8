package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	mux.HandleFunc("POST /appoint", taken(h.appoint))
	mux.HandleFunc("POST /jobs", taken(h.jobs))
	mux.HandleFunc("POST /keys", following(h.takeKeys))
	mux.HandleFunc("POST /log", taken(h.log))
	mux.HandleFunc("POST /books", taken(h.books))
	mux.HandleFunc("POST /backup", following(h.backup))
	mux.HandleFunc("POST /exchange", taken(h.exchange))
	mux.HandleFunc("POST /exchange-check", following(h.exchangeCheck))
	mux.HandleFunc("POST /clock", h.moveClock)
	mux.HandleFunc("POST /publish-at", taken(h.publishAt))
	mux.HandleFunc("POST /versions", taken(h.versions))
	mux.HandleFunc("POST /version", taken(h.versionBytes))
	mux.HandleFunc("POST /kept", taken(h.kept))
	mux.HandleFunc("POST /export", taken(h.export))
	mux.HandleFunc("POST /simulate", following(h.simulate))
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

func (h *House) appoint(ctx context.Context, a Appointment) (string, error) {
	person, err := h.Modules.Account.Find(ctx, a.Contact)
	if err != nil {
		return "", fmt.Errorf("nobody signs in by %s yet: let them sign in once: %w", a.Contact, err)
	}
	if !slices.Contains(agency.Roles(agency.ID(a.Agency)), agency.Role(a.Role)) {
		return "", fmt.Errorf("there is no role %q in the agency %q", a.Role, a.Agency)
	}
	return "", h.Modules.Agency.Enrol(ctx, []agency.Official{{Person: person, Agency: agency.ID(a.Agency), Role: agency.Role(a.Role), Since: h.Clock.Now()}})
}

// Publish puts a checked city into force: through the process that runs on the data folder, or directly when none does.
func Publish(ctx context.Context, conf Config, city *service.City) error {
	_, err := PublishAt(ctx, conf, Publishing{City: city.Bytes(), Files: city.Files()})
	return err
}

// Appoint gives a person a role: through the process that runs on the data folder, or directly when none does.
func Appoint(ctx context.Context, conf Config, a Appointment) error {
	_, err := given(ctx, conf, "/appoint", a, (*House).appoint)
	return err
}
