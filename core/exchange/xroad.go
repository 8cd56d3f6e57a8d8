package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"posad.city/core/service"
	"posad.city/kit/xroad"
)

// Registers whose definition says transport: xroad are members' services: POST to the service itself, the parameters in
// the body, the asking's id as the message's, the case as the issue. What the answer means is the same as of the other
// contract; faults of X-Road itself are the register's silence, but those that say that we may not ask.

// askXRoad makes one request by X-Road and reads its answer.
func (m *Module) askXRoad(ctx context.Context, r *service.Register, schema *jsonschema.Schema, endpoint Endpoint, ask wireAsk) answer {
	client, call, err := m.xroadCall(r, endpoint, ask)
	if err != nil {
		return answer{trouble: Absent, cause: err}
	}
	got, err := client.Do(ctx, call)
	if got == nil {
		return answer{trouble: Absent, cause: err}
	}
	out := judgeXRoad(r, schema, got, err)
	out.wire = wire{question: got.Question, answer: got.Answer}
	return out
}

func (m *Module) xroadCall(r *service.Register, endpoint Endpoint, ask wireAsk) (xroad.Client, xroad.Call, error) {
	member, err := xroad.ParseService(r.Member)
	if err != nil {
		return xroad.Client{}, xroad.Call{}, fmt.Errorf("exchange: register %s: %w", r.Key, err)
	}
	asks, err := xroad.ParseClient(r.AsksAs)
	if err != nil {
		return xroad.Client{}, xroad.Call{}, fmt.Errorf("exchange: register %s: %w", r.Key, err)
	}
	body, err := json.Marshal(map[string]any{"parameters": ask.Parameters})
	if err != nil {
		return xroad.Client{}, xroad.Call{}, fmt.Errorf("exchange: request: %w", err)
	}
	client := xroad.Client{HTTP: m.client, Address: endpoint.URL, Key: endpoint.Key, Member: asks, Direct: !endpoint.Gateway}
	return client, xroad.Call{
		Service: member, Method: http.MethodPost, ID: ask.RequestID.String(), Issue: ask.Purpose.Case, ContentType: "application/json", Body: body, Most: replyMost,
	}, nil
}

// judgeXRoad decides what an answer by X-Road means.
func judgeXRoad(r *service.Register, schema *jsonschema.Schema, got *xroad.Reply, err error) answer {
	var f *xroad.Fault
	switch {
	case err == nil:
		return judge(r, schema, &http.Response{StatusCode: got.Status, Header: got.Header}, got.Body)
	case errors.Is(err, xroad.ErrReply):
		return answer{trouble: WrongSchema, cause: err}
	case !errors.As(err, &f):
		return answer{trouble: Silent, cause: err}
	}
	cause := fmt.Errorf("exchange: X-Road says %s", f.Type) // its message may be about a person
	switch f.Type {
	case xroad.BadRequest, xroad.AccessDenied, xroad.UnknownService, xroad.UnknownMember:
		return answer{trouble: Refused, cause: cause}
	}
	return answer{trouble: Silent, cause: cause}
}
