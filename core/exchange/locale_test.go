package exchange

import (
	"testing"

	"posad.city/kit/lang"
)

// Every trouble has its words wherever one can be met.
func TestEveryTroubleHasWords(t *testing.T) {
	t.Parallel()
	texts, err := lang.Load(New(Deps{}).Locales())
	if err != nil {
		t.Fatal(err)
	}
	for _, trouble := range []Trouble{Silent, Refused, WrongSchema, NotFound, Breaker, Absent, Closed} {
		for _, key := range []string{"exchange.failed.", "exchange.trouble."} {
			if !texts.Has(key + string(trouble)) {
				t.Errorf("no %s%s", key, trouble)
			}
		}
	}
	for _, trouble := range []Trouble{Silent, WrongSchema, Breaker} { // with these one waits
		if !texts.Has("exchange.waits." + string(trouble)) {
			t.Errorf("no exchange.waits.%s", trouble)
		}
	}
	for _, state := range []State{Asked, Known, Failed} {
		if !texts.Has("exchange.state." + string(state)) {
			t.Errorf("no exchange.state.%s", state)
		}
	}
}
