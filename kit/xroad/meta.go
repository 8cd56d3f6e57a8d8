package xroad

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// The services that a provider answers about itself.
const (
	listMethods    = "listMethods"
	allowedMethods = "allowedMethods"
	getOpenAPI     = "getOpenAPI"
)

// listed is a service as listMethods tells it.
type listed struct {
	Class     string     `json:"member_class"`
	Member    string     `json:"member_code"`
	Object    string     `json:"object_type"`
	Code      string     `json:"service_code"`
	Kind      string     `json:"service_type"`
	Subsystem string     `json:"subsystem_code"`
	Instance  string     `json:"xroad_instance"`
	Endpoints []Endpoint `json:"endpoint_list"`
}

// meta is the answer of a metaservice, when the code names one.
func (p *Provider) meta(ctx context.Context, q Asked) (func() (Answer, error), bool) {
	switch q.Service.Code {
	case listMethods, allowedMethods, getOpenAPI:
	default:
		return nil, false
	}
	return func() (Answer, error) {
		if q.Method != http.MethodGet || q.Path != "" {
			return Answer{}, Refuse(BadRequest, "A metaservice is asked by GET, without a path.")
		}
		if q.Service.Code == getOpenAPI {
			return p.openAPI(q)
		}
		return p.list(ctx, q)
	}, true
}

func (p *Provider) list(ctx context.Context, q Asked) (Answer, error) {
	out := []listed{}
	for _, s := range p.Services() {
		if q.Service.Code == allowedMethods && !p.allowed(ctx, q.Client, s.Code) {
			continue
		}
		one := listed{
			Class: p.Subsystem.Class, Member: p.Subsystem.Member, Object: "SERVICE", Code: s.Code, Kind: "REST", Subsystem: p.Subsystem.Subsystem,
			Instance: p.Subsystem.Instance, Endpoints: s.Endpoints,
		}
		if s.Description != nil {
			one.Kind = "OPENAPI"
		}
		out = append(out, one)
	}
	body, err := json.Marshal(map[string]any{"service": out})
	if err != nil {
		return Answer{}, fmt.Errorf("xroad: list of services: %w", err)
	}
	return Answer{Body: body}, nil
}

// openAPI answers with the description of the one service that the query names.
func (p *Provider) openAPI(q Asked) (Answer, error) {
	query, err := url.ParseQuery(q.Query)
	if err != nil || len(query["serviceCode"]) != 1 {
		return Answer{}, Refuse(BadRequest, "The query must name one serviceCode.")
	}
	service, ok := p.service(query.Get("serviceCode"))
	if !ok {
		return Answer{}, Refuse(UnknownService, "Unknown service: "+escape(query.Get("serviceCode")))
	}
	if service.Description == nil {
		return Answer{}, Refuse(BadRequest, "The service has no description.")
	}
	return Answer{Body: service.Description}, nil
}
