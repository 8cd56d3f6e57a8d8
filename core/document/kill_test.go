package document

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posad.city/core/document/internal/store"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// The server is killed while a file comes, again and again, by the system and without a word. What it had acknowledged is
// there when it comes back, and in the end the file is there once and whole.

const (
	killFolder = "POSAD_TEST_KILL" // folder of the child's data
	killBytes  = 400_000
)

func TestAKilledServerLosesNothingThatItAcknowledged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "kek"), []byte(vault.NewKEKText()), 0o600); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(7, 7))
	acknowledged, kills := int64(0), 0
	for range 60 {
		killed, at, said := runChild(t, dir, acknowledged, random.IntN(9))
		acknowledged = max(acknowledged, at)
		if killed {
			kills++
			continue
		}
		want := fmt.Sprintf("done 1 %x", sha256.Sum256(bigPDF(killBytes, 9)))
		if said != want {
			t.Fatalf("after %d kills: %q, not %q", kills, said, want)
		}
		if kills < 3 {
			t.Fatalf("only %d kills", kills)
		}
		return
	}
	t.Fatalf("it does not end: %d bytes after %d kills", acknowledged, kills)
}

// runChild lets a child go on until it has acknowledged some parts, and kills it; or until it is done.
func runChild(t *testing.T, dir string, acknowledged int64, parts int) (bool, int64, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChildThatIsKilled$", "-test.v")
	cmd.Env = append(os.Environ(), killFolder+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var wrong bytes.Buffer
	cmd.Stderr = &wrong
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = cmd.Process.Kill(), cmd.Wait() }()
	at := int64(-1)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := lines.Text()
		var now int64
		switch {
		case strings.HasPrefix(line, "done "):
			return false, at, line
		case strings.Contains(line, "FAIL"), strings.HasPrefix(line, "    "):
			t.Fatalf("the child: %s\n%s", line, &wrong)
		}
		if _, err := fmt.Sscanf(line, "there %d", &now); err == nil && now < acknowledged {
			t.Fatalf("%d bytes were acknowledged and %d are there", acknowledged, now)
		}
		if _, err := fmt.Sscanf(line, "took %d", &now); err == nil {
			at = now
			if parts--; parts < 0 {
				return true, at, "" // killed by the deferred call, in the middle of whatever it does now
			}
		}
	}
	t.Fatalf("the child ended by itself: %s", &wrong)
	return false, 0, ""
}

// TestChildThatIsKilled is the server of the test above; by itself it does nothing.
func TestChildThatIsKilled(t *testing.T) {
	dir := os.Getenv(killFolder)
	if dir == "" {
		t.Skip("only as a child of another test")
	}
	c := clock.At(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))
	s := must[*store.Store](t)(store.Open(t.Context(), store.Options{Dir: filepath.Join(dir, "db"), Clock: c}, needs...))
	r := newRigAt(t, s, c, filepath.Join(dir, "blobs"), string(must[[]byte](t)(os.ReadFile(filepath.Join(dir, "kek")))))
	r.receives()
	data := bigPDF(killBytes, 9)
	which := r.childsSending(t)
	for random := rand.New(rand.NewPCG(uint64(os.Getpid()), 1)); ; { //nolint:gosec // any seed does
		one := must[*sending](t)(r.sending(t.Context(), anna, which))
		if one.Done {
			fmt.Printf("done %d %x\n", len(must[[]File](t)(r.Files(t.Context(), own, anna, caseID))), sha256.Sum256(r.whole(t)))
			return
		}
		at := one.offset()
		fmt.Printf("there %d\n", at)
		if one.Received == one.Length {
			if err := r.stepBack(t.Context(), one); err != nil {
				t.Fatal(err)
			}
		}
		end := min(at+1+random.Int64N(30_000), killBytes)
		if err := r.take(t.Context(), one, bytes.NewReader(data[at:end])); err != nil {
			t.Fatal(err)
		}
		if one.Received == one.Length {
			if err := r.deliver(t.Context(), own, one); err != nil {
				t.Fatal(err)
			}
		}
		fmt.Printf("took %d\n", one.Received)
	}
}

// childsSending is the sending that an earlier child has begun, or a new one.
func (r *rig) childsSending(t *testing.T) id.ID {
	t.Helper()
	var which id.ID
	err := r.base.Store.Look(t.Context(), own, "test", func(p *store.Personal) error {
		rows, err := documentdb.SendingsOf(p, anna, 1)
		if len(rows) > 0 {
			which = rows[0].ID
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if which.IsZero() {
		which = must[id.ID](t)(r.beginSending(context.Background(), own, caseID, "proof", "договор.pdf", killBytes, Wanted{Holder: anna, MaxBytes: 5 << 20}))
	}
	return which
}
