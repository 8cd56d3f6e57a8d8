package notice

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"posad.city/kit/id"
)

// TextFailure is why an SMS was not taken. Its text has neither number nor words.
type TextFailure struct {
	Kind  Failure // Temporary, Permanent or Refused
	Code  int     // HTTP status; 0 when the gateway has not answered
	Cause error
}

// Error is for the log.
func (f *TextFailure) Error() string {
	if f.Code != 0 {
		return fmt.Sprintf("notice: %s failure, the SMS gateway answered %d", f.Kind, f.Code)
	}
	return fmt.Sprintf("notice: %s failure: the SMS gateway did not answer", f.Kind)
}

// Unwrap gives the cause.
func (f *TextFailure) Unwrap() error { return f.Cause }

// Gateway is a client of the contract in docs/operator/sms.md. It is safe for concurrent use.
type Gateway struct {
	api    string
	key    string
	sender string
	client *http.Client
}

// GatewayConfig is where SMS go.
type GatewayConfig struct {
	API     string        // address of the gateway, for example https://sms.example/city
	Key     string        // our key there
	Sender  string        // the name that SMS come from, as agreed with the gateway
	Timeout time.Duration // of one call; 15 s when zero
	Client  *http.Client  // nil: an own one
}

const gatewayTimeout = 15 * time.Second

// NewGateway checks the configuration; it does not connect.
func NewGateway(c GatewayConfig) (*Gateway, error) {
	parsed, err := url.Parse(c.API)
	if err != nil || parsed.Host == "" || parsed.Scheme != "https" && parsed.Scheme != "http" {
		return nil, errors.New("notice: the SMS gateway needs an address such as https://sms.example")
	}
	if c.Key == "" {
		return nil, errors.New("notice: the SMS gateway needs a key")
	}
	client := http.Client{}
	if c.Client != nil {
		client = *c.Client
	}
	if client.Timeout = c.Timeout; client.Timeout <= 0 {
		client.Timeout = gatewayTimeout
	}
	// A number must not go to whoever the gateway points at.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Gateway{api: strings.TrimSuffix(c.API, "/"), key: c.Key, sender: c.Sender, client: &client}, nil
}

type gatewayMessage struct {
	To     string `json:"to"`
	Text   string `json:"text"`
	Sender string `json:"sender,omitempty"`
}

type gatewayAnswer struct {
	Receipt string `json:"receipt"`
}

// Bounds of what is believed of a gateway.
const (
	answerMost  = 16 << 10
	receiptMost = 100
)

// SendText implements Texter.
func (g *Gateway) SendText(ctx context.Context, message id.ID, to, text string) (string, error) {
	body, err := json.Marshal(gatewayMessage{To: to, Text: text, Sender: g.sender})
	if err != nil {
		return "", &TextFailure{Kind: Permanent, Cause: err}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, g.api+"/v1/messages/"+message.String(), bytes.NewReader(body))
	if err != nil {
		return "", &TextFailure{Kind: Permanent, Cause: err}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+g.key)
	answer, err := g.client.Do(r)
	if err != nil {
		return "", &TextFailure{Kind: Temporary, Cause: err}
	}
	content, err := io.ReadAll(io.LimitReader(answer.Body, answerMost))
	_ = answer.Body.Close() // all that matters was read
	if kind, ok := kindOf(answer.StatusCode); !ok {
		return "", &TextFailure{Kind: kind, Code: answer.StatusCode}
	}
	if err != nil {
		return "", &TextFailure{Kind: Temporary, Code: answer.StatusCode, Cause: err}
	}
	return receiptIn(content), nil
}

// kindOf reads an HTTP status; false: the SMS was not taken. 422 alone speaks of the number. 409 says that an earlier
// try was taken, with words that have changed since: the person has been told.
func kindOf(status int) (Failure, bool) {
	switch {
	case status >= 200 && status < 300, status == http.StatusConflict:
		return "", true
	case status == http.StatusUnprocessableEntity:
		return Refused, false
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status == http.StatusTooEarly, status >= 500:
		return Temporary, false
	}
	return Permanent, false
}

// receiptIn finds the receipt. The gateway's yes counts even when it can't be read: asking again would not help.
func receiptIn(content []byte) string {
	var answer gatewayAnswer
	if err := json.Unmarshal(content, &answer); err != nil {
		return ""
	}
	receipt := []rune(oneLine(answer.Receipt))
	return string(receipt[:min(len(receipt), receiptMost)])
}
