package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"posad.city/app/apptest"
	"posad.city/city/kitezh"
)

// asProgram makes the test's own binary the program, so that nothing is built twice.
const asProgram = "POSAD_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// posad makes the program ready to run with arguments.
func posad(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "LC_ALL=C.UTF-8")
	return cmd
}

// runs runs the program to its end.
func runs(t *testing.T, args ...string) (int, string) {
	t.Helper()
	cmd := posad(t, args...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// wants checks the exit status and what was said.
func wants(t *testing.T, status int, said []string, args ...string) string {
	t.Helper()
	got, out := runs(t, args...)
	if got != status {
		t.Errorf("posad %v: exit %d, want %d: %s", args, got, status, out)
	}
	for _, text := range said {
		if !strings.Contains(out, text) {
			t.Errorf("posad %v does not say %q: %s", args, text, out)
		}
	}
	if strings.Contains(out, "goroutine ") {
		t.Errorf("posad %v panics: %s", args, out)
	}
	return out
}

func TestHelpVersionAndWrongArguments(t *testing.T) {
	t.Parallel()
	wants(t, 0, []string{"demo", "serve", "check", "publish", "verify", "version"})
	wants(t, 0, []string{"Commands:"}, "help")
	wants(t, 0, []string{"posad publish", "-data"}, "help", "publish")
	wants(t, 0, []string{"posad 0."}, "version")
	wants(t, 1, []string{`no command "nonsense"`}, "help", "nonsense")
	wants(t, 2, []string{`no command "nonsense"`, "posad help"}, "nonsense")
	wants(t, 2, []string{"-nonsense"}, "serve", "--nonsense")
	wants(t, 1, []string{"data: give a folder"}, "serve")
	wants(t, 1, []string{"name one folder"}, "check")
	wants(t, 1, []string{"no such file"}, "check", filepath.Join(t.TempDir(), "nowhere"))
}

// folder lays the demo city into a folder of the test's.
func folder(t *testing.T) string {
	t.Helper()
	out := t.TempDir()
	if err := os.CopyFS(out, withoutDemo{kitezh.Files()}); err != nil {
		t.Fatal(err)
	}
	return out
}

// withoutDemo hides the demo's people, who are no part of a city.
type withoutDemo struct{ fs.FS }

func (f withoutDemo) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(f.FS, name)
	var out []fs.DirEntry
	for _, entry := range list {
		if name != "." || entry.Name() != "demo" {
			out = append(out, entry)
		}
	}
	return out, err
}

func edit(t *testing.T, file, old, fresh string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), old, fresh, 1)
	if changed == string(text) {
		t.Fatalf("%s has no %q", file, old)
	}
	if err := os.WriteFile(file, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestCheckTellsFaultsWithTheirPlace(t *testing.T) {
	t.Parallel()
	city := folder(t)
	wants(t, 0, []string{"73 services, no faults"}, "check", city)
	edit(t, filepath.Join(city, "services", "parking-permit.yaml"), "term: 6 working days", "term: 6 purple days\nnonsense: 1")
	out := wants(t, 1, []string{"services/parking-permit.yaml:", "nonsense"}, "check", city)
	if strings.Contains(out, "no faults") {
		t.Error("it says that there are none")
	}
	wants(t, 1, []string{"services/parking-permit.yaml:"}, "publish", city, "--data", t.TempDir())
}

func TestConfigurationIsStrict(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "posad.yaml")
	for text, said := range map[string]string{
		"listen: 127.0.0.1:0\nlissten: x\n":               "[2:1]",
		"mail:\n  server: a:1\n  pasword: x\n":            "[3:3]",
		"data: [1, 2]\n":                                  "[1:7]",
		"address: nonsense\n":                             "address:",
		"listen: nonsense\n":                              "listen:",
		"database: mysql://x\n":                           "database:",
		"trusted-proxies: [nonsense]\n":                   "network",
		"zone: Nowhere/Nothing\n":                         "zone",
		"listen: 127.0.0.1:0\nmail: {server: nonsense}\n": "mail.server",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		wants(t, 1, []string{said}, "serve", "--data", t.TempDir(), "--config", file)
	}
}

// served is a running posad serve.
type served struct {
	cmd     *exec.Cmd
	address string
	errors  *bytes.Buffer
}

func serveIt(t *testing.T, data string) *served {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	s := &served{cmd: posad(t, "serve", "--data", data, "--listen", listen), errors: new(bytes.Buffer)}
	s.cmd.Stderr = s.errors
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	address, ready := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if err != nil || !ready {
		t.Fatalf("it said %q, %v: %s", line, err, s.errors)
	}
	s.address = address
	return s
}

func (s *served) stop(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.cmd.Wait() }()
	timer := time.NewTimer(30 * time.Second)
	defer timer.Stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("it did not stop cleanly: %v: %s", err, s.errors)
		}
	case <-timer.C:
		t.Errorf("it did not stop: %v", s.cmd.Process.Kill())
	}
}

// titles are what the running city's services are called.
func (s *served) titles(t *testing.T) string {
	t.Helper()
	got, err := http.Get(s.address + "/api/v1/services")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }() // it was read
	var list []struct{ Title string }
	if err := json.NewDecoder(got.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	out := ""
	for _, one := range list {
		out += one.Title + "\n"
	}
	return out
}

func TestPublishIntoAStoppedAndIntoARunningCity(t *testing.T) {
	t.Parallel()
	city, data := folder(t), t.TempDir()
	wants(t, 0, []string{"published 73 services"}, "publish", city, "--data", data)
	s := serveIt(t, data)
	if titles := s.titles(t); !strings.Contains(titles, "Разрешение на парковку жителя") {
		t.Errorf("what was published before the start is not there: %s", titles)
	}
	wants(t, 1, nil, "serve", "--data", data, "--listen", "127.0.0.1:0") // one process a folder
	edit(t, filepath.Join(city, "services", "parking-permit.yaml"), "title: {ru: Разрешение на парковку жителя", "title: {ru: Резидентное разрешение")
	wants(t, 0, []string{"published 73 services"}, "publish", city, "--data", data)
	if titles := s.titles(t); !strings.Contains(titles, "Резидентное разрешение") {
		t.Errorf("the running city does not serve what was published: %s", titles)
	}
	s.stop(t)
	again := serveIt(t, data)
	if titles := again.titles(t); !strings.Contains(titles, "Резидентное разрешение") {
		t.Errorf("the version is lost by a restart: %s", titles)
	}
	again.stop(t)
}

func TestVerifyWithTheServerOff(t *testing.T) {
	t.Parallel()
	var receipt, keys, roots string
	t.Run("a city", func(t *testing.T) { // it is off when this part ends
		h := apptest.Open(t)
		anna := h.Program(h.Resident("anna"))
		receipt, keys, roots = applied(t, h, anna), anna.Get("/.well-known/posad-keys.json").Body, anna.Get("/.well-known/posad-authority.pem").Body
	})
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, published := write("a.posad.json", receipt), write("keys.json", keys)
	wants(t, 0, []string{"Who signed it is not proved"}, "verify", good)
	wants(t, 0, []string{"The receipt is genuine"}, "verify", good, "--keys", published)
	wants(t, 1, []string{"has the keys of the city"}, "verify", good, "--keys", write("roots.pem", roots))
	wants(t, 1, nil, "verify", write("b.posad.json", receipt[:len(receipt)/2]))
	wants(t, 1, nil, "verify", write("c.posad.json", changed(receipt)), "--keys", published)
	wants(t, 1, nil, "verify", good, "--keys", write("k.json", "{}"))
	wants(t, 1, nil, "verify", filepath.Join(dir, "nowhere"))
	wants(t, 1, []string{"name one file"}, "verify")
	wants(t, 0, []string{"a city's list of public keys", "Proved:", "Not proved:", "keys of its own signed it"}, "verify", published, "--lang", "en")
	wants(t, 0, []string{"список открытых ключей", "Доказано:"}, "verify", published, "--keys", published, "--lang", "ru")
	wants(t, 1, []string{"no file of a city"}, "verify", write("note.txt", "hello"), "--lang", "en")
	wants(t, 1, []string{"k.json: "}, "verify", published, "--keys", filepath.Join(dir, "k.json"))
}

// applied sends a freight pass and gives its receipt.
func applied(t *testing.T, h *apptest.House, c *apptest.Client) string {
	t.Helper()
	var draft struct{ ID string }
	h.Must(c.Send(http.MethodPost, "/api/v1/services/freight-pass/drafts", map[string]any{}).JSON(&draft))
	c.Send(http.MethodPatch, "/api/v1/drafts/"+draft.ID, map[string]any{"answers": map[string]any{
		"acting": "person", "plate": "К505ТТ52", "to": "Паромная ул., 5, кв. 12", "day": h.Today(3), "time": "day",
	}})
	var sent struct{ Number string }
	h.Must(c.Send(http.MethodPost, "/api/v1/drafts/"+draft.ID+"/submit", map[string]any{"consent": true}).JSON(&sent))
	got := c.Get("/api/v1/cases/" + sent.Number + "/promise")
	if got.Status != http.StatusOK {
		t.Fatalf("the promise: %d %s", got.Status, got.Body)
	}
	return got.Body
}

// changed turns one digit of the receipt's time.
func changed(receipt string) string {
	at := strings.Index(receipt, "2026-")
	if at < 0 {
		at = strings.Index(receipt, "20")
	}
	return receipt[:at+3] + "1" + receipt[at+4:]
}
