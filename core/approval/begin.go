package approval

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"posad.city/core/account"
	"posad.city/core/approval/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
)

// cityHolder is whose key seals questions and the key of web push: nobody's own.
var cityHolder = id.Derived("approval", "city")

// begin asks a question from this browser. What it asked before by the same kind is over. Too many from one address are
// account.ErrOften.
func (m *Module) begin(c *web.Context, kind Kind, a asked) error {
	if err := m.accounts.Limit(c.Context(), "approval.begin", network(c.Address(), 32, 64), beginsMost, act.Lately); err != nil {
		return err
	}
	a.Browser, a.Device, a.Six = account.Browser(c.Request().UserAgent()), m.accounts.BrowserHere(c), c.Address().Is6()
	row, err := m.row(c.Context(), kind, a)
	if err != nil {
		return err
	}
	row.Visit = m.visitOf(c)
	row.Near, row.Wide = m.networkKeys(c.Address())
	err = m.base.Store.Write(c.Context(), func(tx *store.Tx) error {
		if _, err := approvaldb.Supersede(tx, row.Visit, string(kind)); err != nil {
			return err
		}
		if err := approvaldb.InsertApproval(tx, row); err != nil || kind == QR {
			return err
		}
		return m.base.Jobs.Put(tx, jobs.New{Handler: jobTell, Holder: row.ID, Object: row.ID})
	})
	if err != nil {
		return fmt.Errorf("approval: begin: %w", err)
	}
	return nil
}

func (m *Module) row(ctx context.Context, kind Kind, a asked) (approvaldb.InsertApprovalParams, error) {
	now := m.base.Clock.Now()
	out := approvaldb.InsertApprovalParams{ID: id.New(now), Kind: string(kind), Begun: now, Until: now.Add(Life)}
	keys, err := m.base.Vault.Keys(ctx, cityHolder)
	if err != nil {
		return out, err
	}
	text, err := a.text()
	if err != nil {
		return out, err
	}
	out.Asked = keys.Seal("approval", "asked", text)
	out.Number, out.Choices, err = draw()
	return out, err
}

func (m *Module) opened(ctx context.Context, row approvaldb.Approval) (question, error) {
	keys, err := m.base.Vault.Keys(ctx, cityHolder)
	if err != nil {
		return question{}, err
	}
	text, err := keys.Open("approval", "asked", row.Asked)
	if err != nil {
		return question{}, err
	}
	out := question{Approval: row}
	if err := json.Unmarshal(text, &out.asked); err != nil {
		return question{}, fmt.Errorf("approval: read a question: %w", err)
	}
	return out, nil
}

// draw makes three unlike numbers of two digits, in the order in which they are offered, and says which is right.
func draw() (int64, string, error) {
	var numbers []string
	for len(numbers) < 3 {
		n, err := below(90)
		if err != nil {
			return 0, "", err
		}
		if text := strconv.FormatInt(10+n, 10); !slices.Contains(numbers, text) {
			numbers = append(numbers, text)
		}
	}
	which, err := below(3)
	if err != nil {
		return 0, "", err
	}
	right, err := strconv.ParseInt(numbers[which], 10, 64)
	return right, strings.Join(numbers, " "), err
}

func below(most int64) (int64, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(most))
	if err != nil {
		return 0, fmt.Errorf("approval: draw a number: %w", err)
	}
	return n.Int64(), nil
}

// visitOf is the browser's visit as it is kept.
func (m *Module) visitOf(c *web.Context) vault.Keyed {
	return m.base.Vault.Keyed("approval.visit", m.accounts.Visit(c))
}

// Distance is how far two networks are from one another.
type Distance string

// The distances.
const (
	SameNetwork Distance = "same"
	NearNetwork Distance = "near"    // the same provider, most likely
	FarNetwork  Distance = "far"     // another network
	NotCompared Distance = "unknown" // one by IPv4, the other by IPv6
)

// networkKeys are an address's two surroundings, so that networks can be compared and no address is kept.
func (m *Module) networkKeys(address netip.Addr) (vault.Keyed, vault.Keyed) {
	if !address.IsValid() {
		return nil, nil
	}
	return m.base.Vault.Keyed("approval.near", network(address, 24, 48)), m.base.Vault.Keyed("approval.wide", network(address, 16, 32))
}

func network(address netip.Addr, four, six int) string {
	bits := six
	if address = address.Unmap(); address.Is4() {
		bits = four
	}
	prefix, err := address.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return prefix.String()
}

// distance compares where a question came from with where it is answered.
func (m *Module) distance(q question, here netip.Addr) Distance {
	near, wide := m.networkKeys(here)
	switch {
	case near == nil || q.Near == nil || q.asked.Six != here.Is6():
		return NotCompared
	case slices.Equal(near, q.Near):
		return SameNetwork
	case slices.Equal(wide, q.Wide):
		return NearNetwork
	}
	return FarNetwork
}
