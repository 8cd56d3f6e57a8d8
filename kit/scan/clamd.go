package scan

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"unicode"
)

const (
	chunk     = 64 << 10 // bytes of one chunk of INSTREAM
	replyMost = 4 << 10  // bytes of a reply: more is no clamd
)

// Ping implements Scanner.
func (c *Clamd) Ping(ctx context.Context) error {
	reply, err := c.ask(ctx, "PING", nil)
	if err != nil {
		return err
	}
	if reply != "PONG" {
		return fmt.Errorf("%w: it said %q", ErrDown, reply)
	}
	return nil
}

// Scan implements Scanner.
func (c *Clamd) Scan(ctx context.Context, data []byte) (Verdict, error) {
	reply, err := c.ask(ctx, "INSTREAM", data)
	if err != nil {
		return Verdict{}, err
	}
	return understand(reply)
}

// ask sends one command, with a stream where data is not nil, and returns the reply without its mark of the end.
func (c *Clamd) ask(ctx context.Context, command string, data []byte) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, c.network, c.address)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrDown, err)
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // also when the caller gives up
	defer stop()
	sent := send(conn, command, data)
	// A scanner that refuses a stream answers and closes while it is still being sent: the reply tells more than the
	// broken line.
	reply, err := readReply(conn)
	switch {
	case err == nil:
		return reply, nil
	case sent != nil:
		err = sent
	}
	return "", fmt.Errorf("%w: %w", ErrDown, errors.Join(ctx.Err(), err))
}

// send writes a command in clamd's z form, which ends in a NUL, and the stream as chunks under their lengths.
func send(w io.Writer, command string, data []byte) error {
	out := bufio.NewWriterSize(w, chunk+8)
	_, _ = out.WriteString("z" + command + "\x00") // the first error stays with the writer and comes from Flush
	if data == nil {
		return out.Flush()
	}
	for part := range chunks(data) {
		_ = binary.Write(out, binary.BigEndian, uint32(len(part))) //nolint:gosec // at most chunk
		if _, err := out.Write(part); err != nil {
			return err
		}
	}
	_ = binary.Write(out, binary.BigEndian, uint32(0))
	return out.Flush()
}

func chunks(data []byte) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(data) > 0 {
			n := min(chunk, len(data))
			if !yield(data[:n]) {
				return
			}
			data = data[n:]
		}
	}
}

// readReply reads one reply, to its NUL. One that ends without it broke off, and half a reply is none.
func readReply(r io.Reader) (string, error) {
	raw, err := bufio.NewReader(io.LimitReader(r, replyMost)).ReadBytes(0)
	if err != nil {
		return "", fmt.Errorf("the reply broke off after %d bytes: %w", len(raw), err)
	}
	return string(bytes.TrimSuffix(raw, []byte{0})), nil
}

// understand reads the reply to INSTREAM: "stream: OK", "stream: NAME FOUND", or words and ERROR.
func understand(reply string) (Verdict, error) {
	reply = strings.TrimSpace(reply)
	if strings.HasSuffix(reply, "ERROR") {
		if strings.Contains(reply, "size limit exceeded") {
			return Verdict{}, fmt.Errorf("%w: %q", ErrTooLarge, reply)
		}
		return Verdict{}, fmt.Errorf("%w: it said %q", ErrDown, reply)
	}
	said, ok := strings.CutPrefix(reply, "stream: ")
	if !ok {
		return Verdict{}, fmt.Errorf("%w: it said %q", ErrDown, reply)
	}
	if said == "OK" {
		return Verdict{}, nil
	}
	if name, found := strings.CutSuffix(said, " FOUND"); found && plain(name) != "" {
		return Verdict{Infected: true, Signature: plain(name)}, nil
	}
	return Verdict{}, fmt.Errorf("%w: it said %q", ErrDown, reply)
}

// plain makes the name of a signature fit for a log and a page.
func plain(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, name)
	if len(name) > 120 {
		name = strings.ToValidUTF8(name[:120], "")
	}
	return strings.TrimSpace(name)
}

// EICAR is the harmless file that every scanner takes for a virus (eicar.org), for tests and for trying a scanner out.
// It is put together when it is needed, so that no scanner refuses the program itself.
func EICAR() []byte {
	return bytes.Join([][]byte{[]byte(`X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR`), []byte("-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")}, nil)
}
