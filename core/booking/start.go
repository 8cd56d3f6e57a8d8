package booking

import (
	"time"
)

// startForm is how a moment stands in forms and addresses: UTC, so that the hour that clocks repeat is not ambiguous.
const startForm = "20060102T1504Z"

// FormatStart writes a start for a form, an address or a program: 20261201T0630Z.
func FormatStart(at time.Time) string { return at.UTC().Format(startForm) }

// ParseStart reads what FormatStart writes, or a moment of RFC 3339 without seconds' fractions, and nothing else; ErrTime.
func ParseStart(text string) (time.Time, error) {
	if at, err := time.Parse(startForm, text); err == nil && FormatStart(at) == text && sane(at) {
		return at, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, ErrTime.Because(err)
	}
	at = at.UTC()
	if at.Second() != 0 || at.Nanosecond() != 0 || !sane(at) {
		return time.Time{}, ErrTime
	}
	return at, nil
}

// sane keeps a moment where both engines and every zone can.
func sane(at time.Time) bool { return at.Year() >= 1970 && at.Year() < 9000 }
