package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type wish struct{ Words string }

// running is a data folder whose process takes commands.
func running(t *testing.T) Config {
	t.Helper()
	dir, err := os.MkdirTemp("", "posad") // the path of a socket has a hundred bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	listener, err := net.Listen("unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /echo", taken(func(_ context.Context, c wish) (string, error) {
		if c.Words == "" {
			return "", errors.New("say something")
		}
		return c.Words, nil
	}))
	mux.HandleFunc("POST /steps", following(func(_ context.Context, c wish, out io.Writer) error {
		fmt.Fprintln(out, "begun")
		if c.Words == "" {
			return errors.New("cut off")
		}
		fmt.Fprintln(out, c.Words)
		return nil
	}))
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: mux}}
	server.Start()
	t.Cleanup(server.Close)
	return Config{Data: dir}
}

// What a running process says, refuses, or fails at half-way comes to whoever gave the command.
func TestACommandToARunningProcess(t *testing.T) {
	t.Parallel()
	ctx, conf := context.Background(), running(t)
	for words, want := range map[string]string{"Добрый день": "Добрый день", "": "say something"} {
		said, err := given(ctx, conf, "/echo", wish{words}, func(*House, context.Context, wish) (string, error) { return "directly", nil })
		if got := said + told(err); got != want {
			t.Errorf("given %q: %q, want %q", words, got, want)
		}
	}
	for words, want := range map[string]string{"done": "begun\ndone\n", "": "begun\ncut off"} {
		var said strings.Builder
		err := followed(ctx, conf, "/steps", wish{words}, &said, func(*House, context.Context, wish, io.Writer) error { return errors.New("directly") })
		if got := said.String() + told(err); got != want {
			t.Errorf("followed %q: %q, want %q", words, got, want)
		}
	}
}

func told(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
