package mail

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/jhillyerd/enmime/v2"

	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// server is a real SMTP server on the loopback; what it answers to RCPT and DATA is set by the test.
type server struct {
	mu      sync.Mutex
	taken   [][]byte
	to      []string
	user    string
	secure  bool
	rcpt    *smtp.SMTPError
	data    *smtp.SMTPError
	silence time.Duration
}

type session struct {
	s *server
	c *smtp.Conn
}

func (s *server) NewSession(c *smtp.Conn) (smtp.Session, error) { return &session{s, c}, nil }

func (x *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (x *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != "posad" || password != "secret" {
			return smtp.ErrAuthFailed
		}
		x.s.user = username
		return nil
	}), nil
}

func (x *session) Mail(string, *smtp.MailOptions) error {
	time.Sleep(x.s.silence)
	return nil
}

func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if x.s.rcpt != nil {
		return x.s.rcpt
	}
	x.s.to = append(x.s.to, to)
	return nil
}

func (x *session) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if x.s.data != nil {
		return x.s.data
	}
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	x.s.taken = append(x.s.taken, content)
	_, x.s.secure = x.c.TLSConnectionState()
	return nil
}

func (x *session) Reset()        {}
func (x *session) Logout() error { return nil }

// start runs the server and returns the configuration that reaches it.
func start(t *testing.T, s *server) Config {
	t.Helper()
	certificate, roots := selfSigned(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	engine := smtp.NewServer(s)
	engine.Domain = "mail.kitezh.example"
	engine.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	go func() { _ = engine.Serve(listener) }()
	t.Cleanup(func() { _ = engine.Close() })
	return Config{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, Hello: "posad.example", Timeout: 2 * time.Second,
		Trust: &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}}
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Unix(0, 0),
		NotAfter: time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

var moment = time.Date(2026, 11, 21, 15, 0, 0, 0, time.UTC)

func letter() Message {
	return Message{
		Job: id.Derived("test", "job"), At: moment, Language: lang.Russian,
		From: Address{"Портал Китежа", "portal@kitezh.example"}, To: Address{"Анна Смирнова", "anna@example.org"}, ReplyTo: "help@kitezh.example",
		Subject: "Разрешение готово — «зона А»", Text: "Здравствуйте!\n.\nРазрешение готово.\n", HTML: "<p>Разрешение <b>готово</b>.</p>",
		Attachments: []Attachment{{"Разрешение 12.pdf", "application/pdf", []byte("%PDF-1.7\x00\xff\r\n.\r\n")}},
		Unsubscribe: "https://kitezh.example/u?t=abc",
	}
}

func sender(t *testing.T, c Config) *Sender {
	t.Helper()
	s, err := NewSender(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLetterArrivesWhole(t *testing.T) {
	t.Parallel()
	s := &server{}
	config := start(t, s)
	config.Username, config.Password = "posad", "secret"
	for range 2 {
		if err := sender(t, config).Send(context.Background(), letter()); err != nil {
			t.Fatal(err, errors.Unwrap(err))
		}
	}
	if !s.secure || s.user != "posad" || len(s.to) != 2 || s.to[0] != "anna@example.org" {
		t.Errorf("secure %v, user %q, to %v", s.secure, s.user, s.to)
	}
	got, err := enmime.ReadEnvelope(bytes.NewReader(s.taken[0]))
	if err != nil || len(got.Errors) > 0 {
		t.Fatal(err, got.Errors)
	}
	want := letter()
	if got.GetHeader("Subject") != want.Subject || strings.ReplaceAll(got.Text, "\r\n", "\n") != want.Text || strings.TrimSpace(got.HTML) != want.HTML {
		t.Errorf("subject %q, text %q, html %q", got.GetHeader("Subject"), got.Text, got.HTML)
	}
	if len(got.Attachments) != 1 || got.Attachments[0].FileName != "Разрешение 12.pdf" || !bytes.Equal(got.Attachments[0].Content, want.Attachments[0].Content) || got.Attachments[0].ContentType != "application/pdf" {
		t.Errorf("attachments %+v", got.Attachments)
	}
	for name, value := range map[string]string{
		"Message-Id": "<" + want.Job.String() + "@kitezh.example>", "List-Unsubscribe": "<https://kitezh.example/u?t=abc>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
		"Auto-Submitted": "auto-generated", "Content-Language": "ru", "Reply-To": "<help@kitezh.example>", "User-Agent": "", "X-Mailer": "",
	} {
		if got.GetHeader(name) != value {
			t.Errorf("%s is %q, want %q", name, got.GetHeader(name), value)
		}
	}
	from, err := got.AddressList("From")
	if err != nil || from[0].Name != "Портал Китежа" || from[0].Address != "portal@kitezh.example" {
		t.Errorf("from %v: %v", from, err)
	}
	if date, err := got.Date(); err != nil || !date.Equal(moment) {
		t.Errorf("date %v: %v", date, err)
	}
	if again, _ := enmime.ReadEnvelope(bytes.NewReader(s.taken[1])); again.GetHeader("Message-Id") != got.GetHeader("Message-Id") {
		t.Error("the second sending has another Message-ID")
	}
}

func TestFailuresAreOfTheirKind(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		server *server
		change func(*Config, *Message)
		kind   Kind
		code   int
	}{
		"no such box":        {server: &server{rcpt: &smtp.SMTPError{Code: 550, Message: "no such user anna@example.org"}}, kind: Refused, code: 550},
		"grey list":          {server: &server{rcpt: &smtp.SMTPError{Code: 451, Message: "later"}}, kind: Temporary, code: 451},
		"relay refused":      {server: &server{rcpt: &smtp.SMTPError{Code: 554, Message: "policy"}}, kind: Permanent, code: 554},
		"letter refused":     {server: &server{data: &smtp.SMTPError{Code: 554, Message: "spam"}}, kind: Permanent, code: 554},
		"box full":           {server: &server{data: &smtp.SMTPError{Code: 452, Message: "full"}}, kind: Temporary, code: 452},
		"wrong password":     {change: func(c *Config, _ *Message) { c.Username, c.Password = "posad", "wrong" }, kind: Permanent, code: 535},
		"no server":          {change: func(c *Config, _ *Message) { c.Port = 1 }, kind: Temporary},
		"unknown authority":  {change: func(c *Config, _ *Message) { c.Trust = nil }, kind: Temporary},
		"silent server":      {server: &server{silence: time.Second}, change: func(c *Config, _ *Message) { c.Timeout = 100 * time.Millisecond }, kind: Temporary},
		"bad address":        {change: func(_ *Config, m *Message) { m.To.Address = "anna" }, kind: Refused},
		"header in a name":   {change: func(_ *Config, m *Message) { m.To.Name = "Анна\r\nBcc: all@example.org" }, kind: Permanent},
		"letter without job": {change: func(_ *Config, m *Message) { m.Job = id.ID{} }, kind: Permanent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := test.server
			if s == nil {
				s = &server{}
			}
			config, message := start(t, s), letter()
			if test.change != nil {
				test.change(&config, &message)
			}
			err := sender(t, config).Send(context.Background(), message)
			var failure *Failure
			if !errors.As(err, &failure) || failure.Kind != test.kind || failure.Code != test.code || strings.Contains(err.Error(), "anna") {
				t.Errorf("got %v (%v)", err, errors.Unwrap(err))
			}
			if len(s.taken) != 0 {
				t.Error("a letter went out")
			}
		})
	}
}

func TestSenderRefusesWrongConfigurations(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]Config{
		"no host": {Port: 25}, "no port": {Host: "x"}, "port": {Host: "x", Port: 70000}, "security": {Host: "x", Port: 25, Security: "maybe"},
		"password in the open": {Host: "x", Port: 25, Security: Plaintext, Username: "u", Password: "p"},
	} {
		if _, err := NewSender(config); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPlaintextIsForTheSameMachine(t *testing.T) {
	t.Parallel()
	s := &server{}
	config := start(t, s)
	config.Security = Plaintext
	if err := sender(t, config).Send(context.Background(), letter()); err != nil || s.secure || len(s.taken) != 1 {
		t.Errorf("secure %v, taken %d: %v", s.secure, len(s.taken), err)
	}
}

func TestNoValueMakesAHeader(t *testing.T) {
	t.Parallel()
	evil := "x\r\nBcc: all@example.org\r\n\r\nbody"
	for name, spoil := range map[string]func(*Message){
		"subject": func(m *Message) { m.Subject = evil }, "sender": func(m *Message) { m.From.Name = evil }, "name": func(m *Message) { m.To.Name = evil },
		"to": func(m *Message) { m.To.Address = "a@example.org\r\nBcc: b@example.org" }, "reply": func(m *Message) { m.ReplyTo = "a@example.org\nX: y" },
		"file": func(m *Message) { m.Attachments[0].Name = evil }, "type": func(m *Message) { m.Attachments[0].Type = evil }, "language": func(m *Message) { m.Language = lang.Language(evil) },
		"unsubscribe": func(m *Message) { m.Unsubscribe = "https://x.example/\r\nX: y" }, "bare newline": func(m *Message) { m.Subject = "a\nb" }, "null": func(m *Message) { m.Subject = "a\x00b" },
		"two unsubscribes": func(m *Message) { m.Unsubscribe = "https://x.example/>, <mailto:a@b.example" }, "plain http": func(m *Message) { m.Unsubscribe = "http://x.example/" },
		"path in a file name": func(m *Message) { m.Attachments[0].Name = "../x" },
	} {
		m := letter()
		spoil(&m)
		if out, err := wire(m); !errors.Is(err, ErrMessage) && !errors.Is(err, ErrAddress) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"anna@example.org": "anna@example.org", "  Anna.S+x@Example.ORG ": "Anna.S+x@example.org", "a@почта.рф": "a@xn--80a1acny.xn--p1ai",
	} {
		if got, err := ParseAddress(text); err != nil || got != want {
			t.Errorf("ParseAddress(%q) = %q, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "anna", "@example.org", "anna@", "anna@example", "a b@example.org", "a..b@example.org", "a@b@example.org", "\"a\"@example.org", "Анна <a@example.org>",
		"анна@example.org", "a@127.0.0.1", "a@-x.org", "a@example.org\r\nBcc: b@c.org", strings.Repeat("a", 65) + "@example.org", "a@" + strings.Repeat("b.", 130) + "org", "a@exa_mple.org", "a@example.org,b@example.org"} {
		if got, err := ParseAddress(bad); !errors.Is(err, ErrAddress) {
			t.Errorf("ParseAddress(%q) = %q, %v", bad, got, err)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	f.Add("anna@example.org")
	f.Add("a@почта.рф")
	f.Fuzz(func(t *testing.T, text string) {
		kept, err := ParseAddress(text)
		if err != nil {
			return
		}
		if again, err := ParseAddress(kept); err != nil || again != kept || strings.ContainsAny(kept, " \r\n\t<>,\"") {
			t.Errorf("%q is kept as %q, then %q: %v", text, kept, again, err)
		}
	})
}

// wire is the letter in the form in which it is sent.
func wire(m Message) ([]byte, error) {
	composed, err := compose(m)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	_, err = composed.WriteTo(&out)
	return out.Bytes(), err
}

func FuzzComposeHeaders(f *testing.F) {
	f.Add("Тема", "Анна", "файл.pdf")
	f.Add("a\r\nBcc: x@example.org", "=?utf-8?q?=0D=0ABcc:_x@example.org?=", "a\".pdf")
	f.Fuzz(func(t *testing.T, subject, name, file string) {
		m := letter()
		m.Subject, m.To.Name, m.Attachments[0].Name = subject, name, file
		out, err := wire(m)
		if err != nil {
			return
		}
		got, err := enmime.ReadEnvelope(bytes.NewReader(out))
		if err != nil {
			t.Fatalf("not readable: %v\n%s", err, out)
		}
		known := "Message-Id Date From To Reply-To Subject Mime-Version Content-Type Content-Transfer-Encoding Auto-Submitted Content-Language List-Unsubscribe List-Unsubscribe-Post"
		for _, key := range got.GetHeaderKeys() {
			if !strings.Contains(known, key) {
				t.Errorf("a header %s was made by %q, %q, %q", key, subject, name, file)
			}
		}
		if to, err := got.AddressList("To"); err != nil || len(to) != 1 || to[0].Address != m.To.Address {
			t.Errorf("%q made the recipients %v: %v", name, to, err)
		}
	})
}
