package witness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/tlog"
)

// Known is a witness that a log asks: who it is, and the address before /add-checkpoint.
type Known struct {
	tlog.Witness
	Address string
}

// Trouble is why a witness did not sign.
type Trouble string

// The troubles.
const (
	Silent     Trouble = "silent"      // no answer in time, or no connection
	Busy       Trouble = "busy"        // asked too often, or it is not ready
	UnknownLog Trouble = "unknown_log" // it does not know the log's name
	UnknownKey Trouble = "unknown_key" // it knows the log by other keys
	Elsewhere  Trouble = "elsewhere"   // it saw another size last; Size tells which
	Forked     Trouble = "forked"      // it saw another history
	Stranger   Trouble = "stranger"    // it answered with a signature that is not its own, or not over this checkpoint
	Strange    Trouble = "strange"     // an answer that the protocol does not have
)

// Refusal is a question that brought no signature.
type Refusal struct {
	Trouble Trouble
	Size    int64 // of Elsewhere
	Because error // for the log; may be nil
}

// Error implements error.
func (r *Refusal) Error() string {
	text := "witness: " + string(r.Trouble)
	if r.Trouble == Elsewhere {
		text += " at size " + strconv.FormatInt(r.Size, 10)
	}
	if r.Because != nil {
		text += ": " + r.Because.Error()
	}
	return text
}

// Unwrap gives the reason.
func (r *Refusal) Unwrap() error { return r.Because }

const (
	answerMost = 32 << 10
	aheadMost  = 10 * time.Minute // how far a witness's clock may be ahead of ours
)

// Client asks witnesses. It is safe for concurrent use.
type Client struct {
	clock clock.Clock
	http  *http.Client
}

// NewClient returns a client. Each question ends with its context at the latest.
func NewClient(c clock.Clock) *Client {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second}
	return &Client{clock: c, http: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close lets go of connections that wait for a next question.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Ask asks a witness for its signature. The error is a *Refusal.
func (c *Client) Ask(ctx context.Context, k Known, r tlog.Request) (tlog.Cosignature, error) {
	address, err := url.JoinPath(k.Address, "add-checkpoint")
	if err != nil {
		return tlog.Cosignature{}, &Refusal{Trouble: Silent, Because: err}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(r.Text()))
	if err != nil {
		return tlog.Cosignature{}, &Refusal{Trouble: Silent, Because: err}
	}
	request.Header.Set("Content-Type", "text/plain; charset=utf-8")
	answer, err := c.http.Do(request)
	if err != nil {
		return tlog.Cosignature{}, &Refusal{Trouble: Silent, Because: err}
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, answerMost+1))
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return tlog.Cosignature{}, &Refusal{Trouble: Silent, Because: err}
	}
	if len(body) > answerMost {
		return tlog.Cosignature{}, &Refusal{Trouble: Strange, Because: errors.New("a long answer")}
	}
	if answer.StatusCode == http.StatusOK {
		return c.signed(k, r, string(body))
	}
	return tlog.Cosignature{}, refused(answer.StatusCode, answer.Header.Get("Content-Type"), string(body), r)
}

// signed takes the witness's own signature out of the answer.
func (c *Client) signed(k Known, r tlog.Request, body string) (tlog.Cosignature, error) {
	_, text, err := tlog.PeekAny(r.Checkpoint)
	if err != nil {
		return tlog.Cosignature{}, &Refusal{Trouble: Strange, Because: err}
	}
	list, err := tlog.Cosignatures(text+"\n"+body, []tlog.Witness{k.Witness})
	switch {
	case err != nil:
		return tlog.Cosignature{}, &Refusal{Trouble: Strange, Because: err}
	case len(list) == 0:
		return tlog.Cosignature{}, &Refusal{Trouble: Stranger, Because: errors.New("none of its signatures is by the key that we know")}
	case list[0].At.After(c.clock.Now().Add(aheadMost)):
		return tlog.Cosignature{}, &Refusal{Trouble: Stranger, Because: fmt.Errorf("its time is in the future: %s", list[0].At)}
	}
	return list[0], nil
}

// refused reads an answer that is no signature.
func refused(status int, kind, body string, r tlog.Request) *Refusal {
	out := &Refusal{Trouble: Strange, Because: fmt.Errorf("status %d", status)}
	switch status {
	case http.StatusNotFound:
		out.Trouble = UnknownLog
	case http.StatusForbidden:
		out.Trouble = UnknownKey
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout:
		out.Trouble = Busy
	case http.StatusUnprocessableEntity:
		if r.Old > 0 { // from nothing there is no proof that could fail
			out.Trouble = Forked
		}
	case http.StatusConflict:
		out.Trouble = Forked
		if sizeType(kind) {
			size, err := parseSize(body)
			if err != nil {
				return &Refusal{Trouble: Strange, Because: err}
			}
			// Its size is ours and still it does not sign: then its root is another.
			if size != r.Old {
				out.Trouble, out.Size = Elsewhere, size
			}
		}
	}
	return out
}

const sizeKind = "text/x.tlog.size"

func sizeType(kind string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	return strings.TrimSpace(kind) == sizeKind
}

// parseSize reads a size as an answer of 409 has it.
func parseSize(body string) (int64, error) {
	text, _ := strings.CutSuffix(body, "\n")
	size, err := strconv.ParseInt(text, 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != text {
		return 0, errors.New("witness: the size in the answer can't be read")
	}
	return size, nil
}
