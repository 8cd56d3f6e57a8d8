package xroad

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrName says that an identifier is not as the protocol wants it.
var ErrName = errors.New("xroad: not an identifier")

// nameMost is how many bytes a part of an identifier may have.
const nameMost = 255

// ClientID names a member or, with a subsystem, one of its systems.
type ClientID struct {
	Instance, Class, Member string
	Subsystem               string // empty: the member itself
}

// ServiceID names a service of a subsystem.
type ServiceID struct {
	ClientID
	Code string
}

// ParseClient reads INSTANCE/CLASS/MEMBER[/SUBSYSTEM], each part percent-encoded. Errors: ErrName.
func ParseClient(text string) (ClientID, error) {
	parts, err := split(text, 3, 4)
	if err != nil {
		return ClientID{}, err
	}
	c := ClientID{Instance: parts[0], Class: parts[1], Member: parts[2]}
	if len(parts) == 4 {
		c.Subsystem = parts[3]
	}
	return c, nil
}

// ParseService reads INSTANCE/CLASS/MEMBER/SUBSYSTEM/CODE, each part percent-encoded. Errors: ErrName.
func ParseService(text string) (ServiceID, error) {
	parts, err := split(text, 5, 5)
	if err != nil {
		return ServiceID{}, err
	}
	return ServiceID{ClientID{parts[0], parts[1], parts[2], parts[3]}, parts[4]}, nil
}

// split takes a path of identifiers apart.
func split(text string, least, most int) ([]string, error) {
	raw := strings.SplitN(text, "/", most+1)
	if len(raw) < least || len(raw) > most {
		return nil, fmt.Errorf("%w: %d parts", ErrName, len(raw))
	}
	out := make([]string, 0, len(raw))
	for _, r := range raw {
		part, err := url.PathUnescape(r)
		if err != nil {
			return nil, fmt.Errorf("%w: percent-encoding", ErrName)
		}
		if err := CheckName(part); err != nil {
			return nil, err
		}
		out = append(out, part)
	}
	return out, nil
}

// CheckName checks a part of an identifier: UTF-8, 1 to 255 bytes, none of : ; / \ %, no control character or other one
// that is not seen, and no dots that a path would swallow. Errors: ErrName.
func CheckName(part string) error {
	if part == "" || len(part) > nameMost || !utf8.ValidString(part) || part == "." || part == ".." {
		return fmt.Errorf("%w: a part", ErrName)
	}
	for _, r := range part {
		if strings.ContainsRune(`:;/\%`, r) || (!unicode.IsGraphic(r) || (unicode.IsSpace(r) && r != ' ')) {
			return fmt.Errorf("%w: a character that is not allowed", ErrName)
		}
	}
	return nil
}

// String is the identifier as it stands in a header or a path, each part percent-encoded.
func (c ClientID) String() string {
	parts := []string{c.Instance, c.Class, c.Member}
	if c.Subsystem != "" {
		parts = append(parts, c.Subsystem)
	}
	return join(parts)
}

// String is the identifier as it stands in a path, each part percent-encoded.
func (s ServiceID) String() string { return s.ClientID.String() + "/" + escape(s.Code) }

func join(parts []string) string {
	out := make([]string, 0, len(parts))
	for _, p := range parts {
		out = append(out, escape(p))
	}
	return strings.Join(out, "/")
}

// escape encodes all but RFC 3986's unreserved characters, so that no part is taken for something else.
func escape(part string) string {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	var b strings.Builder
	for i := range len(part) {
		if strings.IndexByte(unreserved, part[i]) >= 0 {
			b.WriteByte(part[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", part[i])
		}
	}
	return b.String()
}

// Covers tells whether a right that is given to c holds for the asker: c itself, or any subsystem when c is a member.
func (c ClientID) Covers(asker ClientID) bool {
	if c.Subsystem == "" {
		asker.Subsystem = ""
	}
	return c == asker
}
