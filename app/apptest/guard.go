package apptest

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
)

// guard is a log that fails the test on every error.
type guard struct {
	t     testing.TB
	attrs string
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
	g.t.Errorf("the house logged: %s", line)
	return nil
}

// WithAttrs implements slog.Handler.
func (g *guard) WithAttrs(attrs []slog.Attr) slog.Handler {
	out := &guard{t: g.t, attrs: g.attrs}
	for _, a := range attrs {
		out.attrs += fmt.Sprintf(" %s=%v", a.Key, a.Value)
	}
	return out
}

// WithGroup implements slog.Handler.
func (g *guard) WithGroup(string) slog.Handler { return g }
