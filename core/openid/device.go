package openid

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"posad.city/core/openid/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
)

// A device without a keyboard shows a number; its owner types it here on a phone where they are signed in (RFC 8628). The
// number has digits alone: no letters that look alike, nothing to switch between two alphabets for. Nine of them last ten
// minutes, and a person has few tries, so that nobody finds a stranger's by guessing.

const (
	codeDigits  = 9
	codeTries   = 10               // numbers that a person may try in codeWindow
	codeWindow  = 15 * time.Minute // and a network ten times as many
	codeRetries = 5                // numbers to draw when one is taken
)

// newDeviceCode draws a number, first digit and all.
func newDeviceCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000_000))
	if err != nil {
		return "", fmt.Errorf("openid: draw a number: %w", err)
	}
	return fmt.Sprintf("%0*d", codeDigits, n), nil
}

// showCode writes a number in threes: 482-913-055.
func showCode(code string) string {
	if len(code) != codeDigits {
		return code
	}
	return code[:3] + "-" + code[3:6] + "-" + code[6:]
}

// readCode takes a number as typed, with whatever stands between the digits.
func readCode(text string) (string, bool) {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			out.WriteRune(r)
		case strings.ContainsRune(" -–—\u00a0.", r):
		default:
			return "", false
		}
	}
	return out.String(), out.Len() == codeDigits
}

func (m *Module) codeKey(code string) vault.Keyed { return m.base.Vault.Keyed("openid.device", code) }

// deviceBody is what a device is told (RFC 8628, 3.2).
type deviceBody struct {
	Device   string `json:"device_code"`
	Code     string `json:"user_code"`
	Address  string `json:"verification_uri"`
	Complete string `json:"verification_uri_complete"`
	Expires  int64  `json:"expires_in"`
	Pause    int64  `json:"interval"`
}

// pathDevicePage is where people type the number.
const pathDevicePage = "/device"

// deviceStart gives a device its two codes.
func (m *Module) deviceStart(c *web.Context) error {
	values, client, err := m.known(c)
	if err != nil {
		return err
	}
	if !client.allows(GrantDevice) {
		return refuse("unauthorized_client", "this client may not sign devices in")
	}
	scopes := only(words(values.Get("scope")), client.Scopes)
	if !slices.Contains(scopes, ScopeOpenID) {
		return refuse("invalid_scope", "scope must contain openid")
	}
	device := fresh(prefixDevice)
	code, err := m.putDevice(c.Context(), device, client.ID, scopes)
	if err != nil {
		return err
	}
	page := m.deps.Address + pathDevicePage
	return c.JSON(http.StatusOK, deviceBody{
		Device: device, Code: showCode(code), Address: page, Complete: page + "?" + url.Values{"user_code": {showCode(code)}}.Encode(),
		Expires: int64(DeviceLife / time.Second), Pause: int64(DevicePause / time.Second),
	})
}

func (m *Module) putDevice(ctx context.Context, device string, client id.ID, scopes []string) (string, error) {
	for range codeRetries {
		code, err := newDeviceCode()
		if err != nil {
			return "", err
		}
		var n int64
		err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
			var err error
			n, err = openiddb.InsertDevice(tx, openiddb.InsertDeviceParams{
				Hash: hashOf(device), Code: m.codeKey(code), Client: client, Scopes: strings.Join(scopes, " "),
				Pause: int64(DevicePause / time.Second), Asked: tx.Now().Add(-DevicePause), Until: tx.Now().Add(DeviceLife),
			})
			return err
		})
		if err != nil || n == 1 {
			return code, err
		}
	}
	return "", fmt.Errorf("openid: every number that was drawn is taken")
}

// byDevice answers a device that asks whether its owner has said yes.
func (m *Module) byDevice(ctx context.Context, in asks) (handed, error) {
	tokens := newPair(in.client)
	var f family
	var failed error
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
		f, failed = family{}, nil
		row, err := openiddb.DeviceByHash(tx, hashOf(in.values.Get("device_code")))
		if none(err) || err == nil && row.Client != in.client.ID {
			failed = badGrant("the device code is not known, or is another client's")
			return nil
		}
		if err != nil {
			return err
		}
		pause, refused := paced(row, tx.Now())
		if refused != nil {
			failed = refused
			_, err := openiddb.PaceDevice(tx, tx.Now(), pause, row.Hash)
			return err
		}
		if n, err := openiddb.UseDevice(tx, row.Hash); err != nil || n == 0 {
			failed = badGrant("the device code was used before")
			return err
		}
		if f, err = familyBy(tx.As(house, "openid.device"), row.Person, row.Family); none(err) {
			failed = badGrant("what it stands for was deleted")
			return nil
		} else if err != nil {
			return err
		}
		return m.handDevice(tx, &f, in, tokens, &failed)
	})
	if err != nil {
		return handed{}, err
	}
	if failed != nil {
		return handed{}, failed
	}
	return m.hand(ctx, in.client, f, tokens, "")
}

func (m *Module) handDevice(tx *store.Tx, f *family, in asks, tokens pair, failed *error) error {
	if !f.ended.IsZero() {
		*failed = badGrant("what the code stands for was withdrawn")
		return nil
	}
	if *failed = m.sessionHolds(tx, *f); *failed != nil {
		if _, refused := asError(*failed); !refused {
			return *failed
		}
		return nil
	}
	if in.key != "" {
		f.proof = in.key
		if _, err := openiddb.BindFamily(tx, in.key, f.person, f.id); err != nil {
			return err
		}
	}
	return tokens.keep(tx, *f, 0)
}

// paced says what a device is told that asks now, nil when its owner said yes, and how long it shall wait from now on.
func paced(row openiddb.OpenidDevice, now time.Time) (int64, *Error) {
	switch {
	case row.State == "used":
		return row.Pause, badGrant("the device code was used before")
	case !now.Before(row.Until):
		return row.Pause, refuse("expired_token", "the device code is over")
	case row.State == "refused":
		return row.Pause, refuse("access_denied", "the person said no")
	case now.Sub(row.Asked) < time.Duration(row.Pause)*time.Second:
		return row.Pause + int64(DevicePause/time.Second), refuse("slow_down", "ask less often")
	case row.State == "waits":
		return row.Pause, refuse("authorization_pending", "the person has not answered yet")
	}
	return row.Pause, nil
}

// deviceAsked is a device that waits for its owner.
type deviceAsked struct {
	client Client
	scopes []string
	hash   []byte
	code   string
}

// findDevice finds the device of a number that a signed-in person typed. Every try is counted first.
func (m *Module) findDevice(c *web.Context, typed string) (deviceAsked, error) {
	if err := c.Guard("openid.device", c.Person().String(), codeTries, codeWindow); err != nil {
		return deviceAsked{}, err
	}
	code, ok := readCode(typed)
	if !ok {
		return deviceAsked{}, ErrCode
	}
	var row openiddb.OpenidDevice
	err := m.base.Store.Read(c.Context(), func(r *store.Snapshot) error {
		var err error
		row, err = openiddb.DeviceByCode(r, m.codeKey(code))
		return err
	})
	if none(err) || err == nil && (row.State != "waits" || !c.Now().Before(row.Until)) {
		return deviceAsked{}, ErrCode
	}
	if err != nil {
		return deviceAsked{}, err
	}
	client, err := m.Client(c.Context(), row.Client)
	if none(err) || err == nil && !client.Active {
		return deviceAsked{}, ErrCode
	}
	return deviceAsked{client, words(row.Scopes), row.Hash, code}, err
}

func (m *Module) showDevice(c *web.Context) error {
	if err := c.May(ownAccount(c)); err != nil {
		return err
	}
	typed, _ := readCode(c.Query("user_code"))
	return m.devicePage(c, showCode(typed), nil)
}

type deviceForm struct {
	Code   string   `json:"user_code" max:"40"`
	Give   []string `json:"give" max:"40"`
	Answer string   `json:"answer" max:"10"`
}

// postDevice takes the number, then the answer.
func (m *Module) postDevice(c *web.Context) error {
	if err := c.May(ownAccount(c)); err != nil {
		return err
	}
	var form deviceForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	found, err := m.findDevice(c, form.Code)
	if f, ok := shownHere(err); ok {
		return m.devicePage(c, form.Code, f)
	}
	if err != nil {
		return err
	}
	switch form.Answer {
	case "yes":
		err = m.allowDevice(c, found, form.Give)
	case "no":
		err = m.refuseDevice(c.Context(), found)
	default:
		return m.deviceConsent(c, found)
	}
	if f, ok := shownHere(err); ok {
		return m.devicePage(c, form.Code, f)
	}
	if err != nil {
		return err
	}
	return m.deviceDone(c, found.client, form.Answer == "yes")
}

func (m *Module) allowDevice(c *web.Context, d deviceAsked, ticked []string) error {
	session, ok := c.Session()
	if !ok || !session.By.IsZero() {
		return ErrCode
	}
	a := ask{Scopes: d.scopes}
	wanted := a.wanted(d.client.Profile)
	made := family{
		id: id.New(c.Now()), person: session.Person, client: d.client.ID, session: session.ID, scopes: chosen(d.client.Profile, wanted, ticked),
		acr: acrOf(session.Assurance, session.Strong), amr: amrOf(session.Methods, session.Strong), authed: session.Proved,
	}
	return m.base.Store.WriteAs(c.Context(), c.Act(), func(tx *store.Tx) error {
		n, err := openiddb.DecideDevice(tx, openiddb.DecideDeviceParams{State: "allowed", Person: made.person, Family: made.id, Hash: d.hash})
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrCode
		}
		return m.connect(tx, made, wanted)
	})
}

func (m *Module) refuseDevice(ctx context.Context, d deviceAsked) error {
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := openiddb.DecideDevice(tx, openiddb.DecideDeviceParams{State: "refused", Hash: d.hash})
		return err
	})
}
