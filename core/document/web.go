package document

import (
	"slices"

	"posad.city/core/mandate"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/seal"
	"posad.city/kit/web"
	"posad.city/ui"
)

// object is a document as permission sees it: it lies in its holder's account. service is empty for the whole shelf.
func object(holder id.ID, service string) act.Object {
	return act.Object{Kind: "document", Holder: holder, Service: service}
}

// checksMost is how many checks a minute one address may make: an inspector in the street, not a program that tries
// numbers.
const checksMost = 60

func (m *Module) routes(s *web.Server) {
	mine := act.Operation{Object: "document", May: act.Self | act.ByMandate, Scope: mandate.ScopeRead, Assurance: act.Basic}
	named := func(name, look string) act.Operation {
		op := mine
		op.Name, op.Look = name, look
		return op
	}
	list := s.Operation(named("document.list", "document.look.results"))
	read := s.Operation(named("document.read", "document.look.result"))
	file := s.Operation(named("document.file", "document.look.file"))
	check := s.Operation(act.Operation{Name: "document.check", May: act.Everyone, PerMinute: checksMost})
	keys := s.Operation(act.Operation{Name: "document.keys", May: act.Everyone})

	s.Page(list, "GET /documents", m.showList)
	s.Page(read, "GET /documents/{document}", m.showOne)
	s.Page(read, "GET /documents/{document}/pdf", m.sendPDF)
	s.Page(read, "GET /documents/{document}/code", m.sendCode)
	s.Page(read, "GET /documents/{document}/receipt", m.sendReceipt)
	s.Page(file, "GET /uploads/{file}", m.sendUpload)
	s.Page(file, "GET /uploads/{file}/preview", m.sendUploadPreview)
	s.Page(check, "GET /check", m.showCheck)
	s.Page(check, "GET /v/{code}", m.showChecked)
	m.api(s, list, read, check, keys)
	m.listRoutes(s)
	m.accessRoutes(s)
	m.deskRoutes(s)
	m.sendRoutes(s)
	m.credentialRoutes(s, read, keys)

	if m.base.Pages != nil {
		m.base.Pages.Add(page.MenuAccount, page.Link{Order: 40, Text: "document.menu", Href: "/documents", Icon: "identification-card"})
	}
}

// shelf is the documents of one person.
type shelf struct {
	Name    string // empty: the reader's own
	Person  id.ID
	Results []Result
}

// shelves are the reader's own documents, and those of whom they act for that their mandates let them read. The address may
// name one of these by ?for=.
func (m *Module) shelves(c *web.Context) ([]shelf, error) {
	self := c.Person()
	if err := c.May(object(self, "")); err != nil {
		return nil, err
	}
	var others []mandate.Principal
	var err error
	if m.deps.Families != nil {
		if others, err = m.deps.Families.Acting(c.Context(), c.Act(), self); err != nil {
			return nil, err
		}
	}
	var out []shelf
	for _, other := range others {
		if !slices.Contains(other.Scopes, mandate.ScopeRead) || !wanted(c, other.Giver) {
			continue
		}
		one, err := m.shelfOf(c, other)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	if len(out) > 0 && !wanted(c, self) {
		return out, nil // the page is of whom the address names, and says so
	}
	// One's own come last to be asked, so that the page is one's own, and first on it.
	if err := c.May(object(self, "")); err != nil {
		return nil, err
	}
	if !wanted(c, self) {
		return nil, nil
	}
	own, err := m.Results(c.Context(), c.Act(), self, id.ID{})
	return append([]shelf{{Person: self, Results: own}}, out...), err
}

// wanted tells whether the address asks for a person's shelf: it names them, or nobody.
func wanted(c *web.Context, person id.ID) bool {
	asked := c.Query("for")
	return asked == "" || asked == person.String()
}

// shelfOf is what a mandate lets its taker see of somebody's documents.
func (m *Module) shelfOf(c *web.Context, other mandate.Principal) (shelf, error) {
	for _, service := range mandate.Services([]mandate.Mandate{other.Mandate}) {
		if err := c.May(object(other.Giver, service)); err != nil {
			return shelf{}, err
		}
	}
	results, err := m.Results(c.Context(), c.Act(), other.Giver, id.ID{})
	results = slices.DeleteFunc(results, func(r Result) bool { return !other.Allows(mandate.ScopeRead, r.Service) })
	return shelf{Name: other.Called(c.Lang()), Person: other.Giver, Results: results}, err
}

func (m *Module) showList(c *web.Context) error {
	shelves, err := m.shelves(c)
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("document.title"), Layout: page.Account}, listPage(m, c, shelves))
}

// find returns the holder and the id of the document that the path names, and asks whether the actor may see it.
func (m *Module) find(c *web.Context) (id.ID, id.ID, error) {
	result, err := c.ID("document")
	if err != nil {
		return id.ID{}, id.ID{}, err
	}
	home, err := m.home(c.Context(), result)
	if err != nil {
		return id.ID{}, id.ID{}, err
	}
	return home.Holder, result, c.May(object(home.Holder, home.Service))
}

func (m *Module) readOne(c *web.Context) (Result, error) {
	holder, result, err := m.find(c)
	if err != nil {
		return Result{}, err
	}
	return m.Result(c.Context(), c.Act(), holder, result)
}

func (m *Module) showOne(c *web.Context) error {
	holder, result, err := m.find(c)
	if err != nil {
		return err
	}
	one, err := m.read(c.Context(), c.Act(), "document.look.result", holder, result)
	if err != nil {
		return err
	}
	r := one.Result
	title := r.Title.In(c.Lang())
	crumbs := []ui.Link{{Text: c.T("document.title"), Href: "/documents"}, {Text: title}}
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Account, Crumbs: crumbs}, onePage(m, c, r, one.shownParts()))
}

func (m *Module) sendPDF(c *web.Context) error {
	holder, result, err := m.find(c)
	if err != nil {
		return err
	}
	return m.SendPDF(c, holder, result)
}

// sendCode is the document's QR code, to be shown from the phone.
func (m *Module) sendCode(c *web.Context) error {
	r, err := m.readOne(c)
	if err != nil {
		return err
	}
	code, err := seal.QR(seal.CheckURL(m.deps.Address, r.Token))
	if err != nil {
		return err
	}
	return c.Data("image/svg+xml", code.SVG(c.T("document.code")))
}

func (m *Module) sendReceipt(c *web.Context) error {
	holder, result, err := m.find(c)
	if err != nil {
		return err
	}
	receipt, err := m.Receipt(c.Context(), c.Act(), holder, result)
	if err != nil {
		return err
	}
	return c.File(web.File{Name: result.String() + ".posad.json", Type: "application/json", Data: receipt}, false)
}

// sendUpload gives people back what they sent.
func (m *Module) sendUpload(c *web.Context) error { return m.sendSent(c, m.SendFile) }

func (m *Module) sendUploadPreview(c *web.Context) error { return m.sendSent(c, m.SendPreview) }

func (m *Module) sendSent(c *web.Context, send func(c *web.Context, holder, file id.ID) error) error {
	file, err := c.ID("file")
	if err != nil {
		return err
	}
	home, err := m.blobHome(c.Context(), file)
	if err != nil {
		return err
	}
	if err := c.May(object(home.Holder, home.Service)); err != nil {
		return err
	}
	return send(c, home.Holder, file)
}
