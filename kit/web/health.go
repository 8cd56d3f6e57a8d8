package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

type check struct {
	name string
	ask  func(context.Context) error
}

// checkTime is what one readiness check may take.
const checkTime = 2 * time.Second

// Check adds a question to /readyz: an error takes this node out of the balancer's list, without stopping it. Ask only
// of what this node cannot work without: its own store, not an agency.
func (s *Server) Check(name string, ask func(context.Context) error) {
	s.checks = append(s.checks, check{name, ask})
}

// operations answers the operator's three addresses, which must work when all else is full.
func (s *Server) operations(w http.ResponseWriter, r *http.Request) bool {
	switch r.URL.Path {
	case "/livez":
		plain(w, http.StatusOK, "ok\n")
	case "/readyz":
		s.ready(w, r)
	case "/metrics":
		if !s.operator(r) {
			return false
		}
		s.meters.page.ServeHTTP(w, r)
	default:
		return false
	}
	return true
}

// operator tells whether a request came straight from an operator's machine. What went through a proxy did not, whoever
// the proxy is.
func (s *Server) operator(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	forwarded := slices.ContainsFunc([]string{"X-Forwarded-For", "Forwarded", "Via", "X-Real-Ip"}, func(name string) bool {
		return r.Header.Get(name) != ""
	})
	return err == nil && !forwarded && within(peer.Addr().Unmap(), s.conf.Operators)
}

// ready asks all checks. Names of what failed are shown, their errors only logged.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if s.draining.Load() {
		plain(w, http.StatusServiceUnavailable, "draining\n")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), checkTime)
	defer cancel()
	var failed []string
	for _, one := range s.checks {
		if err := one.ask(ctx); err != nil {
			failed = append(failed, one.name)
			s.deps.Log.Error("not ready", "check", one.name, "error", err)
		}
	}
	if len(failed) > 0 {
		plain(w, http.StatusServiceUnavailable, "not ready: "+strings.Join(failed, ", ")+"\n")
		return
	}
	plain(w, http.StatusOK, "ready\n")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

// Drain makes /readyz say no; requests are still served.
func (s *Server) Drain() { s.draining.Store(true) }

// The times of connections. Handlers have times of their own.
const (
	headerTime = 10 * time.Second
	readTime   = 60 * time.Second
	idleTime   = 90 * time.Second
	stopTime   = 20 * time.Second
)

// Serve answers on the listener until ctx ends; then it says no to /readyz for Config.Drain, stops taking connections,
// lets requests in flight end for up to 20 s, and returns. handler is what Handler returned, or a wrap of it. The error
// is nil after a clean stop.
func (s *Server) Serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: readTime, IdleTimeout: idleTime,
		MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(s.deps.Log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("web: serve: %w", err)
	case <-ctx.Done():
	}
	s.Drain()
	timer := time.NewTimer(s.conf.Drain)
	defer timer.Stop()
	select {
	case <-timer.C:
	case err := <-failed:
		return fmt.Errorf("web: serve: %w", err)
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		return fmt.Errorf("web: stop: requests were cut off: %w", errors.Join(err, server.Close()))
	}
	return nil
}
