package scan

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// Verdict is what a scanner says of a file.
type Verdict struct {
	Infected  bool
	Signature string // what was found, in the scanner's words; empty when clean
}

// Scanner looks for viruses. Implementations are safe for concurrent use.
type Scanner interface {
	// Scan reads the bytes and tells what they are. Errors: ErrDown, ErrTooLarge; both say nothing of the file.
	Scan(ctx context.Context, data []byte) (Verdict, error)
	// Ping tells whether the scanner answers: nil, or ErrDown.
	Ping(ctx context.Context) error
}

// The errors. Both are wrapped with what happened.
var (
	ErrDown     = errors.New("scan: the virus scanner does not answer")
	ErrTooLarge = errors.New("scan: the virus scanner does not take a file of this size")
)

// DefaultTimeout is how long one question may take where no other time is given.
const DefaultTimeout = 20 * time.Second

// Clamd is a scanner behind clamd's socket.
type Clamd struct {
	network, address string
	timeout          time.Duration
}

var _ Scanner = (*Clamd)(nil)

// New returns a scanner at an address: host:port, tcp://host:port, a path of a socket, or unix:/path. timeout bounds one
// question; 0 means DefaultTimeout. Nothing is asked yet.
func New(address string, timeout time.Duration) (*Clamd, error) {
	c := &Clamd{timeout: timeout}
	if timeout <= 0 {
		c.timeout = DefaultTimeout
	}
	path, unix := strings.CutPrefix(address, "unix:")
	switch {
	case unix, strings.HasPrefix(address, "/"):
		path = strings.TrimPrefix(path, "//")
		if !strings.HasPrefix(path, "/") {
			return nil, fmt.Errorf("scan: %q: the path of a socket begins with /", address)
		}
		c.network, c.address = "unix", path
	default:
		c.network, c.address = "tcp", strings.TrimPrefix(address, "tcp://")
		host, port, err := net.SplitHostPort(c.address)
		if err != nil || host == "" || port == "" {
			return nil, fmt.Errorf("scan: %q: want host:port or the path of a socket", address)
		}
	}
	return c, nil
}
