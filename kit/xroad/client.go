package xroad

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Client asks services. It is a value; its http.Client has the connections and must not follow redirects.
type Client struct {
	HTTP    *http.Client
	Address string   // of our security server, or of the provider itself: without a slash at the end
	Member  ClientID // who asks
	Direct  bool     // nothing stands between us and the provider: the hash of the question is compared
	Key     string   // bearer key to the address; empty: none (a security server knows us by our TLS certificate)
}

// Call is a question.
type Call struct {
	Service        ServiceID
	Method         string // GET, POST and so on
	Path           string // after the service, with a slash before it, percent-encoded; empty: none
	Query          url.Values
	ID             string // of the message, a UUID: the same for the same question
	UserID         string // who wants to know, with the country's two letters before it; empty: nobody in particular
	Issue          string // why: the case's id
	Represented    ClientID
	SecurityServer string
	Accept         string // empty: application/json
	ContentType    string // of the body
	Body           []byte
	Most           int64 // bytes that an answer may have; 0: 1 MB
}

// Reply is an answer that belongs to its question. Its status may still be a refusal, of the service's own.
type Reply struct {
	Status    int
	Header    http.Header
	Body      []byte
	RequestID string // X-Road's own id of the exchange
	Question  Message
	Answer    Message
}

// answerMost is how many bytes an answer has at most, when the call doesn't say.
const answerMost = 1 << 20

// Do asks once. Errors: *Fault when X-Road could not carry the question, or the provider's side of it refused; ErrReply for
// an answer to something else; and those of the connection. With a *Fault and ErrReply the Reply is there too, for the log.
func (c Client) Do(ctx context.Context, call Call) (*Reply, error) {
	request, asked, err := c.request(ctx, call)
	if err != nil {
		return nil, err
	}
	response, err := c.HTTP.Do(request)
	if err != nil {
		return &Reply{Question: asked}, fmt.Errorf("xroad: ask: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // it was read; nothing hangs on closing it
	most := call.Most
	if most == 0 {
		most = answerMost
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, most+1))
	if err != nil {
		return &Reply{Question: asked}, fmt.Errorf("xroad: read an answer: %w", err)
	}
	out := &Reply{
		Status: response.StatusCode, Header: response.Header, Body: body, RequestID: response.Header.Get(HeaderRequestID),
		Question: asked, Answer: reply(response.StatusCode, response.Header, body),
	}
	if kind := response.Header.Get(HeaderError); kind != "" {
		return out, readFault(response.StatusCode, kind, body)
	}
	if int64(len(body)) > most {
		return out, fmt.Errorf("%w: it is too long", ErrReply)
	}
	return out, c.belongs(call, out)
}

// belongs compares what an answer echoes with what was asked.
func (c Client) belongs(call Call, r *Reply) error {
	for name, want := range map[string]string{HeaderID: call.ID, HeaderClient: c.Member.String(), HeaderService: call.Service.String()} {
		values := r.Header.Values(name)
		if len(values) != 1 || !same(name, values[0], want) {
			return fmt.Errorf("%w: %s", ErrReply, name)
		}
	}
	hash := r.Header.Values(HeaderRequestHash)
	if len(hash) != 1 || (c.Direct && hash[0] != r.Question.Hash()) {
		return fmt.Errorf("%w: %s", ErrReply, HeaderRequestHash)
	}
	return nil
}

// same compares identifiers however they are encoded.
func same(name, got, want string) bool {
	if name == HeaderID {
		return got == want
	}
	one, err := url.PathUnescape(got)
	if err != nil {
		return false
	}
	two, err := url.PathUnescape(want)
	return err == nil && one == two && strings.Count(got, "/") == strings.Count(want, "/")
}

func (c Client) request(ctx context.Context, call Call) (*http.Request, Message, error) {
	if call.ID == "" || strings.ContainsAny(call.ID+call.UserID+call.Issue, "\r\n") {
		return nil, Message{}, errors.New("xroad: a question needs an id, and its headers one line")
	}
	target := "/" + version + "/" + call.Service.String() + call.Path
	if len(call.Query) > 0 {
		target += "?" + call.Query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, call.Method, c.Address+target, bytes.NewReader(call.Body))
	if err != nil {
		return nil, Message{}, fmt.Errorf("xroad: question: %w", err)
	}
	h := request.Header
	h.Set(HeaderClient, c.Member.String())
	h.Set(HeaderID, call.ID)
	h.Set("Accept", "application/json")
	represented := ""
	if call.Represented != (ClientID{}) {
		represented = call.Represented.Class + "/" + call.Represented.Member
	}
	for name, value := range map[string]string{
		HeaderUserID: call.UserID, HeaderIssue: call.Issue, HeaderRepresented: represented, HeaderSecurityServer: call.SecurityServer,
		"Accept": call.Accept, "Content-Type": call.ContentType,
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
	asked := question(call.Method, target, h, call.Body)
	if c.Key != "" {
		h.Set("Authorization", "Bearer "+c.Key)
	}
	return request, asked, nil
}
