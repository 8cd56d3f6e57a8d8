package journal

import (
	"embed"
	"fmt"
	"io"
	"strconv"
	"strings"

	"posad.city/kit/tlog"
	"posad.city/kit/witness"
)

// Locale holds the texts of this package; the app loads them with all others.
//
//go:embed locale/*.yaml
var Locale embed.FS

// Tell writes the report for a person. text gives the text of a key in the reader's language, as lang.Catalogue does.
func (r Report) Tell(w io.Writer, text func(key string, args ...any) string) error {
	var out strings.Builder
	say := func(key string, args ...any) { fmt.Fprintln(&out, text("journal.verify."+key, args...)) }
	if r.Trust == Inside {
		say("whole")
	} else {
		say("good")
	}
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

// TellOutside says what witnesses outside have confirmed, for an operator; text as in Report.Tell.
func (c Confirmations) TellOutside(text func(key string, args ...any) string) string {
	var out strings.Builder
	say := func(key string, args ...any) { out.WriteString(text("journal.check."+key, args...) + "\n") }
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	if len(c.Witnesses) == 0 {
		say("no_witnesses")
		return out.String()
	}
	good := 0
	for _, w := range c.Witnesses {
		if w.Trouble == "" && w.Size > 0 {
			good++
		}
	}
	all, quorum := number(int64(len(c.Witnesses))), number(int64(c.Quorum))
	if c.Size > 0 {
		say("confirmed", "count", number(int64(good)), "all", all, "quorum", quorum, "size", number(c.Size), "time", c.At.Format("2006-01-02 15:04 UTC"))
	} else {
		say("unconfirmed", "all", all, "quorum", quorum)
	}
	for _, w := range c.Witnesses {
		if w.Trouble == "" && w.Size > 0 {
			say("witness_good", "witness", oneLine(w.Name), "size", number(w.Size), "time", w.At.Format("2006-01-02 15:04 UTC"))
		} else {
			say("witness_bad", "witness", oneLine(w.Name), "trouble", text(TroubleKey(w.Trouble)), "size", number(w.Size))
		}
	}
	return out.String()
}

// TroubleKey is the key of the words for what a witness said instead of signing.
func TroubleKey(t witness.Trouble) string {
	switch t {
	case "":
		t = witness.Silent
	case witness.Forked:
		return "journal.check.saw_fork"
	}
	return "journal.check." + string(t)
}

// TellConfirmed says which of the witnesses that the reader knows have confirmed a receipt from outside, and tells whether
// they are enough: at least the quorum, when there is one. text as in Report.Tell; listed: the city itself named them.
func (r Report) TellConfirmed(w io.Writer, known []tlog.Witness, quorum int, listed bool, text func(key string, args ...any) string) (bool, error) {
	list, err := r.Confirmed(known)
	if err != nil {
		return false, err
	}
	var out strings.Builder
	say := func(key string, args ...any) { fmt.Fprintln(&out, text("journal.verify."+key, args...)) }
	number := func(n int) string { return strconv.Itoa(n) }
	for _, c := range list {
		say("confirmed_by", "witness", oneLine(c.Name), "time", c.At.Format("2006-01-02 15:04:05 UTC"))
	}
	switch {
	case r.Place == nil:
		say("no_place")
	case len(list) == 0:
		say("unconfirmed", "count", number(len(known)))
	case len(list) < quorum:
		say("unconfirmed_few", "count", number(len(list)), "quorum", number(quorum))
	}
	if listed && len(list) > 0 {
		say("confirmed_list")
	}
	_, err = io.WriteString(w, out.String())
	return len(list) >= quorum, err
}

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
	if f.Table != "" {
		return f.tellRows(text)
	}
	key := string(f.Trouble)
	if f.Trouble == TroubleMissing && !f.Entry.IsZero() {
		key = "waiting"
	}
	return text("journal.check."+key, "entry", f.Entry.String(), "position", strconv.FormatInt(f.Position, 10), "leaf", base64url.EncodeToString(f.Leaf[:]), "path", f.Path, "size", strconv.FormatInt(f.Size, 10), "witness", oneLine(f.Witness))
}
