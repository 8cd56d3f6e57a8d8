package proof

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/kit/asic"
	"posad.city/kit/authority"
	"posad.city/kit/authority/authoritytest"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/credential"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/pdf"
	"posad.city/kit/pdf/sign"
	"posad.city/kit/seal"
	"posad.city/kit/vault"
)

var start = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

const (
	site     = "https://kitezh.example"
	listURL  = site + "/credentials/status/1"
	place    = 77
	document = "0190a5d0-0000-7000-8000-0000000000aa"
)

// city makes every file that a city gives.
type city struct {
	t         testing.TB
	keys      authoritytest.Keys
	clock     *clock.Fixed
	authority *authority.Authority
	seal      *seal.Seal
	issuer    *credential.Issuer
}

func newCity(t testing.TB, name string) *city {
	keys, c := authoritytest.New(start), clock.At(start.Add(time.Hour))
	for _, p := range []vault.Purpose{vault.Seals, vault.Journal} {
		seed := sha256.Sum256([]byte(name + string(p)))
		keys[p] = []vault.Secret{{Purpose: p, Number: 1, Starts: start, Bytes: seed[:], Public: ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)}}
	}
	if name != "Китеж" { // another city has other keys
		for _, p := range []vault.Purpose{vault.Authority, vault.Papers, vault.Credentials, vault.Exchange} {
			keys.Rotate(p, start)
			keys.Drop(p, 1)
		}
	}
	out := &city{t: t, keys: keys, clock: c, authority: authority.New(authority.Name{City: name}, keys, c), seal: seal.New(site, keys, c)}
	out.issuer = credential.New(site, keys, out.authority, c)
	return out
}

// must is a file that the test needs.
func must[T any](t testing.TB, out T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (c *city) statement(plate string) map[string]any {
	text := func(ru, en string) map[string]any { return map[string]any{"ru": ru, "en": en} }
	return map[string]any{
		"format": "posad-document/1", "id": document, "number": "1234567890", "issued": "2026-11-21", "from": "2026-11-21", "until": "2027-11-20",
		"office": text("Управление транспорта", "Transport office"), "signer": text("", ""), "title": text("Разрешение на парковку", "Parking permit"),
		"facts": []any{map[string]any{"key": "plate", "label": text("Номер машины", "Plate"), "value": text(plate, plate)}}, "salt": "00",
	}
}

func (c *city) token(said map[string]any) string {
	c.t.Helper()
	sum := sha256.Sum256(must2(c.t)(seal.Canonical(said)))
	return must2s(c.t)(c.seal.Token(seal.Token{
		Kind: "parking-permit", Number: "1234567890", Document: id.MustParse(document), Issued: calendar.MustDate("2026-11-21"), Until: calendar.MustDate("2027-11-20"),
		Digest: [16]byte(sum[:16]), Claims: []seal.Claim{{Name: "plate", Value: "А417МО177"}},
	}))
}

func must2(t testing.TB) func([]byte, error) []byte {
	return func(b []byte, err error) []byte { t.Helper(); return must(t, b, err) }
}

func must2s(t testing.TB) func(string, error) string {
	return func(s string, err error) string { t.Helper(); return must(t, s, err) }
}

// attachment is the file in a PDF: what is said, with the code of what is signed.
func (c *city) attachment(says, signed map[string]any) []byte {
	return must2(c.t)(seal.Canonical(map[string]any{"statement": says, "token": c.token(signed)}))
}

func (c *city) paper(attached []byte) []byte {
	c.t.Helper()
	file := must2(c.t)(pdf.Render(pdf.Document{
		Lang: "ru", City: "Китеж", Title: "Разрешение", Made: start, Signing: &pdf.Signing{Name: "Китеж", Reason: "Разрешение", At: start},
		Attachments: []pdf.Attachment{{Name: "posad-document.json", Type: "application/json", Body: attached}},
	}))
	by, err := c.authority.Signer(vault.Papers)
	if err != nil {
		c.t.Fatal(err)
	}
	return must2(c.t)(sign.Sign(file, by))
}

func (c *city) good() []byte {
	return c.paper(c.attachment(c.statement("А417МО177"), c.statement("А417МО177")))
}

func (c *city) message() []byte {
	c.t.Helper()
	s, err := c.authority.Signer(vault.Exchange)
	if err != nil {
		c.t.Fatal(err)
	}
	parts := []asic.Part{
		{Name: asic.PartName(0), Content: []byte("200\r\nOK\r\nx-road-id:1\r\n")}, {Name: asic.PartName(1), Content: []byte(`{"registered":true}`)},
		{Name: asic.PartName(2), Content: []byte("salt")},
	}
	leaf, err := asic.Leaf(asic.DigestsOf(parts))
	if err != nil {
		c.t.Fatal(err)
	}
	tree, err := asic.NewTree([]asic.Digest{{}, leaf})
	if err != nil {
		c.t.Fatal(err)
	}
	signatures := must2(c.t)(asic.Sign(asic.Signer{Key: s.Key, Leaf: s.Leaf, Issued: []*x509.Certificate{s.Root}}, tree, start))
	var out bytes.Buffer
	chain := must2(c.t)(tree.Chain(1, asic.DigestsOf(parts)))
	if err := asic.Write(&out, asic.Message{Parts: parts, ChainResult: tree.ChainResult(), Chain: chain, Signatures: signatures, At: start}); err != nil {
		c.t.Fatal(err)
	}
	return out.Bytes()
}

func (c *city) credential() []byte {
	return []byte(must2s(c.t)(c.issuer.Issue(credential.Credential{
		Type: site + "/credentials/parking-permit", Expires: start.AddDate(1, 0, 0), Status: &credential.Place{Index: place, List: listURL},
		Open: []credential.Claim{{Name: "number", Value: "1234567890"}}, Hidden: []credential.Claim{{Name: "plate", Value: "А417МО177"}},
	})))
}

func (c *city) list(revoked ...int64) []byte {
	return []byte(must2s(c.t)(c.issuer.Status(listURL, credential.List{Secret: bytes.Repeat([]byte{1}, 32), Opened: start}, revoked, time.Hour)))
}

func (c *city) keySet() []byte {
	set, err := c.seal.Keys()
	if err != nil {
		c.t.Fatal(err)
	}
	return must2(c.t)(set.File())
}

func (c *city) issuerFile() []byte {
	set, err := c.issuer.Keys()
	if err != nil {
		c.t.Fatal(err)
	}
	return must2(c.t)(set.Metadata())
}

func (c *city) roots() []byte { return must2(c.t)(c.authority.PEM()) }

// with is what a reader has.
func (c *city) with(files ...[]byte) Means {
	c.t.Helper()
	out := Means{Now: c.clock.Now()}
	for _, file := range files {
		if err := out.Add(file); err != nil {
			c.t.Fatal(err)
		}
	}
	return out
}

func keysIn(lines []Line) []string {
	var out []string
	for _, line := range lines {
		out = append(out, line.Key)
	}
	return out
}

func TestWhatIsProvedAndWhatIsNot(t *testing.T) {
	t.Parallel()
	c := newCity(t, "Китеж")
	token := c.token(c.statement("А417МО177"))
	for name, one := range map[string]struct {
		file         []byte
		with         Means
		kind         Kind
		proved, open []string
	}{
		"paper with everything": {c.good(), c.with(c.roots(), c.keySet()), Paper, []string{"paper_whole", "by_roots", "statement"}, []string{"time_is_theirs", "revoked_unknown"}},
		"paper alone":           {c.good(), c.with(), Paper, []string{"paper_whole", "by_itself"}, []string{"roots_missing", "time_is_theirs", "statement_unchecked", "revoked_unknown"}},
		"statement":             {c.attachment(c.statement("А"), c.statement("А")), c.with(c.keySet()), Statement, []string{"statement"}, []string{"revoked_unknown"}},
		"code":                  {[]byte(token), c.with(c.keySet()), Code, []string{"code_good"}, []string{"code_paper", "revoked_unknown"}},
		"address of a code":     {[]byte(seal.CheckURL(site, token) + "\n"), c.with(c.keySet()), Code, []string{"code_good"}, []string{"code_paper", "revoked_unknown"}},
		"credential":            {c.credential(), c.with(c.issuerFile(), c.list(5)), Credential, []string{"credential_good", "stands"}, []string{"credential_holder"}},
		"credential, no list":   {c.credential(), c.with(c.issuerFile()), Credential, []string{"credential_good"}, []string{"credential_holder", "list_missing"}},
		"status list":           {c.list(), c.with(c.issuerFile()), StatusList, []string{"list_good"}, nil},
		"message":               {c.message(), c.with(c.roots()), Message, []string{"message_whole", "by_roots", "message_batch"}, []string{"time_is_theirs", "message_alone"}},
		"message alone":         {c.message(), c.with(), Message, []string{"message_whole", "by_itself", "message_batch"}, []string{"roots_missing", "time_is_theirs", "message_alone"}},
		"keys":                  {c.keySet(), c.with(), Keys, []string{"keys_whole"}, []string{"keys_word"}},
		"vouched keys":          {c.keySet(), c.with(c.keySet()), Keys, []string{"keys_whole", "keys_vouched"}, nil},
		"issuer":                {c.issuerFile(), c.with(), Issuer, nil, []string{"issuer_word"}},
		"roots":                 {c.roots(), c.with(), Roots, nil, []string{"roots_word"}},
	} {
		got, err := Check(one.file, one.with)
		if err != nil || got.Kind != one.kind {
			t.Errorf("%s: %s, %v", name, got.Kind, err)
			continue
		}
		if diff := cmp.Diff(one.proved, keysIn(got.Proved)); diff != "" {
			t.Errorf("%s, proved: %s", name, diff)
		}
		if diff := cmp.Diff(one.open, keysIn(got.Open)); diff != "" {
			t.Errorf("%s, not proved: %s", name, diff)
		}
	}
}

// TestWhoVouchesIsNamed: of a message and of a paper alike.
func TestWhoVouchesIsNamed(t *testing.T) {
	t.Parallel()
	c := newCity(t, "Китеж")
	roots, err := parseRoots(c.roots())
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"message": c.message(), "paper": c.good()} {
		got, err := Check(file, c.with(c.roots()))
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(got.Proved, func(l Line) bool { return l.Key == "by_roots" })
		if at < 0 || !slices.Contains(got.Proved[at].Args, any(roots[0].Subject.CommonName)) {
			t.Errorf("%s: proved %+v, want the name of the authority", name, got.Proved)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	c, other := newCity(t, "Китеж"), newCity(t, "Другой")
	late := c.with(c.issuerFile(), c.list())
	late.Now = start.AddDate(2, 0, 0)
	double := append(bytes.Clone(c.good()), "\n%%EOF\n"...)
	for name, one := range map[string]struct {
		file []byte
		with Means
		want error
	}{
		"a stranger's paper":               {other.good(), c.with(c.roots(), c.keySet()), ErrStranger},
		"another statement in a paper":     {c.paper(c.attachment(c.statement("Б"), c.statement("А"))), c.with(c.roots(), c.keySet()), ErrCode},
		"another city's statement":         {c.paper(other.attachment(c.statement("А"), c.statement("А"))), c.with(c.roots(), c.keySet()), ErrCodeKey},
		"a paper with something after it":  {double, c.with(c.roots(), c.keySet()), ErrUnsigned},
		"a PDF of anybody":                 {[]byte("%PDF-1.7\n1 0 obj\n"), c.with(c.roots()), ErrUnsigned},
		"a code without keys":              {[]byte(c.token(c.statement("А"))), c.with(), ErrCodeNeeds},
		"another city's code":              {[]byte(other.token(c.statement("А"))), c.with(c.keySet()), ErrCodeKey},
		"a credential without keys":        {c.credential(), c.with(c.keySet()), ErrIssuer},
		"another city's credential":        {other.credential(), c.with(c.issuerFile()), ErrStranger},
		"a revoked credential":             {c.credential(), c.with(c.issuerFile(), c.list(place)), ErrRevoked},
		"a credential that is over":        {c.credential(), late, ErrTime},
		"a stranger's message":             {other.message(), c.with(c.roots()), ErrStranger},
		"a zip of anybody":                 {[]byte("PK\x03\x04 and so on"), c.with(c.roots()), ErrDamaged},
		"keys that nobody vouches for":     {other.keySet(), c.with(c.keySet()), ErrStranger},
		"a text of anybody":                {[]byte("hello"), c.with(), ErrUnknown},
		"nothing":                          {nil, c.with(), ErrUnknown},
		"JSON of anybody":                  {[]byte(`{"a": 1}`), c.with(), ErrUnknown},
		"a key in place of a certificate":  {pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}), c.with(), ErrUnknown},
		"a certificate that is none":       {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}), c.with(), ErrDamaged},
		"a statement with two of one name": {[]byte(strings.Replace(string(c.attachment(c.statement("А"), c.statement("А"))), `"salt":"00"`, `"salt":"00","salt":"00"`, 1)), c.with(c.keySet()), ErrDamaged},
	} {
		if got, err := Check(one.file, one.with); !errors.Is(err, one.want) {
			t.Errorf("%s: want %v, got %v, proved %v", name, one.want, err, keysIn(got.Proved))
		}
	}
}

// TestNoFlippedByteIsBelieved: whatever byte is changed, either the file is refused, or nothing that it says has changed.
func TestNoFlippedByteIsBelieved(t *testing.T) {
	t.Parallel()
	c := newCity(t, "Китеж")
	for name, one := range map[string]struct {
		file   []byte
		with   Means
		strict bool // each byte counts
		step   int
	}{
		"paper":      {c.good(), c.with(c.roots(), c.keySet()), false, 487},                             // the signer's root lies in it beside the signature; it is the reader's that counts
		"statement":  {c.attachment(c.statement("А"), c.statement("А")), c.with(c.keySet()), false, 11}, // a code's letters may be small ones
		"code":       {[]byte(c.token(c.statement("А"))), c.with(c.keySet()), false, 1},
		"credential": {c.credential(), c.with(c.issuerFile(), c.list(5)), true, 13},
		"list":       {c.list(), c.with(c.issuerFile()), true, 97},
		"message":    {c.message(), c.with(c.roots()), false, 41},
		"keys":       {c.keySet(), c.with(), false, 17},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, err := Check(one.file, one.with)
			if err != nil {
				t.Fatal(err)
			}
			refused := 0
			for at := 0; at < len(one.file); at += one.step {
				for _, mask := range []byte{1, 0x20} {
					changed := bytes.Clone(one.file)
					changed[at] ^= mask
					got, err := Check(changed, one.with)
					if err != nil {
						refused++
						continue
					}
					if one.strict {
						t.Errorf("byte %d with mask %x: it is believed", at, mask)
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("byte %d with mask %x: %s", at, mask, diff)
					}
				}
			}
			if refused == 0 {
				t.Error("nothing was refused")
			}
		})
	}
}

func TestTheVerdictIsToldInBothLanguages(t *testing.T) {
	t.Parallel()
	texts, err := lang.Load(Locale)
	if err != nil {
		t.Fatal(err)
	}
	texts = texts.Reporting(func(err error) { t.Error(err) })
	c := newCity(t, "Китеж")
	verdict, err := Check(c.good(), c.with(c.roots(), c.keySet()))
	if err != nil {
		t.Fatal(err)
	}
	for l, want := range map[lang.Language][]string{
		lang.Russian: {"Это документ города", "ни один байт", "Номер машины: А417МО177", "Не доказано:", "на странице /check"},
		lang.English: {"This is a document of the city", "Proved:", "Parking permit: 1234567890", "Plate: А417МО177", "only the city knows"},
	} {
		var out strings.Builder
		err := verdict.Tell(&out, l, func(key string, args ...any) string { return texts.Text(l, key, args...) })
		for _, text := range want {
			if err != nil || !strings.Contains(out.String(), text) {
				t.Errorf("no %q: %v\n%s", text, err, out.String())
			}
		}
	}
	for _, f := range []*fault.Fault{ErrUnknown, ErrDamaged, ErrAltered, ErrUnsigned, ErrStranger, ErrCode, ErrCodeKey, ErrCodeNeeds, ErrIssuer, ErrTime, ErrRevoked} {
		if !texts.Has(f.ID) {
			t.Errorf("no words for %s", f.ID)
		}
	}
}

func FuzzCheck(f *testing.F) {
	c := newCity(f, "Китеж")
	for _, file := range [][]byte{c.good(), c.attachment(c.statement("А"), c.statement("А")), []byte(c.token(c.statement("А"))), c.credential(), c.list(), c.message(), c.keySet(), c.issuerFile(), c.roots(), []byte("{}")} {
		f.Add(file)
	}
	with := c.with(c.roots(), c.keySet(), c.issuerFile(), c.list())
	f.Fuzz(func(_ *testing.T, file []byte) {
		_, _ = Check(file, with) // it ends, and does not panic
		_, _ = Check(file, Means{Now: start})
	})
}
