package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/journal"
	"posad.city/kit/tlog"
	"posad.city/kit/witness"
)

// PublicLog is who outside confirms the city's public log.
type PublicLog struct {
	Witnesses []LogWitness `yaml:"witnesses"`
	Quorum    int          `yaml:"quorum"` // how many of them together are believed; 0: more than half
}

// LogWitness is a witness as the operator names it.
type LogWitness struct {
	Key     string `yaml:"key"`     // its verifier key: name+hash+key
	Address string `yaml:"address"` // before /add-checkpoint, https://…
}

// known reads the section; the error joins everything that is wrong.
func (p PublicLog) known() ([]witness.Known, error) {
	var out []witness.Known
	var faults []error
	for i, one := range p.Witnesses {
		wrong := func(what, text string, args ...any) {
			faults = append(faults, fmt.Errorf("public-log.witnesses[%d].%s: "+text, append([]any{i, what}, args...)...))
		}
		w, err := tlog.ParseWitness(one.Key)
		if err != nil {
			wrong("key", "%w", err)
		}
		for _, other := range out {
			if err == nil && other.Public.Equal(w.Public) {
				wrong("key", "it stands twice: one witness counts once")
			} else if err == nil && other.Name == w.Name {
				wrong("key", "two witnesses are called %s", w.Name)
			}
		}
		if text := addressFault(one.Address); text != "" {
			wrong("address", "%s", text)
		}
		if err == nil {
			out = append(out, witness.Known{Witness: w, Address: strings.TrimRight(one.Address, "/")})
		}
	}
	if p.Quorum < 0 || p.Quorum > len(p.Witnesses) {
		faults = append(faults, fmt.Errorf("public-log.quorum: %d of %d witnesses; want a number from 1 to %d", p.Quorum, len(p.Witnesses), len(p.Witnesses)))
	}
	return out, errors.Join(faults...)
}

// addressFault says what is wrong with a witness's address. What a witness answers may be a bare number, so the way to it
// is to be safe, unless it stays on this machine.
func addressFault(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Sprintf("%q is not an address such as https://witness.university.example", address)
	}
	ip, err := netip.ParseAddr(u.Hostname())
	near := u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !near) {
		return "want https://"
	}
	return ""
}

// WitnessMake makes a witness's key in a folder and says what its operator gives to others.
func WitnessMake(folder, name string, out io.Writer) error {
	w, err := witness.Make(folder, name)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "The witness's verifier key, for the logs that ask and for whoever checks:\n\n    %s\n\nThe secret key is in %s. Keep the folder, and never bring back an older copy of it: a witness that forgets what it signed is none.\n", w.Key(), folder)
	return err
}

// WitnessTrust has a witness sign for a log, by the log's verifier key.
func WitnessTrust(folder, key string, out io.Writer) error {
	origin, err := witness.Trust(folder, key)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "The log %s is signed for from now on.\n", origin)
	return err
}

// WitnessServe runs a witness until ctx ends.
func WitnessServe(ctx context.Context, folder, listen string, log *slog.Logger, out io.Writer) error {
	s, err := witness.Open(witness.Options{Folder: folder, Clock: new(clock.System), Log: log})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return errors.Join(fmt.Errorf("witness: %w", err), s.Close())
	}
	server := witnessServer(s)
	fmt.Fprintf(out, "ready http://%s %s\n", listener.Addr(), s.Witness().Key())
	return errors.Join(serveWitness(ctx, server, listener), s.Close())
}

func witnessServer(s *witness.Server) *http.Server {
	return &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10}
}

// serveWitness serves until ctx ends; what is being signed is signed and answered.
func serveWitness(ctx context.Context, server *http.Server, listener net.Listener) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return server.Shutdown(stopping)
	}
}

// herald is the demo's witness: the town's newspaper, which watches the city's log from outside.
const herald = "herald.kitezh.example/witness"

// demoWitness is that witness while it runs.
type demoWitness struct {
	folder string
	stop   context.CancelFunc
	done   chan error
}

// startHerald runs the demo's witness and names it in the configuration.
func startHerald(ctx context.Context, folder string, conf *Config, log *slog.Logger) (*demoWitness, error) {
	if _, err := witness.Make(folder, herald); err != nil && !errors.Is(err, witness.ErrHasKey) {
		return nil, err
	}
	s, err := witness.Open(witness.Options{Folder: folder, Clock: new(clock.System), Log: log})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("demo: witness: %w", err), s.Close())
	}
	conf.PublicLog = PublicLog{Witnesses: []LogWitness{{Key: s.Witness().Key(), Address: "http://" + listener.Addr().String()}}}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	out := &demoWitness{folder, stop, make(chan error, 1)}
	go func() { out.done <- errors.Join(serveWitness(ctx, witnessServer(s), listener), s.Close()) }()
	return out, nil
}

// trust has the witness know the city's log by the keys that sign it now.
func (w *demoWitness) trust(ctx context.Context, h *House) error {
	origin, err := h.Modules.Transparency.Log().Origin(ctx)
	if err != nil {
		return err
	}
	set, err := h.Base.Seal.Keys()
	if err != nil {
		return err
	}
	for _, key := range journal.PublicKeys(set) {
		verifier, err := tlog.VerifierKey(origin, key)
		if err != nil {
			return err
		}
		if _, err := witness.Trust(w.folder, verifier); err != nil {
			return err
		}
	}
	return nil
}

func (w *demoWitness) close(log *slog.Logger) {
	w.stop()
	if err := <-w.done; err != nil {
		log.Warn("demo: the witness did not stop", "error", err)
	}
}
