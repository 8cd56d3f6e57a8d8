package broker

import (
	"bufio"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/store/storetest"
)

// independent starts a provider that nobody here wrote: oidc-provider of npm. The test is passed over where it is not
// installed (scripts/install test).
func independent(t *testing.T, client map[string]any, push bool) string {
	t.Helper()
	folder := filepath.Join("..", "..", "e2e")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "oidc-provider")); err != nil {
		t.Skip("oidc-provider is not installed: scripts/install test")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed: scripts/install test")
	}
	conf, err := json.Marshal(map[string]any{"clients": []any{client}, "push": push, "accounts": map[string]any{
		"anna": map[string]any{
			"family_name": "Смирнова", "given_name": "Анна", "middle_name": "Ивановна", "birthdate": "1986-04-05", "snils": "112-233-445 95",
			"email": "anna@bank.example", "email_verified": true,
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(node, "lib/provider.mjs", string(conf))
	cmd.Dir, cmd.Stderr = folder, t.Output()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // it ends with its input
		_ = cmd.Wait()
	})
	issuer, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(issuer)
}

const peerSecret = "a-secret-of-forty-characters-or-so-0123456789"

// withPeer is a rig whose provider is the independent one. Its clock shows the real time, as the provider's does.
func withPeer(t *testing.T, auth string, push bool) (*rig, string) {
	t.Helper()
	s, c := storetest.Open(t, needs()...)
	c.Move(new(clock.System).Now().Sub(c.Now()))
	var r *rig
	back := newForward(t, func() string { return r.server.URL })
	client := map[string]any{
		"client_id": "city", "client_secret": peerSecret, "redirect_uris": []string{"http://posad.test/sign-in/provider/peer/return"},
		"post_logout_redirect_uris": []string{"http://posad.test/sign-in/provider/peer/left"}, "token_endpoint_auth_method": auth,
		"backchannel_logout_uri": back + "/sign-in/provider/peer/logout", "backchannel_logout_session_required": true,
	}
	issuer := independent(t, client, push)
	r = newRig(t, s, c, Deps{Providers: []Provider{{
		Key: "peer", Issuer: issuer, Client: "city", Secret: peerSecret, Scopes: []string{"profile", "email", "snils"}, TitleRu: "Банк", TitleEn: "The bank",
		Level: act.Verified, Claims: StandardClaims, Registers: true, On: true,
	}}})
	return r, issuer
}

// visitor is a person's browser at the provider.
type visitor struct {
	t      *testing.T
	client *http.Client
}

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	stop := func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host == "posad.test" {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &visitor{t, &http.Client{Jar: jar, CheckRedirect: stop, Timeout: 30 * time.Second}}
}

var (
	formAction = regexp.MustCompile(`<form[^>]* action="([^"]+)"`)
	hiddenPart = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)
)

// walk goes from the address through the provider's pages, answering each of its forms, until the city is sent to.
func (v *visitor) walk(address string, answers url.Values) string {
	v.t.Helper()
	res, err := v.client.Get(address)
	for range 10 {
		if err != nil {
			v.t.Fatal(err)
		}
		body, readErr := io.ReadAll(res.Body)
		_ = res.Body.Close() // it was read to its end
		if readErr != nil {
			v.t.Fatal(readErr)
		}
		if to := res.Header.Get("Location"); strings.HasPrefix(to, "http://posad.test/") {
			return to
		}
		form := formAction.FindStringSubmatch(string(body))
		if form == nil {
			v.t.Fatalf("the provider shows %d %s", res.StatusCode, body)
		}
		values := url.Values{}
		for name, list := range answers {
			values[name] = list
		}
		for _, part := range hiddenPart.FindAllStringSubmatch(string(body), -1) {
			values.Set(part[1], html.UnescapeString(part[2]))
		}
		to, parseErr := res.Request.URL.Parse(html.UnescapeString(form[1]))
		if parseErr != nil {
			v.t.Fatal(parseErr)
		}
		res, err = v.client.PostForm(to.String(), values)
	}
	v.t.Fatal("the provider asks without end")
	return ""
}

func (v *visitor) signIn(u *url.URL) string {
	v.t.Helper()
	return v.walk(u.String(), url.Values{"login": {"anna"}, "password": {"any"}})
}

// TestWithAnIndependentProvider goes the whole way with a provider that nobody here wrote: a new person begins, signs in
// again, and the provider ends their session.
func TestWithAnIndependentProvider(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name string
		auth string
		push bool
	}{{"secret in a header", "client_secret_basic", false}, {"pushed requests alone, secret in the form", "client_secret_post", true}} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			r, _ := withPeer(t, one.auth, one.push)
			b, v := r.browser(t), newVisitor(t)
			u := b.begin("/sign-in/provider/peer?back=/account/profile")
			if (u.Query().Get("request_uri") != "") != true || u.Query().Get("state") != "" {
				t.Errorf("the request was not pushed: %s", u)
			}
			first := b.back(v.signIn(u))
			first.want(t, http.StatusOK, "We do not know this sign-in yet", "Анна Ивановна Смирнова", "•••-•••-•45 95", "anna@bank.example")
			b.post("/sign-in/provider/new", "try", first.try(t), "back", "/account/profile").want(t, http.StatusOK, "112-233-445", "Смирнова")
			person, err := r.accounts.PersonOf(t.Context(), annaSNILS)
			if err != nil {
				t.Fatal(err)
			}
			if p := r.known(t, person); p.Level != act.Verified || p.Birth.String() != "1986-04-05" {
				t.Errorf("the new person is %+v", p)
			}
			second := r.browser(t)
			second.back(v.signIn(second.begin("/sign-in/provider/peer?back=/account/profile"))).want(t, http.StatusOK, "112-233-445")

			farewell := second.get("/sign-in/provider/peer/leave")
			farewell.want(t, http.StatusOK, "At The bank you are still signed in")
			end := regexp.MustCompile(`href="(http://127[^"]+)"`).FindStringSubmatch(farewell.body)
			if end == nil {
				t.Fatal(farewell.text())
			}
			left := v.walk(html.UnescapeString(end[1]), url.Values{"logout": {"yes"}})
			if left != "http://posad.test/sign-in/provider/peer/left" {
				t.Errorf("after signing out the provider sends to %s", left)
			}
			if b.who() != "" || second.who() != "" {
				t.Errorf("a session outlived the provider's: %v %v %s", b.who() != "", second.who() != "", r.log.String())
			}
		})
	}
}

func TestConnectAnIndependentProvider(t *testing.T) {
	t.Parallel()
	r, _ := withPeer(t, "client_secret_basic", false)
	person := r.person(t, "anna", anna(act.Basic))
	b, v := r.browser(t), newVisitor(t)
	b.signIn("anna")
	page := b.back(v.signIn(b.begin("/account/provider/peer?back=/account/profile")))
	page.want(t, http.StatusOK, "Connect this sign-in?", "become the confirmed data")
	b.post("/account/provider/link", "try", page.try(t), "back", "/account/profile").want(t, http.StatusOK, "112-233-445")
	if p := r.known(t, person); p.Level != act.Verified || p.SNILS != annaSNILS {
		t.Errorf("the person is %+v", p)
	}
	accounts, err := r.accounts.AccountOf(t.Context(), person)
	if err != nil || len(accounts) != 1 {
		t.Fatal(accounts, err)
	}
	ways, err := r.accounts.WaysOf(t.Context(), accounts[0])
	if err != nil || len(ways) != 1 || ways[0].Method != account.ByProvider || ways[0].Name != "The bank" {
		t.Errorf("the ways are %+v %v", ways, err)
	}
	lines := r.Test(t.Context(), r.deps.Providers[0])
	for _, l := range lines {
		if l.Tone == "danger" || l.Tone == "fault" {
			t.Errorf("the test of the connection says %v", l)
		}
	}
	if len(lines) < 8 {
		t.Errorf("the test says little: %v", lines)
	}
}
