package autopay

import (
	"slices"
	"time"

	"posad.city/kit/calendar"
)

// Verdict is what Judge says of a bill.
type Verdict string

// The verdicts.
const (
	Pay    Verdict = "pay"
	Ask    Verdict = "ask"    // the owner says
	Wait   Verdict = "wait"   // it is looked at again
	Refuse Verdict = "refuse" // not by this order, as things stand
)

// Rule names the row of the table by which Judge decided. Its words are autopay.rule.<Rule>.
type Rule string

// The rules, in the order in which they are asked. The first that fits decides.
const (
	RulePaid     Rule = "paid"     // refuse: this order has paid it
	RuleFate     Rule = "fate"     // wait: the bank has not said how the last try ended
	RuleStopped  Rule = "stopped"  // refuse: the owner stopped the order
	RuleSettled  Rule = "settled"  // refuse: nothing is owed
	RuleSkipped  Rule = "skipped"  // refuse: the owner took this one out
	RuleForeign  Rule = "foreign"  // refuse: the owner's account does not follow these bills any more
	RulePaused   Rule = "paused"   // wait: until the day that the owner named
	RuleBound    Rule = "bound"    // refuse: who made the order may not act for its owner any more, or not for so much
	RuleEach     Rule = "each"     // refuse: above the cap of one payment
	RuleMonth    Rule = "month"    // refuse: above the cap of the month
	RuleCard     Rule = "card"     // refuse: no card, or it ends before the day
	RuleTries    Rule = "tries"    // refuse: it did not come off as often as the schedule has it
	RuleRetry    Rule = "retry"    // wait: the day of the next try has not come
	RuleEarly    Rule = "early"    // wait: the day on which the owner is told has not come
	RuleNight    Rule = "night"    // wait: nobody is told anything, and nothing is paid, at night
	RuleRange    Rule = "range"    // ask: outside what the owner expects
	RuleFirst    Rule = "first"    // ask: nothing was paid before, so nobody knows what is usual
	RuleAgain    Rule = "again"    // ask: the order has paid this bill before, and more came to be owed
	RuleUnusual  Rule = "unusual"  // ask: so much above the usual
	RuleUntold   Rule = "untold"   // wait: the owner is told now, and it is paid on another day
	RuleNotice   Rule = "notice"   // wait: told; the day of paying has not come
	RuleWindow   Rule = "window"   // wait: decided; the hours to think better of it begin
	RuleThinking Rule = "thinking" // wait: these hours are not over
	RuleDue      Rule = "due"      // pay
)

// RulesVersion is that of the table: a decision names the one by which it was made, and is replayed by it.
const RulesVersion = 1

// Fate is how a try at the bank ended.
type Fate string

// The fates.
const (
	Unknown  Fate = "unknown"
	Taken    Fate = "taken"
	Declined Fate = "declined"
	// Withdrawn is a try of which the bank never heard: things were not as judged any more. It counts for nothing.
	Withdrawn Fate = "withdrawn"
	// Held is one that was withdrawn too often in a day. It counts as a try.
	Held Fate = "held"
)

// Inputs are everything that a decision rests on. They are kept with it.
type Inputs struct {
	Rules   int           `json:"rules"`
	Now     time.Time     `json:"now"`
	Today   calendar.Date `json:"today"` // in the city
	Hour    int           `json:"hour"`  // of the city's day
	Terms   Terms         `json:"terms"`
	Stopped bool          `json:"stopped,omitempty"`
	Paused  calendar.Date `json:"paused,omitzero"` // the first day on which it pays again

	Open       bool          `json:"open"`            // something is owed
	Follows    bool          `json:"follows"`         // the owner's account follows the bill's home
	Amount     int64         `json:"amount"`          // what is owed on the day of paying, or now when that is later
	Ahead      int64         `json:"ahead,omitempty"` // what is owed on the first day on which it can be paid when the owner is told today
	Again      bool          `json:"again,omitempty"` // the order has paid this bill before
	Refundable bool          `json:"refundable"`      // the payee gives back what was paid by mistake
	Known      calendar.Date `json:"known"`           // when the bill came, or the order did
	Due        calendar.Date `json:"due,omitzero"`
	Bound      *Bound        `json:"bound,omitempty"` // when the order was made for another person
	CardEnds   calendar.Date `json:"card_ends,omitzero"`
	CardGone   bool          `json:"card_gone,omitempty"`

	Told       calendar.Date `json:"told,omitzero"`      // when the owner was told of this bill
	ToldAmount int64         `json:"told_amount"`        // and of how much
	Approved   int64         `json:"approved,omitempty"` // the owner was asked and said yes to so much
	Skipped    bool          `json:"skipped,omitempty"`  // or no
	Thinking   time.Time     `json:"thinking,omitzero"`  // until when the owner may think better of it
	Tries      []Try         `json:"tries,omitempty"`    // in order
	Past       []int64       `json:"past,omitempty"`     // what was paid for earlier bills, newest first
	Spent      int64         `json:"spent"`              // by this order in the month of paying, without this bill
}

// Bound is what the mandate (core/mandate) lets under which somebody made the order for its owner.
type Bound struct {
	Live bool  `json:"live"`
	Caps bool  `json:"caps,omitempty"` // Each and Left bound it
	Each int64 `json:"each,omitempty"`
	Left int64 `json:"left,omitempty"`
}

// admits tells whether the mandate lets an amount be paid.
func (b *Bound) admits(amount int64) bool {
	return b == nil || b.Live && (!b.Caps || amount <= b.Each && amount <= b.Left)
}

// Try is one try at the bank.
type Try struct {
	Day  calendar.Date `json:"day"`
	Fate Fate          `json:"fate"`
}

// Judgement is what Judge found.
type Judgement struct {
	Verdict Verdict       `json:"verdict"`
	Rule    Rule          `json:"rule"`
	Amount  int64         `json:"amount"`
	Usual   int64         `json:"usual"`           // see the function Usual; 0: nothing was paid before
	Limit   int64         `json:"limit,omitempty"` // the bound that the amount was compared with
	Pay     calendar.Date `json:"pay"`             // when it is to be paid
	Tell    calendar.Date `json:"tell"`            // when the owner is told
	Again   calendar.Date `json:"again,omitzero"`  // Wait: on which day it is looked at again; zero: when something happens
	After   time.Time     `json:"after,omitzero"`  // Wait: not before this moment
}

// Judge decides about one bill of one order. It is pure: the same inputs give the same judgement for ever, so that a
// decision can be replayed. Whatever the inputs: it never pays more than the cap of a payment or what the month's cap
// leaves, never while paused or stopped, never what was taken or may have been, and never more than the owner was told on
// an earlier day or has agreed to.
func Judge(in Inputs) Judgement {
	out := Judgement{Amount: in.Amount, Usual: Usual(in.Past)}
	out.Pay = in.payDay()
	out.Tell = in.Terms.tellDay(in.Known, out.Pay)
	for _, row := range table {
		if found, fits := row.fits(in, out); fits {
			found.Verdict, found.Rule = row.verdict, row.rule
			return found
		}
	}
	return out
}

// Foresee is what Judge says on the first day on which it decides about a bill that waits for its day, if nothing changes until then;
// Again is that day.
func Foresee(in Inputs) Judgement {
	found := Judge(in)
	if found.Rule != RuleEarly && found.Rule != RuleNight {
		return found
	}
	in.Today, in.Hour = calendar.Latest(found.Again, found.Tell), payHour
	found = Judge(in)
	found.Again = in.Today
	return found
}

// payDay is the day that the terms give, moved behind the end of a pause.
func (in Inputs) payDay() calendar.Date {
	out := in.Terms.payDay(in.Known, in.Due)
	if !in.Paused.IsZero() {
		out = calendar.Latest(out, in.Paused)
	}
	return out
}

// row is one rule: whether it fits, and what it adds to the judgement.
type row struct {
	rule    Rule
	verdict Verdict
	fits    func(in Inputs, out Judgement) (Judgement, bool)
}

// when is a rule that adds nothing.
func when(fits func(in Inputs, out Judgement) bool) func(Inputs, Judgement) (Judgement, bool) {
	return func(in Inputs, out Judgement) (Judgement, bool) { return out, fits(in, out) }
}

// asked is a rule that asks, and adds nothing else.
func asked(fits func(in Inputs, out Judgement) bool) func(Inputs, Judgement) (Judgement, bool) {
	return func(in Inputs, out Judgement) (Judgement, bool) {
		out.Amount = in.ahead()
		return out, fits(in, out)
	}
}

// ahead is of how much the owner is told today: a bill may grow until the day on which it can be paid.
func (in Inputs) ahead() int64 { return max(in.Amount, in.Ahead) }

// table is what Judge goes through. The last row fits always.
var table = []row{
	{RulePaid, Refuse, when(func(in Inputs, _ Judgement) bool { return in.has(Taken) })},
	{RuleFate, Wait, when(func(in Inputs, _ Judgement) bool { return in.has(Unknown) })},
	{RuleStopped, Refuse, when(func(in Inputs, _ Judgement) bool { return in.Stopped })},
	{RuleSettled, Refuse, when(func(in Inputs, _ Judgement) bool { return !in.Open || in.Amount <= 0 })},
	{RuleSkipped, Refuse, when(func(in Inputs, _ Judgement) bool { return in.Skipped })},
	{RuleForeign, Refuse, when(func(in Inputs, _ Judgement) bool { return !in.Follows })},
	{RulePaused, Wait, until(func(in Inputs, _ Judgement) calendar.Date { return in.Paused })},
	{RuleBound, Refuse, when(func(in Inputs, _ Judgement) bool { return !in.Bound.admits(in.Amount) })},
	{RuleEach, Refuse, above(func(in Inputs) int64 { return in.Terms.Each })},
	{RuleMonth, Refuse, above(func(in Inputs) int64 { return in.Terms.Month - in.Spent })},
	{RuleCard, Refuse, when(cardEnds)},
	{RuleTries, Refuse, when(func(in Inputs, _ Judgement) bool { return len(in.Tries) >= TriesMost })},
	{RuleRetry, Wait, until(nextTry)},
	{RuleEarly, Wait, until(func(_ Inputs, out Judgement) calendar.Date { return out.Tell })},
	{RuleNight, Wait, night},
	{RuleRange, Ask, outside},
	{RuleFirst, Ask, asked(func(in Inputs, out Judgement) bool {
		return out.Usual == 0 && in.Terms.Over > 0 && in.Terms.High == 0 && !in.agreed()
	})},
	{RuleAgain, Ask, asked(func(in Inputs, _ Judgement) bool { return in.Again && !in.agreed() })},
	{RuleUnusual, Ask, unusual},
	{RuleUntold, Wait, untold},
	{RuleNotice, Wait, until(noticed)},
	{RuleWindow, Wait, when(func(in Inputs, _ Judgement) bool {
		return in.Terms.Window > 0 && !in.Refundable && in.Thinking.IsZero()
	})},
	{RuleThinking, Wait, thinking},
	{RuleDue, Pay, when(func(Inputs, Judgement) bool { return true })},
}

// until is a rule that waits for a day; the zero day, and one that has come, is not waited for.
func until(find func(in Inputs, out Judgement) calendar.Date) func(Inputs, Judgement) (Judgement, bool) {
	return func(in Inputs, out Judgement) (Judgement, bool) {
		out.Again = find(in, out)
		return out, !out.Again.IsZero() && in.Today.Before(out.Again)
	}
}

// above is a rule that bounds the amount.
func above(bound func(in Inputs) int64) func(Inputs, Judgement) (Judgement, bool) {
	return func(in Inputs, out Judgement) (Judgement, bool) {
		out.Limit = bound(in)
		return out, in.Amount > out.Limit
	}
}

func (in Inputs) has(fate Fate) bool {
	return slices.ContainsFunc(in.Tries, func(t Try) bool { return t.Fate == fate })
}

// agreed tells whether the owner has said yes to as much as is owed.
func (in Inputs) agreed() bool { return in.Approved > 0 && in.Approved >= in.Amount }

func cardEnds(in Inputs, out Judgement) bool {
	return in.CardGone || !in.CardEnds.IsZero() && in.CardEnds.Before(calendar.Latest(out.Pay, in.Today))
}

// nextTry is the day of the next try after one that was declined.
func nextTry(in Inputs, _ Judgement) calendar.Date {
	if len(in.Tries) == 0 {
		return calendar.Date{}
	}
	return in.Tries[len(in.Tries)-1].Day.AddDays(retries[len(in.Tries)-1])
}

// night is from eveningHour to noticeHour.
func night(in Inputs, out Judgement) (Judgement, bool) {
	out.Again = in.Today
	if in.Hour >= eveningHour {
		out.Again = in.Today.AddDays(1)
	}
	return out, in.Hour < noticeHour || in.Hour >= eveningHour
}

func outside(in Inputs, out Judgement) (Judgement, bool) {
	out.Amount = in.ahead()
	if in.agreed() {
		return out, false
	}
	if in.Amount < in.Terms.Low {
		out.Limit = in.Terms.Low
		return out, true
	}
	out.Limit = in.Terms.High
	return out, in.Terms.High > 0 && in.Amount > in.Terms.High
}

func unusual(in Inputs, out Judgement) (Judgement, bool) {
	if in.Terms.Over == 0 || out.Usual == 0 || in.agreed() {
		return out, false
	}
	out.Limit, out.Amount = in.Terms.limit(out.Usual), in.ahead()
	return out, in.Amount > out.Limit
}

// untold: the owner was not told of so much. Having agreed is as good as having been told.
func untold(in Inputs, out Judgement) (Judgement, bool) {
	out.Again, out.Amount = calendar.Latest(out.Pay, in.Today.AddDays(1)), in.ahead()
	return out, !in.agreed() && (in.Told.IsZero() || in.ToldAmount < in.Amount)
}

// noticed is the day of paying: never the one on which the owner was told.
func noticed(in Inputs, out Judgement) calendar.Date {
	if in.agreed() {
		return out.Pay
	}
	return calendar.Latest(out.Pay, in.Told.AddDays(1))
}

func thinking(in Inputs, out Judgement) (Judgement, bool) {
	out.After = in.Thinking
	return out, in.Now.Before(in.Thinking)
}
