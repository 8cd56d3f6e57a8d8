package apptest

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"time"

	"posad.city/app"
	"posad.city/kit/store"
)

// Node starts another node of the house's city on the same PostgreSQL, as behind a balancer: it has the same address, and
// its clients come to it alone. Its jobs run when the test says so.
func (h *House) Node() *House {
	h.T.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	h.Must(err)
	out := &House{T: h.T, Config: h.Config, People: h.People, City: h.City, Agencies: h.Agencies, Bank: h.Bank, Post: h.Post}
	out.hosts = 10_000 // addresses of its own
	out.node = listener.Addr().String()
	out.House, err = app.Open(h.T.Context(), h.Config, app.Options{
		Log: slog.New(&guard{t: h.T}), Store: store.Options{RunTwice: true, Trace: out.keepTrace, Schema: h.schema},
		Breach: func(operation, what string) { h.T.Errorf("%s: %s", operation, what) },
	})
	h.Must(err)
	h.Must(out.Base.Feed.Start(h.T.Context()))
	h.Must(out.Modules.Service.Start(h.T.Context())) // it reads the city that the first node published
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: out.Handler, ReadHeaderTimeout: time.Minute}}
	server.Start()
	h.T.Cleanup(func() {
		server.Close()
		if err := out.Stop(context.WithoutCancel(h.T.Context())); err != nil {
			h.T.Error(err)
		}
	})
	return out
}

// transport leads to this node whatever the address says; nil where there is one node.
func (h *House) transport() http.RoundTripper {
	if h.node == "" {
		return nil
	}
	return &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, h.node)
	}}
}

// At is the same browser or program at another node.
func (c *Client) At(h *House) *Client {
	out := *c
	out.h = h
	browser := *c.http
	browser.Transport = h.transport()
	out.http = &browser
	return &out
}
