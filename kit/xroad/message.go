package xroad

import (
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The headers.
const (
	HeaderClient         = "X-Road-Client"
	HeaderService        = "X-Road-Service"
	HeaderID             = "X-Road-Id"
	HeaderRequestID      = "X-Road-Request-Id"
	HeaderRequestHash    = "X-Road-Request-Hash"
	HeaderUserID         = "X-Road-UserId"
	HeaderIssue          = "X-Road-Issue"
	HeaderError          = "X-Road-Error"
	HeaderSecurityServer = "X-Road-Security-Server"
	HeaderRepresented    = "X-Road-Represented-Party"
)

// version is the protocol's, the first part of a path.
const version = "r1"

// Message is a question or an answer as it is hashed, logged and signed: X-Road's own form of a head, and a body.
type Message struct {
	Head []byte // first lines, then name:value, each ended by CR LF
	Body []byte // nil: none
}

// Hash is what X-Road-Request-Hash says of a question: base64 of SHA-512 over the digests of head and body, or of the head
// alone when there is no body.
func (m Message) Hash() string {
	head := sha512.Sum512(m.Head)
	if len(m.Body) == 0 {
		return base64.StdEncoding.EncodeToString(head[:])
	}
	body := sha512.Sum512(m.Body)
	both := sha512.Sum512(append(head[:], body[:]...))
	return base64.StdEncoding.EncodeToString(both[:])
}

// NewMessage makes a message of its first lines, the headers whose names (in lower case) keep says, and a body.
func NewMessage(first []string, h http.Header, body []byte, keep func(name string) bool) Message {
	var lines []string
	for name, values := range h {
		lower := strings.ToLower(name)
		if !keep(lower) {
			continue
		}
		for _, v := range values {
			lines = append(lines, lower+":"+strings.TrimSpace(v))
		}
	}
	slices.Sort(lines)
	return Message{Head: []byte(strings.Join(append(first, lines...), "\r\n") + "\r\n"), Body: body}
}

// question is a request as a message. The target is the path as it is sent, with its query.
func question(method, target string, h http.Header, body []byte) Message {
	return NewMessage([]string{method, target}, h, body, ofProtocol)
}

// reply is a response as a message.
func reply(status int, h http.Header, body []byte) Message {
	return NewMessage([]string{strconv.Itoa(status), http.StatusText(status)}, h, body, ofProtocol)
}

func ofProtocol(name string) bool {
	return strings.HasPrefix(name, "x-road-") || name == "content-type" || name == "accept"
}
