package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// get reads a page of the running city.
func (s *served) get(t *testing.T, path string) string {
	t.Helper()
	got, err := http.Get(s.address + path)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = got.Body.Close() // it was read
	return string(body)
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestBackupOfARunningCityComesBackOnEitherEngine(t *testing.T) {
	t.Parallel()
	data, copies, file := t.TempDir(), filepath.Join(t.TempDir(), "copies"), filepath.Join(t.TempDir(), "city.tar")
	wants(t, 0, nil, "publish", smallFolder(t, ""), "--data", data)
	s := serveIt(t, data)
	keys := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(keys, []byte(s.get(t, "/.well-known/posad-keys.json")), 0o600); err != nil {
		t.Fatal(err)
	}
	wants(t, 0, []string{"rows:", "is whole and was read again", "master key"}, "backup", copies, "--data", data)
	wants(t, 0, []string{"строки:", "полна и перечитана"}, "backup", copies, "--data", data, "--keep", "1", "--lang", "ru")
	wants(t, 0, []string{"is whole"}, "backup", file, "--data", data, "--share", "1")
	wants(t, 1, []string{"inside the data folder"}, "backup", filepath.Join(data, "copies"), "--data", data)
	wants(t, 1, []string{"is there already"}, "backup", file, "--data", data)
	wants(t, 1, []string{"holds no copies"}, "backup", data+"/../", "--data", t.TempDir())
	wants(t, 1, []string{"say where to"}, "backup", "--data", data)
	if out := wants(t, 0, []string{"sqlite"}, "backup", "list", copies); strings.Count(out, "\n") != 1 {
		t.Errorf("of two copies one was to stay: %s", out)
	}
	wants(t, 0, []string{"Every file is as", "only --keys can tell"}, "backup", "verify", copies)
	wants(t, 0, []string{"signed by a key that the given keys know"}, "backup", "verify", file, "--keys", keys)
	wants(t, 1, []string{"in use by process"}, "restore", copies, "--data", data)
	s.stop(t)
	wants(t, 1, []string{"there is a city already"}, "restore", copies, "--data", data)
	t.Run("embedded", func(t *testing.T) { comesBack(t, file, data, keys) })
	if server := os.Getenv(storetest.PostgresEnv); server != "" {
		schema := storetest.Postgres(t, store.Options{}).Schema
		t.Run("postgres", func(t *testing.T) { comesBack(t, copies, data, keys, "--database", server+"&search_path="+schema) })
	}
	damaged(t, copies)
}

// comesBack restores a copy into a fresh place and looks at it.
func comesBack(t *testing.T, from, data, keys string, where ...string) {
	fresh := t.TempDir()
	with := func(args ...string) []string { return append(append(args, "--data", fresh), where...) }
	wants(t, 0, []string{"There is no master key", "Nothing is known outside", "The city is back"}, with("restore", from, "--keys", keys)...)
	wants(t, 1, []string{"there is a city already"}, with("restore", from)...)
	copyFile(t, filepath.Join(data, "master.key"), filepath.Join(fresh, "master.key"))
	wants(t, 0, nil, with("versions")...)
	wants(t, 0, []string{"journal"}, with("keys")...)
	wants(t, 0, nil, with("log", "check")...)
}

// damaged turns one byte of a part.
func damaged(t *testing.T, copies string) {
	t.Helper()
	parts, err := filepath.Glob(filepath.Join(copies, "copies", "*", "db", "city_key.0000.zst"))
	if err != nil || len(parts) != 1 {
		t.Fatalf("%v, %v", parts, err)
	}
	text, err := os.ReadFile(parts[0])
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(parts[0], text, 0o600); err != nil {
		t.Fatal(err)
	}
	said := []string{"db/city_key.0000.zst: its content was changed", "the copy is damaged"}
	wants(t, 1, said, "backup", "verify", copies)
	wants(t, 1, said, "restore", copies, "--data", t.TempDir())
}
