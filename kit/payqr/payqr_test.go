package payqr

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func bill() Details {
	d := Details{
		Name: "УФК по г. Китежу (Дирекция ЖКХ)", Account: "40702810138250123017", Bank: "ОКЦ № 1 Китеж", BIC: "004525988", Correspondent: "40102810545370000003", Sum: 542_318,
	}
	return d.With(Purpose, "Квартплата за октябрь 2026").With(PayeeINN, "7700000016").With(Payer, "10-000-123").With(Period, "10.2026").With(UIN, "").With(Kind, "02")
}

func TestABillIsWrittenAsTheStandardSays(t *testing.T) {
	t.Parallel()
	got, err := bill().Encode(UTF8)
	if err != nil {
		t.Fatal(err)
	}
	want := "ST00012|Name=УФК по г. Китежу (Дирекция ЖКХ)|PersonalAcc=40702810138250123017|BankName=ОКЦ № 1 Китеж|BIC=004525988|CorrespAcc=40102810545370000003" +
		"|Sum=542318|Purpose=Квартплата за октябрь 2026|PayeeINN=7700000016|PersAcc=10-000-123|PaymPeriod=10.2026|TechCode=02"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestEveryCharsetGoesThereAndBack(t *testing.T) {
	t.Parallel()
	for _, c := range []Charset{Windows1251, UTF8, KOI8R} {
		d := bill()
		if c == KOI8R {
			d.Bank = "ОКЦ Китеж" // no number sign there
		}
		text, err := d.Encode(c)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(text)
		if err != nil {
			t.Fatalf("%c: %v", c, err)
		}
		if diff := cmp.Diff(d, got); diff != "" {
			t.Errorf("%c: %s", c, diff)
		}
	}
	if _, err := bill().Encode(KOI8R); !errors.Is(err, ErrField) {
		t.Errorf("a character that KOI8-R has not: %v", err)
	}
	long := bill()
	long.Name = strings.Repeat("Управление ", 14) + "города"
	if _, err := long.Encode(UTF8); !errors.Is(err, ErrField) {
		t.Errorf("longer than a code in UTF-8: %v", err)
	}
	if code, err := long.Code(); err != nil || code.Size() < 40 {
		t.Errorf("a long name fits in one byte a letter: %v", err)
	}
	if _, err := bill().Encode('4'); !errors.Is(err, ErrNotPayment) {
		t.Errorf("a character set that is not there: %v", err)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*Details){
		"no name":               func(d *Details) { d.Name = "" },
		"long name":             func(d *Details) { d.Name = strings.Repeat("я", 161) },
		"two lines":             func(d *Details) { d.Name = "a\nb" },
		"short account":         func(d *Details) { d.Account = "4070281013825012301" },
		"letters in an account": func(d *Details) { d.Account = "4070281013825012301Z" },
		"long bank":             func(d *Details) { d.Bank = strings.Repeat("я", 46) },
		"short BIC":             func(d *Details) { d.BIC = "04452522" },
		"no correspondent":      func(d *Details) { d.Correspondent = "" },
		"less than nothing":     func(d *Details) { d.Sum = -1 },
		"long purpose":          func(d *Details) { *d = d.With("Purpose", strings.Repeat("я", 211)); d.Fields = d.Fields[1:] },
		"twice":                 func(d *Details) { *d = d.With("payeeinn", "7700000016") },
		"a name once more":      func(d *Details) { *d = d.With("NAME", "Ivan") },
		"a key with a sign":     func(d *Details) { *d = d.With("Key=", "1") },
		"too much": func(d *Details) {
			*d = d.With("A", strings.Repeat("я", 255)).With("B", strings.Repeat("я", 255)).With("C", strings.Repeat("я", 255)).With("D", strings.Repeat("я", 255)).With("E", strings.Repeat("я", 255))
		},
		"over 300 bytes": func(d *Details) { d.Name = strings.Repeat("я", 130) },
	} {
		d := bill()
		spoil(&d)
		if text, err := d.Encode(UTF8); !errors.Is(err, ErrField) {
			t.Errorf("%s: %q %v", name, text, err)
		}
	}
}

func TestAnotherSeparatorWhereTheBarOccurs(t *testing.T) {
	t.Parallel()
	d := bill().With("ServiceName", "дом|двор")
	text, err := d.Encode(UTF8)
	if err != nil || !bytes.HasPrefix(text, []byte("ST00012~Name=")) {
		t.Fatalf("%s %v", text, err)
	}
	got, err := Parse(text)
	if err != nil || got.Get("servicename") != "дом|двор" {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := bill().With("ServiceName", separators).Encode(UTF8); !errors.Is(err, ErrSeparator) {
		t.Errorf("all separators: %v", err)
	}
}

func TestRealBillsAreRead(t *testing.T) {
	t.Parallel()
	got, err := ParseText(" st00011|name=ООО «Три кита»|PERSONALACC=40702810138250123017|BankName=ОАО \"БАНК\"|BIC=044525225|CorrespAcc=30101810400000000225|persacc=12|SUM=100|Comment=x|LastName=| \n")
	if err != nil {
		t.Fatal(err)
	}
	want := Details{Name: "ООО «Три кита»", Account: "40702810138250123017", Bank: `ОАО "БАНК"`, BIC: "044525225", Correspondent: "30101810400000000225", Sum: 100, Fields: []Field{{"PersAcc", "12"}, {"Comment", "x"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{
		"", "ST", "ST00012", "https://qr.nspk.ru/AS10", "ST00022|Name=a", "ST00014|Name=a", "ST00012 Name=a",
		"ST00012|Name=a|Name=b", "ST00012|Name", "ST00012|Name=a|PersonalAcc=1|BankName=b|BIC=1|CorrespAcc=1",
		"ST00012|Name=a|PersonalAcc=40702810138250123017|BankName=b|BIC=044525225|CorrespAcc=0|Sum=10.50",
	} {
		if d, err := ParseText(bad); err == nil {
			t.Errorf("%q was read: %+v", bad, d)
		}
		if d, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%q was read: %+v", bad, d)
		}
	}
}

func TestWhatIsEncodedIsParsed(t *testing.T) {
	t.Parallel()
	text := func(most int) *rapid.Generator[string] {
		return rapid.StringMatching(`[А-Яа-яA-Za-z0-9][А-Яа-яA-Za-z0-9 |~№.,="-]*[а-я]`).Filter(func(s string) bool { return len([]rune(s)) <= most })
	}
	rapid.Check(t, func(t *rapid.T) {
		d := Details{
			Name: text(60).Draw(t, "name"), Account: rapid.StringMatching(`[1-9]\d{4}[0-9ABCEHKMPTX]\d{14}`).Draw(t, "account"), Bank: text(20).Draw(t, "bank"),
			BIC: rapid.StringMatching(`\d{9}`).Draw(t, "bic"), Correspondent: rapid.SampledFrom([]string{"0", "30101810400000000225"}).Draw(t, "correspondent"),
			Sum: rapid.Int64Range(0, 1e17).Draw(t, "sum"),
		}
		for _, key := range []string{"Purpose", "PersAcc", "UIN", "Own1"} {
			if rapid.Bool().Draw(t, key) {
				d = d.With(key, text(20).Draw(t, "value"))
			}
		}
		code, err := d.Encode(rapid.SampledFrom([]Charset{Windows1251, UTF8}).Draw(t, "charset"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(code)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A scanner of its own reads what is drawn.
func TestAScannerReadsTheCode(t *testing.T) {
	t.Parallel()
	scanner, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("zbarimg is not installed: scripts/install brings it")
	}
	code, err := bill().Code()
	if err != nil {
		t.Fatal(err)
	}
	picture, err := code.PNG(4)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "bill.png")
	if err := os.WriteFile(path, picture, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(scanner, "-q", "--raw", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseText(string(out))
	if err != nil {
		t.Fatalf("%v: %q", err, out)
	}
	if diff := cmp.Diff(bill(), got); diff != "" {
		t.Error(diff)
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range []Charset{Windows1251, UTF8} {
		text, err := bill().Encode(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("ST00013~Name=\xcf\xcf\xcf~PersonalAcc=40702810138250123017~BankName=b~BIC=044525225~CorrespAcc=0~Sum=1"))
	f.Fuzz(func(t *testing.T, code []byte) {
		d, err := Parse(code)
		if err != nil {
			return
		}
		again, err := d.Encode(UTF8)
		if errors.Is(err, ErrSeparator) || errors.Is(err, ErrField) {
			return // lenient where it reads: other separators, more bytes in UTF-8
		}
		if err != nil {
			t.Fatal(err)
		}
		same, err := Parse(again)
		if err != nil {
			t.Fatalf("%v: %q", err, again)
		}
		if diff := cmp.Diff(d, same); diff != "" {
			t.Fatal(diff)
		}
	})
}
