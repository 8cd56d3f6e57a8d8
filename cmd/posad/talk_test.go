package main

import (
	"encoding/json"
	"mime"
	"mime/multipart"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posad.city/city/kitezh"
)

// talks runs posad talk over a pipe, as a program without a terminal does.
func talks(t *testing.T, input string, args ...string) (string, error) {
	t.Helper()
	cmd := posad(t, append([]string{"talk"}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if strings.ContainsAny(string(out), "\x1b\r") {
		t.Errorf("terminal codes over a pipe: %q", out)
	}
	return string(out), err
}

// kitezhFolder is the demo city's folder on the disk.
func kitezhFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "city")
	if err := os.CopyFS(dir, kitezh.Files()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestTalkTriesAServiceWithoutAServer(t *testing.T) {
	t.Parallel()
	dir := kitezhFolder(t)
	out, err := talks(t, "да\n1\n1 декабря 2026\nнет\nда\nда\n", "parking-permit", "--try", dir, "--lang", "ru")
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_, sent, found := strings.Cut(out, "Город получил бы:")
	var got struct {
		Service string
		Answers map[string]any
	}
	if err := json.Unmarshal([]byte(sent), &got); !found || err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got.Service != "parking-permit" || got.Answers["starts"] != "2026-12-01" || got.Answers["second"] == nil {
		t.Errorf("%v", got)
	}
	if out, err := talks(t, "yes\nstop\n", "parking-permit", "--try", dir, "--lang", "en"); err != nil || !strings.Contains(out, "would keep") {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := talks(t, "yes\n", "parking-permit", "--try", dir, "--lang", "en"); err == nil || !strings.Contains(out, "cut off") {
		t.Errorf("an input that ends is no sending: %v: %s", err, out)
	}
	wants(t, 1, []string{`no service "nonsense"`}, "talk", "nonsense", "--try", dir)
	wants(t, 1, []string{`no example "nobody"`}, "talk", "parking-permit", "--try", dir, "--as", "nobody")
	wants(t, 1, []string{"--address URL or --try DIR"}, "talk", "parking-permit")
}

func TestAFileIsSentByItsPath(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "договор.pdf")
	if err := os.WriteFile(path, []byte("%PDF-1.7"), 0o600); err != nil {
		t.Fatal(err)
	}
	body, kind, err := fileForm("contract", path)
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(kind)
	if err != nil {
		t.Fatal(err)
	}
	got, err := multipart.NewReader(body, params["boundary"]).ReadForm(1 << 20)
	if err != nil || got.Value["field"][0] != "contract" || got.File["file"][0].Filename != "договор.pdf" || got.File["file"][0].Size != 8 {
		t.Errorf("%v %+v", err, got)
	}
	if _, _, err := fileForm("contract", filepath.Dir(path)); err == nil {
		t.Error("a folder was taken for a file")
	}
}
