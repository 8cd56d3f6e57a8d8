package apptest

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
)

// guard is a log that fails the test on an error that was not foreseen.
type guard struct {
	foreseen *foreseen
	attrs    string
}

// foreseen are the texts of errors that a test brings about on purpose.
type foreseen struct {
	t     testing.TB
	mu    sync.Mutex
	texts []string
}

// Foresee lets errors pass whose line has the text in it, until the function that it returns is called.
func (h *House) Foresee(text string) func() {
	f := h.guard.foreseen
	f.mu.Lock()
	defer f.mu.Unlock()
	f.texts = append(f.texts, text)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.texts = slices.Delete(f.texts, slices.Index(f.texts, text), slices.Index(f.texts, text)+1)
	}
}

// Enabled implements slog.Handler.
func (g *guard) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

// Handle implements slog.Handler.
func (g *guard) Handle(_ context.Context, r slog.Record) error {
	line := r.Message + g.attrs
	r.Attrs(func(a slog.Attr) bool {
		line += fmt.Sprintf(" %s=%v", a.Key, a.Value)
		return true
	})
	f := g.foreseen
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.ContainsFunc(f.texts, func(text string) bool { return strings.Contains(line, text) }) {
		f.t.Errorf("the house logged: %s", line)
	}
	return nil
}

// WithAttrs implements slog.Handler.
func (g *guard) WithAttrs(attrs []slog.Attr) slog.Handler {
	out := &guard{foreseen: g.foreseen, attrs: g.attrs}
	for _, a := range attrs {
		out.attrs += fmt.Sprintf(" %s=%v", a.Key, a.Value)
	}
	return out
}

// WithGroup implements slog.Handler.
func (g *guard) WithGroup(string) slog.Handler { return g }
