package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Security says how the conversation with the server is kept private.
type Security string

// The ways to keep it private.
const (
	StartTLS  Security = "starttls" // plain at first, then TLS, or no letter at all
	TLS       Security = "tls"      // TLS from the start
	Plaintext Security = "none"     // for a server on the same machine; no password goes over it
)

// Config is where letters go.
type Config struct {
	Host     string        // name of the server; TLS checks it
	Port     int           // 1 to 65535
	Security Security      // empty is StartTLS
	Username string        // empty for no AUTH
	Password string        // with Username
	Hello    string        // name that we call ourselves by; empty for the machine's
	Timeout  time.Duration // of connecting and of each answer; 30 s when zero
	Trust    *tls.Config   // roots to trust instead of the machine's; nil normally
}

// ErrConfig is the cause of a refused configuration.
var ErrConfig = errors.New("mail: the mail server's configuration is wrong")

const defaultTimeout = 30 * time.Second

// Sender hands letters to one server.
type Sender struct {
	host    string
	options []gomail.Option
	timeout time.Duration
}

// NewSender checks the configuration; it does not connect.
func NewSender(c Config) (*Sender, error) {
	if c.Host == "" || c.Port < 1 || c.Port > 65535 {
		return nil, fmt.Errorf("%w: host and port are compulsory", ErrConfig)
	}
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	options := []gomail.Option{gomail.WithPort(c.Port), gomail.WithTimeout(c.Timeout)}
	switch c.Security {
	case StartTLS, "":
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLS:
		options = append(options, gomail.WithSSL())
	case Plaintext:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, fmt.Errorf("%w: security is starttls, tls or none", ErrConfig)
	}
	if c.Trust != nil {
		options = append(options, gomail.WithTLSConfig(c.Trust))
	}
	if c.Hello != "" {
		options = append(options, gomail.WithHELO(c.Hello))
	}
	if c.Username != "" {
		if c.Security == Plaintext {
			return nil, fmt.Errorf("%w: a password does not go over a connection that others can read", ErrConfig)
		}
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(c.Username), gomail.WithPassword(c.Password))
	}
	if _, err := gomail.NewClient(c.Host, options...); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return &Sender{host: c.Host, options: options, timeout: c.Timeout}, nil
}

// Send composes the letter and hands it over. nil means that the server has taken it. Otherwise the error is a
// *Failure. Sending the same letter again is safe: it has the same Message-ID.
func (s *Sender) Send(ctx context.Context, m Message) error {
	composed, err := compose(m)
	if err != nil {
		kind := Permanent
		if errors.Is(err, ErrAddress) {
			kind = Refused
		}
		return &Failure{Kind: kind, Cause: err}
	}
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return &Failure{Kind: Permanent, Cause: err}
	}
	if err := client.DialWithContext(ctx); err != nil {
		return dialFailure(err)
	}
	err = client.Send(composed)
	_ = client.Close() // the server has answered for the letter; how it says goodbye changes nothing
	if err != nil && !composed.IsDelivered() {
		return sendFailure(err)
	}
	return nil
}
