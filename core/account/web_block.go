package account

import (
	"context"
	"errors"
	"slices"
	"time"

	"posad.city/core/account/internal/store"
	"posad.city/core/agency"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

const pathBlocked = "/admin/blocked"

// finders are how an administrator names an account: exactly, never by a part.
var finders = []string{"contact", "snils", "account"}

func (m *Module) blockRoutes(s *web.Server, pages *page.Site) {
	link := s.Operation(act.Operation{Name: "account.not_me_page", May: act.Everyone, PerMinute: 30})
	freeze := s.Operation(act.Operation{Name: "account.freeze", May: act.Everyone, Changes: true, PerMinute: 10})
	s.Page(link, "GET "+pathNotMe+"{token}", m.showNotMe)
	s.Page(freeze, "POST "+pathNotMe+"{token}", m.postNotMe)

	list := s.Operation(act.Operation{Name: "account.blocks", May: act.Admin})
	open := s.Operation(act.Operation{Name: "account.block_page", Object: kind, May: act.Admin, Look: lookBlock})
	bar := s.Operation(act.Operation{Name: "account.block", Object: kind, May: act.Admin, Look: lookBlock, Changes: true, PerMinute: 30, Fresh: act.Lately})
	unbar := s.Operation(act.Operation{Name: "account.unblock", Object: kind, May: act.Admin, Look: lookBlock, Changes: true, PerMinute: 30, Fresh: act.Lately})
	s.Page(list, "GET "+pathBlocked, m.showBlocks)
	s.Page(bar, "POST "+pathBlocked, m.postBlock)
	s.Page(open, "GET "+pathBlocked+"/{account}", named(m.showBlock))
	s.Page(unbar, "POST "+pathBlocked+"/{account}/open", named(m.postUnblock))
	if pages != nil {
		pages.Add(page.MenuDesk, page.Link{Order: 92, Text: "account.block.menu", Href: pathBlocked, Icon: "lock-key", Show: agency.IsAdmin})
	}
}

// lookBlock is the kind of look at the owner of a closed account.
const lookBlock = "account.look.block"

type notMeView struct {
	Path       string
	Done, Over bool
}

func (m *Module) notMePage(c *web.Context, v notMeView) error {
	return m.base.Pages.Render(c, page.Options{Title: c.T("account.not_me.title"), Layout: page.Plain}, notMePage(c, v))
}

// showNotMe asks before it does anything: programs that read letters follow their links.
func (m *Module) showNotMe(c *web.Context) error {
	_, err := m.notMe(c.Context(), c.Path("token"))
	if err != nil && !errors.Is(err, ErrNotMe) {
		return err
	}
	return m.notMePage(c, notMeView{Path: pathNotMe + c.Path("token"), Over: err != nil})
}

func (m *Module) postNotMe(c *web.Context) error {
	if _, err := c.Fields(); err != nil {
		return err
	}
	err := m.Freeze(c.Context(), c.Act().ID, c.Path("token"))
	if err != nil && !errors.Is(err, ErrNotMe) {
		return err
	}
	return m.notMePage(c, notMeView{Done: err == nil, Over: err != nil})
}

// blocksView is the administrator's list.
type blocksView struct {
	Rows   []Block
	Next   string // address of the next page; empty: none
	Typed  blockForm
	Faults []fault.Field
	zone   *time.Location
	lang   lang.Language
}

func (v blocksView) when(b Block) string { return lang.FullMoment(v.lang, b.Since, v.zone) }

type blockForm struct {
	By     string `json:"by" max:"20"`
	Who    string `json:"who" max:"200"`
	Reason string `json:"reason" max:"20"`
	Note   string `json:"note" max:"200"`
}

// blocksPage is how many closed accounts a page lists.
const blocksPageMost = 50

func (m *Module) showBlocks(c *web.Context) error {
	return m.blocksPage(c, blockForm{By: finders[0], Reason: ReasonCourt}, typed{})
}

func (m *Module) blocksPage(c *web.Context, form blockForm, t typed) error {
	after := id.ID{}
	if given, err := id.Parse(c.Query("after")); err == nil {
		after = given
	}
	rows, err := m.Blocks(c.Context(), after, blocksPageMost+1)
	if err != nil {
		return err
	}
	v := blocksView{Rows: rows, Typed: form, Faults: t.fields, zone: m.deps.Zone, lang: c.Lang()}
	if len(rows) > blocksPageMost {
		v.Rows = rows[:blocksPageMost]
		v.Next = pathBlocked + "?after=" + v.Rows[blocksPageMost-1].Account.String()
	}
	return m.base.Pages.Render(c, page.Options{
		Title: c.T("account.block.title"), Layout: page.Desk, Faulty: len(t.fields) > 0, Status: t.status,
	}, blocksPage(c, v))
}

// accountNamed finds the account that an administrator named exactly; store.ErrNone for none.
func (m *Module) accountNamed(ctx context.Context, by, who string) (member, error) {
	switch by {
	case "contact":
		contact, err := ParseContact(who)
		if err != nil {
			return member{}, store.ErrNone
		}
		return m.memberOf(ctx, contact)
	case "snils":
		digits, ok := ParseSNILS(who)
		if !ok {
			return member{}, store.ErrNone
		}
		person, err := m.PersonOf(ctx, digits)
		if err != nil {
			return member{}, err
		}
		person, accounts, err := m.accountsNow(ctx, person)
		if err != nil || len(accounts) == 0 {
			return member{}, errors.Join(err, store.ErrNone)
		}
		return member{accounts[0], person}, nil
	}
	account, err := id.Parse(who)
	if err != nil {
		return member{}, store.ErrNone
	}
	person, err := m.personOf(ctx, account)
	return member{account, person}, err
}

func (m *Module) postBlock(c *web.Context) error {
	if err := c.May(act.Object{Kind: kind}); err != nil { // nobody else is told what is wrong with the form
		return err
	}
	var form blockForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	who, err := m.accountNamed(c.Context(), form.By, form.Who)
	if missing := errors.Is(err, store.ErrNone); missing || err == nil && (form.Note == "" || !slices.Contains(BlockReasons(), form.Reason)) {
		return m.blocksPage(c, form, typed{fields: blockFaults(form, missing)})
	}
	if err != nil {
		return err
	}
	if err := c.May(act.Object{Kind: kind, Holder: who.person}); err != nil {
		return err
	}
	if _, err := m.Person(c.Context(), c.Act(), lookBlock, who.person); err != nil { // the person sees who closed it
		return err
	}
	if err := m.Bar(c.Context(), c.Act(), who.account, form.Reason, form.Note); err != nil {
		return err
	}
	c.SetFlash("success", "account.block.done")
	return c.Redirect(pathBlocked + "/" + who.account.String())
}

func blockFaults(form blockForm, missing bool) []fault.Field {
	var out []fault.Field
	if missing {
		out = append(out, fault.Field{Name: "who", ID: "account.block.nobody"})
	}
	if form.Note == "" {
		out = append(out, fault.Field{Name: "note", ID: "account.block.note_needed"})
	}
	if !slices.Contains(BlockReasons(), form.Reason) {
		out = append(out, fault.Field{Name: "reason", ID: ErrReason.ID})
	}
	return out
}

// blockView is one closed account, with whose it is.
type blockView struct {
	Block  Block
	Person Person
	Note   string
	zone   *time.Location
}

func (v blockView) rows(c *web.Context) []ui.SummaryRow {
	out := []ui.SummaryRow{
		{Name: c.T("account.block.account"), Value: v.Block.Account.String()},
		{Name: c.T("account.field.name"), Value: v.Person.Name.Full(c.Lang())},
	}
	if !v.Block.Any() {
		return append(out, ui.SummaryRow{Name: c.T("account.block.kind"), Value: c.T("account.block.kind_none")})
	}
	out = append(out, ui.SummaryRow{Name: c.T("account.block.kind"), Value: c.T("account.block.kind_" + string(v.Block.Kind))},
		ui.SummaryRow{Name: c.T("account.block.field_reason"), Value: c.T("account.block.reason_" + v.Block.Reason)},
		ui.SummaryRow{Name: c.T("account.block.since"), Value: lang.FullMoment(c.Lang(), v.Block.Since, v.zone)})
	if v.Note != "" {
		out = append(out, ui.SummaryRow{Name: c.T("account.block.field_note"), Value: v.Note})
	}
	return out
}

// closedAccount reads the account that the path names and asks whether the administrator may.
func (m *Module) closedAccount(c *web.Context) (id.ID, id.ID, error) {
	account, err := c.ID("account")
	if err != nil {
		return id.ID{}, id.ID{}, err
	}
	person, err := m.personOf(c.Context(), account)
	if err != nil {
		return id.ID{}, id.ID{}, err
	}
	return account, person, c.May(act.Object{Kind: kind, Holder: person})
}

func (m *Module) showBlock(c *web.Context) error {
	account, person, err := m.closedAccount(c)
	if err != nil {
		return err
	}
	v := blockView{zone: m.deps.Zone}
	if v.Person, err = m.Person(c.Context(), c.Act(), lookBlock, person); err != nil {
		return err
	}
	if v.Block, err = m.Blocked(c.Context(), account); err != nil {
		return err
	}
	v.Block.Account = account
	if v.Note, err = m.blockNote(c.Context(), account); err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("account.block.one"), Layout: page.Desk}, blockPage(c, v))
}

// blockNote is the number of the order by which an account was closed.
func (m *Module) blockNote(ctx context.Context, account id.ID) (string, error) {
	var rows []accountdb.AccountBlock
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		rows, err = accountdb.BlocksOf(r, account)
		return err
	})
	if err != nil || len(rows) == 0 || rows[0].Note == nil {
		return "", err
	}
	keys, err := m.base.Vault.Keys(ctx, account)
	if err != nil {
		return "", err
	}
	note, err := keys.Open("account_block", "note", rows[0].Note)
	return string(note), err
}

func (m *Module) postUnblock(c *web.Context) error {
	account, _, err := m.closedAccount(c)
	if err != nil {
		return err
	}
	if _, err := c.Fields(); err != nil {
		return err
	}
	if err := m.Unbar(c.Context(), c.Act(), account); err != nil {
		return err
	}
	c.SetFlash("success", "account.block.opened")
	return c.Redirect(pathBlocked + "/" + account.String())
}
