package witness

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/tlog"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// book is a log of the tests: its key, its leaves, its tree at any size.
type book struct {
	origin string
	key    ed25519.PrivateKey
	leaves []tlog.Entry
	tiles  map[string][]byte
}

func newBook(origin string, seed byte, size int, history string) *book {
	b := &book{origin: origin, key: ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune(seed)), 32))), tiles: map[string][]byte{}}
	for i := range size {
		var e tlog.Entry
		copy(e[:], fmt.Sprintf("%s %d", history, i))
		b.leaves = append(b.leaves, e)
	}
	return b
}

func (b *book) public() ed25519.PublicKey { return b.key.Public().(ed25519.PublicKey) }

func (b *book) verifier(t testing.TB) string {
	t.Helper()
	key, err := tlog.VerifierKey(b.origin, b.public())
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (b *book) at(size int64) tlog.Checkpoint {
	edge, _ := new(tlog.Edge).Grow(b.leaves[:size])
	return tlog.Checkpoint{Origin: b.origin, Size: size, Root: edge.Root()}
}

func (b *book) note(t testing.TB, size int64) string {
	t.Helper()
	c := b.at(size)
	note, err := tlog.Signed(c, []tlog.Signature{{Public: b.public(), Bytes: ed25519.Sign(b.key, []byte(c.Text()))}})
	if err != nil {
		t.Fatal(err)
	}
	return note
}

// request asks to go on from the old size to the new one.
func (b *book) request(t testing.TB, old, size int64) tlog.Request {
	t.Helper()
	r := tlog.Request{Old: old, Checkpoint: b.note(t, size)}
	if old > 0 && old < size {
		_, grown := new(tlog.Edge).Grow(b.leaves[:size])
		path, _, err := tlog.Consist(b.at(size), old, func(tiles []tlog.Tile) ([][]byte, error) {
			var out [][]byte
			for _, want := range tiles {
				for _, g := range grown {
					if g.Level == want.Level && g.Number == want.Number {
						out = append(out, g.Hashes[:want.Width*32])
					}
				}
			}
			return out, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		r.Hashes = path
	}
	return r
}

// stand is a witness behind a server, which knows the log.
func stand(t testing.TB, b *book) (*Server, Known, string) {
	t.Helper()
	folder := t.TempDir()
	if _, err := Make(folder, "university.example/witness"); err != nil {
		t.Fatal(err)
	}
	if _, err := Trust(folder, b.verifier(t)); err != nil {
		t.Fatal(err)
	}
	s, err := Open(Options{Folder: folder, Clock: clock.At(start)})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, Known{s.Witness(), server.URL}, folder
}

func ask(t testing.TB, k Known, r tlog.Request) (tlog.Cosignature, Trouble, int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	c, err := NewClient(clock.At(start)).Ask(ctx, k, r)
	var refusal *Refusal
	if err != nil && !errors.As(err, &refusal) {
		t.Fatal(err)
	}
	if refusal == nil {
		return c, "", 0
	}
	return c, refusal.Trouble, refusal.Size
}

func TestAWitnessSignsOneHistory(t *testing.T) {
	t.Parallel()
	honest, fork := newBook("kitezh.example/log", 'k', 600, "one"), newBook("kitezh.example/log", 'k', 600, "two")
	_, known, folder := stand(t, honest)
	c, trouble, _ := ask(t, known, honest.request(t, 0, 5))
	if trouble != "" || !c.At.Equal(start) {
		t.Fatalf("first: %s, %+v", trouble, c)
	}
	cases := []struct {
		name string
		r    tlog.Request
		want Trouble
		size int64
	}{
		{"the same again", honest.request(t, 5, 5), "", 0},
		{"another history of the same size", fork.request(t, 5, 5), Forked, 0},
		{"another history that is longer", fork.request(t, 5, 300), Forked, 0},
		{"as if nothing had been", fork.request(t, 0, 300), Elsewhere, 5},
		{"back", honest.request(t, 0, 3), Elsewhere, 5},
		{"on", honest.request(t, 5, 300), "", 0},
		{"from a size that is past", honest.request(t, 5, 600), Elsewhere, 300},
		{"a strange log", newBook("other.example/log", 'k', 5, "one").request(t, 0, 5), UnknownLog, 0},
		{"a strange key", newBook("kitezh.example/log", 'x', 500, "one").request(t, 300, 400), UnknownKey, 0},
		{"an old size beyond", tlog.Request{Old: 700, Checkpoint: honest.note(t, 600)}, Strange, 0},
		{"a proof from nothing", tlog.Request{Old: 0, Hashes: []tlog.Hash{{1}}, Checkpoint: honest.note(t, 600)}, Elsewhere, 300},
		{"a proof too many", tlog.Request{Old: 300, Hashes: []tlog.Hash{{1}}, Checkpoint: honest.note(t, 300)}, Forked, 0},
	}
	for _, test := range cases {
		if _, got, size := ask(t, known, test.r); got != test.want || size != test.size {
			t.Errorf("%s: %q at %d, want %q at %d", test.name, got, size, test.want, test.size)
		}
	}
	if kept, err := os.ReadFile(logPath(folder, honest.origin) + ".fork"); err != nil || !strings.Contains(string(kept), fork.note(t, 5)) {
		t.Errorf("the proof of two histories: %v", err)
	}
}

// TestAWitnessOutlivesItself: what was kept before an end is known after it; a key of the log may come while it runs.
func TestAWitnessOutlivesItself(t *testing.T) {
	t.Parallel()
	b := newBook("kitezh.example/log", 'k', 50, "one")
	folder := t.TempDir()
	if _, err := Open(Options{Folder: folder}); !errors.Is(err, ErrNoKey) {
		t.Errorf("without a key: %v", err)
	}
	w, err := Make(folder, "university.example/witness")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Make(folder, "other"); !errors.Is(err, ErrHasKey) {
		t.Errorf("a second key: %v", err)
	}
	s, err := Open(Options{Folder: folder, Clock: clock.At(start)})
	if err != nil || s.Witness().Key() != w.Key() {
		t.Fatal(err)
	}
	if _, err := Open(Options{Folder: folder}); !errors.Is(err, ErrInUse) {
		t.Errorf("a second process: %v", err)
	}
	if got := s.add(b.request(t, 0, 5).Text()); got.status != http.StatusNotFound {
		t.Errorf("before it was trusted: %+v", got)
	}
	for _, key := range []string{newBook(b.origin, 'n', 0, "").verifier(t), b.verifier(t), b.verifier(t)} {
		if _, err := Trust(folder, key); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.add(b.request(t, 0, 5).Text()); got.status != http.StatusOK {
		t.Errorf("after: %+v", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err = Open(Options{Folder: folder, Clock: clock.At(start)})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.add(b.request(t, 0, 6).Text()); got.status != http.StatusConflict || got.body != "5\n" || got.kind != sizeKind {
		t.Errorf("after it came again: %+v", got)
	}
	// Its file of state is gone: nothing is signed, and it does not begin.
	if err := os.Remove(logPath(folder, b.origin) + ".state"); err != nil {
		t.Fatal(err)
	}
	if got := s.add(b.request(t, 0, 6).Text()); got.status != http.StatusInternalServerError {
		t.Errorf("without its state: %+v", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Folder: folder}); !errors.Is(err, ErrStateLost) {
		t.Errorf("opened without its state: %v", err)
	}
	if _, err := Trust(folder, b.verifier(t)); err != nil {
		t.Errorf("trust: %v", err)
	}
	if _, err := os.Stat(logPath(folder, b.origin) + ".state"); err == nil {
		t.Error("trust made a state anew for a log that was known")
	}
}

func TestPeopleSeeWhatAWitnessSigned(t *testing.T) {
	t.Parallel()
	b := newBook("kitezh.example/log", 'k', 5, "one")
	s, known, _ := stand(t, b)
	read := func(path string) (int, string) {
		answer, err := http.Get(known.Address + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err = errors.Join(err, answer.Body.Close()); err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(body)
	}
	path := "/logs/" + logID(b.origin) + "/checkpoint"
	if status, _ := read(path); status != http.StatusNotFound {
		t.Errorf("before: %d", status)
	}
	if _, trouble, _ := ask(t, known, b.request(t, 0, 5)); trouble != "" {
		t.Fatal(trouble)
	}
	status, note := read(path)
	list, err := tlog.Cosignatures(note, []tlog.Witness{s.Witness()})
	if status != http.StatusOK || err != nil || len(list) != 1 {
		t.Errorf("%d, %v, %v", status, list, err)
	}
	if _, body := read("/"); !strings.Contains(body, path) || !strings.Contains(body, s.Witness().Key()) {
		t.Errorf("%s", body)
	}
}

// TestALyingWitness: whatever comes instead of the witness's own signature is told apart.
func TestALyingWitness(t *testing.T) {
	t.Parallel()
	b := newBook("kitezh.example/log", 'k', 9, "one")
	_, other, _ := stand(t, b)
	secret := ed25519.NewKeyFromSeed([]byte(strings.Repeat("w", 32)))
	self := tlog.Witness{Name: "w", Public: secret.Public().(ed25519.PublicKey)}
	sign := func(size int64, at time.Time) string {
		c, err := tlog.Cosign("w", secret, b.at(size).Text(), at)
		if err != nil {
			t.Fatal(err)
		}
		return c.Line
	}
	foreign, trouble, _ := ask(t, other, b.request(t, 0, 9))
	if trouble != "" {
		t.Fatal(trouble)
	}
	cases := []struct {
		name, kind, body string
		status           int
		want             Trouble
		size             int64
	}{
		{"its own", "", sign(9, start), 200, "", 0},
		{"its own among others", "", foreign.Line + sign(9, start), 200, "", 0},
		{"another's", "", foreign.Line, 200, Stranger, 0},
		{"over another checkpoint", "", sign(8, start), 200, Stranger, 0},
		{"of tomorrow", "", sign(9, start.Add(24*time.Hour)), 200, Stranger, 0},
		{"nothing", "", "", 200, Stranger, 0},
		{"no signature", "", "<html>", 200, Strange, 0},
		{"far too much", "", strings.Repeat(foreign.Line, 1000), 200, Strange, 0},
		{"a size", sizeKind, "12\n", 409, Elsewhere, 12},
		{"a size that is none", sizeKind, "-1\n", 409, Strange, 0},
		{"a size with noughts", sizeKind, "012\n", 409, Strange, 0},
		{"its size is ours", sizeKind, "4\n", 409, Forked, 0},
		{"another root", "text/plain", "no", 409, Forked, 0},
		{"no proof", "", "", 422, Forked, 0},
		{"too often", "", "", 429, Busy, 0},
		{"somewhere else", "", "", 307, Strange, 0},
		{"broken", "", "", 500, Strange, 0},
	}
	for _, test := range cases {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Location", other.Address+"/add-checkpoint")
			w.Header().Set("Content-Type", test.kind)
			w.WriteHeader(test.status)
			_, _ = io.WriteString(w, test.body)
		}))
		if _, got, size := ask(t, Known{self, server.URL}, b.request(t, 4, 9)); got != test.want || size != test.size {
			t.Errorf("%s: %q at %d, want %q at %d", test.name, got, size, test.want, test.size)
		}
		server.Close()
	}
	if _, got, _ := ask(t, Known{self, "http://127.0.0.1:1"}, b.request(t, 4, 9)); got != Silent {
		t.Errorf("nobody there: %q", got)
	}
}

// TestKilledBetweenKeepingAndAnswering: the witness has kept the checkpoint and dies before it answers. The log asks
// again, is told the size, and gets its signature; another history gets none.
func TestKilledBetweenKeepingAndAnswering(t *testing.T) {
	t.Parallel()
	b, fork := newBook("kitezh.example/log", 'k', 9, "one"), newBook("kitezh.example/log", 'k', 9, "two")
	folder := t.TempDir()
	if _, err := Make(folder, "university.example/witness"); err != nil {
		t.Fatal(err)
	}
	if _, err := Trust(folder, b.verifier(t)); err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
	child.Env = append(os.Environ(), "POSAD_WITNESS_FOLDER="+folder, "POSAD_WITNESS_REQUEST="+b.request(t, 0, 9).Text())
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "kept\n" {
		t.Fatalf("%q, %v", line, err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed

	s, err := Open(Options{Folder: folder, Clock: clock.At(start)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }() // nothing is signed any more
	for _, step := range []struct {
		r      tlog.Request
		status int
	}{{fork.request(t, 0, 9), 409}, {fork.request(t, 9, 9), 409}, {b.request(t, 0, 9), 409}, {b.request(t, 9, 9), 200}} {
		if got := s.add(step.r.Text()); got.status != step.status {
			t.Errorf("%+v, want %d", got, step.status)
		}
	}
}

// TestChild is the witness that is killed; by itself it does nothing.
func TestChild(t *testing.T) {
	folder := os.Getenv("POSAD_WITNESS_FOLDER")
	if folder == "" {
		t.Skip("the child of another test")
	}
	s, err := Open(Options{Folder: folder, Clock: clock.At(start)})
	if err != nil {
		t.Fatal(err)
	}
	s.persisted = func() {
		fmt.Println("kept")
		time.Sleep(time.Minute) // until it is killed
	}
	t.Log(s.add(os.Getenv("POSAD_WITNESS_REQUEST")))
}

func FuzzAdd(f *testing.F) {
	b := newBook("kitezh.example/log", 'k', 9, "one")
	folder := f.TempDir()
	if _, err := Make(folder, "w"); err != nil {
		f.Fatal(err)
	}
	if _, err := Trust(folder, b.verifier(f)); err != nil {
		f.Fatal(err)
	}
	s, err := Open(Options{Folder: folder, Clock: clock.At(start)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b.request(f, 0, 5).Text())
	f.Add(b.request(f, 5, 9).Text())
	f.Fuzz(func(t *testing.T, body string) {
		_, before, _, err := readLog(folder, b.origin)
		if err != nil {
			t.Fatal(err)
		}
		got := s.add(body)
		_, after, _, err := readLog(folder, b.origin)
		if err != nil || after.Size < before.Size || after.Size > before.Size && got.status != http.StatusOK {
			t.Fatalf("%v → %v, %d, %v", before, after, got.status, err)
		}
	})
}
