package app_test

import (
	"net/http"
	"os"
	"testing"
	"time"

	"posad.city/app/apptest"
	"posad.city/core/agency"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// lookWithin is how long another node may still show what a closed session may not see.
const lookWithin = 2 * time.Second

// What is closed on one node acts on no other from the same moment, and sees nothing there two seconds later, whether the
// other node reads the feed or not.
func TestASessionClosedOnOneNodeIsClosedOnTheOther(t *testing.T) {
	t.Parallel()
	h, other := twoNodes(t)
	for name, cut := range map[string]bool{"the feed is read": false, "the feed is not read": true} {
		anna := h.Program(h.Resident("anna"))
		there := anna.At(other)
		if got := there.Get("/api/v1/profile"); got.Status != http.StatusOK {
			t.Fatalf("%s: one session on two nodes: %d %s", name, got.Status, got.Body)
		}
		if cut {
			other.Base.Feed.Stop()
		}
		if got := anna.Send(http.MethodDelete, "/api/v1/session", nil); got.Status != http.StatusNoContent {
			t.Fatalf("%s: sign out: %d %s", name, got.Status, got.Body)
		}
		if got := there.Send(http.MethodPatch, "/api/v1/profile", map[string]string{"lang": "en"}); got.Status != http.StatusUnauthorized {
			t.Errorf("%s: an act at once: %d %s", name, got.Status, got.Body)
		}
		time.Sleep(lookWithin)
		if got := there.Get("/api/v1/profile"); got.Status != http.StatusUnauthorized {
			t.Errorf("%s: a look two seconds later: %d", name, got.Status)
		}
	}
}

func TestAMandateRevokedOnOneNodeIsRevokedOnTheOther(t *testing.T) {
	t.Parallel()
	h, other := twoNodes(t)
	anna := h.Resident("anna")
	taken, err := h.Modules.Mandate.Taken(t.Context(), anna.ID())
	h.Must(err)
	number := fileForChild(h, anna.ID(), taken[0].Giver, taken[0].ID)
	there := h.Program(anna).At(other)
	path := "/api/v1/cases/" + number
	if got := there.Get(path); got.Status != http.StatusOK {
		t.Fatalf("before: %d %s", got.Status, got.Body)
	}
	other.Base.Feed.Stop()
	h.Must(h.Base.Store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := h.Modules.Mandate.End(tx, taken[0].Giver, taken[0].ID)
		return err
	}))
	if got := there.Send(http.MethodPost, path+"/withdraw", map[string]string{}); got.Status != http.StatusNotFound {
		t.Errorf("an act at once: %d %s", got.Status, got.Body)
	}
	if got := there.Get(path); got.Status != http.StatusNotFound {
		t.Errorf("a look at once: %d", got.Status)
	}
}

// A role that is taken away takes the hat off on every node.
func TestARoleTakenAwayOnOneNodeIsGoneOnTheOther(t *testing.T) {
	t.Parallel()
	h, other := twoNodes(t)
	fomin := h.Program(h.Resident("fomin")).Wear("transport")
	there := fomin.At(other)
	if got := there.Get("/api/v1/desk/cases"); got.Status != http.StatusOK {
		t.Fatalf("before: %d %s", got.Status, got.Body)
	}
	h.Must(h.Base.Store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := h.Modules.Agency.Drop(tx, agency.ID("transport"), fomin.Person)
		return err
	}))
	time.Sleep(lookWithin)
	if got := there.Get("/api/v1/desk/cases"); got.Status != http.StatusForbidden {
		t.Errorf("after: %d", got.Status)
	}
}

func twoNodes(t *testing.T) (*apptest.House, *apptest.House) {
	t.Helper()
	if os.Getenv(storetest.PostgresEnv) == "" {
		t.Skip("two nodes need PostgreSQL: make test")
	}
	h := apptest.OpenPostgres(t)
	h.Run()
	return h, h.Node()
}
