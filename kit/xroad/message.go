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

// question is a request as a message. The target is the path as it is sent, with its query.
func question(method, target string, h http.Header, body []byte) Message {
	return Message{Head: head([]string{method, target}, h), Body: body}
}

// reply is a response as a message.
func reply(status int, h http.Header, body []byte) Message {
	return Message{Head: head([]string{strconv.Itoa(status), http.StatusText(status)}, h), Body: body}
}

// head writes the protocol's headers in order of name.
func head(first []string, h http.Header) []byte {
	var lines []string
	for name, values := range h {
		lower := strings.ToLower(name)
		if !strings.HasPrefix(lower, "x-road-") && lower != "content-type" && lower != "accept" {
			continue
		}
		for _, v := range values {
			lines = append(lines, lower+":"+strings.TrimSpace(v))
		}
	}
	slices.Sort(lines)
	return []byte(strings.Join(append(first, lines...), "\r\n") + "\r\n")
}
