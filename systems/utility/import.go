package utility

import (
	"bufio"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"posad.city/kit/calendar"
)

// ImportMost is how many lines one file of readings has at most.
const ImportMost = 100_000

// ImportLine is a reading in a file: account;meter;zone;value;day. The zone may be empty.
type ImportLine struct {
	Line    int           `json:"line"` // from 1
	Account string        `json:"account"`
	Meter   string        `json:"meter"`
	Zone    string        `json:"zone,omitempty"`
	Value   Decimal       `json:"value"`
	Day     calendar.Date `json:"day"`
}

// String writes the line as it stands in a file.
func (l ImportLine) String() string {
	return strings.Join([]string{l.Account, l.Meter, l.Zone, l.Value.String(), l.Day.String()}, ";")
}

// fits tells whether a day is one on which a reading for a month may have been taken: after readings for the month before were
// closed, and not after today.
func fits(day calendar.Date, open Period, closes int, today calendar.Date) bool {
	return day.After(open.Add(-1).Day(closes)) && !day.After(today)
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
