package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"posad.city/core/account/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

// Tally counts what a person has of one kind, to be shown before two accounts are joined. It counts only: nobody's data
// come back.
type Tally struct {
	Order int
	Text  string // locale key of a plural text, whose argument is count
	Of    func(ctx context.Context, person id.ID) (int, error)
}

// AddTally adds a kind. Modules call it while they are provisioned.
func (m *Module) AddTally(t Tally) {
	m.tallies = append(m.tallies, t)
	slices.SortStableFunc(m.tallies, func(a, b Tally) int { return a.Order - b.Order })
}

// cookieMerge names the merge that waits in this browser for the other sign-in.
const cookieMerge = "merge"

const pathMerge, pathJoin = "/account/merge", "/account/merge/join"

func (m *Module) mergeRoutes(s *web.Server) {
	see := s.Operation(act.Operation{Name: "account.merges", Object: kind, May: act.Self, Look: "account.look.merge", NotAtCentre: true})
	begin := s.Operation(act.Operation{Name: "account.begin_merge", Object: kind, May: act.Self, Changes: true, Fresh: act.Lately, PerMinute: 10})
	join := s.Operation(act.Operation{Name: "account.merge", Object: kind, May: act.Self, Look: "account.look.merge", Changes: true, Fresh: act.Lately, PerMinute: 10})
	undo := s.Operation(act.Operation{Name: "account.undo_merge", Object: kind, May: act.Self, Look: "account.look.merge", Changes: true, Fresh: act.Lately, PerMinute: 10})
	s.Page(see, "GET "+pathMerge, m.showMerges)
	s.Page(begin, "POST "+pathMerge, m.postBeginMerge)
	s.Page(see, "GET "+pathJoin, m.showJoin)
	s.Page(join, "POST "+pathJoin, m.postJoin)
	s.Page(undo, "POST /account/merge/undo", named(m.postUndo))
}

// mergesView is the page of a person's merges.
type mergesView struct {
	Merges []mergeLine
	Faults []fault.Field
}

type mergeLine struct {
	Merge
	When  string
	Until string // by when it can be undone; empty: not any more
}

func (m *Module) showMerges(c *web.Context) error { return m.mergesPage(c, typed{}) }

func (m *Module) mergesPage(c *web.Context, t typed) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	list, err := m.MergesOf(c.Context(), c.Act())
	if err != nil {
		return err
	}
	v := mergesView{Faults: t.fields}
	for _, g := range slices.Backward(list) {
		line := mergeLine{Merge: g, When: lang.FullMoment(c.Lang(), g.Since, m.deps.Zone)}
		if g.Undoable(c.Now()) {
			line.Until = lang.FullMoment(c.Lang(), g.Since.Add(UndoWithin), m.deps.Zone)
		}
		v.Merges = append(v.Merges, line)
	}
	return m.inAccount(c, "account.merge.title", t, mergesPage(c, v))
}

// postBeginMerge notes who is there and lets them sign in to their other account: in this browser, within 15 minutes.
func (m *Module) postBeginMerge(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	if _, err := c.Fields(); err != nil {
		return err
	}
	session, _ := c.Session()
	token, hash := web.NewToken()
	err := m.base.Store.WriteAs(c.Context(), c.Act(), func(tx *store.Tx) error {
		return accountdb.InsertMergeTry(tx, accountdb.InsertMergeTryParams{
			Hash: hash[:], Account: session.Account, Person: session.Person, Until: tx.Now().Add(act.Lately),
		})
	})
	if err != nil {
		return fmt.Errorf("account: begin a merge: %w", err)
	}
	if err := m.closeOwn(c); err != nil {
		return err
	}
	c.SignOut()
	c.SetCookie(cookieMerge, token, act.Lately)
	return c.Redirect(withBack("/sign-in", pathJoin))
}

// joinView is the page that shows what will be joined.
type joinView struct {
	Same         bool // the sign-in was to the same account again
	Kept, Merged sideView
	Faults       []fault.Field
}

// sideView is one of two accounts in words.
type sideView struct {
	Person Person
	Counts []string
}

// mergeTry is the merge that waits in this browser; ErrMergeTry for none.
func (m *Module) mergeTry(c *web.Context) (accountdb.MergeTry, error) {
	token := c.Cookie(cookieMerge)
	if token == "" {
		return accountdb.MergeTry{}, ErrMergeTry
	}
	hash := web.HashToken(token)
	var row accountdb.MergeTry
	err := m.base.Store.Read(c.Context(), func(r *store.Snapshot) error {
		var err error
		row, err = accountdb.MergeTryByHash(r, hash[:])
		return err
	})
	if errors.Is(err, store.ErrNone) || err == nil && !c.Now().Before(row.Until) {
		return row, ErrMergeTry
	}
	return row, err
}

func (m *Module) showJoin(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	row, err := m.mergeTry(c)
	if errors.Is(err, ErrMergeTry) {
		c.SetFlash("warning", ErrMergeTry.ID)
		return c.Redirect(pathMerge)
	}
	if err != nil {
		return err
	}
	if row.Person == c.Person() {
		return m.inAccount(c, "account.merge.title", typed{}, joinPage(c, joinView{Same: true}))
	}
	j, err := m.PrepareJoin(c.Context(), c.Act(), row.Person, c.Person(), MergedBySelf)
	if t, ok := shown(err, ""); ok {
		return m.inAccount(c, "account.merge.title", t, joinPage(c, joinView{Faults: t.fields}))
	}
	if err != nil {
		return err
	}
	v := joinView{}
	if v.Kept, err = m.sideView(c, j.Kept); err != nil {
		return err
	}
	if v.Merged, err = m.sideView(c, j.Merged); err != nil {
		return err
	}
	return m.inAccount(c, "account.merge.title", typed{}, joinPage(c, v))
}

func (m *Module) sideView(c *web.Context, p Person) (sideView, error) {
	out := sideView{Person: p}
	ways, err := m.countWays(c.Context(), p.ID)
	if err != nil {
		return out, err
	}
	out.Counts = append(out.Counts, c.T("account.merge.ways", "count", ways))
	for _, t := range m.tallies {
		n, err := t.Of(c.Context(), p.ID)
		if err != nil {
			return out, err
		}
		out.Counts = append(out.Counts, c.T(t.Text, "count", n))
	}
	return out, nil
}

// countWays counts the ways in to all accounts of a person: contacts, passwords and the others.
func (m *Module) countWays(ctx context.Context, person id.ID) (int, error) {
	n := 0
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		n = 0
		accounts, err := accountdb.AccountsOf(r, person)
		if err != nil {
			return err
		}
		for _, account := range accounts {
			row, err := accountdb.AccountByID(r, account)
			if err != nil {
				return err
			}
			contacts, err := accountdb.ContactsOf(r, account)
			if err != nil {
				return err
			}
			ways, err := accountdb.WaysOf(r, account)
			if err != nil {
				return err
			}
			n += len(contacts) + len(ways)
			if row.Password != "" {
				n++
			}
		}
		return nil
	})
	return n, err
}

// postJoin joins the two accounts. The person goes on as the one who is kept.
func (m *Module) postJoin(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	if _, err := c.Fields(); err != nil {
		return err
	}
	row, err := m.mergeTry(c)
	if err != nil {
		return err
	}
	j, err := m.PrepareJoin(c.Context(), c.Act(), row.Person, c.Person(), MergedBySelf)
	if t, ok := shown(err, ""); ok {
		return m.inAccount(c, "account.merge.title", t, joinPage(c, joinView{Faults: t.fields}))
	}
	if err != nil {
		return err
	}
	err = m.base.Store.WriteAs(c.Context(), c.Act(), func(tx *store.Tx) error {
		n, err := accountdb.DropMergeTry(tx, row.Hash)
		if err != nil {
			return err
		}
		if n == 0 || !tx.Now().Before(row.Until) {
			return ErrMergeTry
		}
		return j.Put(tx)
	})
	if err != nil {
		return fmt.Errorf("account: merge: %w", err)
	}
	c.SetCookie(cookieMerge, "", 0)
	c.SetFlash("success", "account.merge.done")
	return m.goOnAs(c, j.Kept.ID, pathMerge)
}

// firstMethod is how a session began, of its methods.
func firstMethod(methods string) Method {
	first, _, _ := strings.Cut(methods, " ")
	return Method(first)
}

// goOnAs gives the browser a session of whom its account leads to now, when that is another person than before.
func (m *Module) goOnAs(c *web.Context, person id.ID, path string) error {
	session, ok := c.Session()
	if !ok || session.Person == person {
		return c.Redirect(path)
	}
	p := Proof{Method: firstMethod(session.Methods), Account: session.Account, Person: person, Level: max(session.Assurance, act.Standard), Strong: session.Strong}
	entry, err := m.begin(c.Context(), p, session.Methods, m.via(c, act.Web))
	if err != nil {
		return err
	}
	return m.entered(c, entry, path)
}

type undoForm struct {
	Merge id.ID `json:"merge"`
}

func (m *Module) postUndo(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form undoForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	err := m.Undo(c.Context(), c.Act(), form.Merge)
	if t, ok := shown(err, ""); ok {
		return m.mergesPage(c, t)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "account.merge.parted")
	return c.Redirect(pathMerge)
}

// sideRows are one of two accounts, without what its owner would not show to whoever looks over the shoulder.
func sideRows(c *web.Context, v sideView) []ui.SummaryRow {
	name := v.Person.Name.Full(c.Lang())
	if name == "" {
		name = c.T("account.profile.none")
	}
	rows := []ui.SummaryRow{{Name: c.T("account.field.name"), Value: name}}
	for _, channel := range []Channel{Phone, Email} {
		if contact := v.Person.contact(channel); contact.key != "" {
			rows = append(rows, ui.SummaryRow{Name: c.T("account.field." + string(channel)), Value: contact.Masked()})
		}
	}
	for _, text := range v.Counts {
		rows = append(rows, ui.SummaryRow{Name: "", Value: text})
	}
	return rows
}
