package reconcile

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"posad.city/kit/calendar"
	"posad.city/kit/id"
)

// Ours is what a statement must show, as far as none has shown it.
type Ours struct {
	ID        id.ID
	Name      id.ID  // by which a statement names it; several of ours may have one name
	Reference string // the bank's own number; may be empty
	Amount    int64  // minor units still to be shown; above zero it comes to the city, below zero it goes
	Currency  string
	Day       calendar.Date
}

// Line is what a statement shows.
type Line struct {
	ID            id.ID
	Reference     string // ours, or what the payer's bank wrote
	BankReference string
	Amount        int64 // minor units, with its sign; not zero
	Currency      string
	Day           calendar.Date
	// Plain: somebody's own transfer, with a name and a purpose. It is never taken for ours by its sum.
	Plain bool
}

// How says why a line was taken for ours.
type How string

// The reasons, the surest first.
const (
	ByReference     How = "reference"
	ByBankReference How = "bank_reference"
	ByAmountAndDay  How = "amount_and_day" // the only one of that sum around that day, on both sides
	ByOfficial      How = "official"
)

// Pair says that a line shows a part of ours.
type Pair struct {
	Line, Ours id.ID
	Amount     int64 // with its sign
	How        How
}

// Matched is what Match found.
type Matched struct {
	Pairs []Pair
	// Rest is what of a line nobody knows what for, by line; a line that fits whole is not here.
	Rest map[id.ID]int64
	// Twice are lines that show again what others have shown whole.
	Twice map[id.ID]bool
}

// around is how many days the bank's day may lie from ours when nothing but the sum speaks for it.
const around = 3

// Match finds what each line of a statement shows. It is pure, and the order in which lines and ours are given changes
// nothing. No line and nothing of ours is used above its amount; what is left of a line is its Rest.
func Match(lines []Line, ours []Ours) Matched {
	m := matching{out: Matched{Rest: map[id.ID]int64{}, Twice: map[id.ID]bool{}}, left: map[id.ID]int64{}, byName: map[id.ID][]*Ours{}, byBank: map[string][]*Ours{}, touched: map[id.ID]bool{}}
	ours = slices.SortedFunc(slices.Values(ours), func(a, b Ours) int { return cmp.Or(a.Day.Compare(b.Day), bytes.Compare(a.ID[:], b.ID[:])) })
	ours = slices.CompactFunc(ours, func(a, b Ours) bool { return a.ID == b.ID })
	for i := range ours {
		one := &ours[i]
		m.left[one.ID] = one.Amount
		m.byName[one.Name] = append(m.byName[one.Name], one)
		if one.Reference != "" {
			m.byBank[one.Reference] = append(m.byBank[one.Reference], one)
		}
	}
	lines = slices.SortedFunc(slices.Values(lines), func(a, b Line) int {
		return cmp.Or(a.Day.Compare(b.Day), cmp.Compare(size(b.Amount), size(a.Amount)), bytes.Compare(a.ID[:], b.ID[:]))
	})
	lines = slices.CompactFunc(lines, func(a, b Line) bool { return a.ID == b.ID })
	for _, l := range lines {
		m.out.Rest[l.ID] = l.Amount
	}
	m.exactly(lines)
	m.partly(lines)
	m.bySum(lines, ours)
	for _, l := range lines {
		if m.out.Rest[l.ID] == 0 {
			delete(m.out.Rest, l.ID)
		}
	}
	return m.out
}

type matching struct {
	out     Matched
	left    map[id.ID]int64 // of ours
	byName  map[id.ID][]*Ours
	byBank  map[string][]*Ours
	touched map[id.ID]bool // ours that some line named
}

func size(n int64) int64 { return max(n, -n) }

// named are those of ours that a line names.
func (m *matching) named(l Line) ([]*Ours, How) {
	if name, ok := ownReference(l.Reference); ok {
		if list := fitting(l, m.byName[name]); len(list) > 0 {
			return list, ByReference
		}
	}
	return fitting(l, m.byBank[l.BankReference]), ByBankReference
}

// fitting are those in a line's currency that go the same way.
func fitting(l Line, list []*Ours) []*Ours {
	var out []*Ours
	for _, o := range list {
		if l.Currency == o.Currency && (l.Amount > 0) == (o.Amount > 0) {
			out = append(out, o)
		}
	}
	return out
}

// ownReference reads an id from a reference, with hyphens or without.
func ownReference(text string) (id.ID, bool) {
	text = strings.TrimSpace(text)
	if len(text) != 32 && len(text) != 36 {
		return id.ID{}, false
	}
	out, err := id.Parse(text)
	return out, err == nil && !out.IsZero()
}

// exactly pairs what is named and of the same sum: before anything else, so that a part never takes the place of the whole.
func (m *matching) exactly(lines []Line) {
	for _, l := range lines {
		list, how := m.named(l)
		for _, o := range list {
			if m.left[o.ID] == l.Amount && m.out.Rest[l.ID] == l.Amount {
				m.pair(l, o, l.Amount, how)
			}
		}
	}
}

// partly pairs what is named and of another sum, and finds what is shown twice.
func (m *matching) partly(lines []Line) {
	for _, l := range lines {
		list, how := m.named(l)
		for _, o := range list {
			rest, left := m.out.Rest[l.ID], m.left[o.ID]
			if rest == 0 || left == 0 {
				continue
			}
			amount := left
			if size(rest) < size(left) {
				amount = rest
			}
			m.pair(l, o, amount, how)
		}
		if len(list) > 0 && m.out.Rest[l.ID] == l.Amount {
			m.out.Twice[l.ID] = true
		}
	}
}

func (m *matching) pair(l Line, o *Ours, amount int64, how How) {
	m.out.Pairs = append(m.out.Pairs, Pair{l.ID, o.ID, amount, how})
	m.out.Rest[l.ID] -= amount
	m.left[o.ID] -= amount
	m.touched[o.ID] = true
}

// sum is what lines and ours without a common reference are compared by.
type sum struct {
	amount   int64
	currency string
}

// bySum pairs a line that names nothing of ours with the only one of ours of its sum around its day, when the line is the only
// such one too.
func (m *matching) bySum(lines []Line, ours []Ours) {
	free := map[sum][]*Ours{}
	for i := range ours {
		if o := &ours[i]; !m.touched[o.ID] && o.Amount != 0 {
			key := sum{o.Amount, o.Currency}
			free[key] = append(free[key], o)
		}
	}
	nameless := map[sum][]Line{}
	one := map[id.ID]bool{}
	for _, l := range lines {
		if _, own := ownReference(l.Reference); own || l.Plain || m.out.Rest[l.ID] != l.Amount || m.out.Twice[l.ID] {
			continue
		}
		key := sum{l.Amount, l.Currency}
		nameless[key] = append(nameless[key], l)
		one[l.ID] = true
	}
	for _, l := range lines {
		key := sum{l.Amount, l.Currency}
		if !one[l.ID] {
			continue
		}
		o := only(free[key], func(o *Ours) bool { return near(o.Day, l.Day) })
		if o == nil || only(nameless[key], func(other Line) bool { return near(other.Day, (*o).Day) }) == nil {
			continue
		}
		m.pair(l, *o, l.Amount, ByAmountAndDay)
	}
}

func near(a, b calendar.Date) bool {
	days := a.DaysUntil(b)
	return days <= around && days >= -around
}

// only is the one that fits; nil when none or several do.
func only[T any](list []T, is func(T) bool) *T {
	var out *T
	for i := range list {
		if !is(list[i]) {
			continue
		}
		if out != nil {
			return nil
		}
		out = &list[i]
	}
	return out
}
