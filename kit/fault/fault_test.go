package fault

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestOfHidesWhatIsNotAFault(t *testing.T) {
	secret := errors.New("password=hunter2")
	f := Of(fmt.Errorf("case: read: %w", secret))
	if f.Kind != Internal || f.ID != "web.internal" || len(f.Params) != 0 {
		t.Errorf("an unknown error shows %+v", f)
	}
	if !errors.Is(f, secret) {
		t.Error("the log lost the cause")
	}
}

func TestOfFindsTheFaultThroughWraps(t *testing.T) {
	taken := New(Conflict, "casework.taken", "by", "И. Белова")
	got := Of(fmt.Errorf("take: %w", taken.Because(errors.New("version 3"))))
	if !errors.Is(got, taken) || got.Params["by"] != "И. Белова" || !strings.Contains(got.Error(), "version 3") {
		t.Errorf("got %v", got)
	}
	if taken.Cause != nil {
		t.Error("Because changed the original")
	}
}
