package breached

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestLeakedPasswordsAreKnown(t *testing.T) {
	t.Parallel()
	for _, password := range []string{"password1", "PassWord1", "1q2w3e4r", "iloveyou1", "qwertyuiop", "йцукенгшщз", "зфыыцщкв1", "starwars"} {
		if !Leaked(password) {
			t.Errorf("%q is on every list", password)
		}
	}
	for _, password := range []string{"синий-трактор-едет-в-лес", "korova 17 na lugu", "Kitezh-ushel-pod-vodu", ""} {
		if Leaked(password) {
			t.Errorf("%q has leaked nowhere", password)
		}
	}
}

// The filter is seldom wrong: of random passwords hardly one is refused.
func TestRandomPasswordsPass(t *testing.T) {
	t.Parallel()
	wrong := 0
	rapid.Check(t, func(t *rapid.T) {
		if Leaked(rapid.StringMatching(`[a-zа-я0-9 -]{20,40}`).Draw(t, "password")) {
			wrong++
		}
	})
	if wrong > 1 {
		t.Errorf("%d of 100 random passwords are called leaked", wrong)
	}
}

func FuzzLeaked(f *testing.F) {
	f.Add("password1")
	f.Fuzz(func(t *testing.T, password string) {
		if Leaked(password) != Leaked(strings.ToUpper(strings.ToLower(password))) && strings.ToLower(strings.ToUpper(password)) == strings.ToLower(password) {
			t.Errorf("%q depends on its letter case", password)
		}
	})
}
