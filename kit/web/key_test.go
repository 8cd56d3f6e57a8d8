package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/id"
)

// keyring is a few keys in memory.
type keyring struct {
	keys    map[string]Key
	touched int
}

func (k *keyring) Find(_ context.Context, shown string, from netip.Addr) (Key, error) {
	key, ok := k.keys[shown]
	if !ok || !from.IsLoopback() {
		return Key{}, ErrNoKey
	}
	return key, nil
}

func (k *keyring) Touch(context.Context, Key, time.Time) { k.touched++ }

type seenBy struct {
	Kind, Agency, Key string
	Test              bool
	Act               string
}

// bills is an edge where officials and programs of an agency read and make bills.
func bills(t *testing.T) (*city, *keyring) {
	ring := &keyring{keys: map[string]Key{
		"posad_live_reads":  {ID: id.Derived("key", "1"), Agency: agency, Scopes: []string{"bills:read"}},
		"posad_live_writes": {ID: id.Derived("key", "2"), Agency: agency, Scopes: []string{"bills:read", "bills:write"}, PerMinute: 20},
		"posad_test_writes": {ID: id.Derived("key", "3"), Agency: agency, Scopes: []string{"bills:read", "bills:write"}, Test: true},
		"posad_live_other":  {ID: id.Derived("key", "4"), Agency: id.Derived("agency", "other"), Scopes: []string{"bills:read", "bills:write"}},
	}}
	kept := &memoryAnswers{calls: map[Call]Answer{}}
	y := newCity(t, func(_ *Config, d *Deps) { d.Keys, d.Answers = ring, kept }, func(s *Server) {
		read := s.Operation(act.Operation{Name: "bill.read", Object: "bill", May: act.SameAgency | act.OwnProgram, Key: "bills:read"})
		s.API(read, "GET /api/v1/bills/{id}", func(c *Context) error {
			if err := c.May(act.Object{Kind: "bill", Agency: agency, Test: c.Path("id") == "trial"}); err != nil {
				return err
			}
			a := c.Act()
			return c.JSON(http.StatusOK, seenBy{string(a.Actor.Kind), a.Actor.Agency.String(), a.Key.String(), a.Test, a.ID.String()})
		}, Describe{Summary: "A bill", Out: seenBy{}})
		put := s.Operation(act.Operation{Name: "bill.put", May: act.SameAgency | act.OwnProgram, Key: "bills:write", Changes: true})
		s.API(put, "POST /api/v1/bills", func(c *Context) error {
			return c.JSON(http.StatusOK, seenBy{Act: c.Act().ID.String()})
		}, Describe{Summary: "Make a bill", Out: seenBy{}})
		people := s.Operation(act.Operation{Name: "bill.people", May: act.SameAgency})
		s.API(people, "GET /api/v1/people", func(c *Context) error { return c.JSON(http.StatusOK, seenBy{}) }, Describe{Summary: "People", Out: seenBy{}})
		s.API(s.Operation(open("bill.news")), "GET /api/v1/news", func(c *Context) error { return c.JSON(http.StatusOK, seenBy{}) }, Describe{Summary: "News", Out: seenBy{}})
		s.Page(read, "GET /bills", func(c *Context) error { return c.Render(text("bills")) })
	})
	return y, ring
}

// memoryAnswers keeps answers without leases.
type memoryAnswers struct{ calls map[Call]Answer }

func (m *memoryAnswers) Begin(_ context.Context, call Call, _ time.Duration) (CallState, Answer, error) {
	answer, ok := m.calls[call]
	if ok {
		return CallAnswered, answer, nil
	}
	return CallFresh, Answer{}, nil
}

func (m *memoryAnswers) Finish(_ context.Context, call Call, a Answer) error {
	m.calls[call] = a
	return nil
}

func (m *memoryAnswers) Drop(context.Context, Call) error { return nil }

func TestAProgramMayWhatItsKeyIsFor(t *testing.T) {
	t.Parallel()
	y, ring := bills(t)
	for _, one := range []struct {
		method, path, key string
		want              int
	}{
		{"GET", "/api/v1/bills/1", "posad_live_reads", 200},
		{"GET", "/api/v1/bills/1", "posad_live_writes", 200},
		{"GET", "/api/v1/bills/1", "posad_live_other", 404},  // another agency's
		{"GET", "/api/v1/bills/1", "posad_test_writes", 404}, // what is real is not there for the sandbox
		{"GET", "/api/v1/bills/trial", "posad_test_writes", 200},
		{"GET", "/api/v1/bills/trial", "posad_live_writes", 404},
		{"GET", "/api/v1/bills/1", "posad_live_nobodys", 401},
		{"POST", "/api/v1/bills", "posad_live_reads", 403}, // not for writing
		{"POST", "/api/v1/bills", "posad_live_writes", 200},
		{"GET", "/api/v1/people", "posad_live_writes", 403}, // for people alone, though of the same agency
		{"GET", "/api/v1/news", "posad_live_writes", 403},   // open to all, but not by a key
		{"GET", "/bills", "posad_live_writes", 303},         // pages know no keys
	} {
		body := ""
		if one.method == "POST" {
			body = "{}"
		}
		got := y.browser("").send(one.method, one.path, "application/json", body, with("Authorization", "Bearer "+one.key), with("Sec-Fetch-Site", ""))
		if got.StatusCode != one.want {
			t.Errorf("%s %s with %s: %d, want %d: %.200s", one.method, one.path, one.key, got.StatusCode, one.want, got.body)
		}
	}
	if ring.touched == 0 {
		t.Error("the use of a key was not noted")
	}
}

func TestAProgramIsItsAgencysAndNoPerson(t *testing.T) {
	t.Parallel()
	y, _ := bills(t)
	got := y.browser("").get("/api/v1/bills/trial", with("Authorization", "Bearer posad_test_writes"))
	wantStatus(t, got, 200)
	var who seenBy
	decodeBody(t, got, &who)
	if who.Kind != "program" || who.Agency != agency.String() || who.Key != id.Derived("key", "3").String() || !who.Test {
		t.Errorf("the act is by %+v", who)
	}
}

func TestARepeatOfAProgramComesUnderAnyKeyOfItsHand(t *testing.T) {
	t.Parallel()
	y, ring := bills(t)
	ring.keys["posad_live_rotated"] = Key{ID: id.Derived("key", "5"), Agency: agency, Scopes: []string{"bills:write"}}
	post := func(key string) (string, string) {
		got := y.browser("").json("POST", "/api/v1/bills", "{}", with("Authorization", "Bearer "+key), with(HeaderRepeat, "n1"))
		wantStatus(t, got, 200)
		var who seenBy
		decodeBody(t, got, &who)
		return who.Act, got.Header.Get("Idempotency-Replayed")
	}
	first, _ := post("posad_live_writes")
	if again, replayed := post("posad_live_rotated"); again != first || replayed != "true" {
		t.Error("the next key of the same agency got another answer to the same call")
	}
	if trial, replayed := post("posad_test_writes"); trial == first || replayed != "" {
		t.Error("the sandbox got the answer to a real call")
	}
	if other, replayed := post("posad_live_other"); other == first || replayed != "" {
		t.Error("another agency got the answer")
	}
}

func TestAKeyHasARateOfItsOwn(t *testing.T) {
	t.Parallel()
	y, _ := bills(t)
	last := 0
	for range 12 { // 20 a minute hold 10 at once
		last = y.browser("").get("/api/v1/bills/1", with("Authorization", "Bearer posad_live_writes")).StatusCode
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the twelfth call of a key with 20 a minute: %d", last)
	}
}

func decodeBody(t *testing.T, got reply, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(got.body), into); err != nil {
		t.Fatal(err)
	}
}

// TestAProgramsRateIsItsOwn: an agency's server has one address, which its key's rate may be far above of; who guesses keys
// has what any address has.
func TestAProgramsRateIsItsOwn(t *testing.T) {
	t.Parallel()
	y, ring := bills(t)
	ring.keys["posad_live_busy"] = Key{ID: id.Derived("key", "6"), Agency: agency, Scopes: []string{"bills:read"}, PerMinute: KeyRateMost}
	y.server.conf.PerAddress = 20
	passed := func(key string, calls int) int {
		n := 0
		for range calls {
			if y.browser("").get("/api/v1/bills/1", with("Authorization", "Bearer "+key)).StatusCode != http.StatusTooManyRequests {
				n++
			}
		}
		return n
	}
	if n := passed("posad_live_busy", 200); n != 200 {
		t.Errorf("%d calls of 200 passed with a key of %d a minute", n, KeyRateMost)
	}
	if n := passed("posad_live_writes", 50); n != 10 {
		t.Errorf("%d calls of 50 passed with a key of 20 a minute, want its 10 at once", n)
	}
	if n := passed("posad_live_guess", 50); n != 10 {
		t.Errorf("%d guesses of 50 passed from one address, want 10 at once", n)
	}
	if n := passed("posad_live_busy", 1); n != 1 {
		t.Error("guesses from the same address stopped a program")
	}
}
