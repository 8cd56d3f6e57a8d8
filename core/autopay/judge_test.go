package autopay

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/kit/calendar"
)

func day(text string) calendar.Date { return calendar.MustDate(text) }

var moscow = time.FixedZone("MSK", 3*60*60)

// ordinary is a bill of 4 320 roubles, known on 21 November and due on 10 December, of which the owner was told.
func ordinary() Inputs {
	return Inputs{
		Rules: RulesVersion, Now: at(day("2026-12-08"), payHour, moscow), Today: day("2026-12-08"), Hour: payHour,
		Terms: Terms{Each: 600000, Month: 800000, Over: 30, When: Before, Days: 2, Notice: 3},
		Open:  true, Follows: true, Amount: 432000, Known: day("2026-11-21"), Due: day("2026-12-10"),
		Told: day("2026-12-05"), ToldAmount: 432000, Past: []int64{420000, 410000, 450000},
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		change  func(*Inputs)
		verdict Verdict
		rule    Rule
		again   string
	}{
		{"as agreed", func(*Inputs) {}, Pay, RuleDue, ""},
		{"paid already", func(in *Inputs) { in.Tries = []Try{{day("2026-12-08"), Taken}} }, Refuse, RulePaid, ""},
		{"the bank is silent", func(in *Inputs) { in.Tries = []Try{{day("2026-12-08"), Unknown}} }, Wait, RuleFate, ""},
		{"silent, though stopped", func(in *Inputs) { in.Tries, in.Stopped = []Try{{day("2026-12-08"), Unknown}}, true }, Wait, RuleFate, ""},
		{"stopped", func(in *Inputs) { in.Stopped = true }, Refuse, RuleStopped, ""},
		{"paid elsewhere", func(in *Inputs) { in.Open = false }, Refuse, RuleSettled, ""},
		{"taken out", func(in *Inputs) { in.Skipped = true }, Refuse, RuleSkipped, ""},
		{"not theirs any more", func(in *Inputs) { in.Follows = false }, Refuse, RuleForeign, ""},
		{"paused", func(in *Inputs) { in.Paused = day("2026-12-20") }, Wait, RulePaused, "2026-12-20"},
		{"the pause is over", func(in *Inputs) { in.Paused = day("2026-12-08") }, Pay, RuleDue, ""},
		{"for another, whose mandate ended", func(in *Inputs) { in.Bound = &Bound{} }, Refuse, RuleBound, ""},
		{"for another, above their cap", func(in *Inputs) { in.Bound = &Bound{Live: true, Caps: true, Each: 432000, Left: 431999} }, Refuse, RuleBound, ""},
		{"for another", func(in *Inputs) { in.Bound = &Bound{Live: true, Caps: true, Each: 432000, Left: 432000} }, Pay, RuleDue, ""},
		{"at the cap", func(in *Inputs) { in.Terms.Each = 432000 }, Pay, RuleDue, ""},
		{"above the cap", func(in *Inputs) { in.Terms.Each = 431999 }, Refuse, RuleEach, ""},
		{"above the cap, though agreed", func(in *Inputs) { in.Terms.Each, in.Approved = 431999, 432000 }, Refuse, RuleEach, ""},
		{"the month has room", func(in *Inputs) { in.Spent = 368000 }, Pay, RuleDue, ""},
		{"the month has none", func(in *Inputs) { in.Spent = 368001 }, Refuse, RuleMonth, ""},
		{"the card ends on the day", func(in *Inputs) { in.CardEnds = day("2026-12-08") }, Pay, RuleDue, ""},
		{"the card ends before", func(in *Inputs) { in.CardEnds = day("2026-12-07") }, Refuse, RuleCard, ""},
		{"no card", func(in *Inputs) { in.CardGone = true }, Refuse, RuleCard, ""},
		{"declined today", func(in *Inputs) { in.Tries = []Try{{day("2026-12-08"), Declined}} }, Wait, RuleRetry, "2026-12-09"},
		{"declined yesterday", func(in *Inputs) { in.Tries = []Try{{day("2026-12-07"), Declined}} }, Pay, RuleDue, ""},
		{"declined twice", func(in *Inputs) { in.Tries = []Try{{day("2026-12-05"), Declined}, {day("2026-12-06"), Declined}} }, Wait, RuleRetry, "2026-12-09"},
		{"declined for good", func(in *Inputs) {
			in.Tries = []Try{{day("2026-12-01"), Declined}, {day("2026-12-02"), Declined}, {day("2026-12-05"), Declined}}
		}, Refuse, RuleTries, ""},
		{"early", func(in *Inputs) { in.Today, in.Told, in.ToldAmount = day("2026-12-04"), calendar.Date{}, 0 }, Wait, RuleEarly, "2026-12-05"},
		{"before dawn", func(in *Inputs) { in.Hour = 8 }, Wait, RuleNight, "2026-12-08"},
		{"late in the evening", func(in *Inputs) { in.Hour = 21 }, Wait, RuleNight, "2026-12-09"},
		{"more than expected", func(in *Inputs) { in.Terms.High = 431999 }, Ask, RuleRange, ""},
		{"less than expected", func(in *Inputs) { in.Terms.Low = 432001 }, Ask, RuleRange, ""},
		{"as expected", func(in *Inputs) { in.Terms.Low, in.Terms.High = 432000, 432000 }, Pay, RuleDue, ""},
		{"the first", func(in *Inputs) { in.Past = nil }, Ask, RuleFirst, ""},
		{"the first, within what is expected", func(in *Inputs) { in.Past, in.Terms.High = nil, 500000 }, Pay, RuleDue, ""},
		{"30 % above the usual", func(in *Inputs) { in.Past = []int64{332307} }, Ask, RuleUnusual, ""},
		{"just not", func(in *Inputs) { in.Past = []int64{332308} }, Pay, RuleDue, ""},
		{"unusual, but agreed", func(in *Inputs) { in.Past, in.Approved = []int64{100}, 432000 }, Pay, RuleDue, ""},
		{"agreed to less", func(in *Inputs) { in.Past, in.Approved = []int64{100}, 431999 }, Ask, RuleUnusual, ""},
		{"not told", func(in *Inputs) { in.Told, in.ToldAmount = calendar.Date{}, 0 }, Wait, RuleUntold, "2026-12-09"},
		{"told of less", func(in *Inputs) { in.ToldAmount = 431999 }, Wait, RuleUntold, "2026-12-09"},
		{"told of more", func(in *Inputs) { in.ToldAmount = 500000 }, Pay, RuleDue, ""},
		{"told today", func(in *Inputs) { in.Told = in.Today }, Wait, RuleNotice, "2026-12-09"},
		{"told tomorrow: the clock was set back", func(in *Inputs) { in.Told = day("2026-12-09") }, Wait, RuleNotice, "2026-12-10"},
		{"the day has not come", func(in *Inputs) { in.Today = day("2026-12-07") }, Wait, RuleNotice, "2026-12-08"},
		{"hours to think begin", func(in *Inputs) { in.Terms.Window = 4 }, Wait, RuleWindow, ""},
		{"a payee that gives back", func(in *Inputs) { in.Terms.Window, in.Refundable = 4, true }, Pay, RuleDue, ""},
		{"hours to think", func(in *Inputs) { in.Terms.Window, in.Thinking = 4, in.Now.Add(time.Second) }, Wait, RuleThinking, ""},
		{"hours to think are over", func(in *Inputs) { in.Terms.Window, in.Thinking = 4, in.Now }, Pay, RuleDue, ""},
	} {
		in := ordinary()
		c.change(&in)
		got := Judge(in)
		again := ""
		if !got.Again.IsZero() {
			again = got.Again.String()
		}
		if got.Verdict != c.verdict || got.Rule != c.rule || again != c.again {
			t.Errorf("%s: %s by %s, again on %q; want %s by %s, %q", c.name, got.Verdict, got.Rule, again, c.verdict, c.rule, c.again)
		}
	}
}

func dates(t *rapid.T, name string) calendar.Date {
	return day("2026-11-01").AddDays(rapid.IntRange(0, 60).Draw(t, name))
}

func maybe(t *rapid.T, name string) calendar.Date {
	if rapid.Bool().Draw(t, "no "+name) {
		return calendar.Date{}
	}
	return dates(t, name)
}

func drawTerms(t *rapid.T) Terms {
	money := rapid.Int64Range(0, 1000)
	out := Terms{
		Each: money.Draw(t, "each"), Month: money.Draw(t, "month"), Low: rapid.Int64Range(0, 200).Draw(t, "low"), High: money.Draw(t, "high"),
		Over: rapid.SampledFrom([]int64{0, 5, 30}).Draw(t, "over"), When: Before, Days: rapid.IntRange(0, BeforeMost).Draw(t, "days"),
		Notice: rapid.IntRange(1, NoticeMost).Draw(t, "notice"), Window: rapid.IntRange(0, WindowMost).Draw(t, "window"),
	}
	if rapid.Bool().Draw(t, "on a day") {
		out.When, out.Days = OnDay, rapid.IntRange(1, 31).Draw(t, "day")
	}
	return out
}

func drawInputs(t *rapid.T) Inputs {
	today := dates(t, "today")
	usually := func(name string) bool { return rapid.IntRange(0, 9).Draw(t, name) > 0 }
	hour := rapid.IntRange(0, 23).Draw(t, "hour")
	in := Inputs{
		Rules: RulesVersion, Today: today, Hour: hour, Now: at(today, hour, moscow), Terms: drawTerms(t),
		Stopped: !usually("stopped"), Open: usually("open"), Follows: usually("follows"), Amount: rapid.Int64Range(0, 1000).Draw(t, "amount"),
		Refundable: rapid.Bool().Draw(t, "refundable"), Known: dates(t, "known"), Due: maybe(t, "due"), Told: maybe(t, "told"),
		ToldAmount: rapid.Int64Range(0, 1000).Draw(t, "told amount"), Skipped: !usually("skipped"), CardGone: !usually("card"),
		Past: rapid.SliceOfN(rapid.Int64Range(1, 1000), 0, 15).Draw(t, "past"), Spent: rapid.Int64Range(0, 500).Draw(t, "spent"),
	}
	if rapid.IntRange(0, 3).Draw(t, "approves") == 0 {
		in.Approved = rapid.Int64Range(1, 1000).Draw(t, "approved")
	}
	if !usually("pauses") {
		in.Paused = dates(t, "paused")
	}
	if rapid.Bool().Draw(t, "thinks") {
		in.Thinking = in.Now.Add(time.Duration(rapid.IntRange(-10, 10).Draw(t, "thinking")) * time.Hour)
	}
	for range rapid.IntRange(0, 3).Draw(t, "tries") {
		in.Tries = append(in.Tries, Try{dates(t, "tried"), rapid.SampledFrom([]Fate{Declined, Declined, Unknown, Taken}).Draw(t, "fate")})
	}
	if !usually("for another") {
		in.Bound = &Bound{Live: rapid.Bool().Draw(t, "live"), Caps: true, Each: rapid.Int64Range(0, 1000).Draw(t, "purse each"), Left: rapid.Int64Range(0, 1000).Draw(t, "left")}
	}
	return in
}

// drawNear changes a bill that would be paid in a few places.
func drawNear(t *rapid.T) Inputs {
	in, wild := ordinary(), drawInputs(t)
	in.Amount, in.ToldAmount, in.Past, in.Terms.Each, in.Terms.Month = 432, 432, []int64{420}, 600, 800
	for _, change := range []func(){
		func() { in.Today, in.Now, in.Hour = wild.Today, wild.Now, wild.Hour }, func() { in.Terms = wild.Terms }, func() { in.Amount = wild.Amount },
		func() { in.Told, in.ToldAmount = wild.Told, wild.ToldAmount }, func() { in.Approved = wild.Approved }, func() { in.Thinking = wild.Thinking },
		func() { in.Tries = wild.Tries }, func() { in.Past = wild.Past }, func() { in.Spent = wild.Spent }, func() { in.Bound = wild.Bound },
		func() { in.Paused = wild.Paused }, func() { in.Stopped, in.Skipped, in.Open = wild.Stopped, wild.Skipped, wild.Open },
		func() { in.Known, in.Due = wild.Known, wild.Due }, func() { in.Follows, in.CardGone, in.Refundable = wild.Follows, wild.CardGone, wild.Refundable },
	} {
		if rapid.IntRange(0, 4).Draw(t, "wild") == 0 {
			change()
		}
	}
	return in
}

// Whatever stands, nothing is paid that the owner has not agreed to.
func TestJudgeNeverPaysBeyondConsent(t *testing.T) {
	t.Parallel()
	paid := 0
	rapid.Check(t, func(t *rapid.T) {
		in := drawNear(t)
		got := Judge(in)
		if got.Verdict == "" || got.Rule == "" {
			t.Fatal("no verdict")
		}
		if got.Verdict != Pay {
			return
		}
		paid++
		agreed := in.Approved >= in.Amount
		switch {
		case in.Amount > in.Terms.Each, in.Amount+in.Spent > in.Terms.Month:
			t.Fatal("above a cap")
		case in.has(Taken), in.has(Unknown):
			t.Fatal("twice")
		case in.Stopped, in.Skipped, !in.Paused.IsZero() && in.Today.Before(in.Paused):
			t.Fatal("stopped, taken out or paused")
		case !in.Open, in.Amount <= 0, !in.Follows, in.CardGone:
			t.Fatal("nothing is owed, or there is nothing to pay it from")
		case in.Bound != nil && (!in.Bound.Live || in.Amount > in.Bound.Left || in.Amount > in.Bound.Each):
			t.Fatal("beyond the mandate")
		case !agreed && (in.ToldAmount < in.Amount || !in.Told.Before(in.Today)):
			t.Fatal("the owner was not told the day before")
		case !agreed && in.Terms.Over > 0 && got.Usual > 0 && in.Amount > in.Terms.limit(got.Usual):
			t.Fatal("unusual, and not asked")
		case !agreed && (in.Amount < in.Terms.Low || in.Terms.High > 0 && in.Amount > in.Terms.High):
			t.Fatal("outside what is expected, and not asked")
		case in.Terms.Window > 0 && !in.Refundable && (in.Thinking.IsZero() || in.Now.Before(in.Thinking)):
			t.Fatal("no time to think")
		case in.Hour < noticeHour || in.Hour >= eveningHour:
			t.Fatal("at night")
		case len(in.Tries) >= TriesMost:
			t.Fatal("too many tries")
		}
	})
	if paid == 0 {
		t.Error("nothing was ever paid: it proves nothing")
	}
}

// A wait ends: on the day that the judgement names the same bill is seen otherwise, or the day was another one's.
func TestJudgeWaitsForADayThatComes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawInputs(t)
		got := Judge(in)
		if got.Verdict != Wait || got.Again.IsZero() || got.Rule == RuleNight {
			return
		}
		if !in.Today.Before(got.Again) {
			t.Fatalf("%s waits for %s on %s", got.Rule, got.Again, in.Today)
		}
		in.Today, in.Hour = got.Again, payHour
		if got.Rule == RuleUntold {
			in.Told, in.ToldAmount = got.Again.AddDays(-1), in.Amount
		}
		if next := Judge(in); next.Rule == got.Rule && next.Rule != RuleRetry {
			t.Fatalf("%s still waits on the day it named", got.Rule)
		}
	})
}

// What is kept of a decision gives the same decision again.
func TestJudgeIsReplayedFromWhatIsKept(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawInputs(t)
		kept, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var again Inputs
		if err := json.Unmarshal(kept, &again); err != nil {
			t.Fatal(err)
		}
		if first, second := Judge(in), Judge(again); first != second {
			t.Fatalf("%+v, then %+v", first, second)
		}
	})
}

func TestPayDay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		terms       Terms
		known, due  string
		tell, payOn string
	}{
		{"two days before", Terms{When: Before, Days: 2, Notice: 3}, "2026-11-21", "2026-12-10", "2026-12-05", "2026-12-08"},
		{"no room for the notice", Terms{When: Before, Days: 5, Notice: 7}, "2026-12-01", "2026-12-07", "2026-12-01", "2026-12-07"},
		{"due tomorrow", Terms{When: Before, Days: 5, Notice: 3}, "2026-12-01", "2026-12-02", "2026-12-01", "2026-12-02"},
		{"due today", Terms{When: Before, Days: 5, Notice: 3}, "2026-12-01", "2026-12-01", "2026-12-01", "2026-12-02"},
		{"due long ago", Terms{When: Before, Days: 5, Notice: 3}, "2026-12-01", "2026-10-01", "2026-12-01", "2026-12-02"},
		{"no term", Terms{When: Before, Days: 5, Notice: 3}, "2026-12-01", "", "2026-12-01", "2026-12-04"},
		{"on the fifth", Terms{When: OnDay, Days: 5, Notice: 3}, "2026-11-21", "2026-12-10", "2026-12-02", "2026-12-05"},
		{"on the fifth, but due before", Terms{When: OnDay, Days: 5, Notice: 3}, "2026-11-21", "2026-11-30", "2026-11-27", "2026-11-30"},
		{"on the 31st of a short month", Terms{When: OnDay, Days: 31, Notice: 3}, "2027-02-02", "2027-03-20", "2027-02-25", "2027-02-28"},
		{"on the day it came: the next one", Terms{When: OnDay, Days: 21, Notice: 1}, "2026-11-21", "", "2026-12-20", "2026-12-21"},
	} {
		due := calendar.Date{}
		if c.due != "" {
			due = day(c.due)
		}
		payOn := c.terms.payDay(day(c.known), due)
		if payOn != day(c.payOn) || c.terms.tellDay(day(c.known), payOn) != day(c.tell) {
			t.Errorf("%s: told on %s, paid on %s", c.name, c.terms.tellDay(day(c.known), payOn), payOn)
		}
	}
}

// A bill is never planned for the day it came, nor after its term when there is a day left before it.
func TestPayDayIsInTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		terms, known, due := drawTerms(t), dates(t, "known"), dates(t, "due")
		got := terms.payDay(known, due)
		if !known.Before(got) {
			t.Fatal("paid on the day it came")
		}
		if known.Before(due) && due.Before(got) {
			t.Fatal("late without need")
		}
		if tell := terms.tellDay(known, got); tell.Before(known) || !tell.Before(got) {
			t.Fatal("told too late, or before it was known")
		}
	})
}

func TestUsual(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		past []int64
		want int64
	}{
		{nil, 0}, {[]int64{7}, 7}, {[]int64{1, 4}, 2}, {[]int64{9, 1, 5}, 5}, {[]int64{9, 1, 5, 6}, 5},
		{[]int64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9}, 1},
	} {
		if got := Usual(c.past); got != c.want {
			t.Errorf("the usual of %v is %d, want %d", c.past, got, c.want)
		}
	}
}

// Whoever asks for more must show once more that they are there.
func TestWider(t *testing.T) {
	t.Parallel()
	was := Terms{Each: 100, Month: 300, Low: 10, High: 90, Over: 30, When: Before, Days: 2, Notice: 3, Window: 4}
	for _, c := range []struct {
		change func(*Terms)
		want   bool
	}{
		{func(*Terms) {}, false}, {func(t *Terms) { t.Each-- }, false}, {func(t *Terms) { t.Each++ }, true}, {func(t *Terms) { t.Month++ }, true},
		{func(t *Terms) { t.Over = 0 }, true}, {func(t *Terms) { t.Over = 20 }, false}, {func(t *Terms) { t.High = 0 }, true}, {func(t *Terms) { t.High = 91 }, true},
		{func(t *Terms) { t.High = 89 }, false}, {func(t *Terms) { t.Low = 9 }, true}, {func(t *Terms) { t.Notice = 2 }, true}, {func(t *Terms) { t.Window = 0 }, true},
		{func(t *Terms) { t.Days = 5 }, false},
	} {
		now := was
		c.change(&now)
		if now.Wider(was) != c.want {
			t.Errorf("%+v is wider: %v", now, !c.want)
		}
	}
}
