package scan_test

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // clamd's own databases name files by it
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posad.city/kit/scan"
	"posad.city/sim/clamd"
)

func start(t *testing.T, timeout time.Duration) (*clamd.Server, *scan.Clamd) {
	t.Helper()
	server, err := clamd.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	s, err := scan.New(server.Address(), timeout)
	if err != nil {
		t.Fatal(err)
	}
	return server, s
}

func TestACleanFileIsCleanAndEICARIsNot(t *testing.T) {
	t.Parallel()
	_, s := start(t, 0)
	judge(t, s)
}

// judge holds a scanner to its answers about files of many sizes, at the edges of chunks too.
func judge(t *testing.T, s scan.Scanner) {
	t.Helper()
	if err := s.Ping(t.Context()); err != nil {
		t.Fatalf("ping: %v", err)
	}
	for _, size := range []int{0, 1, 100, 64<<10 - 1, 64 << 10, 64<<10 + 1, 300_000} {
		if got, err := s.Scan(t.Context(), bytes.Repeat([]byte("a"), size)); err != nil || got.Infected {
			t.Errorf("%d clean bytes: %+v %v", size, got, err)
		}
	}
	got, err := s.Scan(t.Context(), scan.EICAR())
	if err != nil || !got.Infected || !strings.Contains(got.Signature, "Eicar") {
		t.Errorf("EICAR: %+v %v", got, err)
	}
}

func TestAScannerThatDoesNotAnswerSaysNothingOfTheFile(t *testing.T) {
	t.Parallel()
	for name, mood := range map[string]clamd.Mood{"silent": clamd.Silent, "sick": clamd.Sick, "half a reply": clamd.Half} {
		server, s := start(t, 300*time.Millisecond)
		server.Set(mood, 0)
		for _, data := range [][]byte{[]byte("clean"), scan.EICAR(), make([]byte, 1<<20)} {
			if got, err := s.Scan(t.Context(), data); !errors.Is(err, scan.ErrDown) || got.Infected {
				t.Errorf("%s: %+v %v", name, got, err)
			}
		}
		if err := s.Ping(t.Context()); !errors.Is(err, scan.ErrDown) {
			t.Errorf("%s: ping: %v", name, err)
		}
	}
	server, s := start(t, time.Second)
	server.Close()
	if _, err := s.Scan(t.Context(), nil); !errors.Is(err, scan.ErrDown) {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestAFileThatIsTooLargeForTheScannerIsSaidSo(t *testing.T) {
	t.Parallel()
	server, s := start(t, 5*time.Second)
	server.Set(clamd.Well, 1000)
	for range 5 { // the scanner closes while the stream is still being sent
		if _, err := s.Scan(t.Context(), make([]byte, 8<<20)); !errors.Is(err, scan.ErrTooLarge) && !errors.Is(err, scan.ErrDown) {
			t.Fatalf("got %v", err)
		}
	}
	if _, err := s.Scan(t.Context(), make([]byte, 1001)); !errors.Is(err, scan.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestGivingUpEndsTheQuestion(t *testing.T) {
	t.Parallel()
	server, s := start(t, time.Minute)
	server.Set(clamd.Silent, 0)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	done := make(chan error, 1)
	go func() { _, err := s.Scan(ctx, []byte("x")); done <- err }()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) || !errors.Is(err, scan.ErrDown) {
			t.Errorf("got %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it waits on")
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"127.0.0.1:3310": true, "tcp://clamav:3310": true, "/run/clamav/clamd.ctl": true, "unix:/run/clamd.ctl": true, "unix:///run/clamd.ctl": true,
		"": false, "clamav": false, ":3310": false, "unix:clamd.ctl": false, "http://clamav:3310/": false,
	} {
		if _, err := scan.New(address, 0); (err == nil) != good {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// The real one, where it is installed, with a database of a single signature, so that nothing is downloaded.
func TestARealClamd(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("clamd")
	if err != nil {
		t.Skip("clamd is not installed here: the scanner was tried against sim/clamd alone")
	}
	dir, err := os.MkdirTemp("", "clamd") // a socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	signature := fmt.Sprintf("%x:%d:Eicar-Test-Signature\n", md5.Sum(scan.EICAR()), len(scan.EICAR())) //nolint:gosec // as above
	socket, conf := filepath.Join(dir, "s"), filepath.Join(dir, "clamd.conf")
	write(t, filepath.Join(dir, "own.hdb"), signature)
	write(t, conf, "Foreground yes\nDatabaseDirectory "+dir+"\nLocalSocket "+socket+"\nStreamMaxLength 1M\nTemporaryDirectory "+dir+"\n")
	cmd := exec.Command(program, "--config-file="+conf)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() })
	waitFor(t, socket, &said)
	s, err := scan.New(socket, 30*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	judge(t, s)
	if _, err := s.Scan(t.Context(), make([]byte, 2<<20)); !errors.Is(err, scan.ErrTooLarge) && !errors.Is(err, scan.ErrDown) {
		t.Errorf("more than it takes: %v", err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func waitFor(t *testing.T, socket string, said *bytes.Buffer) {
	t.Helper()
	for range 300 {
		if line, err := net.Dial("unix", socket); err == nil {
			_ = line.Close()
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("clamd did not begin:\n%s", said)
}
