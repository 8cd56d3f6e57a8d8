package charity

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/kit/id"
)

func key(kind string, i int) id.ID { return id.Derived(kind, strconv.Itoa(i)) }

// history is a purse's life: gifts, payouts within what was given, reports within what was paid out for their line.
type history struct {
	given []Given
	spent []Spent
	told  []Told
}

func drawHistory(t *rapid.T) history {
	var h history
	lines := []string{"a", "b", "c"}
	free := int64(0)
	paid, told := map[string]int64{}, map[string]int64{}
	for i := range rapid.IntRange(0, 40).Draw(t, "steps") {
		amount := rapid.Int64Range(1, 1000).Draw(t, "amount")
		line := rapid.SampledFrom(lines).Draw(t, "line")
		switch rapid.IntRange(0, 2).Draw(t, "what") {
		case 0:
			h.given = append(h.given, Given{key("gift", i), 0, amount})
			free += amount
		case 1:
			if amount = min(amount, free); amount > 0 {
				h.spent = append(h.spent, Spent{key("payout", i), line, amount})
				free -= amount
				paid[line] += amount
			}
		case 2:
			if amount = min(amount, paid[line]-told[line]); amount > 0 {
				h.told = append(h.told, Told{key("report", i), 1, line, amount})
				told[line] += amount
			}
		}
	}
	return h
}

// Every kopeck of every gift is in exactly one piece; payouts and reports are used up exactly and never beyond themselves.
func TestEveryKopeckIsSomewhereExactlyOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		gifts, payouts, reports := map[id.ID]int64{}, map[id.ID]int64{}, map[id.ID]int64{}
		for _, p := range Trace(h.given, h.spent, h.told) {
			if p.Amount <= 0 {
				t.Fatalf("a piece of %d", p.Amount)
			}
			gifts[p.Given.Gift] += p.Amount
			if !p.Payout.IsZero() {
				payouts[p.Payout] += p.Amount
			}
			if !p.Report.IsZero() {
				if p.Payout.IsZero() {
					t.Fatal("reported and never paid out")
				}
				reports[p.Report] += p.Amount
			}
		}
		want := map[id.ID]int64{}
		for _, g := range h.given {
			want[g.Gift] += g.Amount
		}
		if diff := cmp.Diff(want, gifts); diff != "" {
			t.Fatal(diff)
		}
		for _, s := range h.spent {
			if payouts[s.Payout] != s.Amount {
				t.Fatalf("of a payout of %d gifts cover %d", s.Amount, payouts[s.Payout])
			}
		}
		for _, r := range h.told {
			if reports[r.Report] != r.Amount {
				t.Fatalf("of a report of %d gifts cover %d", r.Amount, reports[r.Report])
			}
		}
	})
}

// What has once been said of a gift stays: more gifts, payouts and reports only move what lies or is unreported.
func TestWhatWasReportedOfAGiftStaysSo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		cut := func(n int, what string) int { return rapid.IntRange(0, n).Draw(t, what) }
		before := Trace(h.given, h.spent[:cut(len(h.spent), "payouts")], h.told)
		after := Trace(h.given, h.spent, h.told)
		for _, g := range h.given {
			was, is := WayOf(g.Gift, before), WayOf(g.Gift, after)
			if was.Given != g.Amount || is.Given != g.Amount || was.Lies+was.PaidOut+was.Reported != g.Amount {
				t.Fatalf("%+v then %+v of %d", was, is, g.Amount)
			}
			if is.Lies > was.Lies || is.Reported < was.Reported {
				t.Fatalf("money came back: %+v, then %+v", was, is)
			}
		}
	})
}

func TestTheFirstGiftIsSpentFirst(t *testing.T) {
	t.Parallel()
	given := []Given{{key("gift", 1), 0, 100}, {key("gift", 2), 0, 300}}
	spent := []Spent{{key("payout", 1), "a", 150}}
	told := []Told{{key("report", 1), 1, "b", 40}, {key("report", 1), 2, "a", 120}}
	got := Trace(given, spent, told)
	want := []Piece{
		{given[0], 100, key("payout", 1), "a", key("report", 1), 2},
		{given[1], 20, key("payout", 1), "a", key("report", 1), 2},
		{given[1], 30, key("payout", 1), "a", id.ID{}, 0},
		{given[1], 250, id.ID{}, "", id.ID{}, 0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A bank may take a gift back after it was spent: the rest is told of all the same.
func TestAPayoutAboveTheGiftsIsNoGiftsPiece(t *testing.T) {
	t.Parallel()
	got := Trace([]Given{{key("gift", 1), 0, 10}}, []Spent{{key("payout", 1), "", 25}}, nil)
	if len(got) != 1 || got[0].Amount != 10 {
		t.Error(got)
	}
}

func TestASplitComesToTheGift(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Int64Range(1, 10_000).Draw(t, "amount")
		var rooms []Room
		for i := range rapid.IntRange(0, 5).Draw(t, "rooms") {
			rooms = append(rooms, Room{key("appeal", i), rapid.Int64Range(-1, 3000).Draw(t, "left")})
		}
		last := key("fund", 1)
		total := int64(0)
		for _, s := range Split(amount, rooms, last) {
			total += s.Amount
			if s.Amount <= 0 {
				t.Fatalf("a share of %d", s.Amount)
			}
			for _, r := range rooms {
				if r.Appeal == s.Appeal && r.Left >= 0 && s.Amount > r.Left {
					t.Fatalf("%d into a room of %d", s.Amount, r.Left)
				}
			}
		}
		if total != amount {
			t.Fatalf("%d of %d", total, amount)
		}
	})
}

func TestRoundUp(t *testing.T) {
	t.Parallel()
	for total, want := range map[int64]int64{648217: 1783, 640000: 0, 1: 9999, 0: 0, -5: 0} {
		if got := RoundUp(total, 10000); got != want {
			t.Errorf("%d: %d", total, got)
		}
	}
}
