package booking

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"posad.city/kit/lang"
)

// icsForm is a moment in UTC (RFC 5545, 3.3.5, form 2), so that the file needs no table of zones.
const icsForm = "20060102T150405Z"

// calendarFile is an appointment as an iCalendar object (RFC 5545), which phones and calendars take in. The same booking has
// the same UID for ever, and SEQUENCE grows with its changes, so that a later file replaces an earlier one.
func calendarFile(b Booking, l lang.Language, texts calendarTexts, now time.Time) []byte {
	var out strings.Builder
	line := func(name, value string) { out.WriteString(fold(name + ":" + value)) }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//Posad//booking//"+strings.ToUpper(string(l)))
	line("CALSCALE", "GREGORIAN")
	line("METHOD", "PUBLISH")
	line("BEGIN", "VEVENT")
	line("UID", b.ID.String()+"@"+texts.Host)
	line("DTSTAMP", now.UTC().Format(icsForm))
	line("SEQUENCE", strconv.FormatInt(b.Revision, 10))
	line("DTSTART", b.Start.UTC().Format(icsForm))
	line("DTEND", b.End.UTC().Format(icsForm))
	line("SUMMARY", escape(b.Title.In(l)))
	line("LOCATION", escape(b.Address.In(l)))
	line("DESCRIPTION", escape(texts.Description))
	line("URL", texts.URL)
	line("STATUS", icsStatus(b.State))
	line("BEGIN", "VALARM")
	line("ACTION", "DISPLAY")
	line("DESCRIPTION", escape(b.Title.In(l)))
	line("TRIGGER", "-PT2H")
	line("END", "VALARM")
	line("END", "VEVENT")
	line("END", "VCALENDAR")
	return []byte(out.String())
}

// calendarTexts is what the file says beside the booking itself.
type calendarTexts struct {
	Host        string
	URL         string
	Description string
}

func icsStatus(s State) string {
	if s == Cancelled {
		return "CANCELLED"
	}
	return "CONFIRMED"
}

// escape writes a TEXT (RFC 5545, 3.3.11).
var escape = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", "").Replace

// foldAt is the longest line in bytes, without its end (RFC 5545, 3.1).
const foldAt = 75

// fold breaks a line into lines of at most foldAt bytes, never inside a character.
func fold(line string) string {
	var out strings.Builder
	room := foldAt
	for _, r := range line {
		if n := utf8.RuneLen(r); n > room {
			out.WriteString("\r\n ")
			room = foldAt - 1
		}
		out.WriteRune(r)
		room -= max(utf8.RuneLen(r), 1)
	}
	return out.String() + "\r\n"
}
