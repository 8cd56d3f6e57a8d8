package apptest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"posad.city/city/kitezh"
	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/kit/id"
)

// cookieSession holds a session's token in a browser.
const cookieSession = "posad_session"

// Client is a browser, or a program with a bearer token, of one person or of nobody.
type Client struct {
	h       *House
	http    *http.Client
	address string // network address that the house believes it to have
	token   string // a program's
	Person  id.ID  // zero for nobody
	Lang    string // ru or en
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// JSON reads the answer's body.
func (a Answer) JSON(into any) error { return json.Unmarshal([]byte(a.Body), into) }

// Where is the path and query that a redirect leads to; "" for none.
func (a Answer) Where() string { return a.Header.Get("Location") }

// Call is what is sent.
type Call struct {
	Method, Path string
	Type         string // content type; empty: none
	Body         []byte
	Header       map[string]string // an empty value takes a header of the client's own away
}

// Nobody is a browser in which nobody is signed in.
func (h *House) Nobody() *Client {
	jar, err := cookiejar.New(nil)
	h.Must(err)
	h.hosts++
	return &Client{h: h, address: fmt.Sprintf("10.%d.%d.1", h.hosts/250, h.hosts%250), Lang: "ru", http: &http.Client{
		Jar: jar, Transport: h.transport(), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Browser signs a person in by the form, with their password.
func (h *House) Browser(person kitezh.Resident) *Client {
	h.T.Helper()
	c := h.Nobody()
	got := c.Post("/sign-in/password", url.Values{"contact": {person.Account.Email}, "password": {kitezh.Password}})
	if got.Status != http.StatusSeeOther {
		h.T.Fatalf("%s can't sign in: %d %s", person.Key, got.Status, got.Body)
	}
	c.Person = person.ID()
	return c
}

// Enter begins a session that a proof of the person opens, past the pages: by two factors, or by an official who has the
// person before them. The proof's account and person are filled in.
func (h *House) Enter(person kitezh.Resident, p account.Proof, via account.Via) *Client {
	h.T.Helper()
	accounts, err := h.Modules.Account.AccountOf(h.T.Context(), person.ID())
	h.Must(err)
	p.Account, p.Person = accounts[0], person.ID()
	entry, err := h.Modules.Account.Begin(h.T.Context(), p, via)
	h.Must(err)
	at, err := url.Parse(h.Config.Address)
	h.Must(err)
	c := h.Nobody()
	c.Person = person.ID()
	c.http.Jar.SetCookies(at, []*http.Cookie{{Name: cookieSession, Value: entry.Token, Path: "/"}})
	return c
}

// Program signs a person in for a program: it has a token and no cookies.
func (h *House) Program(person kitezh.Resident) *Client {
	h.T.Helper()
	c := h.Nobody()
	got := c.Send(http.MethodPost, "/api/v1/sign-in", map[string]string{"contact": person.Account.Email, "password": kitezh.Password})
	var entry struct {
		Token string `json:"token"`
	}
	if err := got.JSON(&entry); err != nil || got.Status != http.StatusOK {
		h.T.Fatalf("%s can't sign in: %d %s", person.Key, got.Status, got.Body)
	}
	c.token, c.Person, c.http.Jar = entry.Token, person.ID(), nil
	return c
}

// Key is a program of an agency that shows a key: it has no session.
func (h *House) Key(shown string) *Client {
	c := h.Nobody()
	c.token, c.http.Jar = shown, nil
	return c
}

// Program is the same session in a program, which sends its token by itself.
func (c *Client) Program() *Client {
	c.h.T.Helper()
	at, err := url.Parse(c.h.Config.Address)
	c.h.Must(err)
	out := *c
	out.http = &http.Client{CheckRedirect: c.http.CheckRedirect}
	for _, cookie := range c.http.Jar.Cookies(at) {
		if cookie.Name == cookieSession {
			out.token = cookie.Value
		}
	}
	return &out
}

// Wear puts on the hat of an agency, by its key; "" takes it off.
func (c *Client) Wear(key string) *Client {
	c.h.T.Helper()
	hat := ""
	if key != "" {
		hat = agency.ID(key).String()
	}
	if got := c.Send(http.MethodPost, "/api/v1/hat", map[string]string{"agency": hat}); got.Status != http.StatusNoContent {
		c.h.T.Fatalf("the hat of %q: %d %s", key, got.Status, got.Body)
	}
	return c
}

// Get reads a page or a JSON face.
func (c *Client) Get(path string) Answer { return c.Do(Call{Method: http.MethodGet, Path: path}) }

// Post sends a form, as a page of the house would.
func (c *Client) Post(path string, form url.Values) Answer {
	return c.Do(Call{Method: http.MethodPost, Path: path, Type: "application/x-www-form-urlencoded", Body: []byte(form.Encode())})
}

// Send sends JSON.
func (c *Client) Send(method, path string, body any) Answer {
	text, err := json.Marshal(body)
	c.h.Must(err)
	return c.Do(Call{Method: method, Path: path, Type: "application/json", Body: text})
}

// Upload sends a form with a file.
func (c *Client) Upload(path string, form map[string]string, field, name string, content []byte) Answer {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for key, value := range form {
		c.h.Must(w.WriteField(key, value))
	}
	part, err := w.CreateFormFile(field, name)
	c.h.Must(err)
	_, err = part.Write(content)
	c.h.Must(err)
	c.h.Must(w.Close())
	return c.Do(Call{Method: http.MethodPost, Path: path, Type: w.FormDataContentType(), Body: body.Bytes()})
}

// Do sends a call. The client says that the request comes from the house's own page, as a browser does.
func (c *Client) Do(call Call) Answer {
	c.h.T.Helper()
	r, err := http.NewRequestWithContext(c.h.T.Context(), call.Method, c.h.Config.Address+call.Path, bytes.NewReader(call.Body))
	c.h.Must(err)
	r.Header.Set("X-Forwarded-For", c.address)
	r.Header.Set("Accept-Language", c.Lang)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if call.Type != "" {
		r.Header.Set("Content-Type", call.Type)
	}
	if c.token != "" && strings.HasPrefix(call.Path, "/api/") {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for name, value := range call.Header {
		r.Header.Del(name)
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	got, err := c.http.Do(r)
	c.h.Must(err)
	defer func() { _ = got.Body.Close() }() // it was read
	body, err := io.ReadAll(got.Body)
	c.h.Must(err)
	return Answer{Status: got.StatusCode, Header: got.Header, Body: string(body)}
}
