package decimal

import (
	"errors"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"posad.city/kit/money"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Decimal{"60.04": 60_040_000, "0.0164": 16_400, "-3": -3_000_000, "7,5": 7_500_000, "999999999999.999999": 999999999999_999999} {
		if got, err := Parse(text); err != nil || got != want {
			t.Errorf("%s: got %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", ".", "1.", ".5", "1.1234567", "1e3", " 1", "+1", "--1", "1.2.3", "1,2,3", "1234567890123", "0x1", "١"} {
		if _, err := Parse(text); !errors.Is(err, ErrForm) {
			t.Errorf("%q: got %v, want ErrForm", text, err)
		}
	}
}

func TestProduct(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		per     int64
		rule    money.Rounding
		factors []Decimal
		want    int64
	}{
		{100, money.HalfUp, []Decimal{Of(3), 60_040_000}, 18012},                  // 3 m³ at 60.04 ₽
		{100, money.HalfUp, []Decimal{5_000, One}, 1},                             // half a kopeck
		{100, money.HalfEven, []Decimal{5_000, One}, 0},                           //
		{100, money.HalfEven, []Decimal{15_000, One}, 2},                          //
		{100, money.Down, []Decimal{19_999, One}, 1},                              //
		{100, money.Up, []Decimal{-11_000, One}, -2},                              //
		{100, money.HalfUp, []Decimal{-5_000, One}, -1},                           //
		{100, money.HalfUp, []Decimal{52_300_000, 16_400, 3_054_120_000}, 261958}, // 52.3 m² · 0.0164 Gcal · 3054.12 ₽ = 2619.5797
	} {
		if got, err := Product(test.per, test.rule, test.factors...); err != nil || got != test.want {
			t.Errorf("%v: got %d, %v; want %d", test.factors, got, err, test.want)
		}
	}
	if _, err := Product(100, money.Down, 1<<62, 1<<62); !errors.Is(err, ErrRange) {
		t.Errorf("too much: %v", err)
	}
}

func TestWritingReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := Decimal(rapid.Int64Range(-999999999999_999999, 999999999999_999999).Draw(t, "d"))
		for _, least := range []int{0, 2, 6} {
			if back, err := Parse(d.Fixed(least)); err != nil || back != d {
				t.Fatalf("%d: %s gives %d, %v", int64(d), d.Fixed(least), back, err)
			}
		}
	})
}

// The product agrees with rational arithmetic, to within the half of a unit that rounding takes.
func TestProductIsNearest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := Decimal(rapid.Int64Range(-1e12, 1e12).Draw(t, "a")), Decimal(rapid.Int64Range(0, 1e12).Draw(t, "b"))
		got, err := Product(100, money.HalfUp, a, b)
		if err != nil {
			t.Fatal(err)
		}
		exact := new(big.Rat).Mul(big.NewRat(int64(a), int64(One)), big.NewRat(int64(b), int64(One)))
		off := exact.Sub(exact.Mul(exact, big.NewRat(100, 1)), big.NewRat(got, 1))
		if off.Abs(off).Cmp(big.NewRat(1, 2)) > 0 {
			t.Fatalf("%v · %v = %d kopecks, off by %v", a, b, got, off)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"1", "60.04", "-0.000001", "1,5", "..", "9e9"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse(text)
		if err != nil {
			return
		}
		if back, err := Parse(d.String()); err != nil || back != d {
			t.Fatalf("%q is %s, which is %v, %v", text, d, back, err)
		}
	})
}
