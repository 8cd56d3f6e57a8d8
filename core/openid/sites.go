package openid

import (
	"context"
	"fmt"
	"time"

	"posad.city/core/openid/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// Site is a site that a person has connected, as they see it.
type Site struct {
	Client  id.ID
	Name    lang.Text
	Purpose lang.Text
	Home    string
	Policy  string
	Scopes  []string // what it may have
	City    bool     // the city's own
	First   time.Time
	Used    time.Time // when it last got something
}

// SitesOf lists the sites that a person has connected, the oldest first.
func (m *Module) SitesOf(ctx context.Context, a act.Act, person id.ID) ([]Site, error) {
	var out []Site
	err := m.base.Store.Look(ctx, a, "openid.look.sites", func(p *store.Personal) error {
		out = nil
		rows, err := openiddb.ConnectionsOf(p, person)
		if err != nil {
			return err
		}
		for _, row := range rows {
			client, err := openiddb.ClientByID(p, row.Client)
			if none(err) {
				continue
			}
			if err != nil {
				return err
			}
			c, err := clientOf(client)
			if err != nil {
				return err
			}
			l := linkOf(row)
			out = append(out, Site{
				Client: c.ID, Name: c.Name, Purpose: c.Purpose, Home: c.Home, Policy: c.Policy, Scopes: l.granted, City: c.City, First: l.first, Used: l.used,
			})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("openid: sites: %w", err)
	}
	return out, nil
}

// Withdraw takes back what a person let a site have. Its tokens are dead when this returns, and the site is told.
func (m *Module) Withdraw(ctx context.Context, person, client id.ID) error {
	err := m.closeFamilies(ctx, person, func(p store.PersonalReader) ([]openiddb.OpenidFamily, error) {
		return openiddb.FamiliesOfClient(p, person, client)
	}, true, func(tx *store.Tx) error {
		_, err := openiddb.DropConnection(tx, person, client)
		return err
	})
	if err != nil {
		return fmt.Errorf("openid: withdraw: %w", err)
	}
	return nil
}
