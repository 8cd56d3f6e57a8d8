// Package post is the town's post office in the demo and in tests: a real SMTP server and an SMS gateway that deliver
// nothing, and a web page where everything that came can be read.
//
// It takes any letter to any address (RFC 5321, no password), and SMS by the contract of docs/operator/sms.md. A letter
// that comes again under the same Message-ID, and an SMS under the same id, is counted and shown once, as a good mailbox
// does; Times says how often it came and Differs whether it was another one that time. Its faults can be set (Faults,
// POST /control): addresses that take nothing, refusals for now and for good, slowness, answers that are lost.
//
// The page speaks Russian and English and needs no script; programs read GET /api/mail and GET /api/sms, newest first,
// ?to= for one address, and empty them by DELETE. Everything is kept in memory, the newest thousands only.
//
// It belongs to the world outside Posad, so it imports nothing of Posad but the clock. Life cycle: New, Start, Close.
package post

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"posad.city/kit/clock"
)

// Mail is one letter.
type Mail struct {
	ID        string    `json:"id"`
	MessageID string    `json:"message_id"`
	From      string    `json:"from"`
	To        string    `json:"to"`   // of the envelope
	Date      string    `json:"date"` // as its sender says
	Subject   string    `json:"subject"`
	Text      string    `json:"text"`
	HTML      string    `json:"html"`
	At        time.Time `json:"at"`
	Times     int       `json:"times"`   // how often it came
	Differs   bool      `json:"differs"` // one of those times was not the same letter

	raw []byte
}

// SMS is one short message.
type SMS struct {
	ID      string    `json:"id"`
	To      string    `json:"to"`
	Text    string    `json:"text"`
	Sender  string    `json:"sender"`
	Receipt string    `json:"receipt"`
	At      time.Time `json:"at"`
	Times   int       `json:"times"`
}

// Faults are how the post office misbehaves. The zero value is a good one.
type Faults struct {
	RefuseTo []string      `json:"refuse_to"` // e-mail addresses and phone numbers that take nothing: 550, 422
	MailNext int           `json:"mail_next"` // how many next letters are refused
	MailCode int           `json:"mail_code"` // with this code, 451 or 554 for example
	DropNext int           `json:"drop_next"` // how many next letters are kept, and the connection is cut before the answer
	SMSNext  int           `json:"sms_next"`  // how many next SMS are refused
	SMSCode  int           `json:"sms_code"`  // with this HTTP status
	LoseNext int           `json:"lose_next"` // how many next SMS are kept, and the answer is lost
	Delay    time.Duration `json:"delay"`     // before every answer to a letter or an SMS
}

// keptMost is how many letters, and how many SMS, are kept.
const keptMost = 2000

// Post is the running post office. It is safe for concurrent use.
type Post struct {
	key   string
	clock clock.Clock
	log   *slog.Logger

	mu     sync.Mutex
	mail   []Mail // oldest first
	sms    []SMS  // oldest first
	count  int
	faults Faults

	smtp    *smtp.Server
	web     *http.Server
	mailAt  string
	webAt   string
	serving sync.WaitGroup
}

// New returns a post office whose SMS gateway wants the key.
func New(key string, c clock.Clock, log *slog.Logger) *Post {
	p := &Post{key: key, clock: c, log: log}
	p.smtp = smtp.NewServer(p)
	p.smtp.Domain = "post.example"
	p.smtp.MaxMessageBytes = 10 << 20
	p.smtp.MaxRecipients = 50
	p.smtp.ReadTimeout, p.smtp.WriteTimeout = time.Minute, time.Minute
	p.web = &http.Server{Handler: p.Handler(), ReadHeaderTimeout: 10 * time.Second}
	return p
}

// Start listens for letters and for the web; a port 0 is any free one.
func (p *Post) Start(mailAddress, webAddress string) error {
	letters, err := net.Listen("tcp", mailAddress)
	if err != nil {
		return fmt.Errorf("post: listen for mail: %w", err)
	}
	pages, err := net.Listen("tcp", webAddress)
	if err != nil {
		return errors.Join(fmt.Errorf("post: listen for the web: %w", err), letters.Close())
	}
	p.mailAt, p.webAt = letters.Addr().String(), pages.Addr().String()
	p.serving.Go(func() { p.ended("mail", p.smtp.Serve(letters)) })
	p.serving.Go(func() { p.ended("web", p.web.Serve(pages)) })
	return nil
}

func (p *Post) ended(what string, err error) {
	if err != nil && !errors.Is(err, smtp.ErrServerClosed) && !errors.Is(err, http.ErrServerClosed) {
		p.log.Error("post: "+what, "error", err)
	}
}

// MailAddress is where letters are taken, host:port, after Start.
func (p *Post) MailAddress() string { return p.mailAt }

// WebAddress is where the page and the SMS gateway are, host:port, after Start.
func (p *Post) WebAddress() string { return p.webAt }

// Close stops listening; conversations under way are cut when ctx ends.
func (p *Post) Close(ctx context.Context) error {
	if p.mailAt == "" {
		return nil
	}
	err := errors.Join(p.smtp.Close(), p.web.Shutdown(ctx))
	p.serving.Wait()
	return err
}

// SetFaults changes how the post office misbehaves from now on.
func (p *Post) SetFaults(f Faults) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = f
}

// Mail lists letters, newest first; to narrows to one address, empty for all.
func (p *Post) Mail(to string) []Mail {
	p.mu.Lock()
	defer p.mu.Unlock()
	return newest(p.mail, func(m Mail) bool { return to == "" || strings.EqualFold(m.To, to) })
}

// SMS lists short messages, newest first; to narrows to one number, empty for all.
func (p *Post) SMS(to string) []SMS {
	p.mu.Lock()
	defer p.mu.Unlock()
	return newest(p.sms, func(s SMS) bool { return to == "" || s.To == to })
}

func newest[T any](kept []T, fits func(T) bool) []T {
	out := []T{}
	for _, one := range slices.Backward(kept) {
		if fits(one) {
			out = append(out, one)
		}
	}
	return out
}

// Clear forgets letters and SMS to an address; empty for all.
func (p *Post) Clear(to string) {
	p.clearMail(to)
	p.clearSMS(to)
}

func (p *Post) clearMail(to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mail = slices.DeleteFunc(p.mail, func(m Mail) bool { return to == "" || strings.EqualFold(m.To, to) })
}

func (p *Post) clearSMS(to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sms = slices.DeleteFunc(p.sms, func(s SMS) bool { return to == "" || s.To == to })
}

// put keeps a thing among the newest.
func put[T any](kept []T, one T) []T {
	if len(kept) >= keptMost {
		kept = slices.Delete(kept, 0, len(kept)-keptMost+1)
	}
	return append(kept, one)
}

// number names the next thing that is kept; p.mu is held.
func (p *Post) number() string {
	p.count++
	return strconv.Itoa(p.count)
}

// take uses up one of a fault's next times; p.mu is held.
func take(next *int) bool {
	if *next <= 0 {
		return false
	}
	*next--
	return true
}

// refuses tells whether an address takes nothing.
func (p *Post) refuses(to string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.faults.RefuseTo, func(one string) bool { return strings.EqualFold(one, to) })
}

func (p *Post) delay() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.faults.Delay
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
