package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"posad.city/kit/store"
	"posad.city/kit/vault"
)

const (
	keysEvery = 30 * time.Second // how often a node reads the city's keys again
	keysLead  = 2 * time.Minute  // from a new key's making to its first use: every node has read it by then
	rewrapAt  = 500              // holders' keys moved in one Write
)

// formSecrets are the secrets of cookies and form tokens: those in use, the newest first, then those that will be. What a
// node with a faster clock has made opens on every other.
func (h *House) formSecrets() [][]byte {
	now := h.Clock.Now()
	var used, coming [][]byte
	for _, s := range h.Base.Vault.Secrets(vault.Sessions) {
		switch {
		case s.Bytes == nil:
		case s.Starts.After(now):
			coming = append(coming, s.Bytes)
		default:
			used = append(used, s.Bytes)
		}
	}
	return append(used, coming...)
}

// keepKeys reads the city's keys again and again until ctx ends, so that a key that was made on one node is known on all
// before it is used.
func (h *House) keepKeys(ctx context.Context) {
	tick := time.NewTicker(keysEvery)
	defer tick.Stop()
	secrets := h.formSecrets()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := h.Base.Vault.Reload(ctx); err != nil {
			h.Base.Log.Warn("app: the city's keys could not be read again, will be tried", "error", err)
			continue
		}
		if fresh := h.formSecrets(); !slices.EqualFunc(fresh, secrets, bytes.Equal) {
			if err := h.Base.Web.Rekey(fresh); err != nil {
				h.Base.Log.Error("app: new secrets of cookies were not taken", "error", err)
				continue
			}
			secrets = fresh
		}
	}
}

// KeysCommand is what an operator wants of the city's keys: an empty Rotate lists them.
type KeysCommand struct {
	Rotate vault.Purpose `json:"rotate"`
}

// rotated are the purposes whose keys can be changed; the index of keyed search can't.
var rotated = []vault.Purpose{vault.Holders, vault.Seals, vault.Journal, vault.Sessions, vault.Authority, vault.Papers, vault.Credentials, vault.Exchange}

// turnKeys lists the city's keys, or makes a new one of a purpose and, for holders' keys, moves them to it, telling how far it
// is.
func (h *House) turnKeys(ctx context.Context, c KeysCommand, lead time.Duration, tell io.Writer) error {
	if c.Rotate == "" {
		for _, p := range rotated {
			for _, s := range h.Base.Vault.Secrets(p) {
				fmt.Fprintf(tell, "%-11s %3d  since %s%s\n", p, s.Number, s.Starts.Format(time.RFC3339), retiredAt(s))
			}
		}
		return nil
	}
	if !slices.Contains(rotated, c.Rotate) {
		return fmt.Errorf("there are keys for holders, seals, journal, sessions, authority, papers, credentials and exchange, none for %q", c.Rotate)
	}
	if err := h.Base.Vault.Rotate(ctx, c.Rotate, lead); err != nil {
		return err
	}
	fmt.Fprintf(tell, "a new key for %s is used from %s on\n", c.Rotate, h.Clock.Now().Add(lead).Format(time.RFC3339))
	if c.Rotate != vault.Holders {
		return nil
	}
	return h.rewrap(ctx, lead, tell)
}

func retiredAt(s vault.Secret) string {
	if s.Retired.IsZero() {
		return ""
	}
	return "  retired " + s.Retired.Format(time.RFC3339)
}

// rewrap waits until the new key is in use and moves every holder's key to it. It may be cut off and begun again.
func (h *House) rewrap(ctx context.Context, lead time.Duration, tell io.Writer) error {
	wait := time.NewTimer(lead)
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C:
	}
	moved := 0
	for {
		n, err := h.Base.Vault.Rewrap(store.Background(ctx), rewrapAt)
		if err != nil {
			return fmt.Errorf("keys: %d holders' keys are moved, begin again to go on: %w", moved, err)
		}
		if n == 0 {
			fmt.Fprintf(tell, "%d holders' keys are moved, none is left under an older key\n", moved)
			return nil
		}
		if moved += n; moved%(20*rewrapAt) < rewrapAt {
			fmt.Fprintf(tell, "%d holders' keys are moved\n", moved)
		}
	}
}

// Keys lists the city's keys or rotates those of a purpose: in the process that runs on the data folder, or directly when
// none does.
func Keys(ctx context.Context, conf Config, c KeysCommand, out io.Writer) error {
	return followed(ctx, conf, "/keys", c, out, func(h *House, ctx context.Context, c KeysCommand, out io.Writer) error {
		return h.turnKeys(ctx, c, 0, out)
	})
}

func (h *House) takeKeys(ctx context.Context, c KeysCommand, out io.Writer) error {
	return h.turnKeys(ctx, c, keysLead, out)
}
