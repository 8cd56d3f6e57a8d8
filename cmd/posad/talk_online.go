package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"posad.city/core/talk"
	"posad.city/kit/lang"
)

// caller speaks to a city's JSON API.
type caller struct {
	address, token string
	lang           lang.Language
	client         *http.Client
}

// mostAnswer bounds what is read of an answer.
const mostAnswer = 8 << 20

// problem is an answer that is no success, as RFC 9457 writes it.
type problem struct {
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Errors []struct {
		Detail string `json:"detail"`
	} `json:"errors"`
	status int
}

func (p *problem) Error() string {
	out := p.Detail
	if out == "" {
		out = p.Title
	}
	for _, one := range p.Errors {
		out += "\n" + one.Detail
	}
	if strings.TrimSpace(out) == "" {
		return fmt.Sprintf("the city answered %d", p.status)
	}
	return strings.TrimSpace(out)
}

func (c *caller) send(ctx context.Context, method, path, kind string, body io.Reader, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(c.address, "/")+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Accept-Language", string(c.lang))
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.client.Do(req)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, mostAnswer))
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		p := &problem{status: res.StatusCode}
		if err := json.Unmarshal(text, p); err != nil {
			p.Title = res.Status
		}
		return p
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

func (c *caller) call(ctx context.Context, path string, body, out any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.send(ctx, http.MethodPost, path, "application/json", bytes.NewReader(text), out)
}

// online talks to a city that runs.
func (t talking) online(ctx context.Context, service string) error {
	c := &caller{address: t.address, token: t.token, lang: t.lang, client: &http.Client{Timeout: time.Minute}}
	if c.token == "" {
		if err := t.signIn(ctx, c); err != nil {
			return err
		}
	}
	begin := map[string]any{}
	for key, value := range map[string]string{"child": t.child, "for": t.whom, "about": t.about} {
		if value != "" {
			begin[key] = value
		}
	}
	var draft struct {
		ID string `json:"id"`
	}
	if err := c.call(ctx, "/api/v1/services/"+service+"/drafts", begin, &draft); err != nil {
		return err
	}
	return t.converse(ctx, c, "/api/v1/drafts/"+draft.ID)
}

// signIn asks for an e-mail or phone and the code that is sent there.
func (t talking) signIn(ctx context.Context, c *caller) error {
	ask, code := "Your e-mail or phone, to sign in:", "We have sent a code to %s. Write it here:"
	if t.lang == lang.Russian {
		ask, code = "Ваша почта или телефон для входа:", "Мы отправили код: %s. Напишите его здесь:"
	}
	contact := t.contact
	for contact == "" {
		t.say(ask)
		var err error
		if contact, err = t.hear(); err != nil {
			return err
		}
	}
	var sent struct{ Try, To string }
	if err := c.call(ctx, "/api/v1/sign-in/code", map[string]string{"contact": contact}, &sent); err != nil {
		return err
	}
	for {
		t.say(fmt.Sprintf(code, sent.To))
		typed, err := t.hear()
		if err != nil {
			return err
		}
		var entry struct{ Token string }
		err = c.call(ctx, "/api/v1/sign-in", map[string]string{"try": sent.Try, "code": typed}, &entry)
		var p *problem
		if errors.As(err, &p) && p.status < 500 && p.status != http.StatusTooManyRequests && p.status != http.StatusGone {
			t.say(p.Error())
			continue
		}
		c.token = entry.Token
		return err
	}
}

// spoken is a turn as the API tells it.
type spoken struct {
	Says   string
	Field  string
	Upload string
	Files  []string
	Act    talk.Act
	State  talk.Dialogue
}

func (t talking) converse(ctx context.Context, c *caller, draft string) error {
	var turn spoken
	if err := c.call(ctx, draft+"/talk", map[string]any{}, &turn); err != nil {
		return err
	}
	for {
		t.say(turn.Says)
		reply, err := t.hear()
		if err != nil {
			return err
		}
		next := spoken{}
		if err := c.call(ctx, draft+"/talk", map[string]any{"state": turn.State, "text": reply}, &next); err != nil {
			return err
		}
		if next.Act == talk.Stop {
			t.kept()
			return nil
		}
		if next.Act == talk.Submit {
			return t.submit(ctx, c, draft)
		}
		if len(next.Files) > 0 {
			for _, path := range next.Files {
				t.upload(ctx, c, draft, next.Field, path)
			}
			state := next.State
			next = spoken{}
			if err := c.call(ctx, draft+"/talk", map[string]any{"state": state}, &next); err != nil {
				return err
			}
		}
		turn = next
	}
}

func (t talking) submit(ctx context.Context, c *caller, draft string) error {
	var sent struct{ Number, Page string }
	if err := c.call(ctx, draft+"/submit", map[string]any{"consent": true}, &sent); err != nil {
		return err
	}
	t.say(talk.Sent(t.lang, sent.Number) + "\n" + sent.Page)
	return nil
}

// upload sends a file; what is wrong with it is said, and the question is asked again.
func (t talking) upload(ctx context.Context, c *caller, draft, field, path string) {
	body, kind, err := fileForm(field, path)
	if err != nil {
		t.say(err.Error())
		return
	}
	var answer struct {
		Faults []struct{ Detail string }
	}
	if err := c.send(ctx, http.MethodPost, draft+"/files", kind, body, &answer); err != nil {
		t.say(err.Error())
		return
	}
	for _, wrong := range answer.Faults {
		t.say(wrong.Detail)
	}
}

// mostFile bounds a file that is read from the disk.
const mostFile = 64 << 20

func fileForm(field, path string) (io.Reader, string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, "", err
	}
	if !info.Mode().IsRegular() || info.Size() > mostFile {
		return nil, "", fmt.Errorf("%s: a file of at most %s is wanted", path, lang.Size(lang.English, mostFile))
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, "", err
	}
	var out bytes.Buffer
	form := multipart.NewWriter(&out)
	part, err := form.CreateFormFile("file", filepath.Base(path))
	if err != nil {
		return nil, "", err
	}
	_, err = part.Write(content)
	return &out, form.FormDataContentType(), errors.Join(form.WriteField("field", field), err, form.Close())
}
