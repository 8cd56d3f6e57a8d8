package transparency

import (
	"net/http"
	"slices"
	"time"

	"posad.city/core/agency"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/tlog"
	"posad.city/kit/web"
)

// ofLog is the permission's object for what the city's administrator sees of the log.
func ofLog() act.Object { return act.Object{Kind: "log", Agency: agency.ID(agency.City)} }

func (m *Module) witnessRoutes(s *web.Server, tiles *web.Op, anybody web.Wire) {
	s.Protocol(tiles, "GET /log/witnesses", m.sendPolicy, anybody)
	see := s.Operation(act.Operation{Name: "transparency.witnesses", Object: "log", May: act.Admin})
	s.Page(see, "GET /admin/log", m.showWitnesses)
	m.base.Pages.Add(page.MenuDesk, page.Link{Order: 96, Text: "transparency.menu", Href: "/admin/log", Icon: "eyeglasses", Show: agency.IsAdmin})
}

// sendPolicy tells programs which witnesses the city asks, and how many of them it waits for, in the form of C2SP's
// tlog-policy. It is the city's own word: a reader compares the keys with what the witnesses publish.
func (m *Module) sendPolicy(c *web.Context) error {
	p := m.log.Published()
	if p == nil {
		return ErrBegins
	}
	key, err := m.verifierKey(p)
	if err != nil {
		return err
	}
	now := m.log.Confirmations()
	out := tlog.Policy{Logs: []string{key}}
	for _, w := range now.Witnesses {
		out.Witnesses, out.Addresses = append(out.Witnesses, w.Witness), append(out.Addresses, w.Address)
	}
	if len(out.Witnesses) > 0 {
		out.Quorum = now.Quorum
	}
	c.Public(time.Minute)
	return c.Answer(http.StatusOK, "text/plain; charset=utf-8", []byte(out.Text()))
}

// showWitnesses is the operator's page of the log: how each witness stands, and what to do about one that does not sign.
func (m *Module) showWitnesses(c *web.Context) error {
	if err := c.May(ofLog()); err != nil {
		return err
	}
	v := view{Published: m.log.Published(), Stopped: m.log.Stopped(), Confirmations: m.log.Confirmations()}
	var err error
	if v.Key, err = m.verifierKey(v.Published); err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("transparency.admin.title"), Layout: page.Desk}, adminPage(m, c, v))
}

// ago says how long ago a witness signed.
func (m *Module) ago(c *web.Context, at time.Time) string {
	return lang.Ago(c.Lang(), at, c.Now(), m.deps.Zone)
}

// signs tells whether a witness signs now: its last word was a signature, and not too long ago.
func signs(w journal.Confirming, now time.Time) bool {
	return w.Trouble == "" && !w.At.IsZero() && now.Sub(w.At) < journal.LateAfter
}

// standingText is how a witness stands, in plain words.
func (m *Module) standingText(c *web.Context, w journal.Confirming) string {
	switch {
	case w.At.IsZero():
		return c.T("transparency.witness.never")
	case signs(w, c.Now()):
		return c.T("transparency.witness.confirms", "size", lang.Number(c.Lang(), w.Size), "ago", m.ago(c, w.At))
	}
	return c.T("transparency.witness.silent", "size", lang.Number(c.Lang(), w.Size), "ago", m.ago(c, w.At))
}

// quorumText is how many witnesses confirm the log now.
func (m *Module) quorumText(c *web.Context, s journal.Confirmations) string {
	good := 0
	for _, w := range s.Witnesses {
		if signs(w, c.Now()) {
			good++
		}
	}
	return c.T("transparency.witness.lead", "count", lang.Number(c.Lang(), int64(good)), "all", lang.Number(c.Lang(), int64(len(s.Witnesses))), "quorum", lang.Number(c.Lang(), int64(s.Quorum)))
}

// heldText says why no places are given.
func heldText(c *web.Context, h journal.Hold) string {
	names := lang.And(c.Lang(), h.Names...)
	if h.Size > h.Database {
		return c.T("transparency.witness.held_ahead", "names", names, "size", lang.Number(c.Lang(), h.Size), "database", lang.Number(c.Lang(), h.Database))
	}
	return c.T("transparency.witness.held_forked", "names", names)
}

// wireWitness is how a witness stands.
type wireWitness struct {
	Name      string     `json:"name"`
	Key       string     `json:"key"`
	Address   string     `json:"address"`
	Size      int64      `json:"size"` // that it confirmed last
	Confirmed *time.Time `json:"confirmed,omitempty"`
	Trouble   string     `json:"trouble,omitempty"` // why it does not sign now
}

// wireConfirmed is the newest checkpoint that a quorum of witnesses has confirmed.
type wireConfirmed struct {
	Quorum    int           `json:"quorum"`
	Size      int64         `json:"size"`
	Confirmed *time.Time    `json:"confirmed,omitempty"`
	Missing   int64         `json:"missing_seconds"` // how long no quorum has signed
	Held      bool          `json:"held"`            // witnesses know more than the city's database: no places are given
	Witnesses []wireWitness `json:"witnesses"`
}

func confirmedWire(s journal.Confirmations, now time.Time) *wireConfirmed {
	if len(s.Witnesses) == 0 {
		return nil
	}
	out := &wireConfirmed{Quorum: s.Quorum, Size: s.Size, Missing: int64(s.Missing(now).Seconds()), Held: s.Hold != nil, Witnesses: []wireWitness{}}
	if !s.At.IsZero() {
		out.Confirmed = &s.At
	}
	for _, w := range s.Witnesses {
		one := wireWitness{Name: w.Name, Key: w.Key(), Address: w.Address, Size: w.Size, Trouble: string(w.Trouble)}
		if !w.At.IsZero() {
			one.Confirmed = &w.At
		}
		out.Witnesses = append(out.Witnesses, one)
	}
	return out
}

// confirmedBy names the city's witnesses whose signatures a checkpoint carries.
func (m *Module) confirmedBy(note string) []string {
	var known []tlog.Witness
	for _, w := range m.deps.Witnesses {
		known = append(known, w.Witness)
	}
	list, err := tlog.Cosignatures(note, known)
	if err != nil {
		return nil // a checkpoint that was checked before: it has at worst no witnesses
	}
	var out []string
	for _, one := range list {
		out = append(out, one.Name)
	}
	slices.Sort(out)
	return out
}
