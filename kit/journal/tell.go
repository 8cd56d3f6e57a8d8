package journal

import (
	"embed"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Locale holds the texts of this package; the app loads them with all others.
//
//go:embed locale/*.yaml
var Locale embed.FS

// Tell writes the report for a person. text gives the text of a key in the reader's language, as lang.Catalogue does.
func (r Report) Tell(w io.Writer, text func(key string, args ...any) string) error {
	var out strings.Builder
	say := func(key string, args ...any) { fmt.Fprintln(&out, text("journal.verify."+key, args...)) }
	say("good")
	say("trust_"+string(r.Trust), "key", r.Key.ID.Short(), "city", oneLine(r.Promise.City))
	fmt.Fprintln(&out)
	say("title", "title", oneLine(r.Statement.Title), "kind", oneLine(r.Statement.Kind))
	say("city", "city", oneLine(r.Statement.City))
	say("made", "time", shown(r))
	say("entry", "entry", r.Statement.ID.String())
	for _, f := range r.Statement.Facts {
		fmt.Fprintf(&out, "%s: %s\n", oneLine(f.Label), oneLine(f.Value))
	}
	for _, d := range r.Statement.Documents {
		say("document", "name", oneLine(d.Name), "hash", fmt.Sprintf("%x", d.SHA256))
	}
	fmt.Fprintln(&out)
	if p := r.Place; p != nil {
		say("place", "index", strconv.FormatInt(p.Index, 10), "size", strconv.FormatInt(p.Size, 10), "origin", oneLine(p.Origin))
	} else {
		say("promise", "time", r.Promise.IncludedBy.Format("2006-01-02 15:04 UTC"))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func shown(r Report) string { return r.Statement.Made.Format("2006-01-02 15:04:05 UTC") }

// oneLine keeps a file from drawing on the reader's terminal: control characters become spaces.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || (r >= 0x7f && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return ' '
		}
		return r
	}, text)
}

// Tell is the fault in a line for a person; text as in Report.Tell.
func (f LogFault) Tell(text func(key string, args ...any) string) string {
	key := string(f.Trouble)
	if f.Trouble == TroubleMissing && !f.Entry.IsZero() {
		key = "waiting"
	}
	return text("journal.check."+key, "entry", f.Entry.String(), "position", strconv.FormatInt(f.Position, 10), "leaf", base64url.EncodeToString(f.Leaf[:]), "path", f.Path)
}
