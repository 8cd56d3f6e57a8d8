package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"posad.city/city/kitezh"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/sim/agency"
	"posad.city/sim/bank"
	"posad.city/sim/clamd"
	"posad.city/sim/fiscal"
	"posad.city/sim/post"
)

// SimBank runs the simulated bank until ctx ends.
func SimBank(ctx context.Context, o SimOptions, log *slog.Logger, out io.Writer) error {
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("bank: %w", err)
	}
	address := "http://" + listener.Addr().String()
	b := bank.New(address, o.Key, o.Secret, new(clock.System), log)
	if o.State != "" {
		if err := b.Keep(o.State); err != nil {
			return errors.Join(err, listener.Close())
		}
	}
	fmt.Fprintf(out, "ready bank=%s\n", address)
	return errors.Join(serveUntil(ctx, listener, b.Handler()), b.Close())
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

// SimOptions are what an outside server of the demo is run with.
type SimOptions struct {
	Listen string
	Key    string
	Secret string
	State  string // file in which the bank keeps its books; empty: in memory
}

// Sim runs one outside server of the demo until ctx ends.
func Sim(ctx context.Context, name string, o SimOptions, log *slog.Logger, out io.Writer) error {
	switch name {
	case "bank":
		return SimBank(ctx, o, log, out)
	case "agencies":
		return SimAgencies(ctx, o.Listen, o.Key, out)
	case "post":
		return SimPost(ctx, o.Listen, o.Key, log, out)
	case "scanner":
		return SimScanner(ctx, o.Listen, out)
	case "fiscal":
		return SimFiscal(ctx, o, out)
	}
	return fmt.Errorf("there is no outside server %q: agencies, bank, fiscal, post or scanner", name)
}

// SimFiscal runs the fiscal operator until ctx ends.
func SimFiscal(ctx context.Context, o SimOptions, out io.Writer) error {
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("fiscal: %w", err)
	}
	address := "http://" + listener.Addr().String()
	fmt.Fprintf(out, "ready fiscal=%s\n", address)
	return serveUntil(ctx, listener, fiscal.New(address, o.Key, new(clock.System)).Handler())
}

// SimAgencies runs the registers of Kitezh's agencies until ctx ends.
func SimAgencies(ctx context.Context, listen, key string, out io.Writer) error {
	people, err := kitezh.Demo()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("agencies: %w", err)
	}
	now := new(clock.System)
	a := agency.New(agency.Options{Key: key, HookKey: DemoHookKey(key), Answer: func(register string, parameters map[string]string) (any, bool) {
		return people.Reply(register, parameters, calendar.DateOf(now.Now(), moscow))
	}})
	fmt.Fprintf(out, "ready agencies=http://%s\n", listener.Addr())
	return serveUntil(ctx, listener, a.Handler())
}

// moscow is the zone of Kitezh.
var moscow = time.FixedZone("Europe/Moscow", 3*60*60)

// SimPost runs the receivers of mail and SMS until ctx ends. Letters come to any free port.
func SimPost(ctx context.Context, listen, key string, log *slog.Logger, out io.Writer) error {
	p := post.New(key, new(clock.System), log)
	if err := p.Start("127.0.0.1:0", listen); err != nil {
		return err
	}
	fmt.Fprintf(out, "ready post=http://%s mail=%s\n", p.WebAddress(), p.MailAddress())
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	return p.Close(stopping)
}

// SimScanner runs the virus scanner, which knows the EICAR file alone, until ctx ends.
func SimScanner(ctx context.Context, listen string, out io.Writer) error {
	s, err := clamd.StartAt(listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "ready scanner=%s\n", s.Address())
	<-ctx.Done()
	s.Close()
	return nil
}
