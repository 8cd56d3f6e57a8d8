package developer

import (
	"slices"

	"posad.city/core/agency"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// The pages.
const (
	pathPrograms  = "/desk/programs"
	pathKeys      = pathPrograms + "/keys"
	pathEndpoints = pathPrograms + "/endpoints"
	pathBegin     = "/developers"

	apiHooks   = "/api/v1/agency/webhooks"
	apiSandbox = "/api/v1/agency/sandbox/payments"
)

// object is the kind of what these operations are done to: what an agency's programs are given.
const object = "program"

// perMinuteTrials is how often one sandbox pays, a minute.
const perMinuteTrials = 600

// perMinuteHooks is how often one address, person or program changes endpoints or has messages sent anew, a minute.
const perMinuteHooks = 60

// ops are the module's operations that pages ask about.
type ops struct {
	see, keys, hooks, putHook *web.Op
}

func (m *Module) routes(s *web.Server, pages *page.Site) {
	m.ops = ops{
		see:     s.Operation(act.Operation{Name: "developer.see", Object: object, May: act.SameAgency | act.Admin}),
		keys:    s.Operation(act.Operation{Name: "developer.change_key", Object: object, May: act.SameAgency | act.Admin, Changes: true, Fresh: act.Lately}),
		hooks:   s.Operation(act.Operation{Name: "developer.hooks", Object: object, May: act.SameAgency | act.Admin | act.OwnProgram, Key: ScopeWebhooks}),
		putHook: s.Operation(act.Operation{Name: "developer.change_hook", Object: object, May: act.SameAgency | act.Admin | act.OwnProgram, Key: ScopeWebhooks, Changes: true, PerMinute: perMinuteHooks}),
	}
	s.Page(m.ops.see, "GET "+pathPrograms, m.showPrograms)
	s.Page(m.ops.see, "GET "+pathKeys+"/new", m.showNewKey)
	s.Page(m.ops.see, "GET "+pathKeys+"/{key}", m.showKey)
	s.Page(m.ops.keys, "POST "+pathKeys, m.postKey)
	s.Page(m.ops.keys, "POST "+pathKeys+"/{key}/revoke", m.postRevoke)
	s.Page(m.ops.keys, "POST "+pathKeys+"/{key}/rotate", m.postRotate)
	s.Page(m.ops.hooks, "GET "+pathEndpoints+"/new", m.showNewEndpoint)
	s.Page(m.ops.hooks, "GET "+pathEndpoints+"/{endpoint}", m.showEndpoint)
	s.Page(m.ops.hooks, "GET "+pathEndpoints+"/{endpoint}/messages/{message}", m.showDelivery)
	s.Page(m.ops.putHook, "POST "+pathEndpoints, m.postNewEndpoint)
	s.Page(m.ops.putHook, "POST "+pathEndpoints+"/{endpoint}", m.postEndpoint)
	s.Page(m.ops.putHook, "POST "+pathEndpoints+"/{endpoint}/switch", m.postSwitch)
	s.Page(m.ops.putHook, "POST "+pathEndpoints+"/{endpoint}/secret", m.postSecret)
	s.Page(m.ops.putHook, "POST "+pathEndpoints+"/{endpoint}/ping", m.postPing)
	s.Page(m.ops.putHook, "POST "+pathEndpoints+"/{endpoint}/resend", m.postResendSince)
	s.Page(m.ops.putHook, "POST "+pathEndpoints+"/{endpoint}/messages/{message}/resend", m.postResend)
	s.Page(s.Operation(act.Operation{Name: "developer.begin", May: act.Everyone}), "GET "+pathBegin, m.showBegin)
	m.apiRoutes(s)
	pages.Add(page.MenuDesk, page.Link{Order: 85, Text: "developer.menu", Href: pathPrograms, Icon: "key", Show: heads})
}

// heads tells whether the person wears the hat of a head, or of the city's administrator.
func heads(c *web.Context) bool {
	a := c.Act().Actor
	return a.Kind == act.Official && (a.Role == string(agency.Head) || a.Role == string(agency.Admin))
}

// thisAgency is whose programs a request is about, with the permission asked: the official's own agency, or the one that the
// administrator chose.
func (m *Module) thisAgency(c *web.Context) (id.ID, error) {
	a := c.Act()
	of := a.Actor.Agency
	if key := c.Query("agency"); key != "" && a.Actor.Kind != act.Program {
		of = agency.ID(key)
		if m.deps.Keys == nil || !slices.Contains(m.deps.Keys(), key) {
			of = id.ID{}
		}
	}
	if err := c.May(act.Object{Kind: object, Agency: of, Test: a.Test}); err != nil {
		return of, err
	}
	if a.Actor.Kind != act.Program && !heads(c) {
		return of, ErrHeads
	}
	if of.IsZero() {
		return of, ErrMissing
	}
	return of, nil
}

// here is a path of these pages for the agency that the request is about.
func here(c *web.Context, path string) string {
	if key := c.Query("agency"); key != "" {
		return path + "?agency=" + key
	}
	return path
}
