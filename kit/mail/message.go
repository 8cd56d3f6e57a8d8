package mail

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// Address is a name with an e-mail address. The name may be empty.
type Address struct {
	Name    string
	Address string
}

// Attachment is a file that goes with a letter.
type Attachment struct {
	Name    string // with its extension
	Type    string // media type: application/pdf
	Content []byte
}

// Message is one letter to one address.
type Message struct {
	Job         id.ID     // of the job that sends it; makes the Message-ID
	At          time.Time // for the Date header
	From, To    Address
	ReplyTo     string // address; may be empty
	Subject     string
	Text        string // plain text, compulsory: every letter can be read without HTML
	HTML        string // the same as a whole HTML document; may be empty
	Language    lang.Language
	Attachments []Attachment
	Unsubscribe string // https address that unsubscribes at one click (RFC 8058); empty for letters one cannot refuse
}

// ErrMessage is the cause of a refused letter: something is missing, or a value would break a header.
var ErrMessage = errors.New("mail: the letter cannot be made")

// compose makes the letter. Its errors wrap ErrMessage or ErrAddress.
func compose(m Message) (*gomail.Msg, error) {
	if err := check(m); err != nil {
		return nil, err
	}
	out := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	_, domain, _ := cutLast(m.From.Address)
	err := errors.Join(out.FromFormat(m.From.Name, m.From.Address), out.AddToFormat(m.To.Name, m.To.Address))
	if m.ReplyTo != "" {
		err = errors.Join(err, out.ReplyTo(m.ReplyTo))
	}
	if m.Unsubscribe != "" {
		err = errors.Join(err, out.SetListUnsubscribeOneClick(m.Unsubscribe))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	out.SetMessageIDWithValue(m.Job.String() + "@" + domain)
	out.SetDateWithValue(m.At)
	out.Subject(m.Subject)
	out.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday answers, please
	if m.Language != "" {
		out.SetGenHeader("Content-Language", string(m.Language))
	}
	out.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		out.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	for _, a := range m.Attachments {
		out.AttachReadSeeker(a.Name, bytes.NewReader(a.Content), gomail.WithFileContentType(gomail.ContentType(a.Type)))
	}
	return out, nil
}

// check refuses what is missing and every value that could end its header or start another.
func check(m Message) error {
	if m.Job.IsZero() || m.At.IsZero() || strings.TrimSpace(m.Subject) == "" || strings.TrimSpace(m.Text) == "" {
		return fmt.Errorf("%w: job, moment, subject and text are compulsory", ErrMessage)
	}
	values := map[string]string{"subject": m.Subject, "sender": m.From.Name, "name": m.To.Name, "language": string(m.Language), "unsubscribe": m.Unsubscribe}
	for _, a := range m.Attachments {
		values["attachment "+a.Name] = a.Name + a.Type
		if a.Name == "" || a.Type == "" || strings.ContainsAny(a.Name, `/\"`) || strings.ContainsAny(a.Type, "\"; ") {
			return fmt.Errorf("%w: an attachment needs a plain name and a media type", ErrMessage)
		}
	}
	for name, value := range values {
		if strings.ContainsFunc(value, func(r rune) bool {
			return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar
		}) {
			return fmt.Errorf("%w: a line break or control character in %s", ErrMessage, strings.ToValidUTF8(strings.Map(printable, name), ""))
		}
	}
	for _, address := range []string{m.From.Address, m.To.Address, m.ReplyTo} {
		if kept, err := ParseAddress(address); address != "" && (err != nil || kept != address) {
			return ErrAddress
		}
	}
	if m.From.Address == "" || m.To.Address == "" {
		return ErrAddress
	}
	return checkUnsubscribe(m.Unsubscribe)
}

func printable(r rune) rune {
	if unicode.IsControl(r) {
		return -1
	}
	return r
}

func checkUnsubscribe(address string) error {
	if address == "" {
		return nil
	}
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme != "https" || parsed.Host == "" || strings.ContainsAny(address, "<>, ") {
		return fmt.Errorf("%w: unsubscribing needs an https address", ErrMessage)
	}
	return nil
}
