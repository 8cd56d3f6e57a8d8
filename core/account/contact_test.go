package account_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"posad.city/core/account"
)

func TestContactsAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"8 916 123-45-67":           "+79161234567",
		"+7 (916) 123 45 67":        "+79161234567",
		"79161234567":               "+79161234567",
		"9161234567":                "+79161234567",
		"\u00a0+7916\u2011123-4567": "+79161234567",
		"+375 29 123-45-67":         "+375291234567",
		" Anna@Example.ORG ":        "Anna@example.org",
		"a.b+c@mail.example.org":    "a.b+c@mail.example.org",
		"anna@почта.рф":             "anna@xn--80a1acny.xn--p1ai",
	} {
		if got, err := account.ParseContact(text); err != nil || got.Value != want {
			t.Errorf("ParseContact(%q) = %q, %v; want %q", text, got.Value, err, want)
		}
	}
}

func TestWhatIsNoContactIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "+", "123", "+7916123456", "+791612345678", "8916", "891612345678901", "+0123456789", "anna", "anna@", "@example.org",
		"anna@example", "anna@example.123", "a b@example.org", "anna@-a.org", "anna@a..org", ".anna@example.org", "an..na@example.org",
		"анна@example.org", "anna@example.org\nBcc: x@y.org", strings.Repeat("a", 65) + "@example.org", "1+79161234567", "anna@exa mple.org",
	} {
		if got, err := account.ParseContact(text); err == nil {
			t.Errorf("ParseContact(%q) took it as %q", text, got.Value)
		}
	}
}

// A phone typed with any spaces, brackets and hyphens, with 8, +7, 7 or nothing before it, is one contact.
func TestAPhoneIsOneHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		local := fmt.Sprintf("%d%09d", rapid.IntRange(3, 9).Draw(t, "first"), rapid.IntRange(0, 999_999_999).Draw(t, "rest"))
		text := rapid.SampledFrom([]string{"+7", "8", "7", ""}).Draw(t, "code")
		for _, digit := range local {
			text += rapid.SampledFrom([]string{"", "", " ", "-", "(", ")", "\u00a0"}).Draw(t, "gap") + string(digit)
		}
		got, err := account.ParseContact(text)
		if err != nil || got.Value != "+7"+local {
			t.Fatalf("%q is %q, %v", text, got.Value, err)
		}
	})
}

func FuzzParseContact(f *testing.F) {
	for _, seed := range []string{"anna@example.org", "+79161234567", "8(916)", "@", "a@b.c@d.ru", "anna@почта.рф"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := account.ParseContact(text)
		if err != nil {
			return
		}
		again, err := account.ParseContact(got.Value)
		if err != nil || again != got {
			t.Errorf("%q became %+v, and that became %+v, %v", text, got, again, err)
		}
		if strings.ContainsAny(got.Value, "\r\n\t <>\"") || got.Masked() == got.Value {
			t.Errorf("%q became %q, masked %q", text, got.Value, got.Masked())
		}
	})
}

func TestSNILS(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"112-233-445 95", "11223344595", "087-654-303 00", "112 233 445 95"} {
		if _, ok := account.ParseSNILS(text); !ok {
			t.Errorf("ParseSNILS(%q) refused it", text)
		}
	}
	for _, text := range []string{"", "11223344594", "1122334459", "112233445955", "00000000000", "112-233-445_95", "abc"} {
		if got, ok := account.ParseSNILS(text); ok {
			t.Errorf("ParseSNILS(%q) took it as %q", text, got)
		}
	}
	if got := account.FormatSNILS("11223344595"); got != "112-233-445\u00a095" {
		t.Errorf("formatted %q", got)
	}
}

func FuzzParseSNILS(f *testing.F) {
	f.Add("112-233-445 95")
	f.Fuzz(func(t *testing.T, text string) {
		digits, ok := account.ParseSNILS(text)
		if !ok {
			return
		}
		if again, ok := account.ParseSNILS(account.FormatSNILS(digits)); !ok || again != digits || len(digits) != account.SNILSDigits {
			t.Errorf("%q became %q, then %q", text, digits, again)
		}
	})
}
