package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"posad.city/core/agency"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// VersionsCommand is what an operator wants of the published versions; all empty lists them.
type VersionsCommand struct {
	Cancel   id.ID         `json:"cancel"`   // the plan to take back
	Rollback bool          `json:"rollback"` // go back to Hash, or to the version before the current
	Hash     string        `json:"hash"`     // the beginning of a version's hash
	Note     string        `json:"note"`
	Lang     lang.Language `json:"lang"`
}

// Publishing is a city that is about to be published.
type Publishing struct {
	City []byte    `json:"city"`
	At   time.Time `json:"at"` // zero: at once
	Note string    `json:"note"`

	Files []service.SourceFile `json:"files"` // that the city was made of; none: it came without them
}

// read is the city as it will be published, with its files.
func (p Publishing) read() (*service.City, error) {
	city, err := service.Accept(p.City)
	if err != nil || len(p.Files) == 0 {
		return city, err
	}
	made, faults := service.LoadFiles(p.Files)
	switch {
	case len(faults) > 0:
		return nil, faults
	case made.Hash() != city.Hash():
		return nil, errors.New("the running process reads the files otherwise: it is of another release")
	}
	return made, nil
}

// versionsMost is how many switches and plans are listed.
const versionsMost = 50

// operator is the act of an operator who looks at people's data by a command: an official of the city's own agency, so
// that each person finds the look in their account.
func (h *House) operator() act.Act {
	return act.Act{
		ID: id.New(h.Clock.Now()), Actor: act.Actor{Kind: act.Official, Agency: agency.ID("city"), Role: "operator"}, Channel: act.Command, Assurance: act.Verified,
	}
}

func (h *House) publishAt(ctx context.Context, p Publishing) (string, error) {
	city, err := p.read()
	if err != nil {
		return "", err
	}
	plan, err := h.Modules.Service.PublishWith(ctx, h.command(), city, service.Publication{At: p.At, Note: p.Note})
	if err != nil {
		return "", InWords(h.Base.Texts, lang.English, err)
	}
	if !plan.IsZero() {
		return fmt.Sprintf("planned for %s; take it back: posad versions --cancel %s\n", p.At.In(city.Days().Zone()).Format(stampForm), plan), nil
	}
	return "", nil
}

// PublishAt puts a checked city into force at once with a note, or at a moment to come. It returns what to say of a plan.
func PublishAt(ctx context.Context, conf Config, p Publishing) (string, error) {
	return given(ctx, conf, "/publish-at", p, (*House).publishAt)
}

// stampForm is a moment in the city's zone, as commands read and write it.
const stampForm = "2006-01-02T15:04"

func (h *House) versions(ctx context.Context, c VersionsCommand) (string, error) {
	said, err := h.versionsDo(ctx, c)
	if err != nil {
		return "", InWords(h.Base.Texts, orEnglish(c.Lang), err)
	}
	return said, nil
}

func orEnglish(l lang.Language) lang.Language {
	if l == lang.Russian {
		return l
	}
	return lang.English
}

func (h *House) versionsDo(ctx context.Context, c VersionsCommand) (string, error) {
	m := h.Modules.Service
	switch {
	case !c.Cancel.IsZero():
		return "cancelled\n", m.CancelPlan(ctx, h.command(), c.Cancel)
	case c.Rollback:
		var hash service.Hash
		var err error
		if c.Hash != "" {
			if hash, err = m.FindVersion(ctx, c.Hash); err != nil {
				return "", err
			}
		}
		hash, err = m.Rollback(ctx, h.command(), hash, c.Note)
		return fmt.Sprintf("version %s is in force\n", hash), err
	}
	return h.versionList(ctx)
}

// versionList is the order of versions, the newest first, and what is planned.
func (h *House) versionList(ctx context.Context) (string, error) {
	m := h.Modules.Service
	if err := m.Refresh(ctx); err != nil { // the zone is the current version's
		return "", err
	}
	list, err := m.Switches(ctx, versionsMost)
	if err != nil {
		return "", err
	}
	plans, err := m.Plans(ctx, versionsMost)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	zone := m.Zone()
	for _, p := range plans {
		if p.State == service.PlanWaiting {
			fmt.Fprintf(&out, "plan  %s  from %s  by %s  %s%s\n", p.Hash[:12], p.At.In(zone).Format(stampForm), whoPublished(p.Kind, p.By, p.Channel)+proposedBy(p.Proposed), p.ID, noted(p.Note))
		}
	}
	for i, s := range list {
		state := "    "
		if i == 0 {
			state = "now "
		}
		fmt.Fprintf(&out, "%s  %s  since %s  by %s  № %d%s\n", state, s.Hash[:12], s.At.In(zone).Format(stampForm), whoPublished(s.Kind, s.By, s.Channel)+proposedBy(s.Proposed), s.Number, noted(s.Note))
	}
	if out.Len() == 0 {
		return "no version is published\n", nil
	}
	return out.String(), nil
}

// whoPublished names the office: an administrator by their id in the city's records, a command, or a job.
func whoPublished(kind act.Kind, by id.ID, channel act.Channel) string {
	if kind == act.Official && !by.IsZero() {
		return "official " + by.String()
	}
	return string(channel)
}

// proposedBy names the second person, where there was one.
func proposedBy(official id.ID) string {
	if official.IsZero() {
		return ""
	}
	return ", proposed by official " + official.String()
}

func noted(note string) string {
	if note == "" {
		return ""
	}
	return "  " + strings.Join(strings.Fields(note), " ")
}

// Versions lists, rolls back or cancels, in the running process or directly, and returns what to say.
func Versions(ctx context.Context, conf Config, c VersionsCommand) (string, error) {
	return given(ctx, conf, "/versions", c, (*House).versions)
}

// versionBytes is the canonical form of a stored version; of the current one when the hash is empty.
func (h *House) versionBytes(ctx context.Context, c VersionsCommand) (string, error) {
	m := h.Modules.Service
	if err := m.Refresh(ctx); err != nil {
		return "", err
	}
	if c.Hash == "" || c.Hash == "current" {
		city, err := m.City()
		if err != nil {
			return "", InWords(h.Base.Texts, orEnglish(c.Lang), err)
		}
		return string(city.Bytes()), nil
	}
	hash, err := m.FindVersion(ctx, c.Hash)
	if err != nil {
		return "", InWords(h.Base.Texts, orEnglish(c.Lang), err)
	}
	city, err := m.Version(ctx, hash)
	if err != nil {
		return "", err
	}
	return string(city.Bytes()), nil
}

// StoredVersion opens a published version by the beginning of its hash, or the current one.
func StoredVersion(ctx context.Context, conf Config, hash string, l lang.Language) (*service.City, error) {
	said, err := given(ctx, conf, "/version", VersionsCommand{Hash: hash, Lang: l}, (*House).versionBytes)
	if err != nil {
		return nil, err
	}
	return service.Open([]byte(said))
}

// Kept is how many open cases and drafts keep which version.
type Kept struct {
	Cases  []service.VersionCount `json:"cases"`
	Drafts []service.VersionCount `json:"drafts"`
}

func (h *House) kept(ctx context.Context, _ VersionsCommand) (string, error) {
	cases, drafts, err := h.Modules.touched(ctx)
	if err != nil {
		return "", err
	}
	out, err := json.Marshal(Kept{Cases: cases, Drafts: drafts})
	return string(out), err
}

// KeptVersions counts the open cases and drafts by service and version; nobody's data come back.
func KeptVersions(ctx context.Context, conf Config) (Kept, error) {
	said, err := given(ctx, conf, "/kept", VersionsCommand{}, (*House).kept)
	if err != nil {
		return Kept{}, err
	}
	var out Kept
	if err := json.Unmarshal([]byte(said), &out); err != nil {
		return out, errors.New("the running process is of another release")
	}
	return out, nil
}

// Exported is a published version as a folder.
type Exported struct {
	Hash  service.Hash         `json:"hash"`
	Own   bool                 `json:"own"` // the files are those that it was published from; false: it is written out anew
	Files []service.SourceFile `json:"files"`
}

func (h *House) export(ctx context.Context, c VersionsCommand) (string, error) {
	m := h.Modules.Service
	if err := m.Refresh(ctx); err != nil {
		return "", err
	}
	var out Exported
	city, err := m.City()
	if err == nil {
		out.Hash = city.Hash()
	}
	if c.Hash != "" && c.Hash != "current" {
		out.Hash, err = m.FindVersion(ctx, c.Hash)
	}
	if err == nil {
		out.Files, out.Own, err = m.Sources(ctx, out.Hash)
	}
	if err != nil {
		return "", InWords(h.Base.Texts, orEnglish(c.Lang), err)
	}
	said, err := json.Marshal(out)
	return string(said), err
}

// Export reads the folder of a published version by the beginning of its hash, or of the current one.
func Export(ctx context.Context, conf Config, c VersionsCommand) (Exported, error) {
	said, err := given(ctx, conf, "/export", c, (*House).export)
	if err != nil {
		return Exported{}, err
	}
	var out Exported
	if err := json.Unmarshal([]byte(said), &out); err != nil {
		return out, errors.New("the running process is of another release")
	}
	return out, nil
}

// touched counts open cases and drafts by service and version.
func (m *Modules) touched(ctx context.Context) ([]service.VersionCount, []service.VersionCount, error) {
	cases, err := m.Casework.OpenVersions(ctx)
	if err != nil {
		return nil, nil, err
	}
	drafts, err := m.Apply.DraftVersions(ctx)
	return cases, drafts, err
}
