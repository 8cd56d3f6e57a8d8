package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/reach"
)

// Within is how long one try may take, from the name's look-up to the answer's last byte that is read.
const Within = 15 * time.Second

// answerMost is how much of an answer is read, bytes: enough for the connection to be used again after a short one.
const answerMost = 4 << 10

// addressMost is the longest address, bytes.
const addressMost = 500

// ErrAddress says that a text is no address for messages.
var ErrAddress = errors.New("webhook: want an https address without a user, a password or a fragment, 500 bytes at most")

// ErrInner says that a name led to an address of a private network.
var ErrInner = errors.New("webhook: the address leads to a private network")

// Message is one message to one address.
type Message struct {
	ID   string    // stays the same at every try: by it a receiver knows a message that came before
	At   time.Time // of this try
	Body []byte    // JSON
	URL  string
	Keys []Key // the newest first
}

// Outcome is what one try came to. Exactly one of Status and Err says why; a Status of 2xx is a success.
type Outcome struct {
	Status int           // of the answer; 0: none came
	After  time.Duration // what the answer's Retry-After asks for; 0: nothing
	Took   time.Duration
	Err    error // why no answer came
}

// Taken tells whether the receiver has the message.
func (o Outcome) Taken() bool { return o.Err == nil && o.Status >= 200 && o.Status <= 299 }

// Gone tells that the receiver wants no messages any more.
func (o Outcome) Gone() bool { return o.Status == http.StatusGone }

// Why names in one word what went wrong, for records: "" when the message was taken, "answer" for a status, else "private
// address", "timeout", "certificate", "name", "refused" or "connection". It has nothing of the answer in it.
func (o Outcome) Why() string {
	var dns *net.DNSError
	var slow net.Error
	switch {
	case o.Taken():
		return ""
	case o.Err == nil:
		return "answer"
	case errors.Is(o.Err, ErrInner):
		return "private"
	case errors.Is(o.Err, context.DeadlineExceeded), errors.As(o.Err, &slow) && slow.Timeout():
		return "timeout"
	case certificateOf(o.Err):
		return "certificate"
	case errors.As(o.Err, &dns):
		return "name"
	case errors.Is(o.Err, syscall.ECONNREFUSED):
		return "refused"
	}
	return "connection"
}

// Client sends messages. It is safe for concurrent use.
type Client struct {
	http   *http.Client
	nearby bool
}

// NewClient makes a client. nearby lets it reach private addresses and speak plain http: for addresses that the operator
// wrote into the configuration, demos and tests, never for those that others chose.
func NewClient(nearby bool) *Client {
	dialer := &net.Dialer{Timeout: Within, Control: func(_, address string, _ syscall.RawConn) error {
		if nearby {
			return nil
		}
		return outside(address)
	}}
	return &Client{nearby: nearby, http: &http.Client{
		Timeout: Within,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: Within, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute,
			MaxResponseHeaderBytes: 32 << 10, ForceAttemptHTTP2: true, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// outside refuses a resolved address that is not of the open internet.
func outside(address string) error {
	parsed, err := netip.ParseAddrPort(address)
	if err != nil || !reach.Public(parsed.Addr()) {
		return ErrInner
	}
	return nil
}

// Check tells whether an address may be an endpoint's: an https one, or, where addresses may be nearby, an http one. A
// host that is written as a private address is refused at once; a name is judged at every try. Errors: ErrAddress, ErrInner.
func (c *Client) Check(address string) error {
	u, err := url.Parse(address)
	if err != nil || len(address) > addressMost || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return ErrAddress
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !c.nearby) {
		return ErrAddress
	}
	if host, err := netip.ParseAddr(u.Hostname()); err == nil && !c.nearby && !reach.Public(host) {
		return ErrInner
	}
	return nil
}

// Send tries once. What comes of it is the Outcome; Err of it may also be a fault of the message itself: ErrAddress, ErrKey,
// ErrID.
func (c *Client) Send(ctx context.Context, m Message) Outcome {
	measure := clock.Measure()
	out := c.send(ctx, m)
	out.Took = measure()
	return out
}

func (c *Client) send(ctx context.Context, m Message) Outcome {
	if err := c.Check(m.URL); err != nil {
		return Outcome{Err: err}
	}
	signature, err := Sign(m.Keys, m.ID, m.At, m.Body)
	if err != nil {
		return Outcome{Err: err}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL, bytes.NewReader(m.Body))
	if err != nil {
		return Outcome{Err: fmt.Errorf("%w: %w", ErrAddress, err)}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Posad-Webhooks/1")
	request.Header.Set(HeaderID, m.ID)
	request.Header.Set(HeaderTime, strconv.FormatInt(m.At.Unix(), 10))
	request.Header.Set(HeaderSignature, signature)
	answer, err := c.http.Do(request)
	if err != nil {
		return Outcome{Err: err}
	}
	defer func() { _ = answer.Body.Close() }() // read below, or given up
	_, _ = io.CopyN(io.Discard, answer.Body, answerMost)
	return Outcome{Status: answer.StatusCode, After: after(answer.Header.Get("Retry-After"))}
}

// afterMost is the longest pause that a receiver may ask for.
const afterMost = 24 * time.Hour

// after reads Retry-After in seconds; a date is not heeded.
func after(text string) time.Duration {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0
	}
	return min(time.Duration(n)*time.Second, afterMost)
}
