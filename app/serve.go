package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"syscall"
	"time"
)

// stopWithin is how long a stop may take before it is cut short; every acknowledged write is on disk before that.
const stopWithin = 20 * time.Second

// Serve runs a city until ctx ends, and says on out when it is ready.
func Serve(ctx context.Context, conf Config, log *slog.Logger, out io.Writer) error {
	h, err := Open(ctx, conf, Options{Log: log})
	if err != nil {
		return err
	}
	return h.run(ctx, out, func(context.Context) error { return nil })
}

// run starts the house, does what must be there before the first visitor, and serves.
func (h *House) run(ctx context.Context, out io.Writer, before func(context.Context) error) error {
	CollectSeldom()
	listener, err := net.Listen("tcp", h.conf.Listen)
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			err = fmt.Errorf("%s is taken by another program; give another address: --listen 127.0.0.1:8081 (make demo LISTEN=127.0.0.1:8081)", h.conf.Listen)
		}
		return errors.Join(err, h.close())
	}
	err = h.Start(ctx)
	if err == nil {
		err = before(ctx)
	}
	if err == nil {
		err = h.admin(ctx)
	}
	if err == nil {
		fmt.Fprintf(out, "ready %s\n", h.conf.Address)
		err = h.Base.Web.Serve(ctx, listener, h.Handler)
	} else {
		err = errors.Join(err, listener.Close())
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	return errors.Join(err, h.Stop(stopping))
}
