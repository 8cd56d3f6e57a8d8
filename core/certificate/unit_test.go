package certificate

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/core/account"
	"posad.city/core/certificate/authoritytest"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/lang"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		s    situation
		step step
		want error
	}{
		"known":                              {situation{Known: true, Same: true, Confirmed: true}, stepEnter, nil},
		"known, names another now":           {situation{Known: true}, "", ErrOther},
		"known, unchecked":                   {situation{Known: true, Same: true, Unchecked: true}, stepEnter, nil},
		"known, mine":                        {situation{Known: true, Same: true, Signed: true, Mine: true, Confirmed: true, Numbered: true}, stepEnter, nil},
		"known, another is signed in":        {situation{Known: true, Same: true, Signed: true}, "", ErrOther},
		"known, another is asked":            {situation{Known: true, Same: true, Asked: true}, "", ErrOther},
		"known, asked":                       {situation{Known: true, Same: true, Asked: true, Mine: true}, stepEnter, nil},
		"known, mine, not confirmed":         {situation{Known: true, Same: true, Signed: true, Mine: true, Numbered: true}, stepIdentify, nil},
		"the same, without a number":         {situation{Known: true, Same: true, Signed: true, Mine: true}, stepEnter, nil},
		"the same, unchecked":                {situation{Known: true, Same: true, Signed: true, Mine: true, Numbered: true, Unchecked: true}, stepEnter, nil},
		"renewed":                            {situation{Renews: true}, stepRenew, nil},
		"renewed, unchecked":                 {situation{Renews: true, Unchecked: true}, "", ErrSilent},
		"renewed, another is signed in":      {situation{Renews: true, Signed: true}, "", ErrOther},
		"renewed, mine":                      {situation{Renews: true, Signed: true, Mine: true}, stepRenew, nil},
		"unknown":                            {situation{}, stepNew, nil},
		"unknown, unchecked":                 {situation{Unchecked: true}, "", ErrSilent},
		"unknown, somebody is signed in":     {situation{Signed: true}, stepLink, nil},
		"unknown, unchecked, signed in":      {situation{Signed: true, Unchecked: true}, "", ErrSilent},
		"unknown, a second step is asked of": {situation{Asked: true}, "", ErrOther},
	} {
		got, err := decide(test.s)
		if got != test.step || !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestNobodyEntersForAnother holds what must be so in every situation.
func TestNobodyEntersForAnother(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		flip := func(name string) bool { return rapid.Bool().Draw(t, name) }
		s := situation{
			Known: flip("known"), Renews: flip("renews"), Same: flip("same"), Unchecked: flip("unchecked"), Numbered: flip("numbered"),
			Confirmed: flip("confirmed"), Signed: flip("signed"), Asked: flip("asked"), Mine: flip("mine"),
		}
		got, err := decide(s)
		in := got == stepEnter || got == stepRenew
		switch {
		case (err == nil) == (got == ""):
			t.Fatalf("%q and %v", got, err)
		case in && (s.Signed || s.Asked) && !s.Mine:
			t.Fatal("another's session or second step is taken")
		case in && !s.Known && !s.Renews:
			t.Fatal("an unknown certificate lets in")
		case s.Unchecked && got != stepEnter && err == nil:
			t.Fatal("an unchecked certificate does something new")
		case s.Known && !s.Same && err == nil:
			t.Fatal("a key that names another person now is taken")
		}
	})
}

func TestDecideLink(t *testing.T) {
	t.Parallel()
	anna := lang.Name{Family: "Артёмова", Given: "Анна", Patronymic: "Петровна"}
	subject := Subject{Name: lang.Name{Family: "АРТЕМОВА", Given: "Анна"}, SNILS: "11223344595"}
	standard := account.Person{Name: anna, SNILS: "11223344595", Level: act.Standard}
	change := func(p account.Person, f func(*account.Person)) account.Person { f(&p); return p }
	for name, test := range map[string]struct {
		p    account.Person
		s    Subject
		what linking
		want error
	}{
		"confirmed, the same":             {standard, subject, linking{Raise: true}, nil},
		"another number":                  {change(standard, func(p *account.Person) { p.SNILS = "08765430300" }), subject, linking{}, ErrDiffers},
		"another name":                    {change(standard, func(p *account.Person) { p.Name.Family = "Иванова" }), subject, linking{}, ErrDiffers},
		"another patronymic":              {standard, Subject{Name: lang.Name{Family: "Артёмова", Given: "Анна", Patronymic: "Ивановна"}, SNILS: "11223344595"}, linking{}, ErrDiffers},
		"no number in the certificate":    {standard, Subject{Name: anna}, linking{}, nil},
		"no name in the certificate":      {standard, Subject{SNILS: "11223344595"}, linking{}, ErrDiffers},
		"not confirmed":                   {account.Person{Level: act.Basic}, subject, linking{Confirm: true, Raise: true}, nil},
		"not confirmed, no number":        {account.Person{Level: act.Basic}, Subject{Name: anna}, linking{}, nil},
		"not confirmed, not so called":    {account.Person{Level: act.Basic, Name: lang.Name{Family: "Иванова", Given: "Анна"}}, Subject{Name: anna}, linking{}, ErrDiffers},
		"confirmed by name alone, before": {change(standard, func(p *account.Person) { p.SNILS = "" }), subject, linking{}, nil},
	} {
		got, err := decideLink(test.p, test.s)
		if got != test.what || !errors.Is(err, test.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func numberString(digits string) asn1.RawValue {
	return asn1.RawValue{Tag: asn1.TagNumericString, Bytes: []byte(digits)}
}

func TestSubjectOf(t *testing.T) {
	t.Parallel()
	authority := authoritytest.New(t, clock.At(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)), "CA")
	with := func(n pkix.Name, more ...pkix.AttributeTypeAndValue) pkix.Name {
		n.ExtraNames = append(n.ExtraNames, more...)
		return n
	}
	person := authoritytest.Person("Смирнова", "Анна Мария Петровна", "11223344595")
	birth := append([]byte{0x30, 0x1f, 0x30, 0x1d, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x09, 0x01, 0x31, 0x11, 0x18, 0x0f}, "19860405000000Z"...)
	custom := usualFields()
	custom["2.5.4.3"], custom["2.5.4.5"], custom["2.5.4.42"] = fieldFullName, fieldBirth, fieldNothing
	for name, test := range map[string]struct {
		name   pkix.Name
		form   func(*x509.Certificate)
		fields map[string]field
		want   Subject
	}{
		"a person": {person, nil, usualFields(), Subject{Name: lang.Name{Family: "Смирнова", Given: "Анна", Patronymic: "Мария Петровна"}, SNILS: "11223344595"}},
		"a number that does not check": {authoritytest.Person("Смирнова", "Анна", "11223344590"), nil, usualFields(),
			Subject{Name: lang.Name{Family: "Смирнова", Given: "Анна"}}},
		"two numbers": {with(authoritytest.Person("Смирнова", "Анна", "11223344595"), pkix.AttributeTypeAndValue{Type: authoritytest.OIDSNILS, Value: numberString("08765430300")}), nil, usualFields(),
			Subject{Name: lang.Name{Family: "Смирнова", Given: "Анна"}}},
		"born": {authoritytest.Person("Смирнова", "Анна", ""), func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: oidDirectory, Value: birth}}
		}, usualFields(), Subject{Name: lang.Name{Family: "Смирнова", Given: "Анна"}, Birth: calendar.MustDate("1986-04-05")}},
		"an old organisation's number": {with(authoritytest.Person("Смирнова", "Анна", ""), pkix.AttributeTypeAndValue{Type: authoritytest.OIDINN, Value: numberString("007707083893")}), nil, usualFields(),
			Subject{Name: lang.Name{Family: "Смирнова", Given: "Анна"}, OrgINN: "7707083893"}},
		"a person's number": {with(authoritytest.Person("Смирнова", "Анна", ""), pkix.AttributeTypeAndValue{Type: authoritytest.OIDINN, Value: numberString("500100732259")}), nil, usualFields(),
			Subject{Name: lang.Name{Family: "Смирнова", Given: "Анна"}, INN: "500100732259"}},
		"as configured": {pkix.Name{CommonName: "Smith  John\u200b Adam", SerialNumber: "05.04.1986"}, nil, custom,
			Subject{Name: lang.Name{Family: "Smith", Given: "John", Patronymic: "Adam"}, Birth: calendar.MustDate("1986-04-05")}},
		"too long": {authoritytest.Person(strings.Repeat("А", 400), "Анна", ""), nil, usualFields(), Subject{Name: lang.Name{Given: "Анна"}}},
	} {
		got := subjectOf(authority.Issue(t, test.name, nil, test.form).Cert, test.fields)
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(calendar.Date{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		right func(string) bool
		good  string
	}{{innOfOrganisation, "7707083893"}, {innOfPerson, "500100732259"}, {ogrn, "1027700132195"}, {ogrnip, "304500116000157"}} {
		if checked(test.good, test.right) != test.good {
			t.Errorf("%s is right", test.good)
		}
		for i := range test.good {
			bad := []byte(test.good)
			bad[i] = '0' + (bad[i]-'0'+1)%10
			if checked(string(bad), test.right) != "" {
				t.Errorf("%s is not right", bad)
			}
		}
	}
}

func TestProxied(t *testing.T) {
	t.Parallel()
	authority := authoritytest.New(t, clock.At(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)), "CA")
	h := authority.Issue(t, authoritytest.Person("Смирнова", "Анна", ""), nil, nil)
	leaf, above := ":"+base64.StdEncoding.EncodeToString(h.Cert.Raw)+":", ":"+base64.StdEncoding.EncodeToString(authority.Cert.Raw)+":"
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for name, test := range map[string]struct {
		from         string
		cert, chain  []string
		read, others int
	}{
		"a proxy":              {"10.1.2.3:4", []string{leaf}, nil, 1, 0},
		"with a chain":         {"10.1.2.3:4", []string{leaf}, []string{above}, 1, 1},
		"a chain in two lines": {"10.1.2.3:4", []string{leaf}, []string{above, above + ", " + above}, 1, 3},
		"a broken chain":       {"10.1.2.3:4", []string{leaf}, []string{":x:"}, 1, 0},
		"anybody":              {"11.1.2.3:4", []string{leaf}, nil, 0, 0},
		"no address":           {"@", []string{leaf}, nil, 0, 0},
		"two":                  {"10.1.2.3:4", []string{leaf, leaf}, nil, 0, 0},
		"two in one":           {"10.1.2.3:4", []string{leaf + ", " + leaf}, nil, 0, 0},
		"no colons":            {"10.1.2.3:4", []string{strings.Trim(leaf, ":")}, nil, 0, 0},
		"empty":                {"10.1.2.3:4", []string{""}, nil, 0, 0},
		"nothing":              {"10.1.2.3:4", nil, nil, 0, 0},
		"as IPv6":              {"[::ffff:10.1.2.3]:4", []string{leaf}, nil, 1, 0},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = test.from
		r.Header[headerCert], r.Header[headerChain] = test.cert, test.chain
		got, others := proxied(r, trusted)
		if (got != nil) != (test.read == 1) || len(others) != test.others {
			t.Errorf("%s: %v, %d others", name, got != nil, len(others))
		}
	}
}

func FuzzParseItems(f *testing.F) {
	f.Add("")
	f.Add(":AAAA:")
	f.Add(":MIIB:, :MIIB:")
	f.Fuzz(func(t *testing.T, text string) {
		if got, ok := parseItems(text); !ok && got != nil {
			t.Fatal("something of nothing")
		}
	})
}

func FuzzSubjectOf(f *testing.F) {
	authority := authoritytest.New(f, clock.At(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)), "CA")
	f.Add(authority.Issue(f, authoritytest.Head("Смирнова", "Анна", "11223344595", "ООО", "Директор", "1027700132195", "7707083893"), nil, nil).Cert.Raw)
	f.Fuzz(func(t *testing.T, der []byte) {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return
		}
		got := subjectOf(c, usualFields())
		if _, right := account.ParseSNILS(got.SNILS); got.SNILS != "" && !right {
			t.Fatalf("a SNILS that does not check: %q", got.SNILS)
		}
	})
}

func TestConfig(t *testing.T) {
	t.Parallel()
	authority := authoritytest.New(t, clock.At(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)), "CA")
	h := authority.Issue(t, authoritytest.Person("Смирнова", "Анна", ""), nil, nil)
	cert, key := h.Files(t)
	good := AuthorityConfig{Name: "CA", Files: []string{authority.File(t)}}
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	host := Config{Listen: "127.0.0.1:0", Address: "https://c.city.example", Certificate: cert, Key: key, Authorities: []AuthorityConfig{good}}
	change := func(f func(*Config)) Config {
		out := host
		out.Authorities = []AuthorityConfig{good}
		f(&out)
		return out
	}
	for name, test := range map[string]struct {
		conf Config
		want string
	}{
		"nothing":              {Config{}, ""},
		"all":                  {host, ""},
		"signed files alone":   {Config{Authorities: []AuthorityConfig{good}, Unchecked: "lower"}, ""},
		"no https":             {change(func(c *Config) { c.Address = "http://c.city.example" }), "is not an address"},
		"no port":              {change(func(c *Config) { c.Listen = "localhost" }), "is not host:port"},
		"a key alone":          {change(func(c *Config) { c.Certificate = "" }), "go together"},
		"nobody ends TLS":      {change(func(c *Config) { c.Certificate, c.Key = "", "" }), "trusted-proxies"},
		"an address alone":     {Config{Address: "https://c.city.example"}, "listen"},
		"another policy":       {change(func(c *Config) { c.Unchecked = "maybe" }), "neither refuse nor lower"},
		"no name":              {change(func(c *Config) { c.Authorities[0].Name = " " }), "every authority needs one"},
		"twice":                {change(func(c *Config) { c.Authorities = append(c.Authorities, good) }), "twice"},
		"no file":              {change(func(c *Config) { c.Authorities[0].Files = []string{"/nowhere.pem"} }), "no such file"},
		"an empty file":        {change(func(c *Config) { c.Authorities[0].Files = []string{empty} }), "no certificate in PEM"},
		"no files":             {change(func(c *Config) { c.Authorities[0].Files = nil }), "no certificate"},
		"a person's":           {change(func(c *Config) { c.Authorities[0].Files = []string{cert} }), "not an authority's"},
		"a strange address":    {change(func(c *Config) { c.Authorities[0].Lists = []string{"ftp://x/y"} }), "neither an address"},
		"an attribute":         {change(func(c *Config) { c.Authorities[0].Fields = map[string]string{"snils": "snils"} }), "is not an OID"},
		"what an attribute is": {change(func(c *Config) { c.Authorities[0].Fields = map[string]string{"2.5.4.3": "shoe"} }), "is none of"},
		"the host's key":       {change(func(c *Config) { c.Key = empty }), "tls-certificate"},
	} {
		_, err := New(Deps{Config: test.conf})
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
