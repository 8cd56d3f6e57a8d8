package post

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/emersion/go-smtp"
	"github.com/jhillyerd/enmime/v2"
)

// session is one conversation.
type session struct {
	p    *Post
	conn *smtp.Conn
	from string
	to   []string
}

// NewSession implements smtp.Backend.
func (p *Post) NewSession(c *smtp.Conn) (smtp.Session, error) { return &session{p: p, conn: c}, nil }

// Mail implements smtp.Session.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from, s.to = from, nil
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.p.refuses(to) {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such box"}
	}
	s.to = append(s.to, to)
	return nil
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("post: read a letter: %w", err)
	}
	pause(context.Background(), s.p.delay())
	code, drop := s.p.mailTrouble()
	if code != 0 {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 0, 0}, Message: "not now, by order of the test"}
	}
	if err := s.p.keep(s.from, s.to, content); err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "the letter cannot be read"}
	}
	if drop {
		_ = s.conn.Conn().Close() // that is the point: the answer is lost
	}
	return nil
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }

// mailTrouble says with which code the next letter is refused, and whether the answer to it is lost.
func (p *Post) mailTrouble() (int, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if take(&p.faults.MailNext) {
		if p.faults.MailCode == 0 {
			return 451, false
		}
		return p.faults.MailCode, false
	}
	return 0, take(&p.faults.DropNext)
}

// keep puts a letter into the box of each recipient; one that was there before is counted.
func (p *Post) keep(from string, to []string, content []byte) error {
	parsed, err := enmime.ReadEnvelope(bytes.NewReader(content))
	if err != nil {
		return fmt.Errorf("post: letter: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range to {
		m := Mail{
			MessageID: parsed.GetHeader("Message-ID"), From: from, To: one, Date: parsed.GetHeader("Date"), Subject: parsed.GetHeader("Subject"),
			Text: parsed.Text, HTML: parsed.HTML, At: p.clock.Now(), Times: 1, raw: content,
		}
		if !p.again(m) {
			m.ID = p.number()
			p.mail = put(p.mail, m)
		}
	}
	return nil
}

// again counts a letter that came before; p.mu is held.
func (p *Post) again(m Mail) bool {
	for i := range p.mail {
		known := &p.mail[i]
		if m.MessageID != "" && known.MessageID == m.MessageID && known.To == m.To {
			known.Times++
			known.Differs = known.Differs || known.Date != m.Date || known.Subject != m.Subject || known.Text != m.Text || known.HTML != m.HTML
			return true
		}
	}
	return false
}
