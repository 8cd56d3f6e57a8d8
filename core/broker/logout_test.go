package broker

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"posad.city/core/broker/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// entries counts the entries of a subject.
func (r *rig) entries(t *testing.T, subject string) int {
	t.Helper()
	n := 0
	err := r.base.Store.Read(t.Context(), func(s *store.Snapshot) error {
		rows, err := brokerdb.EntriesByMark(s, r.marks(r.deps.Providers[0].Issuer, "", subject)[0], 100)
		n = len(rows)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// actOf is the act of a person in one of their open sessions.
func (r *rig) actOf(t *testing.T, person id.ID) act.Act {
	t.Helper()
	a := act.Act{ID: id.New(r.clock.Now()), Actor: act.Actor{Kind: act.Person, Person: person}, Holder: person, Assurance: act.Basic, Channel: act.Web}
	sessions, err := r.accounts.SessionsOf(t.Context(), a, person)
	if err != nil || len(sessions) == 0 {
		t.Fatal(sessions, err)
	}
	a.Session = sessions[0].ID
	return a
}

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// goodbye is a logout token's claims.
func (l *liar) goodbye() map[string]any {
	return map[string]any{
		"iss": l.server.URL, "aud": "city", "iat": l.clock.Now().Unix(), "exp": l.clock.Now().Add(time.Minute).Unix(), "jti": random(),
		"sid": "session-of-anna", "sub": "anna", "events": map[string]any{logoutEvent: map[string]any{}},
	}
}

func TestAProviderEndsWhatItBegan(t *testing.T) {
	t.Parallel()
	onBoth(t, nil, func(t *testing.T, r *rig, l *liar) {
		r.person(t, "anna", anna(act.Standard))
		usual := r.browser(t)
		usual.signIn("anna")
		usual.connect(l).want(t, http.StatusOK)
		enter := func(sid string) *browser {
			l.claims = set("sid", sid)
			b := r.browser(t)
			b.back(l.agree(b.begin(toBank))).want(t, http.StatusOK, "112-233-445")
			return b
		}
		first := enter("one")
		r.clock.Move(entrySpan) // entries of one person are told apart by time
		second := enter("two")
		end := func(change func(map[string]any)) reply {
			claims := l.goodbye()
			change(claims)
			return r.browser(t).machine("/sign-in/provider/bank/logout", l.signed(claims, "logout+jwt"))
		}
		end(set("sid", "nobody's")).want(t, http.StatusOK)
		if first.who() == "" || second.who() == "" {
			t.Fatal("another's logout ended a session")
		}
		end(set("sid", "one")).want(t, http.StatusOK)
		if first.who() != "" || second.who() == "" || usual.who() == "" {
			t.Fatalf("after one was ended: %v %v %v", first.who() != "", second.who() != "", usual.who() != "")
		}
		third := enter("three")
		end(func(c map[string]any) { delete(c, "sid") }).want(t, http.StatusOK)
		if second.who() != "" || third.who() != "" {
			t.Error("a subject's logout left a session")
		}
		if usual.who() == "" {
			t.Error("a session of another way was ended")
		}
	})
}

func TestLogoutTokensThatLie(t *testing.T) {
	t.Parallel()
	r, l := honest(t, nil)
	r.person(t, "anna", anna(act.Standard))
	b := r.browser(t)
	b.signIn("anna")
	b.connect(l).want(t, http.StatusOK)
	in := r.browser(t)
	in.back(l.agree(in.begin(toBank))).want(t, http.StatusOK, "112-233-445")
	p := r.deps.Providers[0]
	for _, one := range []struct {
		name   string
		change func(map[string]any)
		sign   func([]byte) string
		want   refusal
	}{
		{name: "an ID token", change: func(c map[string]any) { c["nonce"] = "n" }, want: errToken},
		{name: "no event", change: func(c map[string]any) { delete(c, "events") }, want: errToken},
		{name: "no jti", change: func(c map[string]any) { delete(c, "jti") }, want: errToken},
		{name: "about nobody", change: func(c map[string]any) { delete(c, "sub"); delete(c, "sid") }, want: errToken},
		{name: "another audience", change: set("aud", "other"), want: errToken},
		{name: "another issuer", change: set("iss", "https://evil.example"), want: errToken},
		{name: "expired", change: set("exp", r.clock.Now().Add(-2*time.Minute).Unix()), want: errExpired},
		{name: "old", change: set("iat", r.clock.Now().Add(-2*time.Hour).Unix()), want: errIssued},
		{name: "from the future", change: set("iat", r.clock.Now().Add(time.Hour).Unix()), want: errIssued},
		{name: "alg none", change: func(map[string]any) {}, sign: unsigned, want: errToken},
		{name: "HS256", change: func(map[string]any) {}, sign: func(c []byte) string {
			return l.jws(jose.HS256, []byte("s3cret-of-the-city-s3cret-of-the-city"), l.kid, "JWT", c)
		}, want: errToken},
	} {
		claims := l.goodbye()
		one.change(claims)
		l.sign = one.sign
		raw := l.signed(claims, "logout+jwt")
		l.sign = nil
		if err := r.EndBy(t.Context(), p, raw); why(err, "") != one.want {
			t.Errorf("%s: %v, want %q", one.name, err, one.want)
		}
	}
	for _, raw := range []string{"", "a.b", "a.b.c", "....", strings.Repeat("a", answerMost/8+1)} {
		r.browser(t).machine("/sign-in/provider/bank/logout", raw).want(t, http.StatusBadRequest)
	}
	if in.who() == "" {
		t.Fatal("a lie ended a session")
	}
	if err := r.EndBy(t.Context(), p, l.signed(l.goodbye(), "at+jwt")); why(err, "") != errToken || in.who() == "" {
		t.Errorf("a token of another type: %v", err)
	}
	once := l.signed(l.goodbye(), "logout+jwt")
	if err := r.EndBy(t.Context(), p, once); err != nil || in.who() != "" {
		t.Fatal("the truth did not", err)
	}
	if err := r.EndBy(t.Context(), p, once); why(err, "") != errIssued {
		t.Errorf("a logout token was taken twice: %v", err)
	}
	r.browser(t).machine("/sign-in/provider/nobody/logout", once).want(t, http.StatusNotFound)
}
