package vault

import (
	"encoding/hex"
	"errors"
	"slices"
	"testing"
)

// The derivation never changes: a key that was once made of a secret is on papers.
func TestACurveKeyIsMadeOfItsSecretForGood(t *testing.T) {
	t.Parallel()
	secret := slices.Repeat([]byte{7}, 32)
	public, err := publicHalf(Papers, secret)
	if err != nil {
		t.Fatal(err)
	}
	const want = "04c8a88dfe47437f9e383c761f9e0722cb77704948fc0068ced5ce17fd13d8f08a14d13953448870608de9b722523e2bbf79302921dd5869c115124764ff083e6e"
	if got := hex.EncodeToString(public); got != want {
		t.Errorf("the public half is %s", got)
	}
	s := Secret{Purpose: Papers, Bytes: secret, Public: public}
	key, err := s.CurveKey()
	if err != nil {
		t.Fatal(err)
	}
	half, err := s.CurvePublic()
	if err != nil || !key.PublicKey.Equal(half) {
		t.Errorf("the halves are not of one key: %v", err)
	}
	s.Bytes = nil
	if _, err := s.CurveKey(); !errors.Is(err, ErrCurve) {
		t.Errorf("a retired key signs: %v", err)
	}
	if _, err := (Secret{Purpose: Seals, Bytes: secret, Public: secret}).CurveKey(); !errors.Is(err, ErrCurve) {
		t.Errorf("a key of another kind is taken: %v", err)
	}
}
