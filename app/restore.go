package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"posad.city/kit/backup"
	"posad.city/kit/clock"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/tlog"
	"posad.city/kit/vault"
)

// RestoreCommand is what an operator wants of a restore.
type RestoreCommand struct {
	From string        // a folder of copies or a file
	Copy string        // name of a copy; empty: the newest
	Keys string        // file of the city's published keys; empty: those in the copy are believed
	Log  string        // what is known of the public log outside: a folder, a checkpoint's file, or an address; empty: the data folder's own
	Lang lang.Language // of what is told
}

// lostFile is where a restore leaves the list of acts that the restored database has no more; where more are lost than a
// comparison names one by one, its last line counts them.
const lostFile = "lost-acts.txt"

// lostShown is how many of them are told at once.
const lostShown = 20

// Restore brings a copy back into an empty data folder, and database, compares the restored public log with what is known
// outside, and tells which acts were lost. No city may run on the folder.
func Restore(ctx context.Context, conf Config, c RestoreCommand, out io.Writer) error {
	texts, err := lang.Load(own, journal.Locale)
	if err != nil {
		return fmt.Errorf("restore: texts: %w", err)
	}
	r := &restoring{conf: conf, command: c, teller: teller{texts.Text, c.Lang, out}}
	modules, err := newModules(conf, new(clock.System).Now)
	if err != nil {
		return err
	}
	defer modules.pdfs.Close()
	r.schemas = schemasOf(groundSchemas(), modules)
	trusted, err := trustedKeys(c.Keys)
	if err != nil {
		return err
	}
	if r.outside, err = openOutside(ctx, c.Log); err != nil { // before anything is done
		return err
	}
	report, err := backup.Restore(ctx, backup.RestoreOptions{
		From: c.From, Copy: c.Copy, Into: conf.place(), Blobs: filepath.Join(conf.Data, "blobs"), Modules: r.schemas, Trusted: trusted, Tell: r.progress,
	})
	if errors.Is(err, backup.ErrFaults) {
		return r.report(report)
	}
	if err != nil {
		return err
	}
	if err := r.report(report); err != nil {
		return err
	}
	return r.after(ctx, report, trusted)
}

// place is where the configuration puts the database.
func (c Config) place() store.Options {
	if c.Database != "" {
		return store.Options{Postgres: c.Database}
	}
	return store.Options{Dir: filepath.Join(c.Data, "db")}
}

type restoring struct {
	teller
	conf    Config
	command RestoreCommand
	schemas []store.Migrations
	outside *outside // what is known of the public log elsewhere; nil: the data folder's own files
}

// after opens the restored database as a start would, tries the master key, and compares the log.
func (r *restoring) after(ctx context.Context, report backup.Report, trusted []seal.KeySet) error {
	c := new(clock.System)
	o := r.conf.place()
	o.Clock = c
	st, err := store.Open(ctx, o, r.schemas...)
	if err != nil {
		return fmt.Errorf("restore: the rows are back, and the database does not open: %w", err)
	}
	r.key(ctx, st, c)
	err = r.compare(ctx, st, report, trusted)
	return errors.Join(err, st.Close())
}

// key tells whether the master key that lies ready opens the city's keys.
func (r *restoring) key(ctx context.Context, st *store.Store, c clock.Clock) {
	kek, err := vault.OpenKEK(r.conf.MasterKey, false)
	if err == nil {
		_, err = vault.Open(ctx, vault.Options{Store: st, KEK: kek, Clock: c})
	}
	switch {
	case errors.Is(err, vault.ErrNoKEK):
		r.say("key_missing", "path", r.conf.MasterKey)
	case err != nil:
		r.say("key_wrong", "path", r.conf.MasterKey, "error", err.Error())
	default:
		r.say("key_opens")
	}
}

// keySet is whom checkpoints are believed by: the copy's keys, and newer ones that were given and know them.
func keySet(m backup.Manifest, trusted []seal.KeySet) (seal.KeySet, error) {
	out, err := seal.ParseKeySet(m.Keys)
	if err != nil {
		return out, err
	}
	for _, set := range trusted {
		for _, key := range set.Keys {
			if _, known := out.Find(key.ID); !known {
				out.Keys = append(out.Keys, key)
			}
		}
	}
	return out, nil
}

var errForked = errors.New("restore: the restored public log is another history than the published one")

// compare compares the restored log with what is known outside and tells what was lost.
func (r *restoring) compare(ctx context.Context, st *store.Store, report backup.Report, trusted []seal.KeySet) error {
	keys, err := keySet(report.Manifest, trusted)
	if err != nil {
		return err
	}
	found, until, err := r.known(ctx, st, keys)
	if err != nil {
		r.say("outside")
		return err
	}
	switch {
	case found.Outside.Size == 0:
		r.say("nothing_known", "size", number(found.Database.Size))
	case found.Forked():
		r.say("forked", "from", number(found.From), "size", number(found.Outside.Size))
	case len(found.Missing) == 0 && found.More == 0:
		r.say("nothing_lost", "size", number(found.Database.Size), "outside", number(found.Outside.Size))
	}
	if err := r.lost(found, report.Manifest.Taken, until); err != nil {
		return err
	}
	if found.Forked() {
		return errForked
	}
	r.erasures(report.Manifest.Taken)
	r.say("ready")
	return nil
}

// erasures says whether the list of who was erased lies ready. Without it a copy brings back, with their keys, those who were
// erased after it was taken, and nothing in it tells who they are.
func (r *restoring) erasures(taken time.Time) {
	path, key := erasureList(r.conf), "erased_there"
	at := madeAt(path)
	if at.IsZero() {
		key = "erased_missing"
	}
	r.say(key, "path", path, "taken", taken.UTC().Format(time.RFC3339), "at", at.UTC().Format(time.RFC3339))
}

// outside is a public log as somebody else has it.
type outside struct {
	note  string // its checkpoint
	until time.Time
	read  func(ctx context.Context, path string) ([]byte, error)
	bare  bool // there is nothing but the checkpoint
}

// openOutside reads the checkpoint of a log outside: of a folder, a file, or an address. No source gives nil.
func openOutside(ctx context.Context, from string) (*outside, error) {
	if from == "" {
		return nil, nil
	}
	if strings.Contains(from, "://") {
		return openSite(ctx, from)
	}
	info, err := os.Stat(from)
	if err != nil {
		return nil, fmt.Errorf("restore: the public log outside: %w", err)
	}
	path, out := from, &outside{bare: !info.IsDir()}
	if info.IsDir() {
		path, out.read = filepath.Join(from, "checkpoint"), journal.ReadFolder(from)
	}
	note, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("restore: the public log outside: %w", err)
	}
	out.note, out.until = string(note), madeAt(path)
	return out, out.check(from)
}

func openSite(ctx context.Context, from string) (*outside, error) {
	site := &logSite{at: strings.TrimSuffix(strings.TrimRight(from, "/"), "/checkpoint")}
	note, err := site.read(ctx, "checkpoint")
	if err != nil {
		return nil, err
	}
	out := &outside{note: string(note), until: site.modified, read: site.read}
	if path, ok := journal.FirstBundle(out.note); ok {
		_, err := site.read(ctx, path)
		out.bare = err != nil // as a witness has it
	}
	return out, out.check(from)
}

func (o *outside) check(from string) error {
	if _, err := tlog.Peek(o.note); err != nil {
		return fmt.Errorf("restore: %s has no checkpoint of a public log: %w", from, err)
	}
	return nil
}

// known compares the log with what was found outside, or with the published files of the data folder, and tells until
// when what is known there goes.
func (r *restoring) known(ctx context.Context, st *store.Store, keys seal.KeySet) (journal.Comparison, time.Time, error) {
	shown := filepath.Join(r.conf.Data, "log")
	switch {
	case r.outside == nil:
		found, err := journal.Compare(ctx, st, shown, keys)
		return found, madeAt(filepath.Join(shown, "checkpoint")), err
	case r.outside.bare:
		found, err := journal.CompareCheckpoint(ctx, st, r.outside.note, keys)
		return found, r.outside.until, err
	}
	if _, err := journal.Fetch(ctx, shown, r.outside.read, journal.PublicKeys(keys)); err != nil {
		return journal.Comparison{}, r.outside.until, err
	}
	found, err := journal.Compare(ctx, st, shown, keys)
	return found, r.outside.until, err
}

// madeAt is when a file was written; the zero time when it is not there.
func madeAt(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// lost names the acts that the restored database does not have, or has at no place, and leaves the whole list in a file.
func (r *restoring) lost(found journal.Comparison, taken, until time.Time) error {
	if len(found.Missing) == 0 {
		return nil
	}
	if until.IsZero() {
		until = new(clock.System).Now()
	}
	var list strings.Builder
	lost := 0
	for _, m := range found.Missing {
		leaf := fmt.Sprintf("%x", m.Leaf[:])
		switch {
		case !m.Entry.IsZero():
			continue // the act is there; the log gives it its place again
		case m.Leaf == [32]byte{}:
			leaf = "?"
		}
		fmt.Fprintf(&list, "%d %s\n", m.Index, leaf)
		lost++
	}
	named := list.String()
	if found.More > 0 {
		fmt.Fprintf(&list, "# %d more: posad log check names them after the start\n", found.More)
	}
	path := filepath.Join(r.conf.Data, lostFile)
	if err := os.WriteFile(path, []byte(list.String()), 0o600); err != nil {
		return fmt.Errorf("restore: list of lost acts: %w", err)
	}
	r.say("lost", "count", number(found.Lost()), "from", number(found.From), "to", number(found.Outside.Size-1),
		"taken", taken.UTC().Format(time.RFC3339), "until", until.UTC().Format(time.RFC3339), "path", path)
	lines := strings.SplitAfter(named, "\n")
	for _, line := range lines[:min(lostShown, lost)] {
		fmt.Fprint(r.out, "  "+line)
	}
	if rest := found.Lost() - int64(min(lostShown, lost)); rest > 0 {
		r.say("lost_more", "count", number(rest))
	}
	if waits := int64(len(found.Missing) - lost); waits > 0 {
		r.say("waits", "count", number(waits))
	}
	switch {
	case found.Forked():
	case r.outside != nil && r.outside.bare:
		r.say("recover_bare")
	default:
		r.say("recover")
	}
	return nil
}

// logSite reads a public log by its address.
type logSite struct {
	at       string
	modified time.Time // of the file read last, if the site says so
}

// logFileMost is more than any file of a log has.
const logFileMost = 1 << 20

func (s *logSite) read(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.at+"/"+path, nil)
	if err != nil {
		return nil, fmt.Errorf("restore: the public log: %w", err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, fmt.Errorf("restore: the public log: %w", err)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, logFileMost))
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return nil, fmt.Errorf("restore: the public log: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("restore: the public log: %s/%s answers %s", s.at, path, answer.Status)
	}
	s.modified, _ = http.ParseTime(answer.Header.Get("Last-Modified")) // most sites don't say
	return body, nil
}
