package utility

import (
	"bufio"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
)

// ImportMost is how many lines one import of readings takes.
const ImportMost = 5000

// ImportLine is a reading in a file: account;meter;zone;value;day. The zone may be empty.
type ImportLine struct {
	Line                 int // from 1
	Account, Meter, Zone string
	Value                Decimal
	Day                  calendar.Date
}

// BadLine is a line that was not taken, and why: utility.bad.<Reason>.
type BadLine struct {
	Line   int
	Reason string
	Text   string // the line, cut
}

// ParseImport reads a file of readings. Lines that are empty or begin with # are passed over, and so is a heading. It never
// fails: what can't be read is among the bad lines, and lines beyond ImportMost are one bad line.
func ParseImport(r io.Reader) ([]ImportLine, []BadLine) {
	var good []ImportLine
	var bad []BadLine
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 4096), 1<<16)
	n := 0
	for scanner.Scan() {
		n++
		text := strings.TrimSpace(strings.TrimPrefix(scanner.Text(), "\ufeff"))
		if text == "" || strings.HasPrefix(text, "#") || n == 1 && strings.Contains(strings.ToLower(text), "account;") {
			continue
		}
		if len(good)+len(bad) >= ImportMost {
			return good, append(bad, BadLine{n, "many", ""})
		}
		line, reason := parseLine(text)
		line.Line = n
		if reason != "" {
			bad = append(bad, BadLine{n, reason, cut(text)})
			continue
		}
		good = append(good, line)
	}
	if scanner.Err() != nil {
		bad = append(bad, BadLine{n + 1, "long", ""})
	}
	return good, bad
}

// parseLine reads one line; the reason is empty when it is right.
func parseLine(text string) (ImportLine, string) {
	parts := strings.Split(text, ";")
	if !utf8.ValidString(text) || len(parts) != 5 {
		return ImportLine{}, "form"
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	out := ImportLine{Account: parts[0], Meter: parts[1], Zone: parts[2]}
	var err error
	if out.Value, err = ParseValue(parts[3]); err != nil {
		return out, "value"
	}
	if out.Day, err = calendar.ParseDate(parts[4]); err != nil {
		return out, "day"
	}
	if out.Account == "" || out.Meter == "" || !slices.Contains([]string{"", "day", "night", "peak"}, out.Zone) {
		return out, "form"
	}
	return out, ""
}

func cut(text string) string {
	text = strings.ToValidUTF8(text, "�")
	if runes := []rune(text); len(runes) > 80 {
		return string(runes[:80]) + "…"
	}
	return text
}

// Import takes readings of many flats for the open month. A line that is odd waits for the agency's review; it is told among the
// bad ones with the reason lower or high.
func (m *Module) Import(ctx context.Context, a act.Act, lines []ImportLine) (int, []BadLine, error) {
	byHome := map[id.ID][]ImportLine{}
	var homes []id.ID
	var bad []BadLine
	u, err := m.utilities()
	if err != nil {
		return 0, nil, err
	}
	open := m.Open(u)
	for _, l := range lines {
		if p := PeriodOf(l.Day); p != open && p != open.Add(-1) {
			bad = append(bad, BadLine{l.Line, "month", ""})
			continue
		}
		home, err := m.HomeOf(l.Account)
		if err != nil {
			bad = append(bad, BadLine{l.Line, "account", ""})
			continue
		}
		if byHome[home] == nil {
			homes = append(homes, home)
		}
		byHome[home] = append(byHome[home], l)
	}
	took := 0
	for _, home := range homes {
		n, faults, err := m.importFlat(ctx, a, home, byHome[home])
		if err != nil {
			return took, bad, err
		}
		took, bad = took+n, append(bad, faults...)
	}
	slices.SortFunc(bad, func(x, y BadLine) int { return x.Line - y.Line })
	return took, bad, nil
}

func (m *Module) importFlat(ctx context.Context, a act.Act, home id.ID, lines []ImportLine) (int, []BadLine, error) {
	dials, err := m.Dials(ctx, a, home)
	if err != nil {
		return 0, nil, err
	}
	var bad []BadLine
	var list []Given
	var from []int
	for _, l := range lines {
		at := slices.IndexFunc(dials, func(d DialView) bool { return d.Number == l.Meter && d.Zone == l.Zone })
		if at < 0 {
			bad = append(bad, BadLine{l.Line, "meter", ""})
			continue
		}
		list, from = append(list, Given{Meter: dials[at].Meter, Zone: l.Zone, Value: l.Value, Day: l.Day}), append(from, l.Line)
	}
	if len(list) == 0 {
		return 0, bad, nil
	}
	got, err := m.Give(ctx, a, home, FromImport, list)
	if errors.Is(err, ErrOwn) || errors.Is(err, ErrMany) {
		reason := "own"
		if errors.Is(err, ErrMany) {
			reason = "often"
		}
		for _, line := range from {
			bad = append(bad, BadLine{line, reason, ""})
		}
		return 0, bad, nil
	}
	if err != nil {
		return 0, bad, err
	}
	took := 0
	for i, r := range got {
		if r.State == Taken {
			took++
			continue
		}
		bad = append(bad, BadLine{from[i], r.Doubt, ""})
	}
	return took, bad, nil
}
