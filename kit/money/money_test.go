package money

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"pgregory.net/rapid"

	"posad.city/kit/lang"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		amount       Amount
		ru, en, full string
	}{
		{Roubles(300000), "3\u00a0000\u00a0₽", "3,000\u00a0₽", "3\u00a0000,00\u00a0₽"},
		{Roubles(300050), "3\u00a0000,50\u00a0₽", "3,000.50\u00a0₽", "3\u00a0000,50\u00a0₽"},
		{Roubles(-5), "−0,05\u00a0₽", "−0.05\u00a0₽", "−0,05\u00a0₽"},
		{Roubles(0), "0\u00a0₽", "0\u00a0₽", "0,00\u00a0₽"},
		{Roubles(math.MinInt64), "−92\u00a0233\u00a0720\u00a0368\u00a0547\u00a0758,08\u00a0₽", "−92,233,720,368,547,758.08\u00a0₽", "−92\u00a0233\u00a0720\u00a0368\u00a0547\u00a0758,08\u00a0₽"},
		{Amount{500, "JPY"}, "500\u00a0¥", "500\u00a0¥", "500\u00a0¥"},
	} {
		if ru, en, full := test.amount.In(lang.Russian), test.amount.In(lang.English), test.amount.Full(lang.Russian); ru != test.ru || en != test.en || full != test.full {
			t.Errorf("%v is written %q, %q, %q", test.amount, ru, en, full)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"3000": 300000, "3 000": 300000, "3\u00a0000,50 ₽": 300050, "3000,5": 300050, "3000.50 руб.": 300050, "3,000.50": 300050,
		"3,000.00": 300000, "1,234,567": 123456700, "1 234 567,89 р.": 123456789, "₽ 12": 1200, "0,01": 1, "  7 RUB ": 700, "0": 0, "1’000": 100000, "007": 700,
	} {
		if got, err := Parse(text, RUB); err != nil || got != Roubles(want) {
			t.Errorf("Parse(%q) = %v, %v; want %d", text, got, err, want)
		}
	}
	for text, want := range map[string]error{
		"": ErrForm, "-5": ErrForm, "−5": ErrForm, "3.000": ErrForm, "1,234": ErrForm, "0,001": ErrForm, "1,234 ₽": ErrForm, "3000,555": ErrForm, "30 00": ErrForm, "3000,": ErrForm, "1e5": ErrForm, "₽": ErrForm, ",5": ErrForm,
		"три": ErrForm, "3000 $": ErrCurrency, "3000 eur": ErrCurrency, "99999999999999999999": ErrOverflow, "1,2,3": ErrForm, "1 000,000": ErrForm, "٣": ErrForm, "1.2.3": ErrForm,
	} {
		if got, err := Parse(text, RUB); !errors.Is(err, want) {
			t.Errorf("Parse(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	if _, err := Parse("1", "XXX"); !errors.Is(err, ErrCurrency) {
		t.Errorf("an unknown currency: %v", err)
	}
}

func amounts() *rapid.Generator[int64] {
	return rapid.OneOf(rapid.Int64(), rapid.Int64Range(-1000, 1000), rapid.SampledFrom([]int64{math.MaxInt64, math.MinInt64, -1, 0, 1}))
}

func TestArithmeticIsExactOrRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := amounts().Draw(t, "a"), amounts().Draw(t, "b")
		sum, errSum := Roubles(a).Add(Roubles(b))
		difference, errDifference := Roubles(a).Sub(Roubles(b))
		product, errProduct := Roubles(a).Mul(b)
		agree(t, "+", sum, errSum, new(big.Int).Add(big.NewInt(a), big.NewInt(b)))
		agree(t, "−", difference, errDifference, new(big.Int).Sub(big.NewInt(a), big.NewInt(b)))
		agree(t, "·", product, errProduct, new(big.Int).Mul(big.NewInt(a), big.NewInt(b)))
	})
}

func agree(t *rapid.T, operation string, got Amount, err error, want *big.Int) {
	t.Helper()
	switch {
	case !want.IsInt64() && !errors.Is(err, ErrOverflow):
		t.Fatalf("%s overflows but gave %v, %v", operation, got, err)
	case want.IsInt64() && (err != nil || got != Roubles(want.Int64())):
		t.Fatalf("%s gave %v, %v; want %v", operation, got, err, want)
	}
}

func TestShareRounds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		minor, numerator, denominator int64
		want                          [4]int64 // HalfUp, HalfEven, Down, Up
	}{
		{5, 1, 2, [4]int64{3, 2, 2, 3}}, {7, 1, 2, [4]int64{4, 4, 3, 4}}, {-5, 1, 2, [4]int64{-3, -2, -2, -3}},
		{100, 13, 1000, [4]int64{1, 1, 1, 2}}, {100, 1, 3, [4]int64{33, 33, 33, 34}}, {200, 1, 3, [4]int64{67, 67, 66, 67}}, {300000, 70, 100, [4]int64{210000, 210000, 210000, 210000}},
	} {
		for rule, want := range test.want {
			if got, err := Roubles(test.minor).Share(test.numerator, test.denominator, Rounding(rule)); err != nil || got.Minor != want {
				t.Errorf("%d · %d/%d by rule %d = %v, %v; want %d", test.minor, test.numerator, test.denominator, rule, got, err, want)
			}
		}
	}
	if _, err := Roubles(1).Share(1, 0, Down); !errors.Is(err, ErrShare) {
		t.Errorf("division by nought: %v", err)
	}
	if _, err := Roubles(math.MaxInt64).Share(2, 1, Down); !errors.Is(err, ErrOverflow) {
		t.Errorf("twice the largest: %v", err)
	}
}

func TestSplitLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		whole := Roubles(amounts().Draw(t, "whole"))
		parts, err := whole.Split(rapid.IntRange(1, 50).Draw(t, "n"))
		if err != nil {
			t.Fatal(err)
		}
		var sum Amount
		for _, part := range parts {
			if sum, err = sum.Add(part); err != nil {
				t.Fatal(err)
			}
		}
		if sum.Minor != whole.Minor {
			t.Fatalf("%v became %v", whole, parts)
		}
		if spread := parts[0].Minor - parts[len(parts)-1].Minor; spread > 1 || spread < -1 {
			t.Fatalf("parts differ by %d", spread)
		}
	})
}

func TestCurrenciesDoNotMix(t *testing.T) {
	t.Parallel()
	euro := Amount{100, "EUR"}
	if _, err := Roubles(1).Add(euro); !errors.Is(err, ErrCurrency) {
		t.Errorf("added: %v", err)
	}
	if _, err := Roubles(1).Compare(euro); !errors.Is(err, ErrCurrency) {
		t.Errorf("compared: %v", err)
	}
	if sum, err := (Amount{}).Add(euro); err != nil || sum != euro {
		t.Errorf("nothing and a euro is %v: %v", sum, err)
	}
	if order, err := Roubles(1).Compare(Roubles(2)); err != nil || order != -1 {
		t.Errorf("1 to 2 is %d: %v", order, err)
	}
}

func TestWireForms(t *testing.T) {
	t.Parallel()
	type price struct {
		Fee Amount `json:"fee" yaml:"fee"`
	}
	var got price
	text, err := json.Marshal(price{Roubles(300050)})
	if err != nil || string(text) != `{"fee":{"minor":300050,"currency":"RUB"}}` {
		t.Errorf("JSON is %s: %v", text, err)
	}
	if err := json.Unmarshal(text, &got); err != nil || got.Fee != Roubles(300050) {
		t.Errorf("read %v: %v", got, err)
	}
	for _, bad := range []string{`{"fee":3000}`, `{"fee":{"minor":1.5,"currency":"RUB"}}`, `{"fee":{"minor":1}}`, `{"fee":{"minor":1,"currency":"RUB","x":1}}`} {
		if err := json.Unmarshal([]byte(bad), &got); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
	for _, good := range []string{"fee: 3000.50 RUB\n", "fee: '3000,50 RUB'\n"} {
		var got price
		if err := yaml.UnmarshalWithOptions([]byte(good), &got, yaml.Strict()); err != nil || got.Fee != Roubles(300050) {
			t.Errorf("%q gave %v: %v", good, got, err)
		}
	}
	for _, bad := range []string{"fee: 3000\n", "fee: 3000 roubles\n", "fee: -1 RUB\n", "fee: [1]\n", "fee: 1 XXX\n"} {
		if err := yaml.Unmarshal([]byte(bad), &got); err == nil || !strings.Contains(err.Error(), "[1:6]") {
			t.Errorf("%q gave %v", bad, err)
		}
	}
	if back, err := yaml.Marshal(price{Roubles(300050)}); err != nil || string(back) != "fee: 3000.50 RUB\n" {
		t.Errorf("YAML is %q: %v", back, err)
	}
}

func TestParseReadsWhatInWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := Roubles(rapid.Int64Min(0).Draw(t, "minor"))
		for _, l := range lang.All() {
			for _, text := range []string{amount.In(l), amount.Full(l)} {
				if got, err := Parse(text, RUB); (err != nil || got != amount) && !onlyGrouped.MatchString(text) {
					t.Fatalf("%q was read as %v: %v", text, got, err)
				}
			}
		}
	})
}

// onlyGrouped are English amounts such as 1,234 ₽, which nobody can tell from Russian ones with three digits after the comma.
var onlyGrouped = regexp.MustCompile(`^\d{1,3},\d{3}\D*$`)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"3 000,50 ₽", "3,000.50", "р.", "1’000 руб"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Parse(text, RUB)
		if err == nil && (got.Minor < 0 || got.Currency != RUB) {
			t.Errorf("Parse(%q) = %v", text, got)
		}
	})
}
