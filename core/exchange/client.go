package exchange

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"posad.city/core/agency"
	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/seal"
	"posad.city/kit/xroad"
)

// The wire contract is docs/operator/registers.md.

// wireAsk is the body of a request.
type wireAsk struct {
	RequestID  id.ID             `json:"request_id"`
	Register   string            `json:"register"`
	Purpose    wirePurpose       `json:"purpose"`
	OnBehalfOf string            `json:"on_behalf_of"` // key of the agency
	Parameters map[string]string `json:"parameters"`
}

// wirePurpose is why the register is asked.
type wirePurpose struct {
	Kind    string     `json:"kind"` // case or account
	Case    string     `json:"case,omitempty"`
	Service string     `json:"service,omitempty"`
	Needed  *lang.Text `json:"needed,omitempty"`
}

// faultUnknown in an answer with status 404 says that the register works and has no such record.
const faultUnknown = "unknown"

// Headers of a request.
const (
	headerKey       = "Idempotency-Key"
	headerSignature = "Posad-Signature"
)

// signatureDomain keeps a request's signature from being taken for another kind of document.
const signatureDomain = "exchange-request"

// newClient follows no redirects: an agency is where the configuration says. Time limits are each request's own.
func newClient() *http.Client {
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: asksAtOnce, IdleConnTimeout: time.Minute,
		ResponseHeaderTimeout: time.Minute, MaxResponseHeaderBytes: 32 << 10, ForceAttemptHTTP2: true,
	}
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// answer is what came of one request.
type answer struct {
	trouble Trouble
	values  map[string]any
	after   time.Duration // how long the agency asks to be left alone
	cause   error         // for the log; holds nothing of the reply
	wire    wire          // what went over it
}

// wire is what went over the wire in one try.
type wire struct {
	question xroad.Message // without a head: nothing was sent
	answer   xroad.Message // without a head: nothing came back
}

// sent tells whether anything was.
func (w wire) sent() bool { return len(w.question.Head) > 0 }

// signedHeaders are the headers that the exchange's log keeps. A key is not among them.
func signedHeaders(name string) bool {
	switch name {
	case "content-type", "accept", "idempotency-key", "posad-signature", "retry-after":
		return true
	}
	return false
}

// send makes one request and reads its answer.
func (m *Module) send(ctx context.Context, r *service.Register, endpoint Endpoint, ask wireAsk) answer {
	schema, err := m.schemas.of(r)
	if err != nil {
		return answer{trouble: Absent, cause: err}
	}
	ctx, cancel := context.WithTimeout(ctx, r.AnswersWithin())
	defer cancel()
	if r.Transport == service.TransportXRoad {
		return m.askXRoad(ctx, r, schema, endpoint, ask)
	}
	asked, err := json.Marshal(ask)
	if err != nil {
		return answer{trouble: Absent, cause: fmt.Errorf("exchange: request: %w", err)}
	}
	request, err := m.request(ctx, endpoint, ask, asked)
	if err != nil {
		return answer{trouble: Absent, cause: err}
	}
	out := answer{trouble: Silent, wire: wire{question: xroad.NewMessage([]string{request.Method, request.URL.Path}, request.Header, asked, signedHeaders)}}
	response, err := m.client.Do(request)
	if err != nil {
		out.cause = err
		return out
	}
	defer func() { _ = response.Body.Close() }() // the body was read; nothing hangs on closing it
	body, err := io.ReadAll(io.LimitReader(response.Body, replyMost+1))
	if err != nil {
		out.cause = err
		return out
	}
	judged := judge(r, schema, response, body)
	judged.wire = out.wire
	judged.wire.answer = xroad.NewMessage([]string{strconv.Itoa(response.StatusCode), http.StatusText(response.StatusCode)}, response.Header, body, signedHeaders)
	return judged
}

func (m *Module) request(ctx context.Context, endpoint Endpoint, ask wireAsk, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint.URL+"/v1/registers/"+ask.Register, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("exchange: request: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+endpoint.Key)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	r.Header.Set(headerKey, ask.RequestID.String())
	if m.base.Seal == nil {
		return r, nil
	}
	signature, err := m.base.Seal.Sign(seal.Documents, signatureDomain, body)
	if err != nil {
		return nil, fmt.Errorf("exchange: sign a request: %w", err)
	}
	r.Header.Set(headerSignature, fmt.Sprintf("key=%s, alg=ed25519, sig=%s", signature.Key, base64.StdEncoding.EncodeToString(signature.Bytes)))
	return r, nil
}

// judge decides what an answer means.
func judge(r *service.Register, schema *jsonschema.Schema, response *http.Response, body []byte) answer {
	switch status := response.StatusCode; {
	case status == http.StatusOK && len(body) > replyMost:
		return answer{trouble: WrongSchema, cause: errors.New("exchange: the reply is too long")}
	case status == http.StatusOK:
		values, err := readReply(r, schema, body)
		if err != nil {
			return answer{trouble: WrongSchema, cause: err}
		}
		return answer{values: values}
	case status == http.StatusNotFound && saysUnknown(body):
		return unknown(r, schema)
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests:
		return answer{trouble: Silent, after: retryAfter(response.Header), cause: fmt.Errorf("exchange: the register answered %d", status)}
	default:
		return answer{trouble: Refused, cause: fmt.Errorf("exchange: the register answered %d", status)}
	}
}

// unknown is the answer of a register that has no such record. Where the register's schema lets {"found": false} be a
// whole reply, that is a fact like any other; else the certificate can't be had.
func unknown(r *service.Register, schema *jsonschema.Schema) answer {
	if values, err := readReply(r, schema, []byte(`{"found":false}`)); err == nil {
		return answer{values: values}
	}
	return answer{trouble: NotFound, cause: errors.New("exchange: the register has no such record")}
}

func saysUnknown(body []byte) bool {
	value, err := strictJSON(body)
	object, ok := value.(map[string]any)
	return err == nil && ok && object["fault"] == faultUnknown
}

// retryAfterMost bounds what an agency may ask for.
const retryAfterMost = 10 * time.Minute

func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(min(seconds, 3600))*time.Second, retryAfterMost)
}

// endpoint finds where a register is asked; false when its agency is not connected.
func (m *Module) endpoint(r *service.Register) (Endpoint, bool) {
	e, ok := m.deps.Endpoints[r.Agency]
	return e, ok && e.URL != ""
}

// agencyKey is an agency's key by its id; empty when the city has no such agency.
func (m *Module) agencyKey(agencyID id.ID) string {
	city := m.city()
	if city == nil {
		return ""
	}
	for i := range city.Agencies {
		if agency.ID(city.Agencies[i].Key) == agencyID {
			return city.Agencies[i].Key
		}
	}
	return ""
}
