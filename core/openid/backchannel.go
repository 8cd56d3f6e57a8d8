package openid

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"posad.city/core/openid/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// When a session ends, or a person withdraws, every site that hangs on it is told by a signed word of the city (OpenID
// Connect Back-Channel Logout 1.0). The tokens are dead already: this is for the site's own session.

const (
	logoutTries = 12              // about an hour of trying
	logoutLife  = 2 * time.Minute // of a logout token; each try makes a new one
)

// Unheard is why a site has not taken the word: the administrator sees it by its name.
type Unheard struct {
	Kind  string // "address" (leads inside), "silent" (no connection, no answer), "refused" (an answer, but not yes)
	Code  int    // HTTP status of "refused"
	Cause error
}

// Error is for the log.
func (u *Unheard) Error() string {
	if u.Code != 0 {
		return fmt.Sprintf("openid: the site did not take the word of a logout: it answered %d", u.Code)
	}
	return "openid: the site did not hear the word of a logout: " + u.Kind
}

// Unwrap gives the cause.
func (u *Unheard) Unwrap() error { return u.Cause }

// word is what a job of telling carries. There is no personal data in it: sub and sid are the site's own names.
type word struct {
	Client id.ID  `json:"client"`
	Sub    string `json:"sub"`
	SID    string `json:"sid,omitempty"`
}

// sessionClosed ends the families of a closed session, but for those that may go on without it, and puts a word to each
// of its sites.
func (m *Module) sessionClosed(ctx context.Context, j jobs.Job) error {
	return m.closeFamilies(ctx, j.Holder, func(p store.PersonalReader) ([]openiddb.OpenidFamily, error) {
		return openiddb.FamiliesOfSession(p, j.Holder, j.Object)
	}, false, func(tx *store.Tx) error { return m.base.Jobs.Done(tx, j) })
}

// listing reads the families that something concerns.
type listing func(store.PersonalReader) ([]openiddb.OpenidFamily, error)

// closeFamilies ends what the list names, those that outlive a session too when offline says so, tells the sites, and does
// what is to be done in the same Write.
func (m *Module) closeFamilies(ctx context.Context, person id.ID, list listing, offline bool, also func(*store.Tx) error) error {
	clients := map[id.ID]Client{}
	all, err := m.Clients(ctx)
	if err != nil {
		return err
	}
	for _, c := range all {
		clients[c.ID] = c
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		rows, err := list(tx.As(house, "openid.close"))
		if err != nil {
			return err
		}
		told := map[string]bool{}
		for _, row := range rows {
			f, err := familyOf(row)
			if err != nil {
				return err
			}
			if err := m.closeFamily(tx, f, clients[f.client], offline, told); err != nil {
				return err
			}
		}
		return also(tx)
	})
}

func (m *Module) closeFamily(tx *store.Tx, f family, client Client, offline bool, told map[string]bool) error {
	if !f.offline || offline {
		if _, err := end(tx, f); err != nil {
			return err
		}
	}
	name := f.client.String() + f.session.String()
	if client.BackChannel == "" || told[name] {
		return nil
	}
	told[name] = true
	payload, err := json.Marshal(word{f.client, m.subject(client, f.person), m.sid(client, f.session)})
	if err != nil {
		return err
	}
	return m.base.Jobs.Put(tx, jobs.New{Handler: jobLogout, Holder: f.person, Object: f.client, Payload: string(payload)})
}

// tellLogout brings one word to one site. It is tried again with growing pauses; each way of failing has a name.
func (m *Module) tellLogout(ctx context.Context, j jobs.Job) error {
	var w word
	if err := json.Unmarshal([]byte(j.Payload), &w); err != nil {
		return jobs.Fatal(err)
	}
	client, err := m.Client(ctx, w.Client)
	if none(err) || err == nil && (client.BackChannel == "" || !client.Active) {
		return nil
	}
	if err != nil {
		return err
	}
	failed := m.bring(ctx, client, w, j.ID)
	var unheard *Unheard
	if errors.As(failed, &unheard) {
		return m.noteFailure(ctx, client, unheard)
	}
	if failed != nil {
		return failed
	}
	return m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		if err := openiddb.CallHeard(tx, client.ID, tx.Now()); err != nil {
			return err
		}
		return m.base.Jobs.Done(tx, j)
	})
}

func (m *Module) noteFailure(ctx context.Context, client Client, u *Unheard) error {
	name := u.Kind
	if u.Code != 0 {
		name = fmt.Sprintf("%s %d", u.Kind, u.Code)
	}
	err := m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		return openiddb.CallFailed(tx, client.ID, tx.Now(), name)
	})
	if err != nil {
		return errors.Join(u, err)
	}
	if u.Kind == "address" || u.Code == http.StatusBadRequest { // the site has understood and says no; a wrong address stays wrong
		return jobs.Fatal(u)
	}
	return u
}

// logoutClaims are those of a logout token (Back-Channel Logout, 2.4). It has no nonce, so that it can't pass for an ID
// token.
type logoutClaims struct {
	Issuer   string              `json:"iss"`
	Subject  string              `json:"sub"`
	Audience string              `json:"aud"`
	Made     int64               `json:"iat"`
	Expires  int64               `json:"exp"`
	ID       string              `json:"jti"`
	Events   map[string]struct{} `json:"events"`
	SID      string              `json:"sid,omitempty"`
}

func (m *Module) bring(ctx context.Context, client Client, w word, job id.ID) error {
	now := m.base.Clock.Now()
	token, err := m.ring.sign(ctx, client.Alg, "logout+jwt", logoutClaims{
		Issuer: m.deps.Address, Subject: w.Sub, Audience: client.Key(), Made: now.Unix(), Expires: now.Add(logoutLife).Unix(), ID: job.String(),
		Events: map[string]struct{}{"http://schemas.openid.net/event/backchannel-logout": {}}, SID: w.SID,
	})
	if err != nil {
		return err
	}
	body := url.Values{"logout_token": {token}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, client.BackChannel, strings.NewReader(body))
	if err != nil {
		return &Unheard{Kind: "address", Cause: err}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := m.deps.Client.Do(req)
	if errors.Is(err, errInner) {
		return &Unheard{Kind: "address", Cause: err}
	}
	if err != nil {
		return &Unheard{Kind: "silent", Cause: err}
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusNoContent {
		return &Unheard{Kind: "refused", Code: res.StatusCode}
	}
	return nil
}
