package app

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/vault"
)

// LogCommand is what an operator wants of the public log.
type LogCommand struct {
	Recover bool          `json:"recover"` // bring a restored database up to what was published; else check
	Deep    bool          `json:"deep"`    // of a check: open every row and compute its leaf anew
	Since   string        `json:"since"`   // of a check: a signed checkpoint of an earlier day, its text
	Lang    lang.Language `json:"lang"`
}

// Log checks the public log, or recovers it after a restore: in the process that runs on the data folder, or directly when
// none does. It returns what to say; when there are faults, the report is an error.
func Log(ctx context.Context, conf Config, c LogCommand) (string, error) {
	return given(ctx, conf, "/log", c, (*House).log)
}

// log does the command and tells what came out.
func (h *House) log(ctx context.Context, c LogCommand) (string, error) {
	if !lang.Known(string(c.Lang)) {
		c.Lang = lang.English
	}
	text := func(key string, args ...any) string { return h.Base.Texts.Text(c.Lang, key, args...) }
	if c.Recover {
		err := h.Modules.Transparency.Log().Recover(ctx)
		if errors.Is(err, journal.ErrForked) {
			return "", errors.New(text("app.log.forked"))
		}
		if err != nil {
			return "", err
		}
	}
	o := journal.CheckOptions{Since: c.Since}
	if c.Deep {
		o.Journal = h.Base.Journal
		o.Keys = func(ctx context.Context, holder id.ID) (*vault.Keys, error) { return h.Base.Vault.Keys(ctx, holder) }
	}
	report, err := h.Modules.Transparency.Log().Check(ctx, o)
	if errors.Is(err, journal.ErrOutside) {
		return "", errors.New(text("app.log.since_foreign"))
	}
	if err != nil {
		return "", err
	}
	said := tellLog(report, c.Deep, text)
	if len(report.Faults) > 0 {
		return "", errors.New(said)
	}
	return said, nil
}

// tellLog is the report for a person.
func tellLog(r journal.CheckReport, deep bool, text func(string, ...any) string) string {
	var out strings.Builder
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	say := func(key string, args ...any) { out.WriteString(text("journal.check."+key, args...) + "\n") }
	if len(r.Faults) == 0 {
		say("good", "size", number(r.Checkpoint.Size))
	} else {
		say("faults", "count", number(int64(len(r.Faults))+r.More))
	}
	for _, f := range r.Faults {
		out.WriteString(f.Tell(text) + "\n")
	}
	if r.More > 0 {
		say("more", "count", number(r.More))
	}
	if r.Published > 0 {
		say("published", "size", number(r.Published))
	} else {
		say("no_published")
	}
	if r.Lost > 0 {
		say("lost", "count", number(r.Lost))
	}
	if r.Since > 0 {
		say("continues", "size", number(r.Since))
	}
	out.WriteString(r.Confirmations.TellOutside(text))
	if deep {
		say("opened", "opened", number(r.Opened), "erased", number(r.Erased))
		say("compared", "count", number(r.Compared))
	} else {
		say("shallow")
	}
	return out.String()
}
