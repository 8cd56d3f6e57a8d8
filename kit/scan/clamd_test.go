package scan

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode"
)

func TestRepliesAreUnderstood(t *testing.T) {
	t.Parallel()
	for reply, want := range map[string]Verdict{
		"stream: OK": {}, "stream: Win.Test.EICAR_HDB-1 FOUND": {true, "Win.Test.EICAR_HDB-1"}, "stream: a FOUND FOUND": {true, "a FOUND"},
	} {
		if got, err := understand(reply); err != nil || got != want {
			t.Errorf("%q: %+v %v", reply, got, err)
		}
	}
	for reply, want := range map[string]error{
		"": ErrDown, "OK": ErrDown, "stream: ": ErrDown, "stream:  FOUND": ErrDown, "stream: ok": ErrDown, "file: OK": ErrDown,
		"stream: Can't open file or directory ERROR": ErrDown, "INSTREAM size limit exceeded. ERROR": ErrTooLarge,
	} {
		if _, err := understand(reply); !errors.Is(err, want) {
			t.Errorf("%q: %v", reply, err)
		}
	}
}

// No reply but the one that says so makes a file clean.
func FuzzReply(f *testing.F) {
	f.Add([]byte("stream: OK\x00"))
	f.Add([]byte("stream: Eicar FOUND\x00"))
	f.Add([]byte("INSTREAM size limit exceeded. ERROR\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		reply, err := readReply(bytes.NewReader(raw))
		if err != nil {
			return
		}
		got, err := understand(reply)
		if err == nil && !got.Infected && strings.TrimSpace(reply) != "stream: OK" {
			t.Errorf("%q was taken for clean", reply)
		}
		if got.Infected && (got.Signature == "" || len(got.Signature) > 120 || strings.IndexFunc(got.Signature, unicode.IsControl) >= 0) {
			t.Errorf("%q: %q", reply, got.Signature)
		}
	})
}
