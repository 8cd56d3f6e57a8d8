package notice

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"posad.city/core/account"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/mail"
)

// letterView is a letter ready to be laid out, as HTML and as plain text.
type letterView struct {
	Lang       lang.Language
	City       string
	Title      string
	Greeting   string
	Paragraphs []string
	Code       string // large, for a one-time code; empty: none
	Button     string // with URL; empty: no button
	URL        string
	Why        string // why the person gets this
	Change     string // words of the link to the page of channels; empty: no link
	ChangeURL  string
}

// letter makes the letter of a delivery. Made at each try, it is the same each time: its Message-ID and date are the
// delivery's.
func (m *Module) letter(ctx context.Context, e errand, to string) (mail.Message, error) {
	l := languageOf(e.person.Lang, lang.Language(e.row.Lang))
	view := letterView{
		Lang: l, City: m.deps.City(l), Title: e.message.Title.In(l), Greeting: m.greeting(l, e.person.Name),
		Paragraphs: paragraphs(e.message.Text.In(l)), Button: e.message.Action.In(l), URL: m.url(e.message),
		Why: m.say(l, "notice.why."+string(e.message.Topic)), Change: m.say(l, "notice.change"), ChangeURL: m.deps.Address + "/account/notices",
	}
	if e.row.Starts {
		view.Why = m.say(l, "notice.why.starts")
	}
	out, err := m.mail(ctx, view)
	out.Job, out.At = e.delivery.ID, e.delivery.Made
	out.To = mail.Address{Name: oneLine(e.person.Name.Full(l)), Address: to}
	if !e.row.Starts && strings.HasPrefix(m.deps.Address, "https://") {
		out.Unsubscribe = m.deps.Address + "/api/v1/notices/unsubscribe?token=" + m.leaveToken(e.person.ID, e.message.Topic)
	}
	return out, err
}

// mail lays a letter out.
func (m *Module) mail(ctx context.Context, v letterView) (mail.Message, error) {
	var html bytes.Buffer
	if err := letterPage(v).Render(ctx, &html); err != nil {
		return mail.Message{}, fmt.Errorf("notice: letter: %w", err)
	}
	return mail.Message{
		From: mail.Address{Name: oneLine(m.say(v.Lang, "notice.sender", "city", v.City)), Address: m.deps.From}, ReplyTo: m.deps.ReplyTo,
		Subject: oneLine(v.Title), Text: plainLetter(v), HTML: html.String(), Language: v.Lang,
	}, nil
}

func plainLetter(v letterView) string {
	parts := append([]string{v.Greeting}, v.Paragraphs...)
	if v.Code != "" {
		parts = append(parts, v.Code)
	}
	if v.Button != "" {
		parts = append(parts, v.Button+":\n"+v.URL)
	}
	foot := v.City + "\n" + v.Why
	if v.Change != "" {
		foot += "\n" + v.Change + ": " + v.ChangeURL
	}
	return strings.Join(append(parts, "-- \n"+foot), "\n\n") + "\n"
}

func (m *Module) say(l lang.Language, key string, args ...any) string {
	return m.base.Texts.Text(l, key, args...)
}

func (m *Module) greeting(l lang.Language, name lang.Name) string {
	if name.Given == "" {
		return m.say(l, "notice.greeting_nobody")
	}
	return m.say(l, "notice.greeting", "name", oneLine(name.Address(l)))
}

// url is where a message's button leads: its path, or the message itself.
func (m *Module) url(message Message) string {
	if message.Path == "" {
		return m.deps.Address + "/messages/" + message.ID.String()
	}
	return m.deps.Address + message.Path
}

// titleMost is how many characters of a title an SMS has: with city and address it stays within three parts.
const titleMost = 80

// shortText is the SMS of a message: what happened and where to read it. Its text stays in the account, since anybody
// who holds the phone reads an SMS.
func (m *Module) shortText(e errand) string {
	l := languageOf(e.person.Lang, lang.Language(e.row.Lang))
	title := []rune(e.message.Title.In(l))
	if len(title) > titleMost {
		title = append(title[:titleMost-1], '…')
	}
	return m.say(l, "notice.sms", "city", m.deps.City(l), "title", string(title), "url", m.url(e.message))
}

// SendCode implements account.Courier. The code goes out at once and is kept nowhere here; job names the letter, so that
// one sent twice is one letter.
func (m *Module) SendCode(ctx context.Context, to string, channel account.Channel, code string, l lang.Language, job id.ID) error {
	return m.SendCodeLink(ctx, to, channel, code, "", l, job)
}

// SendCodeLink implements account.LinkCourier: a letter has a button beside the code, which gives the code in the browser
// that asked for it.
func (m *Module) SendCodeLink(ctx context.Context, to string, channel account.Channel, code, path string, l lang.Language, job id.ID) error {
	l = languageOf(l, "")
	by, f := Email, (*failure)(nil)
	if channel == account.Phone {
		by = SMS
		f = m.codeByText(ctx, to, code, l, job)
	} else {
		f = m.codeByMail(ctx, to, code, path, l, job)
	}
	if ctx.Err() != nil && f != nil {
		return context.Cause(ctx)
	}
	m.meter.count(by, "code", f)
	switch {
	case f == nil:
		return nil
	case f.kind == Temporary:
		m.base.Log.Warn("notice: a provider does not take our messages now", "channel", string(by), "code", job.String(), "error", f.err)
		return f.err
	case f.provider():
		m.base.Log.Error("notice: a provider has failed, a one-time code was not sent", "channel", string(by), "code", job.String(), "error", f.err)
	}
	return jobs.Fatal(f.err)
}

var errNoProvider = errors.New("notice: the city has no provider for this channel")

func (m *Module) codeByText(ctx context.Context, to, code string, l lang.Language, job id.ID) *failure {
	if m.deps.SMS == nil {
		return &failure{kind: Permanent, err: errNoProvider}
	}
	_, err := m.deps.SMS.SendText(ctx, job, to, m.say(l, "notice.code.sms", "city", m.deps.City(l), "code", code))
	return failureOf(err)
}

func (m *Module) codeByMail(ctx context.Context, to, code, path string, l lang.Language, job id.ID) *failure {
	if m.deps.Mail == nil {
		return &failure{kind: Permanent, err: errNoProvider}
	}
	view := letterView{
		Lang: l, City: m.deps.City(l), Title: m.say(l, "notice.code.title", "city", m.deps.City(l)), Greeting: m.greeting(l, lang.Name{}), Code: code,
		Paragraphs: []string{m.say(l, "notice.code.text", "count", int(account.CodeLife/time.Minute)), m.say(l, "notice.code.secret")},
		Why:        m.say(l, "notice.code.why"),
	}
	if path != "" {
		view.Button, view.URL = m.say(l, "notice.code.button"), m.deps.Address+path
		view.Paragraphs = append(view.Paragraphs, m.say(l, "notice.code.link"))
	}
	letter, err := m.mail(ctx, view)
	if err != nil {
		return &failure{kind: Permanent, err: err}
	}
	letter.Job, letter.At, letter.To = job, m.base.Clock.Now(), mail.Address{Address: to}
	return failureOf(m.deps.Mail.Send(ctx, letter))
}
