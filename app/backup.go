package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"posad.city/kit/backup"
	"posad.city/kit/feed"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// BackupCommand is what an operator wants of a backup.
type BackupCommand struct {
	To    string        `json:"to"`    // absolute: a folder of copies, or a file that ends with .tar
	Keep  int           `json:"keep"`  // copies that stay in the folder; 0: all
	Share float64       `json:"share"` // of the time that is worked; 0: backupShare
	Lang  lang.Language `json:"lang"`
}

// backupShare is how much of the time a backup works by itself: the city answers in the rest, and a snapshot that is held
// for long has a price too.
const backupShare = 0.5

// Backup copies the city: in the process that runs on the data folder, or directly when none does. Lines of progress go
// to out.
func Backup(ctx context.Context, conf Config, c BackupCommand, out io.Writer) error {
	return followed(ctx, conf, "/backup", c, out, (*House).backup)
}

// backup copies the city and tells how far it is and what came of it.
func (h *House) backup(ctx context.Context, c BackupCommand, out io.Writer) error {
	if !filepath.IsAbs(c.To) {
		return fmt.Errorf("backup: %q is not an absolute path", c.To)
	}
	if err := h.apart(c.To); err != nil {
		return err
	}
	t := teller{h.Base.Texts.Text, c.Lang, out}
	made, err := h.MakeBackup(ctx, c.To, c.Keep, c.Share, t.progress)
	if err != nil {
		return err
	}
	t.made(made)
	return nil
}

func (h *House) makeOptions(to string, keep int, share float64, tell func(backup.Progress)) backup.MakeOptions {
	if share <= 0 || share > 1 {
		share = backupShare
	}
	return backup.MakeOptions{
		Store: h.Base.Store, Modules: h.schemas, Blobs: filepath.Join(h.conf.Data, "blobs"), Seal: h.Base.Seal, Clock: h.Clock,
		Program: Version, To: to, Keep: keep, Share: share, Tell: tell,
	}
}

// apart refuses a place inside the data folder: it would be lost with it.
func (h *House) apart(to string) error {
	data, err := filepath.Abs(h.conf.Data)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if within(data, to) {
		return fmt.Errorf("backup: %s is inside the data folder and would be lost with it; give another disk", to)
	}
	return nil
}

func within(dir, path string) bool {
	rest, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rest)
}

// VerifyBackup checks a copy and tells what it found. It needs no running city. The error is backup.ErrFaults when the
// copy is damaged.
func VerifyBackup(ctx context.Context, from, copyName, keys string, l lang.Language, out io.Writer) error {
	texts, err := lang.Load(own)
	if err != nil {
		return fmt.Errorf("backup: texts: %w", err)
	}
	trusted, err := trustedKeys(keys)
	if err != nil {
		return err
	}
	t := teller{texts.Text, l, out}
	report, err := backup.Verify(ctx, backup.VerifyOptions{From: from, Copy: copyName, Trusted: trusted, Tell: t.progress})
	if err != nil {
		return err
	}
	return t.report(report)
}

// ListBackups tells which copies a folder has.
func ListBackups(dir string, out io.Writer) error {
	list, err := backup.List(dir)
	if err != nil {
		return err
	}
	for _, c := range list {
		fmt.Fprintf(out, "%-24s %-9s %10d rows  %s  %8d files  %s\n", c.Name, c.Manifest.Engine, c.Manifest.Rows(), size(c.Manifest.Bytes()), c.Manifest.Files.Count, size(c.Manifest.Files.Bytes))
	}
	return nil
}

// trustedKeys reads the city's published keys; no path gives none.
func trustedKeys(path string) ([]seal.KeySet, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	set, err := seal.ParseKeySet(text)
	if err != nil {
		return nil, err
	}
	return []seal.KeySet{set}, nil
}

// teller says what goes on to an operator.
type teller struct {
	text func(lang.Language, string, ...any) string
	lang lang.Language
	out  io.Writer
}

func (t teller) say(key string, args ...any) {
	l := t.lang
	if !lang.Known(string(l)) {
		l = lang.English
	}
	fmt.Fprintln(t.out, t.text(l, "app.backup."+key, args...))
}

func (t teller) words(key string) string {
	l := t.lang
	if !lang.Known(string(l)) {
		l = lang.English
	}
	return t.text(l, "app.backup."+key)
}

func (t teller) progress(p backup.Progress) {
	left := t.words("unknown")
	if d := p.Left(); d > 0 || p.Done >= p.Total {
		left = d.Round(time.Second).String()
	}
	t.say("progress", "stage", t.words("stage_"+string(p.Stage)), "share", strconv.Itoa(int(100*p.Share())), "done", number(p.Done), "total", number(p.Total),
		"rate", number(int64(p.Rate())), "left", left, "size", size(p.Bytes), "what", p.What)
}

func (t teller) made(m backup.Made) {
	t.say("made", "name", m.Name, "taken", m.Manifest.Taken.Format(time.RFC3339), "rows", number(m.Manifest.Rows()), "size", size(m.Manifest.Bytes()),
		"files", number(m.Manifest.Files.Count), "fresh", number(m.Fresh))
	if m.Removed > 0 {
		t.say("removed", "count", number(int64(m.Removed)))
	}
	t.say("apart")
}

// report tells what a check found; its error is for a copy that is damaged.
func (t teller) report(r backup.Report) error {
	m := r.Manifest
	t.say("about", "name", r.Name, "city", m.City, "taken", m.Taken.Format(time.RFC3339), "engine", m.Engine, "program", m.Program,
		"rows", number(m.Rows()), "tables", number(int64(len(m.Tables))), "files", number(m.Files.Count))
	if m.Log != nil {
		t.say("log", "size", number(m.Log.Size), "origin", m.Log.Origin)
	}
	if r.Trusted {
		t.say("trusted")
	} else {
		t.say("untrusted")
	}
	if len(r.Faults) == 0 {
		t.say("whole")
		return nil
	}
	for _, f := range r.Faults {
		fmt.Fprintln(t.out, "  "+f.String())
	}
	if r.More > 0 {
		t.say("more", "count", number(r.More))
	}
	return backup.ErrFaults
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// size shows bytes in the unit that fits.
func size(n int64) string {
	unit, value := "B", float64(n)
	for _, next := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if value < 1024 {
			break
		}
		unit, value = next, value/1024
	}
	if unit == "B" {
		return number(n) + " B"
	}
	return strconv.FormatFloat(value, 'f', 1, 64) + " " + unit
}

// schemasOf are the schema files of the house: those of the ground and of every module.
func schemasOf(ground []store.Migrations, m *Modules) []store.Migrations {
	out := ground
	for _, one := range m.list() {
		if s := one.Schema(); s.Files != nil {
			out = append(out, s)
		}
	}
	return out
}

// groundSchemas are the schema files of what every module stands on.
func groundSchemas() []store.Migrations {
	return []store.Migrations{vault.Migrations, seal.Migrations, jobs.Migrations, feed.Migrations, journal.Migrations}
}

// Schemas are the schema files that the house's database is made of.
func (h *House) Schemas() []store.Migrations { return h.schemas }

// MakeBackup copies the city into a folder of copies or a file; see backup.MakeOptions.
func (h *House) MakeBackup(ctx context.Context, to string, keep int, share float64, tell func(backup.Progress)) (backup.Made, error) {
	return backup.Make(ctx, h.makeOptions(to, keep, share, tell))
}
