package vault

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestKEKFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	if _, err := OpenKEK(path, false); !errors.Is(err, ErrNoKEK) {
		t.Fatalf("a missing file: %v", err)
	}
	made, err := OpenKEK(path, true)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	again, err := OpenKEK(path, true)
	if err != nil || again.keys[0].id != made.keys[0].id {
		t.Errorf("the second time it is another key: %v", err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKEK(path, false); !errors.Is(err, ErrKEKOpen) {
		t.Errorf("readable by the group: %v", err)
	}
}

func TestParseKEK(t *testing.T) {
	t.Parallel()
	one, two := NewKEKText(), NewKEKText()
	k, err := ParseKEK("# a note\n\n" + one + "\r\n  " + two)
	if err != nil || len(k.keys) != 2 {
		t.Fatalf("%v", err)
	}
	for _, bad := range []string{"", "# nothing", "x", kekPrefix, one[:len(one)-1], one + "A", one + "\nx", strings.ToUpper(one)} {
		_, err := ParseKEK(bad)
		if !errors.Is(err, ErrKEKForm) {
			t.Errorf("ParseKEK(%q): %v", bad, err)
		}
		if err != nil && len(bad) > 20 && strings.Contains(err.Error(), bad[20:]) {
			t.Errorf("the error shows the key")
		}
	}
}

func FuzzParseKEK(f *testing.F) {
	f.Add(NewKEKText())
	f.Add("posad-master-key-1:\n")
	f.Fuzz(func(t *testing.T, text string) {
		if k, err := ParseKEK(text); (err == nil) != (k != nil) {
			t.Errorf("%v, %v", k, err)
		}
	})
}
