package certificate_test

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"posad.city/core/account"
	"posad.city/core/certificate"
	"posad.city/core/certificate/authoritytest"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/lang"
)

func TestTamperedFiles(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.enrol(t, anna)
		h := r.certificateOf(t, anna, nil)
		r.linked(t, anna, h)
		b := r.browser(t)
		_, try := b.open("/")
		text := b.text(try)
		good := signature(t, text, h)
		broken := bytes.Clone(good)
		broken[len(broken)-5] ^= 1
		for name, test := range map[string]struct {
			file []byte
			want string
		}{
			"nothing":       {nil, "Choose the file"},
			"not CMS":       {[]byte("hello"), "does not look like a signature"},
			"broken":        {broken, "does not fit its certificate"},
			"another text":  {signature(t, append(text, '\n'), h), "Another file is signed"},
			"its own text":  {pem.EncodeToMemory(&pem.Block{Type: "CMS", Bytes: signature(t, []byte("x"), h)}), "Another file is signed"},
			"SHA-1":         {opensslSigns(t, text, h, "-outform", "DER", "-md", "sha1"), "out of date"},
			"no attributes": {opensslSigns(t, text, h, "-outform", "DER", "-noattr"), "no time or digest"},
			"no signer":     {opensslSigns(t, text, h, "-outform", "DER", "-nocerts"), "not inside the signature"},
		} {
			got := b.send(try, "/", test.file)
			if !strings.Contains(plainOf(got.body), test.want) || got.status != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d %s", name, got.status, plainOf(got.body))
			}
		}
		if _, ok := b.who(); ok {
			t.Fatal("let in")
		}
		b.send(try, "/", signature(t, text, h))
		if _, ok := b.who(); !ok {
			t.Error("a good file after bad ones does not let in")
		}
	})
}

func TestAWrongClock(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.clock.Move(61 * time.Minute) // the signing program reads the machine's
		b := r.browser(t)
		b.sign("/", r.certificateOf(t, anna, nil)).says(t, http.StatusUnprocessableEntity, "Your computer's clock is wrong")
	})
}

// TestNothingNewByAnUncheckedCertificate: it was checked when it was shown, and nobody answers when its person decides.
func TestNothingNewByAnUncheckedCertificate(t *testing.T) {
	t.Parallel()
	lower := func(c *certificate.Config, _ *rig) { c.Unchecked = "lower" }
	eachWith(t, lower, func(t *testing.T, r *rig) {
		r.enrol(t, anna)
		r.authority.Change(authoritytest.How{NoList: true})
		oleg := r.certificateOf(t, account.Enrolment{Name: lang.Name{Family: "Козлов", Given: "Олег"}, SNILS: "08765430300"}, nil)
		b, own := r.browser(t), r.browser(t)
		b.sign("/", oleg).says(t, http.StatusOK, "We meet this certificate for the first time")
		own.signIn(anna)
		own.sign("/", r.certificateOf(t, anna, nil)).says(t, http.StatusOK, "Link a certificate")
		r.authority.Change(authoritytest.How{NoList: true, NoResponder: true})
		b.post("/sign-in/certificate/new").says(t, http.StatusServiceUnavailable, "does not answer")
		own.post("/account/certificate/link").says(t, http.StatusServiceUnavailable, "does not answer")
		if _, ok := b.who(); ok || r.level(t, anna.Person) != act.Standard {
			t.Error("something new was done")
		}
	})
}

func TestTriesAreCounted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		b := r.browser(t)
		_, try := b.open("/")
		for range 10 {
			b.send(try, "/", []byte("x")).says(t, http.StatusUnprocessableEntity, "does not look like")
		}
		b.send(try, "/", []byte("x")).says(t, http.StatusTooManyRequests, "Too many")
	})
}

func TestBehindAProxy(t *testing.T) {
	t.Parallel()
	plain := func(c *certificate.Config, _ *rig) {
		c.Certificate, c.Key, c.Proxies = "", "", loopback()
	}
	eachWith(t, plain, func(t *testing.T, r *rig) {
		r.enrol(t, anna)
		h := r.certificateOf(t, anna, nil)
		r.linked(t, anna, h)
		b := r.browser(t)
		through := func() string {
			link, _ := b.open("/account/profile")
			return strings.Replace(link, "https://", "http://", 1) // the proxy ends TLS before
		}
		b.header.Set("Client-Cert", clientCert(h))
		b.header.Add("Client-Cert", clientCert(h))
		b.get(through()).says(t, http.StatusUnprocessableEntity, "showed no certificate")
		b.header.Set("Client-Cert", "nonsense")
		b.get(through()).says(t, http.StatusUnprocessableEntity, "showed no certificate")
		b.header.Set("Client-Cert", clientCert(h))
		if got := b.get(through()); got.at.Path != "/account/profile" {
			t.Fatalf("%s %s", got.at, plainOf(got.body))
		}
	})
	trusting := func(c *certificate.Config, _ *rig) { c.Proxies = loopback() }
	eachWith(t, trusting, func(t *testing.T, r *rig) { // the door itself ends TLS: a header is anybody's word
		r.enrol(t, anna)
		h := r.certificateOf(t, anna, nil)
		r.linked(t, anna, h)
		b := r.browser(t)
		link, _ := b.open("/")
		b.header.Set("Client-Cert", clientCert(h))
		b.get(link).says(t, http.StatusUnprocessableEntity, "showed no certificate")
	})
	away := func(c *certificate.Config, r *rig) {
		plain(c, r)
		c.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	}
	eachWith(t, away, func(t *testing.T, r *rig) {
		h := r.certificateOf(t, anna, nil)
		b := r.browser(t)
		link, _ := b.open("/")
		b.header.Set("Client-Cert", clientCert(h))
		b.get(strings.Replace(link, "https://", "http://", 1)).says(t, http.StatusUnprocessableEntity, "showed no certificate")
	})
}

func TestTheAdministratorsPage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.enrol(t, anna)
		b := r.linked(t, anna, r.certificateOf(t, anna, nil))
		if got := b.get("/admin/certificates"); got.status != http.StatusNotFound {
			t.Errorf("a resident sees it: %d", got.status)
		}
		r.authority.Change(authoritytest.How{NoResponder: true})
		r.browser(t).sign("/", r.certificateOf(t, anna, nil))
		said := r.counted(t)
		for _, want := range []string{"УЦ Китежа", "Valid", r.authority.Host + "/list.crl", door} {
			if !strings.Contains(said, want) {
				t.Errorf("no %q in: %s", want, said)
			}
		}
		admin := r.browser(t)
		admin.signIn(account.Enrolment{Email: "admin@example.org", Password: "password of admin"})
		asked := r.authority.Asked("/list.crl")
		admin.post("/admin/certificates").says(t, http.StatusOK, "asked for again")
		if r.authority.Asked("/list.crl") != asked+1 {
			t.Error("the list was not fetched")
		}
		r.authority.Change(authoritytest.How{NoResponder: true, NoList: true})
		admin.post("/admin/certificates").says(t, http.StatusOK, "Not renewed")
		r.clock.Move(25 * time.Hour)
		admin = r.browser(t)
		admin.signIn(account.Enrolment{Email: "admin@example.org", Password: "password of admin"})
		admin.get("/admin/certificates").says(t, http.StatusOK, "Out of date")
	})
}

func clientCert(h authoritytest.Holder) string {
	return ":" + base64.StdEncoding.EncodeToString(h.Cert.Raw) + ":"
}

func isFault(err error, name string) bool { return err != nil && fault.Of(err).ID == name }

func TestNobodyIsAskedOnTheCitysOwnHost(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		b := r.browser(t)
		got := b.get("/sign-in/certificate/tls?try=x")
		if got.status != http.StatusNotFound {
			t.Errorf("the door's page is on the city's host: %d", got.status)
		}
		other := b.get(door + "/sign-in/password")
		if other.status != http.StatusNotFound {
			t.Errorf("the city's page is on the door: %d", other.status)
		}
	})
}
