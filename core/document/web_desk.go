package document

import (
	"context"
	"errors"

	"posad.city/core/agency"
	"posad.city/core/document/internal/store"
	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

func agencyID(key string) id.ID { return agency.ID(key) }

// deskOps are the operations of officials.
type deskOps struct{ read, revoke *web.Op }

func (m *Module) deskRoutes(s *web.Server) {
	of := func(name string, changes bool) *web.Op {
		return s.Operation(act.Operation{Name: name, Object: "document", May: act.SameAgency, Assurance: act.Basic, Look: "document.look.result", Changes: changes})
	}
	m.desk = deskOps{read: of("document.desk", false), revoke: of("document.revoke", true)}
	s.Page(m.desk.read, "GET /desk/documents", m.showDesk)
	s.Page(m.desk.read, "GET /desk/documents/{document}", m.showDeskOne)
	s.Page(m.desk.read, "GET /desk/documents/{document}/pdf", m.sendDeskPDF)
	s.Page(m.desk.revoke, "POST /desk/documents/{document}/revoke", m.postRevoke)
	if m.base.Pages != nil {
		m.base.Pages.Add(page.MenuDesk, page.Link{
			Order: 60, Text: "document.desk.menu", Href: "/desk/documents", Icon: "certificate",
			Show: func(c *web.Context) bool { return c.Act().Actor.Kind == act.Official },
		})
	}
}

// deskView is the page on which an official finds a document by its number.
type deskView struct {
	Typed string
	Wrong string // key of what is wrong with it
	Lists []service.List
}

func (m *Module) showDesk(c *web.Context) error {
	own := c.Act().Actor.Agency
	if err := c.May(act.Object{Kind: "document", Agency: own}); err != nil {
		return err
	}
	view := deskView{Typed: c.Query("q")}
	if city := m.city(); city != nil {
		for _, l := range city.Lists {
			if agency.ID(l.Agency) == own {
				view.Lists = append(view.Lists, l)
			}
		}
	}
	if view.Typed != "" {
		found, err := m.ofAgency(c.Context(), view.Typed, own)
		switch {
		case err == nil:
			return c.Redirect("/desk/documents/" + found.String())
		case errors.Is(err, id.ErrNumber):
			view.Wrong = "document.check.wrong"
		case errors.Is(err, ErrNone):
			view.Wrong = "document.desk.none"
		default:
			return err
		}
	}
	options := page.Options{Title: c.T("document.desk.title"), Layout: page.Desk, Faulty: view.Wrong != ""}
	return m.base.Pages.Render(c, options, deskPage(c, view))
}

// ofAgency finds a document by its number, if it is one of the agency's: of others' nothing is told.
func (m *Module) ofAgency(ctx context.Context, typed string, own id.ID) (id.ID, error) {
	number, err := id.ParseNumber(typed)
	if err != nil {
		return id.ID{}, err
	}
	var at documentdb.DocumentNumber
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		at, err = documentdb.ByNumber(r, number)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return id.ID{}, ErrNone
	}
	if err != nil {
		return id.ID{}, err
	}
	home, err := m.home(ctx, at.Result)
	if err == nil && (home.Agency != own || own.IsZero()) {
		err = ErrNone
	}
	return at.Result, err
}

// findDesk is find for officials: the document belongs to their agency.
func (m *Module) findDesk(c *web.Context) (documentdb.DocumentHome, error) {
	result, err := c.ID("document")
	if err != nil {
		return documentdb.DocumentHome{}, err
	}
	home, err := m.home(c.Context(), result)
	if err != nil {
		return home, err
	}
	return home, c.May(deskObject(home))
}

func deskObject(home documentdb.DocumentHome) act.Object {
	return act.Object{Kind: "document", Holder: home.Holder, Service: home.Service, Agency: home.Agency}
}

// revokeForm is why a document is revoked.
type revokeForm struct {
	Reason string `json:"reason" max:"1000"`
}

// deskOne is a document at the desk.
type deskOne struct {
	Result Result
	May    bool // the official may revoke it now
	Typed  revokeForm
	Failed *fault.Fault
}

func (m *Module) showDeskOne(c *web.Context) error { return m.renderDeskOne(c, revokeForm{}, nil) }

func (m *Module) renderDeskOne(c *web.Context, typed revokeForm, failed *fault.Fault) error {
	home, err := m.findDesk(c)
	if err != nil {
		return err
	}
	r, err := m.Result(c.Context(), c.Act(), home.Holder, home.Result)
	if err != nil {
		return err
	}
	view := deskOne{Result: r, Typed: typed, Failed: failed, May: mayRevoke(c) && r.Revoked.IsZero() && r.Form != FormRefusal && c.Can(m.desk.revoke, deskObject(home))}
	title := r.Title.In(c.Lang())
	options := page.Options{Title: title, Layout: page.Desk, Faulty: failed != nil, Crumbs: []ui.Link{{Text: c.T("document.desk.title"), Href: "/desk/documents"}, {Text: title}}}
	if failed != nil {
		options.Status = web.Status(failed)
	}
	return m.base.Pages.Render(c, options, deskOnePage(m, c, view))
}

func (m *Module) sendDeskPDF(c *web.Context) error {
	home, err := m.findDesk(c)
	if err != nil {
		return err
	}
	return m.SendPDF(c, home.Holder, home.Result)
}

// mayRevoke tells whether an official's role lets them revoke: the head's alone, since it takes from a person what the city
// gave.
func mayRevoke(c *web.Context) bool { return c.Act().Actor.Role == string(agency.Head) }

func (m *Module) postRevoke(c *web.Context) error {
	home, err := m.findDesk(c)
	if err != nil {
		return err
	}
	if !mayRevoke(c) {
		return ErrHead
	}
	var form revokeForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if len([]rune(form.Reason)) < reasonLeast {
		failed := ErrReason.With(fault.Field{Name: "reason", ID: ErrReason.ID})
		return m.renderDeskOne(c, form, failed)
	}
	ready, err := m.PrepareRevoke(c.Context(), Revocation{Act: c.Act().ID, Holder: home.Holder, ID: home.Result, Reason: Same(form.Reason)})
	if err == nil {
		err = m.base.Store.WriteAs(c.Context(), c.Act(), ready.Put)
	}
	if err != nil && !errors.Is(err, ErrRevoked) { // a second press finds it done
		return err
	}
	c.SetFlash("success", "document.desk.revoked")
	return c.Redirect("/desk/documents/" + home.Result.String())
}

// reasonLeast is the shortest reason that tells a person anything, in characters.
const reasonLeast = 10
