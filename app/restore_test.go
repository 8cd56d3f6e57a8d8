package app

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/tlog"
)

// restoringTo is a restore whose words go to the buffer.
func restoringTo(t *testing.T, out *bytes.Buffer) *restoring {
	t.Helper()
	texts, err := lang.Load(own, journal.Locale)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	return &restoring{conf: Config{Data: dir, MasterKey: filepath.Join(dir, "master.key")}, teller: teller{texts.Text, lang.English, out}}
}

// TestTheListOfLostActsSaysWhenItIsCut: a comparison names ten thousand of them and counts the rest.
func TestTheListOfLostActsSaysWhenItIsCut(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := restoringTo(t, &out)
	found := journal.Comparison{Outside: tlog.Checkpoint{Size: 12}, More: 7}
	for n := range 5 {
		found.Missing = append(found.Missing, journal.Missing{Index: int64(n), Leaf: tlog.Entry{byte(n + 1)}})
	}
	if err := r.lost(found, time.Time{}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile(filepath.Join(r.conf.Data, lostFile))
	if err != nil || strings.Count(string(list), "\n") != 6 || !strings.HasSuffix(string(list), "# 7 more: posad log check names them after the start\n") {
		t.Errorf("the list: %s %v", list, err)
	}
	if said := out.String(); !strings.Contains(said, "12 published acts") || !strings.Contains(said, "and 7 more") || strings.Contains(said, "# 7") {
		t.Errorf("said: %s", said)
	}
}

// TestARestoreWithoutAnErasureListSaysWhatThatMeans: a copy brings back whoever was erased after it.
func TestARestoreWithoutAnErasureListSaysWhatThatMeans(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := restoringTo(t, &out)
	r.erasures(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	if said := out.String(); !strings.Contains(said, r.conf.MasterKey+".erased") || !strings.Contains(said, "2026-11-22T09:00:00Z") || !strings.Contains(said, "come back") {
		t.Errorf("without a list: %s", said)
	}
	out.Reset()
	if err := os.WriteFile(erasureList(r.conf), []byte("# list\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.erasures(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	if said := out.String(); !strings.Contains(said, "newest") || strings.Contains(said, "is not there") {
		t.Errorf("with a list: %s", said)
	}
}
