package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"posad.city/core/exchange"
	"posad.city/kit/asic"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// ExchangeCommand is what an operator wants of the exchange's log of messages.
type ExchangeCommand struct {
	Do     string        `json:"do"`     // log, export or check
	About  string        `json:"about"`  // whose messages: an id or a contact
	Before id.ID         `json:"before"` // of log: those before it; zero: the newest
	Try    id.ID         `json:"try"`    // of export
	Answer bool          `json:"answer"` // of export: the answer; else the question
	Lang   lang.Language `json:"lang"`
}

// exchangeListed is how many tries a list has.
const exchangeListed = 100

// Exchange lists what went over the wire about a person, gives a signed message as a container, or checks the log: in the
// process that runs on the data folder, or directly when none does. It returns what to say, or the container; a check that found
// faults is an error with the report as its text.
func Exchange(ctx context.Context, conf Config, c ExchangeCommand) (string, error) {
	return given(ctx, conf, "/exchange", c, (*House).exchange)
}

func (h *House) exchange(ctx context.Context, c ExchangeCommand) (string, error) {
	said, err := h.exchangeDo(ctx, c)
	if err != nil {
		return "", InWords(h.Base.Texts, c.Lang, err)
	}
	return said, nil
}

// ExchangeCheck checks the log of messages and tells out how far it is, then what it found; faults are an error with the
// report as its text.
func ExchangeCheck(ctx context.Context, conf Config, c ExchangeCommand, out io.Writer) error {
	return followed(ctx, conf, "/exchange-check", c, out, (*House).exchangeCheck)
}

// exchangeStep is after how many exchanges a check tells how far it is.
const exchangeStep = 10_000

func (h *House) exchangeCheck(ctx context.Context, c ExchangeCommand, out io.Writer) error {
	if !lang.Known(string(c.Lang)) {
		c.Lang = lang.English
	}
	text := func(key string, args ...any) string { return h.Base.Texts.Text(c.Lang, key, args...) }
	told := int64(0)
	found, err := h.Modules.Exchange.CheckLogTelling(ctx, func(f exchange.CheckedLog) {
		if f.Messages-told >= exchangeStep {
			told = f.Messages
			fmt.Fprintln(out, text("app.exchange.under_way", "batches", f.Batches, "messages", f.Messages)) // who reads may be gone
		}
	})
	if err != nil {
		return InWords(h.Base.Texts, c.Lang, err)
	}
	said := tellExchange(found, text)
	if found.Count() > 0 {
		return errors.New(said)
	}
	_, err = io.WriteString(out, said)
	return err
}

// exchangeDo does the command and tells what came out: words, or a file.
func (h *House) exchangeDo(ctx context.Context, c ExchangeCommand) (string, error) {
	if !lang.Known(string(c.Lang)) {
		c.Lang = lang.English
	}
	text := func(key string, args ...any) string { return h.Base.Texts.Text(c.Lang, key, args...) }
	m := h.Modules.Exchange
	if c.Do == "check" {
		var said strings.Builder
		err := h.exchangeCheck(ctx, c, &said)
		return said.String(), err
	}
	about, err := m.Person(ctx, c.About)
	if err != nil {
		return "", err
	}
	a := h.operator() // whose looks the person sees
	switch c.Do {
	case "export":
		file, err := m.Container(ctx, a, about, c.Try, c.Answer)
		return string(file), err
	case "log":
		list, err := m.Log(ctx, a, about, c.Before, exchangeListed)
		if err != nil {
			return "", err
		}
		return tellTries(ctx, m, list, text)
	}
	return "", errors.New("name one: log, export or check")
}

func tellExchange(found exchange.CheckedLog, text func(string, ...any) string) string {
	var out strings.Builder
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	out.WriteString(text("exchange.log.extent") + ": " + text("exchange.log.extent_value", "batches", number(found.Batches), "messages", number(found.Messages)) + "\n")
	out.WriteString(text("exchange.log.opened", "opened", number(found.Opened), "erased", number(found.Erased)) + "\n")
	if found.Count() == 0 {
		return out.String() + text("exchange.log.no_faults") + "\n"
	}
	out.WriteString(text("app.exchange.faults", "count", number(found.Count())) + "\n")
	for _, f := range found.Faults {
		out.WriteString(f.Tell(text) + "\n")
	}
	if found.More > 0 {
		out.WriteString(text("journal.check.more", "count", number(found.More)) + "\n")
	}
	return out.String()
}

// tellTries is a list for a person and for programs: a line a try, the newest first.
func tellTries(ctx context.Context, m *exchange.Module, list []exchange.Logged, text func(string, ...any) string) (string, error) {
	if len(list) == 0 {
		return text("exchange.log.empty") + "\n", nil
	}
	var out strings.Builder
	for _, one := range list {
		outcome := text("exchange.log.good")
		if one.Trouble != exchange.None {
			outcome = text("exchange.trouble." + string(one.Trouble))
		}
		why, err := m.Why(ctx, one, text)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "%s  %s  %-8s  %s  %s  %s  %s\n", one.ID, one.At.UTC().Format("2006-01-02T15:04:05Z"), one.Side, one.Peer, one.Register, why, outcome)
	}
	return out.String(), nil
}

// exchangeSigner and exchangeTrust are of the one authority of the city, whose roots are published.
func (m *Modules) exchangeSigner() (asic.Signer, error) {
	return exchange.SignerOf(m.Document.Authority())
}

func (m *Modules) exchangeTrust() (asic.Trust, error) {
	return exchange.TrustOf(m.Document.Authority())
}
