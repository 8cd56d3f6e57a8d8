package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"posad.city/kit/clock"
	"posad.city/sim/bank"
)

// SimBank runs the simulated bank until ctx ends.
func SimBank(ctx context.Context, listen, key, secret string, log *slog.Logger, out io.Writer) error {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("bank: %w", err)
	}
	address := "http://" + listener.Addr().String()
	b := bank.New(address, key, secret, new(clock.System), log)
	fmt.Fprintf(out, "ready bank=%s\n", address)
	return serveUntil(ctx, listener, b.Handler())
}

// serveUntil serves a small server until ctx ends.
func serveUntil(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return server.Close()
	}
}
