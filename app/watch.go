package app

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/seal"
	"posad.city/kit/tlog"
)

// Believed are the witnesses whom a reader takes as such.
type Believed struct {
	Witnesses []tlog.Witness
	Quorum    int  // so many must have confirmed; 0: it is only told
	Listed    bool // some come from a list, as a city publishes one
}

// Add takes a witness's verifier key, or a file with one, or with a list as a city publishes it at /log/witnesses.
func (b *Believed) Add(given string) error {
	w, err := tlog.ParseWitness(given)
	if err == nil {
		b.add(w)
		return nil
	}
	file, read := os.ReadFile(given)
	if read != nil {
		return fmt.Errorf("--witness %s: neither a key (%w) nor a file", given, err)
	}
	if w, err := tlog.ParseWitness(strings.TrimSpace(string(file))); err == nil {
		b.add(w)
		return nil
	}
	p, err := tlog.ParsePolicy(string(file))
	if err != nil {
		return fmt.Errorf("--witness %s: %w", given, err)
	}
	b.Listed = true
	for _, w := range p.Witnesses {
		b.add(w)
	}
	return nil
}

func (b *Believed) add(w tlog.Witness) {
	if !slices.ContainsFunc(b.Witnesses, func(o tlog.Witness) bool { return o.Public.Equal(w.Public) }) {
		b.Witnesses = append(b.Witnesses, w)
	}
}

// LogWatch is what somebody outside compares: a log as a city shows it now, with a checkpoint of an earlier day.
type LogWatch struct {
	Since string        // the earlier checkpoint, its text
	From  string        // where the log is: https://city/log, or a folder of its files
	Keys  []seal.KeySet // the city's
	Believed
	Lang lang.Language
}

// WatchLog compares, with no data of the city, and tells what came out; the report is an error when the log has two
// histories, is shorter than it was, or is confirmed by too few.
func WatchLog(ctx context.Context, w LogWatch, texts *lang.Catalogue) (string, error) {
	text := func(key string, args ...any) string { return texts.Text(w.Lang, "journal.watch."+key, args...) }
	var keys []ed25519.PublicKey
	for _, set := range w.Keys {
		keys = append(keys, journal.PublicKeys(set)...)
	}
	if len(keys) == 0 {
		return "", errors.New(text("no_keys"))
	}
	read := journal.ReadFolder(w.From)
	if strings.HasPrefix(w.From, "https://") || strings.HasPrefix(w.From, "http://") {
		read = (&logSite{at: strings.TrimSuffix(strings.TrimRight(w.From, "/"), "/checkpoint")}).read
	}
	got, err := journal.Watch(ctx, w.Since, read, keys, w.Witnesses)
	if errors.Is(err, journal.ErrOutside) {
		return "", fmt.Errorf("%s (%w)", text("foreign"), err)
	}
	if err != nil {
		return "", err
	}
	said := w.tell(got, text)
	if got.Forked || got.Shorter || len(got.Confirmed) < w.Quorum {
		return "", errors.New(said)
	}
	return said + "\n", nil
}

// tell is the report for a person.
func (w LogWatch) tell(got journal.Watched, text func(string, ...any) string) string {
	number := func(n int) string { return strconv.Itoa(n) }
	args := []any{"origin", got.New.Origin, "old", strconv.FormatInt(got.Old.Size, 10), "new", strconv.FormatInt(got.New.Size, 10)}
	lines := []string{text("good", args...)}
	switch {
	case got.Forked:
		lines[0] = text("forked", args...)
	case got.Shorter:
		lines[0] = text("shorter", args...)
	}
	for _, c := range got.Confirmed {
		lines = append(lines, text("confirmed", "witness", c.Name, "time", c.At.Format("2006-01-02 15:04:05 UTC")))
	}
	if len(w.Witnesses) > 0 && len(got.Confirmed) < max(w.Quorum, 1) {
		lines = append(lines, text("unconfirmed", "count", number(len(got.Confirmed)), "all", number(len(w.Witnesses))))
	}
	if got.Forked || got.Shorter {
		lines = append(lines, "", text("evidence"), "", got.OldNote, got.NewNote)
	}
	return strings.Join(lines, "\n")
}
