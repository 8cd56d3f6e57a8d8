package transparency

import (
	"encoding/base64"
	"errors"
	"net/http"
	"time"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/seal"
	"posad.city/kit/tlog"
	"posad.city/kit/web"
)

// Bounds.
const (
	checksMost  = 60   // checks of receipts a minute from one address
	tilesMost   = 3000 // tiles a minute: a copy of a log of a million entries takes three minutes
	receiptMost = 1 << 20
	daysShown   = 14

	tileAge       = 365 * 24 * time.Hour // a tile of a width never changes
	checkpointAge = time.Second
)

func (m *Module) routes(s *web.Server) {
	read := s.Operation(act.Operation{Name: "transparency.read", May: act.Everyone})
	check := s.Operation(act.Operation{Name: "transparency.check", May: act.Everyone, Changes: true, PerMinute: checksMost, Body: receiptMost})
	tiles := s.Operation(act.Operation{Name: "transparency.tiles", May: act.Everyone, PerMinute: tilesMost})

	s.Page(read, "GET /log", m.showLog)
	s.Page(check, "POST /log", m.checkReceipt)
	anybody := web.Wire{Origin: func(*web.Context, string) bool { return true }}
	s.Protocol(tiles, "GET /log/checkpoint", m.sendCheckpoint, anybody)
	s.Protocol(tiles, "GET /log/tile/{tile...}", m.sendTile, anybody)
	m.witnessRoutes(s, tiles, anybody)
	m.api(s, read)
	m.publicationRoutes(s, read)
}

func (m *Module) sendCheckpoint(c *web.Context) error {
	p := m.log.Published()
	if p == nil {
		return ErrBegins
	}
	c.Public(checkpointAge)
	return c.Answer(http.StatusOK, "text/plain; charset=utf-8", []byte(p.Note))
}

func (m *Module) sendTile(c *web.Context) error {
	tile, err := tlog.ParsePath("tile/" + c.Path("tile"))
	if err != nil {
		return ErrTile
	}
	body, err := m.log.Tile(c.Context(), tile)
	if errors.Is(err, journal.ErrNotYet) {
		return ErrTile
	}
	if err != nil {
		return ErrBroken.Because(err)
	}
	if tile.Level == tlog.Entries {
		hashes, err := tlog.Split(body)
		if err != nil {
			return ErrBroken.Because(err)
		}
		entries := make([]tlog.Entry, len(hashes))
		for i, h := range hashes {
			entries[i] = tlog.Entry(h)
		}
		body = tlog.Bundle(entries)
	}
	c.Public(tileAge)
	return c.Answer(http.StatusOK, "application/octet-stream", body)
}

// view is the page of the log.
type view struct {
	Published *journal.Published // nil: nothing is published yet
	Stopped   *journal.Divergence
	Days      []journal.Day // the oldest first
	Key       string        // the verifier key of monitors

	Typed string
	Wrong *fault.Fault // of what was typed
	File  *fault.Fault // of the file
	Leaf  *Standing    // that was asked for
	Asked *Checked     // the receipt that was given

	Confirmations journal.Confirmations // by witnesses outside

	Publications []Publication // of the city's definition, the newest first
}

func (m *Module) showLog(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	v := view{Typed: c.Query("leaf")}
	if v.Typed != "" {
		leaf, err := understand(v.Typed)
		if err == nil {
			var standing Standing
			if standing, err = m.Leaf(c.Context(), leaf); err == nil {
				v.Leaf = &standing
			}
		}
		if err != nil && !errors.As(err, &v.Wrong) {
			return err
		}
	}
	return m.render(c, v)
}

func (m *Module) checkReceipt(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	files, err := c.Files()
	if err != nil {
		return err
	}
	var v view
	if list := files["receipt"]; len(list) != 1 || len(list[0].Data) == 0 {
		v.File = fault.New(fault.Invalid, "transparency.no_file")
		return m.render(c, v)
	}
	checked, err := m.Receipt(c.Context(), files["receipt"][0].Data)
	if err == nil {
		v.Asked = &checked
	} else if !errors.As(err, &v.File) {
		return err
	}
	return m.render(c, v)
}

func (m *Module) render(c *web.Context, v view) error {
	v.Published, v.Stopped, v.Confirmations = m.log.Published(), m.log.Stopped(), m.log.Confirmations()
	days, err := m.log.Days(c.Context(), daysShown)
	if err != nil {
		return err
	}
	for i := len(days) - 1; i >= 0; i-- {
		v.Days = append(v.Days, days[i])
	}
	if v.Publications, err = m.listed(c.Context()); err != nil {
		return err
	}
	if v.Key, err = m.verifierKey(v.Published); err != nil {
		return err
	}
	faulty := v.File != nil || v.Wrong != nil && v.Wrong.Kind == fault.Invalid
	return m.base.Pages.Render(c, page.Options{Title: c.T("transparency.title"), Layout: page.Plain, Faulty: faulty}, logPage(m, c, v))
}

// verifierKey is the newest journal key as monitors and witnesses take it.
func (m *Module) verifierKey(p *journal.Published) (string, error) {
	if p == nil {
		return "", nil
	}
	keys, err := m.base.Seal.Keys()
	if err != nil {
		return "", err
	}
	for _, key := range keys.Of(seal.Journal) {
		if key.Retired.IsZero() && !key.Starts.After(m.base.Clock.Now()) {
			return tlog.VerifierKey(p.Origin, key.Public)
		}
	}
	return "", nil
}

// moment is a moment in the city's time; empty for one that is not known.
func (m *Module) moment(c *web.Context, t time.Time) string {
	return lang.FullMoment(c.Lang(), t, m.deps.Zone)
}

func encoded(h [32]byte) string { return base64.RawURLEncoding.EncodeToString(h[:]) }
