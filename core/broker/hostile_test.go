package broker

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/store/storetest"
)

// TestLies has a provider lie in every way, and holds each lie to its own refusal: a sign-in that is refused for another
// reason than the lie would show nothing.
func TestLies(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, needs()...)
	var deps Deps
	var liars []*liar
	for i := range lies() {
		l := newLiar(t, c)
		liars, deps.Providers = append(liars, l), append(deps.Providers, l.provider("p"+strconv.Itoa(i)))
	}
	deps.Wait = 2 * time.Second
	r := newRig(t, s, c, deps)
	for i, lie := range lies() {
		t.Run(lie.name, func(t *testing.T) {
			t.Parallel()
			l, b := liars[i], r.browser(t)
			lie.tell(l)
			path := "/sign-in/provider/p" + strconv.Itoa(i) + "?back=/account/profile"
			var got reply
			if lie.asks {
				got = b.get(path)
			} else {
				got = b.back(l.agree(b.begin(path)))
			}
			if have, _ := r.peer(l.server.URL).state(); have != lie.want {
				t.Errorf("refused for %q, want %q: %d %s %s", have, lie.want, got.status, got.path, got.text())
			}
			want, status := "could not be checked", http.StatusForbidden
			if lie.want == errSilent {
				want, status = "does not answer now", http.StatusServiceUnavailable
			}
			got.want(t, status, want)
			if b.who() != "" {
				t.Error("a liar let somebody in")
			}
		})
	}
	t.Cleanup(func() {
		if text := r.log.String(); strings.Contains(text, "s3cret") || strings.Contains(text, annaSNILS) || strings.Contains(text, "Смирнова") || strings.Contains(text, "eyJ") {
			t.Errorf("the log tells too much: %s", text)
		}
	})
}

// honest is a rig with one provider that tells the truth.
func honest(t *testing.T, change func(*Provider)) (*rig, *liar) {
	t.Helper()
	s, c := storetest.Open(t, needs()...)
	l := newLiar(t, c)
	p := l.provider("bank")
	if change != nil {
		change(&p)
	}
	return newRig(t, s, c, Deps{Providers: []Provider{p}}), l
}

const toBank = "/sign-in/provider/bank?back=/account/profile"

func TestAnAnswerIsGoodOnceAndInItsBrowser(t *testing.T) {
	t.Parallel()
	r, l := honest(t, nil)
	b := r.browser(t)
	location := l.agree(b.begin(toBank))
	thief := r.browser(t)
	thief.begin(toBank) // has a browser name of its own
	thief.back(location).want(t, http.StatusGone, "This sign-in is over")
	first := b.back(location)
	first.want(t, http.StatusOK, "We do not know this sign-in yet")
	b.back(location).want(t, http.StatusGone, "This sign-in is over")
	thief.get(first.path).want(t, http.StatusGone, "This sign-in is over")
	thief.post("/sign-in/provider/new", "try", first.try(t)).want(t, http.StatusGone)
	b.post("/sign-in/provider/new", "try", first.try(t), "back", "/account/profile").want(t, http.StatusOK, "Смирнова")
	b.post("/sign-in/provider/new", "try", first.try(t)).want(t, http.StatusGone)
}

func TestAnAnswerComesInTime(t *testing.T) {
	t.Parallel()
	r, l := honest(t, nil)
	b := r.browser(t)
	u := b.begin(toBank)
	r.clock.Move(askedLife)
	b.back(l.agree(u)).want(t, http.StatusGone, "This sign-in is over")
	page := b.back(l.agree(b.begin(toBank)))
	r.clock.Move(foundLife)
	b.get(page.path).want(t, http.StatusGone, "This sign-in is over")
}

func TestAnAnswerOfOneProviderIsNotAnothers(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, needs()...)
	one, two := newLiar(t, c), newLiar(t, c)
	r := newRig(t, s, c, Deps{Providers: []Provider{one.provider("one"), two.provider("two")}})
	b := r.browser(t)
	location := one.agree(b.begin("/sign-in/provider/one"))
	b.back(strings.Replace(location, "/one/", "/two/", 1)).want(t, http.StatusGone, "This sign-in is over")
	if len(two.took) > 0 {
		t.Error("a code of one provider was shown to another")
	}
	b.back("http://posad.test/sign-in/provider/one/return?state=a&state=b&code=c").want(t, http.StatusGone)
	b.back("http://posad.test/sign-in/provider/nobody/return?state=a&code=c").want(t, http.StatusGone)
}

func TestTheRequestIsWhole(t *testing.T) {
	t.Parallel()
	r, l := honest(t, func(p *Provider) { p.Accepted = []string{"high"} })
	b := r.browser(t)
	u := b.begin(toBank)
	q := u.Query()
	for name, want := range map[string]string{
		"response_type": "code", "client_id": "city", "redirect_uri": "http://posad.test/sign-in/provider/bank/return", "scope": "openid profile",
		"code_challenge_method": "S256", "acr_values": "high", "tenant": "1", "prompt": "",
	} {
		if q.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	again := b.begin(toBank).Query()
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if len(q.Get(name)) != 43 || q.Get(name) == again.Get(name) {
			t.Errorf("%s is %q and then %q", name, q.Get(name), again.Get(name))
		}
	}
	b.back(l.agree(u)).want(t, http.StatusOK, "do not know this sign-in")
	r.person(t, "anna", anna(act.Basic))
	b.signIn("anna")
	if q := b.begin(toBank).Query(); q.Get("prompt") != "login" || q.Get("max_age") != "0" {
		t.Errorf("a person who is signed in is not asked anew: %v", q)
	}
}

func TestAPersonWhoIsSignedInIsAskedAnew(t *testing.T) {
	t.Parallel()
	r, l := honest(t, nil)
	r.person(t, "anna", anna(act.Basic))
	b := r.browser(t)
	b.signIn("anna")
	l.claims = set("auth_time", r.clock.Now().Add(-time.Hour).Unix())
	b.back(l.agree(b.begin(toBank))).want(t, http.StatusForbidden)
	if have, _ := r.peer(l.server.URL).state(); have != errRenewed {
		t.Errorf("refused for %q", have)
	}
}

func TestStoppedAtTheProvider(t *testing.T) {
	t.Parallel()
	r, l := honest(t, nil)
	b := r.browser(t)
	u := b.begin(toBank)
	back := "http://posad.test/sign-in/provider/bank/return?error=access_denied&iss=" + l.server.URL + "&state=" + u.Query().Get("state")
	b.back(back).want(t, http.StatusGone, "You stopped the sign-in")
}

func TestUnknownKeysAreAskedForOnceAMinute(t *testing.T) {
	t.Parallel()
	r, l := honest(t, nil)
	b := r.browser(t)
	b.back(l.agree(b.begin(toBank))).want(t, http.StatusOK)
	if l.keysRead != 1 {
		t.Fatalf("keys were read %d times", l.keysRead)
	}
	b.back(l.agree(b.begin(toBank))).want(t, http.StatusOK)
	if l.keysRead != 1 {
		t.Errorf("known keys were read again: %d", l.keysRead)
	}
	l.kid = "two" // the provider changes its key
	b.back(l.agree(b.begin(toBank))).want(t, http.StatusForbidden)
	if have, _ := r.peer(l.server.URL).state(); have != errKeysOften || l.keysRead != 1 {
		t.Errorf("refused for %q, read %d times", have, l.keysRead)
	}
	r.clock.Move(keysEvery)
	b.back(l.agree(b.begin(toBank))).want(t, http.StatusOK)
	if l.keysRead != 2 {
		t.Errorf("new keys were read %d times", l.keysRead)
	}
}

func TestASilentProviderIsLeftAlone(t *testing.T) {
	t.Parallel()
	r, l := honest(t, nil)
	asked := 0
	l.before = func(w http.ResponseWriter, _ *http.Request) bool {
		asked++
		w.WriteHeader(http.StatusBadGateway)
		return true
	}
	b := r.browser(t)
	for range silencesMost {
		b.get(toBank)
	}
	b.get(toBank).want(t, http.StatusServiceUnavailable, "does not answer now")
	if have, _ := r.peer(l.server.URL).state(); asked != silencesMost || have != errResting {
		t.Errorf("asked %d times, last trouble %q", asked, have)
	}
}

func TestMetadataOutlivesASilence(t *testing.T) {
	t.Parallel()
	r, l := honest(t, nil)
	b := r.browser(t)
	b.begin(toBank)
	r.clock.Move(metadataLife)
	l.before = at("/.well-known/openid-configuration", func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) })
	b.begin(toBank)
	l.before = nil
	l.discovery = set("issuer", "https://evil.example")
	b.get(toBank).want(t, http.StatusForbidden, "could not be checked")
}

func TestOnlyPublicAddresses(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		address string
		local   bool
		ok      bool
	}{
		{"8.8.8.8:443", false, true}, {"[2606:4700::1111]:443", false, true},
		{"127.0.0.1:443", false, false}, {"127.0.0.1:443", true, true}, {"[::1]:443", true, true}, {"[::1]:443", false, false},
		{"10.1.2.3:443", true, false}, {"192.168.1.1:443", false, false}, {"172.16.0.1:443", false, false}, {"169.254.169.254:80", true, false},
		{"100.64.0.1:443", false, false}, {"0.0.0.0:443", false, false}, {"0.1.2.3:443", false, false}, {"224.0.0.1:443", false, false},
		{"255.255.255.255:443", false, false}, {"198.18.0.1:443", false, false}, {"[::ffff:10.0.0.1]:443", false, false},
		{"[64:ff9b::a00:1]:443", false, false}, {"[2002:a00:1::]:443", false, false}, {"[fe80::1%eth0]:443", false, false}, {"[fc00::1]:443", false, false},
		{"[::]:443", true, false}, {"[::7f00:1]:443", false, false}, {"example.org:443", false, false}, {"", true, false},
	} {
		if err := checkDial(one.address, one.local); (err == nil) != one.ok {
			t.Errorf("%s (loopback allowed: %v): %v", one.address, one.local, err)
		}
	}
}

// TestLoopbackIsForTheDemo shows that a city that does not allow it talks to nobody on its own machine, however they are
// called.
func TestLoopbackIsForTheDemo(t *testing.T) {
	t.Parallel()
	c := clock.At(time.Unix(1_800_000_000, 0))
	l := newLiar(t, c)
	for _, issuer := range []string{l.server.URL, strings.Replace(l.server.URL, "127.0.0.1", "localhost", 1), strings.Replace(l.server.URL, "http:", "https:", 1)} {
		_, err := newPeer(issuer, c, false, time.Second).metadata(t.Context())
		if why(err, "") != errAddress {
			t.Errorf("%s: %v", issuer, err)
		}
		p := l.provider("bank")
		p.Issuer = issuer
		if _, err := New(Deps{Accounts: account.New(account.Deps{}), Providers: []Provider{p}}); strings.HasPrefix(issuer, "http:") && err == nil {
			t.Errorf("%s was taken from the configuration", issuer)
		}
	}
}
