package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"posad.city/core/account/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

const jobSendCode = "account.send_code"

// purpose is what a code proves a contact for.
type purpose string

const (
	toEnter    purpose = "enter"   // to sign in or register
	forContact purpose = "contact" // to put the contact into an account
)

// atCentre is what a code that is sent in an official's presence is bound to, where a browser's is to its visit: it does one
// thing and no other.
func atCentre(what string) string { return "centre " + what }

// Sent tells of a code that is on its way.
type Sent struct {
	Try   id.ID     // names the code when it is given
	To    string    // masked
	Until time.Time // when it stops being taken
	Again time.Time // from when another may be asked for
}

// letter is what the courier needs; it lies sealed.
type letter struct {
	To      string `json:"to"`
	Channel string `json:"channel"`
	Code    string `json:"code"`
	Lang    string `json:"lang"`
	Back    string `json:"back,omitempty"`
	Here    bool   `json:"here,omitempty"` // a browser asked: the letter may carry a link for it
}

// The limits of letters: to one contact, and asked for from one address (a school may share one).
const (
	codePause   = time.Minute
	codesAnHour = 5
	codesADay   = 15
	codesFrom   = 60 // an hour
	codesSubnet = 300
)

// AskCode sends a one-time code to a contact, whether or not anybody signs in with it, and returns what the page needs
// to ask for it. from is the caller's network address, for the limit of letters; empty for none. Too many letters are
// ErrOften.
func (m *Module) AskCode(ctx context.Context, to Contact, l lang.Language, from string) (Sent, error) {
	return m.ask(ctx, asking{why: toEnter, to: to, lang: l, from: from})
}

// AskCodeHere is AskCode for the browser of a visit: the code is worth nothing in another, and the letter has a button.
func (m *Module) AskCodeHere(c *web.Context, to Contact) (Sent, error) {
	return m.ask(c.Context(), asking{why: toEnter, to: to, lang: c.Lang(), from: Network(c), visit: c.Visit(), back: c.Back(), browser: c.Cookie(cookieDevice)})
}

// asking is a code that is asked for.
type asking struct {
	why    purpose
	to     Contact
	person id.ID // whose contact it becomes; zero for a sign-in
	lang   lang.Language
	from   string // network address
	visit  string // the browser's; empty: a program asks
	back   string // where the browser goes after

	centre  string // what the code is for at a service centre
	browser string // what the browser was named by an earlier sign-in; empty: it is new
}

func (m *Module) ask(ctx context.Context, q asking) (Sent, error) {
	to := q.to
	limits, err := m.letterLimits(ctx, q)
	if err != nil {
		return Sent{}, err
	}
	if err := m.countAll(ctx, ErrOften, limits...); err != nil {
		return Sent{}, err
	}
	code, err := newCode()
	if err != nil {
		return Sent{}, err
	}
	now := m.base.Clock.Now()
	row, err := m.challenge(id.New(now), code, letter{To: to.Value, Channel: string(to.Channel), Code: code, Lang: string(q.lang), Back: q.back, Here: q.visit != ""})
	if err != nil {
		return Sent{}, err
	}
	row.Purpose, row.Contact, row.Person, row.Until = string(q.why), to.keyed(m.base.Vault), q.person, now.Add(CodeLife)
	if q.visit != "" {
		row.Visit = hashOf(q.visit)
	}
	if q.centre != "" {
		row.Visit = hashOf(atCentre(q.centre))
	}
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := accountdb.InsertChallenge(tx, row); err != nil {
			return err
		}
		return m.base.Jobs.Put(tx, jobs.New{Handler: jobSendCode, Holder: row.ID, Object: row.ID})
	})
	if err != nil {
		return Sent{}, fmt.Errorf("account: ask a code: %w", err)
	}
	return Sent{Try: row.ID, To: to.Masked(), Until: row.Until, Again: now.Add(codePause)}, nil
}

// letterLimits are what bounds a letter. Those to a person who has signed in by the browser that asks are counted apart, so
// that nobody else's asking keeps them out.
func (m *Module) letterLimits(ctx context.Context, q asking) ([]limit, error) {
	key := q.to.keyed(m.base.Vault)
	if q.browser != "" {
		who, err := m.memberOf(ctx, q.to)
		if err != nil && !errors.Is(err, store.ErrNone) {
			return nil, err
		}
		known, err := m.knows(ctx, q.browser, who.person) // asked of nobody too, so that it takes as long
		if err != nil {
			return nil, err
		}
		if known {
			key = m.guardKey("account.code_known", q.to.key+" "+q.browser)
		}
	}
	out := []limit{
		{"account.code_pause", key, 1, codePause}, {"account.code_hour", key, codesAnHour, time.Hour},
		{"account.code_day", key, codesADay, 24 * time.Hour},
	}
	if q.from != "" {
		out = append(out, limit{"account.code_from", m.guardKey("account.code_from", q.from), codesFrom, time.Hour})
	}
	if wide := subnet(q.from); wide != "" {
		out = append(out, limit{"account.code_subnet", m.guardKey("account.code_subnet", wide), codesSubnet, time.Hour})
	}
	return out, nil
}

func (m *Module) challenge(challenge id.ID, code string, l letter) (accountdb.InsertChallengeParams, error) {
	hashes, err := m.codeHashes(challenge, code)
	if err != nil {
		return accountdb.InsertChallengeParams{}, err
	}
	plain, err := json.Marshal(l)
	if err != nil {
		return accountdb.InsertChallengeParams{}, fmt.Errorf("account: write a letter: %w", err)
	}
	sealed, err := m.sealLetter(challenge, plain)
	return accountdb.InsertChallengeParams{ID: challenge, Channel: l.Channel, Code: hashes[0], Letter: sealed}, err
}

func newCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", fmt.Errorf("account: make a code: %w", err)
	}
	return fmt.Sprintf("%0*d", CodeDigits, n), nil
}

// sendCode is the job that hands the letter to the courier. A letter whose time is over is not sent.
func (m *Module) sendCode(ctx context.Context, j jobs.Job) error {
	row, err := m.readChallenge(ctx, j.Object)
	if errors.Is(err, store.ErrNone) || err == nil && (row.Letter == nil || !row.Until.After(m.base.Clock.Now())) {
		return nil
	}
	if err != nil {
		return err
	}
	plain, err := m.openLetter(row.ID, row.Letter)
	if err != nil {
		return jobs.Fatal(err)
	}
	var l letter
	if err := json.Unmarshal(plain, &l); err != nil {
		return jobs.Fatal(fmt.Errorf("account: read a letter: %w", err))
	}
	if by, ok := m.deps.Courier.(LinkCourier); ok && l.Here {
		link := withQuery(codePath("/sign-in/code", row.ID, l.Back), "code", l.Code)
		return by.SendCodeLink(ctx, l.To, Channel(l.Channel), l.Code, link, lang.Language(l.Lang), j.ID)
	}
	return m.deps.Courier.SendCode(ctx, l.To, Channel(l.Channel), l.Code, lang.Language(l.Lang), j.ID)
}

func (m *Module) readChallenge(ctx context.Context, try id.ID) (accountdb.ChallengeByIDRow, error) {
	var row accountdb.ChallengeByIDRow
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = accountdb.ChallengeByID(r, try)
		return err
	})
	return row, err
}

// proof is a contact that was proved by its code.
type proof struct {
	why     purpose
	contact Contact
	row     accountdb.TryChallengeRow
	lang    lang.Language
}

// prove takes a code for a contact, once. The try is counted in the same Write that compares, so that no number of
// simultaneous tries makes more than CodeTries comparisons. A wrong code is ErrCode; one that is over, used, or was
// tried too often is ErrCodeOver, and so is a challenge that never was. A code that was asked for in another browser, or
// by a program, is wrong in this one: a link with a stranger's code must not sign its reader in as the stranger.
func (m *Module) prove(ctx context.Context, try id.ID, code, visit string, why purpose) (proof, error) {
	hashes, err := m.codeHashes(try, digitsOf(code))
	if err != nil {
		return proof{}, err
	}
	var row accountdb.TryChallengeRow
	right := false
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		var err error
		right = false
		row, err = accountdb.TryChallenge(tx, try, tx.Now())
		if err != nil {
			return err
		}
		here := row.Visit == nil && visit == "" || subtle.ConstantTimeCompare(row.Visit, hashOf(visit)) == 1
		if right = here && row.Purpose == string(why) && among(row.Code, hashes); !right {
			return nil // the try counts all the same
		}
		_, err = accountdb.UseChallenge(tx, try, tx.Now())
		return err
	})
	switch {
	case errors.Is(err, store.ErrNone):
		return proof{}, ErrCodeOver
	case err != nil:
		return proof{}, fmt.Errorf("account: try a code: %w", err)
	case !right:
		return proof{}, ErrCode
	}
	return m.proved(try, row)
}

func (m *Module) proved(try id.ID, row accountdb.TryChallengeRow) (proof, error) {
	plain, err := m.openLetter(try, row.Letter)
	if err != nil {
		return proof{}, err
	}
	var l letter
	if err := json.Unmarshal(plain, &l); err != nil {
		return proof{}, fmt.Errorf("account: read a letter: %w", err)
	}
	contact, err := ParseContact(l.To)
	return proof{why: purpose(row.Purpose), contact: contact, row: row, lang: lang.Language(l.Lang)}, err
}

// digitsOf lets a code be typed as 123 456 or 123-456.
func digitsOf(code string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, strings.TrimSpace(code))
}

func among(kept []byte, hashes [][]byte) bool {
	found := 0
	for _, hash := range hashes {
		found |= subtle.ConstantTimeCompare(kept, hash)
	}
	return found == 1
}
