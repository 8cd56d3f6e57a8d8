package notice

import (
	"context"

	"posad.city/core/account"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/mail"
	"posad.city/kit/store"
)

// PrepareWord implements account.Teller: a message about the account goes out by every channel that its person has, and
// lies in their inbox.
func (m *Module) PrepareWord(ctx context.Context, w account.Word) (func(*store.Tx) error, error) {
	ready, err := m.Prepare(ctx, Notice{Key: w.Key, To: w.Person, Topic: Security, Kind: w.Kind, Params: w.Params, Path: w.Path})
	if err != nil {
		return nil, err
	}
	return ready.Put, nil
}

// SendAside implements account.Teller: the same words to an address that is the person's no more, by mail or SMS.
func (m *Module) SendAside(ctx context.Context, to account.Contact, w account.Word, l lang.Language, job id.ID) error {
	l = languageOf(l, "")
	says, err := compose(m.base.Texts, Notice{Kind: w.Kind, Params: w.Params})
	if err != nil {
		return jobs.Fatal(err)
	}
	f := m.aside(ctx, to, w, says, l, job)
	switch {
	case f == nil:
		return nil
	case f.kind == Temporary:
		return f.err
	}
	return jobs.Fatal(f.err)
}

// orHome is where a letter leads that has no page of its own.
func orHome(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

func (m *Module) aside(ctx context.Context, to account.Contact, w account.Word, says words, l lang.Language, job id.ID) *failure {
	if to.Channel == account.Phone {
		if m.deps.SMS == nil {
			return &failure{kind: Permanent, err: errNoProvider}
		}
		text := m.say(l, "notice.sms", "city", m.deps.City(l), "title", says.Title.In(l), "url", m.deps.Address+orHome(w.Path))
		_, err := m.deps.SMS.SendText(ctx, job, to.Value, text)
		return failureOf(err)
	}
	if m.deps.Mail == nil {
		return &failure{kind: Permanent, err: errNoProvider}
	}
	view := letterView{
		Lang: l, City: m.deps.City(l), Title: says.Title.In(l), Greeting: m.greeting(l, lang.Name{}), Paragraphs: []string{says.Text.In(l)},
		Why: m.say(l, "notice.aside.why"),
	}
	if w.Path != "" {
		view.Button, view.URL = says.Action.In(l), m.deps.Address+w.Path
	}
	letter, err := m.mail(ctx, view)
	if err != nil {
		return &failure{kind: Permanent, err: err}
	}
	letter.Job, letter.At, letter.To = job, m.base.Clock.Now(), mail.Address{Address: to.Value}
	return failureOf(m.deps.Mail.Send(ctx, letter))
}
