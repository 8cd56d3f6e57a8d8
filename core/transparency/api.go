package transparency

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/journal"
	"posad.city/kit/tlog"
	"posad.city/kit/web"
)

// wireLog is how the log stands.
type wireLog struct {
	Origin     string       `json:"origin"`
	Size       int64        `json:"size"`
	Root       string       `json:"root"`
	Checkpoint string       `json:"checkpoint"` // the signed note
	Key        string       `json:"key"`        // verifier key for monitors and witnesses
	Made       *time.Time   `json:"made,omitempty"`
	Stopped    *wireStopped `json:"stopped,omitempty"`

	Confirmed *wireConfirmed `json:"confirmed,omitempty"` // by witnesses outside; absent: the city names none

	Days []wireDay `json:"days"`
}

type wireStopped struct {
	Published int64         `json:"published"`
	Database  int64         `json:"database"`
	From      int64         `json:"from"`
	Missing   []wireMissing `json:"missing"`
	More      int64         `json:"more"`
}

type wireMissing struct {
	Index int64  `json:"index"`
	Leaf  string `json:"leaf"`
	There bool   `json:"there"` // the act is in the database and waits for its place
}

type wireDay struct {
	Day     string `json:"day"`
	Entries int64  `json:"entries"`
	Size    int64  `json:"size"`
	Root    string `json:"root"`
}

type wireInclusion struct {
	Leaf       string   `json:"leaf"`
	Index      int64    `json:"index"`
	Size       int64    `json:"size"`
	Hashes     []string `json:"hashes"`
	Checkpoint string   `json:"checkpoint"`
	Proof      string   `json:"proof"` // the same as one text, in the form of C2SP's tlog-proof
}

type wireConsistency struct {
	From    int64    `json:"from"`
	To      int64    `json:"to"`
	OldRoot string   `json:"old_root"`
	NewRoot string   `json:"new_root"`
	Hashes  []string `json:"hashes"`
}

func (m *Module) api(s *web.Server, read *web.Op) {
	s.API(read, "GET /api/v1/log", m.apiLog, web.Describe{
		Summary: "The city's public log: its newest signed checkpoint, and how it grew", Out: wireLog{},
		Details: "The log itself lies at /log/checkpoint and /log/tile/… in the form of C2SP's tlog-tiles. Hashes here are base64.",
	})
	s.API(read, "GET /api/v1/log/inclusion", m.apiInclusion, web.Describe{
		Summary: "Proof that a leaf stands in the newest checkpoint", Out: wireInclusion{},
		Params: []web.Param{{Name: "leaf", Text: "32 bytes as base64 or hexadecimal digits, as in a receipt's promise", Required: true}},
	})
	s.API(read, "GET /api/v1/log/consistency", m.apiConsistency, web.Describe{
		Summary: "Proof that the log of one size begins with the log of a smaller size", Out: wireConsistency{},
		Params: []web.Param{
			{Name: "from", Text: "The smaller size, from 1", Of: int64(0), Required: true},
			{Name: "to", Text: "The larger size; left out: that of the newest checkpoint", Of: int64(0)},
		},
	})
}

func (m *Module) apiLog(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	p := m.log.Published()
	if p == nil {
		return ErrBegins
	}
	key, err := m.verifierKey(p)
	if err != nil {
		return err
	}
	days, err := m.log.Days(c.Context(), daysShown)
	if err != nil {
		return err
	}
	out := wireLog{Origin: p.Origin, Size: p.Size, Root: standard(p.Root), Checkpoint: p.Note, Key: key, Stopped: stoppedWire(m.log.Stopped()), Days: []wireDay{}}
	out.Confirmed = confirmedWire(m.log.Confirmations(), c.Now())
	if !p.Made.IsZero() {
		out.Made = &p.Made
	}
	for _, d := range days {
		out.Days = append(out.Days, wireDay{d.Day, d.Entries, d.Size, standard(d.Root)})
	}
	return c.JSON(http.StatusOK, out)
}

func stoppedWire(d *journal.Divergence) *wireStopped {
	if d == nil {
		return nil
	}
	out := &wireStopped{Published: d.Published, Database: d.Database, From: d.From, Missing: []wireMissing{}, More: d.More}
	for _, one := range d.Missing {
		out.Missing = append(out.Missing, wireMissing{one.Index, encoded(one.Leaf), !one.Entry.IsZero()})
	}
	return out
}

func (m *Module) apiInclusion(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	leaf, err := understand(c.Query("leaf"))
	if err != nil {
		return err
	}
	s, err := m.Leaf(c.Context(), leaf)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wireInclusion{
		Leaf: encoded(leaf), Index: s.Proof.Index, Size: s.Size, Hashes: standards(s.Proof.Hashes), Checkpoint: s.Proof.Checkpoint, Proof: s.Proof.Text(),
	})
}

func (m *Module) apiConsistency(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	p := m.log.Published()
	if p == nil {
		return ErrBegins
	}
	from, err := strconv.ParseInt(c.Query("from"), 10, 64)
	to := p.Size
	if text := c.Query("to"); text != "" && err == nil {
		to, err = strconv.ParseInt(text, 10, 64)
	}
	if err != nil {
		return ErrSizes
	}
	g, err := m.log.Growth(c.Context(), from, to)
	switch {
	case errors.Is(err, tlog.ErrProof), errors.Is(err, journal.ErrNotYet):
		return ErrSizes
	case err != nil:
		return ErrBroken.Because(err)
	}
	return c.JSON(http.StatusOK, wireConsistency{g.From, g.To, standard(g.OldRoot), standard(g.NewRoot), standards(g.Hashes)})
}

func standard(h tlog.Hash) string { return base64.StdEncoding.EncodeToString(h[:]) }

func standards(list []tlog.Hash) []string {
	out := make([]string, 0, len(list))
	for _, h := range list {
		out = append(out, standard(h))
	}
	return out
}
