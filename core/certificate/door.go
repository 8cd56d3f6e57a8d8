package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"posad.city/core/certificate/internal/store"
	"posad.city/core/certificate/internal/trust"
	"posad.city/kit/fault"
	"posad.city/kit/web"
)

// door is the host that asks for certificates. It stands apart from the city's own, so that nobody else is ever asked.
type door struct {
	conf  Config
	mu    sync.Mutex
	cert  *tls.Certificate
	stamp time.Time // of the file that cert was read from

	server *http.Server
	done   sync.WaitGroup
}

const (
	doorConnections = 200
	doorHeader      = 96 << 10 // bytes; a chain in headers is long
	doorWait        = 15 * time.Second
)

// prepare reads the host's own certificate, so that a wrong file is told at the start.
func (d *door) prepare(c Config) error {
	d.conf = c
	if c.Listen == "" || c.Certificate == "" {
		return nil
	}
	if _, err := d.own(nil); err != nil {
		return fmt.Errorf("configuration: certificate: tls-certificate: %w", err)
	}
	return nil
}

// own is the host's certificate. A file that was replaced is read again, without a restart; one that can't be read leaves
// the certificate that was there.
func (d *door) own(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	info, err := os.Stat(d.conf.Certificate)
	if err == nil && d.cert != nil && info.ModTime().Equal(d.stamp) {
		return d.cert, nil
	}
	var pair tls.Certificate
	if err == nil {
		pair, err = tls.LoadX509KeyPair(d.conf.Certificate, d.conf.Key)
	}
	if err != nil {
		if d.cert != nil {
			return d.cert, nil
		}
		return nil, err
	}
	d.cert, d.stamp = &pair, info.ModTime()
	return d.cert, nil
}

// tls asks for a certificate without insisting: whoever has none gets a page that says so, where a refused handshake would
// show the browser's own riddle. That the key is possessed is proved by the handshake; all else is decided later.
func (d *door) tls(authorities []*trust.Authority) *tls.Config {
	names := x509.NewCertPool() // only to tell the browser which certificates to offer
	for _, a := range authorities {
		for _, one := range append(append([]*x509.Certificate(nil), a.Anchors...), a.Between...) {
			names.AddCert(one)
		}
	}
	return &tls.Config{
		GetCertificate: d.own, ClientAuth: tls.RequestClientCert, ClientCAs: names, MinVersion: tls.VersionTLS12,
		SessionTicketsDisabled: true, // each visit proves the key anew
		NextProtos:             []string{"http/1.1"},
	}
}

// open begins to listen. Without a configured listener it does nothing.
func (d *door) open(ctx context.Context, m *Module) error {
	if !m.connects() {
		return nil
	}
	listener := m.deps.Listener
	if listener == nil {
		var err error
		if listener, err = new(net.ListenConfig).Listen(ctx, "tcp", d.conf.Listen); err != nil {
			return fmt.Errorf("certificate: listen: %w", err)
		}
	}
	listener = netutil.LimitListener(listener, doorConnections)
	if d.conf.Certificate != "" {
		listener = tls.NewListener(listener, d.tls(m.trust.Authorities()))
	}
	d.server = &http.Server{
		Handler: m.doorHandler(), ReadHeaderTimeout: doorWait, ReadTimeout: doorWait, WriteTimeout: doorWait, IdleTimeout: doorWait,
		MaxHeaderBytes: doorHeader, ErrorLog: slog.NewLogLogger(m.base.Log.Handler(), slog.LevelDebug),
	}
	d.done.Go(func() {
		if err := d.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			m.base.Log.Error("certificate: the host that asks for certificates ended", "error", err)
		}
	})
	return nil
}

func (d *door) close(ctx context.Context) error {
	if d.server == nil {
		return nil
	}
	err := d.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, d.server.Close())
	}
	d.done.Wait()
	d.server = nil
	return err
}

// doorHandler has one page.
func (m *Module) doorHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+doorPath, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Connection", "close") // the next try asks for a certificate again
		http.Redirect(w, r, m.deps.Address+m.through(r), http.StatusSeeOther)
	})
	return mux
}

// through takes the certificate of a connection and returns the city's page that goes on: with a ticket, or with the name of
// what is wrong.
func (m *Module) through(r *http.Request) string {
	back := r.URL.Query().Get("back")
	if !web.LocalPath(back) {
		back = "/"
	}
	ticket, err := m.take(r)
	if err != nil {
		return wrongPath(err, back)
	}
	return ticketPath + "?" + url.Values{"ticket": {ticket}, "back": {back}}.Encode()
}

func (m *Module) take(r *http.Request) (string, error) {
	ctx := r.Context()
	ch, err := m.openChallenge(r.URL.Query().Get("try"))
	if err != nil {
		return "", err
	}
	if err := m.deps.Accounts.Limit(ctx, "certificate.connection", ch.token, triesHere, challengeLife); err != nil {
		return "", err
	}
	leaf, others := m.presented(r)
	if leaf == nil {
		return "", m.refuse(ctx, byConnection, "", ErrNone)
	}
	if err := m.trust.Stands(leaf, others, trust.Connection); err != nil {
		return "", m.refuse(ctx, byConnection, "", err)
	}
	ticket, row, err := m.prepareShown(stageTicket, ch.visit, shown{chainOf(leaf, others), byConnection}, ticketLife)
	if err != nil {
		return "", err
	}
	return ticket, m.base.Store.Append(ctx, certificatedb.InsertShownStmt(row))
}

// presented is the certificate of the connection, or the one that the proxy before it passed on; never both roads at once.
func (m *Module) presented(r *http.Request) (*x509.Certificate, []*x509.Certificate) {
	if m.deps.Config.Certificate == "" {
		return proxied(r, m.deps.Config.Proxies)
	}
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return nil, nil
	}
	return r.TLS.PeerCertificates[0], r.TLS.PeerCertificates[1:]
}

// wrongPath is the city's page that tells what was wrong at the other host.
func wrongPath(err error, back string) string {
	_, name, _ := strings.Cut(fault.Of(err).ID, ".")
	return enterPath + "?" + url.Values{"wrong": {name}, "back": {back}}.Encode()
}

// wrongs are the faults that an address may name. What it names is a text to show, and nothing else.
var wrongs = []*fault.Fault{ErrOver, ErrNone, ErrGOST, ErrWeak, ErrAuthority, ErrExpired, ErrEarly, ErrUse}

func wrongOf(name string) error {
	if name == "" {
		return nil
	}
	for _, f := range wrongs {
		if f.ID == "certificate."+name {
			return f
		}
	}
	return ErrOver
}
