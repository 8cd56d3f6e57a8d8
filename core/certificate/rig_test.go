package certificate_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"html"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"crypto/x509/pkix"

	"github.com/smallstep/pkcs7"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/certificate"
	"posad.city/core/certificate/authoritytest"
	"posad.city/core/module"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	"posad.city/kit/web"
	"posad.city/ui"
)

const (
	city = "http://posad.test"
	door = "https://certificate.posad.test"
)

// rig is a house with accounts and certificates, and an authority beside it.
type rig struct {
	*certificate.Module
	accounts  *account.Module
	base      *module.Base
	clock     *clock.Fixed
	authority *authoritytest.Authority
	people    *register
	words     *words
	server    *httptest.Server
	listener  net.Listener
	roots     *x509.CertPool // of the door's own certificate
	admin     id.ID
}

type noLetters struct{}

func (noLetters) SendCode(context.Context, string, account.Channel, string, lang.Language, id.ID) error {
	return nil
}

// register is a population register that confirms whom it knows.
type register struct {
	mu    sync.Mutex
	known []account.Identity
	fail  error
}

func (r *register) CheckIdentity(_ context.Context, _ id.ID, what account.Identity, _ id.ID) (account.Verdict, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range r.known {
		if one == what {
			return account.Confirmed, r.fail
		}
	}
	return account.Unknown, r.fail
}

// words keeps what people are told of their accounts.
type words struct {
	mu   sync.Mutex
	told []account.Word
}

func (w *words) PrepareWord(_ context.Context, one account.Word) (func(*store.Tx) error, error) {
	return func(tx *store.Tx) error {
		tx.AfterCommit(func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.told = append(w.told, one)
		})
		return nil
	}, nil
}

func (*words) SendAside(context.Context, account.Contact, account.Word, lang.Language, id.ID) error {
	return nil
}

func (w *words) kinds(person id.ID) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, one := range w.told {
		if one.Person == person {
			out = append(out, one.Kind)
		}
	}
	return out
}

// newcomers makes people as core/account is to.
type newcomers struct{ r *rig }

func (n newcomers) RegisterBy(ctx context.Context, one certificate.Newcomer) (certificate.Registered, error) {
	person := id.New(n.r.clock.Now())
	err := n.r.accounts.Enrol(ctx, []account.Enrolment{{Person: person, Name: one.Name, Level: one.Level, Lang: one.Lang, SignsIn: true, Email: person.String() + "@example.org"}})
	if err != nil {
		return certificate.Registered{}, err
	}
	list, err := n.r.accounts.AccountOf(ctx, person)
	if err != nil {
		return certificate.Registered{}, err
	}
	one.Way.Account = list[0]
	ready, err := n.r.accounts.PrepareWay(ctx, one.Way)
	if err == nil {
		err = n.r.base.Store.Write(ctx, ready.Put)
	}
	return certificate.Registered{Account: list[0], Person: person, Way: ready.ID}, err
}

// relator knows oneself, strangers and one administrator.
type relator struct{ r *rig }

func (k relator) Relate(_ context.Context, a act.Act, o act.Object, _ string) (web.Tie, error) {
	switch {
	case a.Actor.Person == k.r.admin:
		return web.Tie{Relation: act.Admin | act.Self}, nil
	case o.Kind == "" || o.Holder == a.Actor.Person:
		return web.Tie{Relation: act.Self}, nil
	}
	return web.Tie{Relation: act.Stranger}, nil
}

func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	eachWith(t, func(*certificate.Config, *rig) {}, test)
}

// eachWith is each with a configuration that is changed first.
func eachWith(t *testing.T, change func(*certificate.Config, *rig), test func(t *testing.T, r *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRig(t, s, c, change)) },
		vault.Migrations, jobs.Migrations, feed.Migrations, journal.Migrations, agency.Migrations, account.Migrations, certificate.Migrations)
}

func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func newRig(t *testing.T, s *store.Store, c *clock.Fixed, change func(*certificate.Config, *rig)) *rig {
	t.Helper()
	c.Move(time.Since(c.Now())) // signing programs read the machine's clock
	v := must(vault.Open(t.Context(), vault.Options{Store: s, KEK: must(vault.ParseKEK(vault.NewKEKText()))(t), Clock: c}))(t)
	r := &rig{clock: c, people: &register{}, words: &words{}, admin: id.Derived("person", "admin"), listener: must(net.Listen("tcp", "127.0.0.1:0"))(t)}
	r.authority = authoritytest.New(t, c, "УЦ Китежа")
	agencies := agency.New(agency.Deps{})
	r.accounts = account.New(account.Deps{Agencies: agencies, Courier: noLetters{}, Identity: r.people, Teller: r.words})
	agencies.Provide(r.accounts, nil)
	r.Module = must(certificate.New(certificate.Deps{Accounts: r.accounts, People: newcomers{r}, Config: r.config(t, change), Address: city, Listener: r.listener}))(t)
	modules := []module.Module{agencies, r.accounts, r.Module}
	texts := must(lang.Load(ui.Locale, page.Locale, web.Locale, agencies.Locales(), r.accounts.Locales(), r.Locales()))(t)
	texts = texts.Reporting(func(err error) { t.Error(err) })
	log := slog.New(slog.DiscardHandler)
	server := must(web.New(web.Config{BaseURL: city, Raise: "/sign-in/raise", PerAddress: 100_000, PerPerson: 100_000}, web.Deps{Texts: texts, Clock: c, Log: log, Relator: relator{r}}))(t)
	sealer := seal.New(city, v, c)
	r.base = &module.Base{
		Store: s, Vault: v, Clock: c, Jobs: jobs.NewQueue(s, jobs.Options{}), Feed: feed.Open(s, log), Web: server, Pages: page.New(), Texts: texts, Log: log,
		Seal: sealer, Journal: journal.New(sealer, c),
	}
	for _, m := range modules {
		if err := m.Provision(r.base); err != nil {
			t.Fatal(err)
		}
	}
	s.SetGuard(r.accounts.Guard)
	server.Provide(web.Deps{
		Sessions: r.accounts.Sessions(), Counters: r.accounts.Counters(), Answers: r.accounts.Answers(), ErrorPage: r.base.Pages.FaultPage,
		Holder: web.NewHolder(r.accounts.HeldForms(), c), Breach: func(operation, what string) { t.Errorf("%s: %s", operation, what) },
	})
	r.server = httptest.NewServer(must(server.Handler())(t))
	t.Cleanup(r.server.Close)
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return r
}

// config trusts the rig's authority, and has a door whose own certificate another authority issued.
func (r *rig) config(t *testing.T, change func(*certificate.Config, *rig)) certificate.Config {
	t.Helper()
	web := authoritytest.New(t, r.clock, "Web")
	host := web.Issue(t, pkix.Name{CommonName: "door"}, nil, func(c *x509.Certificate) {
		c.DNSNames, c.ExtKeyUsage = []string{"certificate.posad.test"}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	})
	r.roots = x509.NewCertPool()
	r.roots.AddCert(web.Cert)
	out := certificate.Config{
		Listen: "127.0.0.1:0", Address: door, Inside: []string{r.authority.Host},
		Authorities: []certificate.AuthorityConfig{{Name: "УЦ Китежа", Files: []string{r.authority.File(t)}}},
	}
	out.Certificate, out.Key = host.Files(t)
	change(&out, r)
	return out
}

// anna is a resident whom the city has confirmed, with an account.
var anna = account.Enrolment{
	Person: id.Derived("person", "anna"), Name: lang.Name{Family: "Смирнова", Given: "Анна", Patronymic: "Петровна"}, Birth: calendar.MustDate("1986-04-05"),
	SNILS: "11223344595", Email: "anna@example.org", Level: act.Standard, SignsIn: true, Password: "password of anna",
}

func (r *rig) enrol(t *testing.T, list ...account.Enrolment) {
	t.Helper()
	if err := r.accounts.Enrol(t.Context(), list); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) accountOf(t *testing.T, person id.ID) id.ID {
	t.Helper()
	list := must(r.accounts.AccountOf(t.Context(), person))(t)
	if len(list) != 1 {
		t.Fatalf("%d accounts", len(list))
	}
	return list[0]
}

func (r *rig) level(t *testing.T, person id.ID) act.Level {
	t.Helper()
	reader := act.Act{Actor: act.Actor{Kind: act.Person, Person: person}, Holder: person}
	return must(r.accounts.Person(t.Context(), reader, "account.look.profile", person))(t).Level
}

// certificateOf is a certificate of the person.
func (r *rig) certificateOf(t *testing.T, e account.Enrolment, form func(*x509.Certificate)) authoritytest.Holder {
	t.Helper()
	return r.authority.Issue(t, authoritytest.Person(e.Name.Family, e.Name.Given+" "+e.Name.Patronymic, e.SNILS), nil, form)
}

// browser is a person's browser without JavaScript, with the certificates that it would show.
type browser struct {
	t      *testing.T
	r      *rig
	client *http.Client
	holder *authoritytest.Holder
	header http.Header // sent to the door alone
}

func (r *rig) browser(t *testing.T) *browser {
	t.Helper()
	b := &browser{t: t, r: r, header: http.Header{}}
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			to := strings.TrimPrefix(r.server.URL, "http://")
			if strings.HasPrefix(address, "certificate.") {
				to = r.listener.Addr().String()
			}
			return new(net.Dialer).DialContext(ctx, network, to)
		},
		TLSClientConfig: &tls.Config{
			RootCAs: r.roots, Time: r.clock.Now,
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				if b.holder == nil {
					return new(tls.Certificate), nil
				}
				out := b.holder.TLS()
				return &out, nil
			},
		},
	}
	b.client = &http.Client{Jar: must(cookiejar.New(nil))(t), Transport: transport}
	return b
}

type reply struct {
	status int
	at     *url.URL // where the browser stands after redirects
	body   string
}

// says fails unless the page has the text.
func (p reply) says(t *testing.T, status int, text string) {
	t.Helper()
	if p.status != status || !strings.Contains(html.UnescapeString(p.body), text) {
		t.Fatalf("%s: %d, want %d and %q:\n%s", p.at, p.status, status, text, plainOf(p.body))
	}
}

var tags = regexp.MustCompile(`(?s)<head>.*?</head>|<script.*?</script>|<svg.*?</svg>|<[^>]*>`)

func plainOf(page string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(page, " "))), " ")
}

func (b *browser) get(address string) reply { return b.do(http.MethodGet, address, "", nil) }

func (b *browser) post(path string, fields ...string) reply {
	b.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	return b.do(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(values.Encode()))
}

func (b *browser) do(method, address, kind string, body io.Reader) reply {
	b.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = city + address
	}
	req := must(http.NewRequestWithContext(b.t.Context(), method, address, body))(b.t)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if strings.Contains(address, "certificate.posad.test") {
		for name, values := range b.header {
			req.Header[name] = values
		}
	} else {
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	req.Header.Set("Accept-Language", "en")
	res := must(b.client.Do(req))(b.t)
	defer func() { _ = res.Body.Close() }()
	return reply{res.StatusCode, res.Request.URL, string(must(io.ReadAll(res.Body))(b.t))}
}

// signIn signs a person in by their password, as a browser does that they have used before.
func (b *browser) signIn(e account.Enrolment) {
	b.t.Helper()
	got := b.post("/sign-in/password", "contact", e.Email, "password", e.Password, "back", "/account/profile")
	if got.status != http.StatusOK || got.at.Path != "/account/profile" {
		b.t.Fatalf("sign-in: %d %s %s", got.status, got.at, plainOf(got.body))
	}
}

// who is the person that the browser is signed in as, with the session; false for nobody.
func (b *browser) who() (web.Session, bool) {
	b.t.Helper()
	for _, cookie := range b.client.Jar.Cookies(must(url.Parse(city))(b.t)) {
		if cookie.Name == "posad_session" {
			session, err := b.r.accounts.Sessions().Find(b.t.Context(), web.HashToken(cookie.Value))
			return session, err == nil && !session.Over
		}
	}
	return web.Session{}, false
}

var (
	connectLink = regexp.MustCompile(`href="(https://certificate\.posad\.test[^"]*)"`)
	tryField    = regexp.MustCompile(`name="try" value="([^"]+)"`)
)

// open opens the page of both roads and returns the link to the door and the challenge.
func (b *browser) open(back string) (string, string) {
	b.t.Helper()
	got := b.get("/sign-in/certificate?back=" + url.QueryEscape(back))
	link, try := connectLink.FindStringSubmatch(got.body), tryField.FindStringSubmatch(got.body)
	if got.status != http.StatusOK || link == nil || try == nil {
		b.t.Fatalf("the page of both roads: %d %s", got.status, plainOf(got.body))
	}
	return html.UnescapeString(link[1]), try[1]
}

// connect goes the road of the connection to its end.
func (b *browser) connect(back string, h *authoritytest.Holder) reply {
	b.t.Helper()
	link, _ := b.open(back)
	b.holder = h
	return b.get(link)
}

// text is the file to sign.
func (b *browser) text(try string) []byte {
	b.t.Helper()
	got := b.get("/sign-in/certificate/text?try=" + try)
	if got.status != http.StatusOK || !strings.Contains(got.body, try) {
		b.t.Fatalf("the text: %d %s", got.status, got.body)
	}
	return []byte(got.body)
}

// send posts a signed file as the page's form does.
func (b *browser) send(try, back string, file []byte) reply {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range map[string]string{"try": try, "back": back, "pasted": ""} {
		if err := form.WriteField(name, value); err != nil {
			b.t.Fatal(err)
		}
	}
	part := must(form.CreateFormFile("signature", "text.p7s"))(b.t)
	if _, err := part.Write(file); err != nil {
		b.t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		b.t.Fatal(err)
	}
	return b.do(http.MethodPost, "/sign-in/certificate", form.FormDataContentType(), &body)
}

// sign goes the road of the signed file to its end.
func (b *browser) sign(back string, h authoritytest.Holder) reply {
	b.t.Helper()
	_, try := b.open(back)
	return b.send(try, back, signature(b.t, b.text(try), h))
}

// signature is made in the test's own process.
func signature(t testing.TB, content []byte, h authoritytest.Holder) []byte {
	t.Helper()
	data := must(pkcs7.NewSignedData(content))(t)
	data.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := data.AddSigner(h.Cert, h.Key.(crypto.PrivateKey), pkcs7.SignerInfoConfig{}); err != nil {
		t.Fatal(err)
	}
	data.Detach()
	return must(data.Finish())(t)
}

// opensslSigns has a program that nobody here wrote sign the content.
func opensslSigns(t testing.TB, content []byte, h authoritytest.Holder, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not here")
	}
	cert, key := h.Files(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "text"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "openssl", append([]string{"cms", "-sign", "-binary", "-in", "text", "-signer", cert, "-inkey", key, "-out", "out"}, args...)...)
	run.Dir = dir
	if said, err := run.CombinedOutput(); err != nil {
		t.Fatalf("openssl: %v\n%s", err, said)
	}
	return must(os.ReadFile(filepath.Join(dir, "out")))(t)
}

// linked is a rig's person with a certificate that they have linked, and the browser in which they are signed in.
func (r *rig) linked(t *testing.T, e account.Enrolment, h authoritytest.Holder) *browser {
	t.Helper()
	b := r.browser(t)
	b.signIn(e)
	b.sign("/account/security", h).says(t, http.StatusOK, "Link a certificate")
	got := b.post("/account/certificate/link", "back", "/account/profile")
	if got.status != http.StatusOK || got.at.Path != "/account/profile" {
		t.Fatalf("link: %d %s\n%s", got.status, got.at, plainOf(got.body))
	}
	return b
}

func loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

func (r *rig) counted(t *testing.T) string {
	t.Helper()
	b := r.browser(t)
	r.enrol(t, account.Enrolment{Person: r.admin, Name: lang.Name{Family: "Главный", Given: "Администратор"}, Email: "admin@example.org", Level: act.Standard, SignsIn: true, Password: "password of admin"})
	b.signIn(account.Enrolment{Email: "admin@example.org", Password: "password of admin"})
	got := b.get("/admin/certificates")
	if got.status != http.StatusOK {
		t.Fatalf("administrator: %d %s", got.status, plainOf(got.body))
	}
	return fmt.Sprint(plainOf(got.body))
}
