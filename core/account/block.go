package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"posad.city/core/account/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
)

// BlockKind says whose word keeps an account closed.
type BlockKind string

// The kinds.
const (
	Frozen  BlockKind = "frozen"  // its owner's: this was not me
	Barred  BlockKind = "blocked" // the city's
	NoBlock BlockKind = ""
)

// Reasons why an account is closed.
const (
	ReasonOwner = "owner" // the owner pressed the link of a letter
	ReasonCourt = "court" // an order of a court
	ReasonFraud = "fraud"
	ReasonDeath = "death"
)

// BlockReasons lists the reasons that an administrator chooses from.
func BlockReasons() []string { return []string{ReasonCourt, ReasonFraud, ReasonDeath} }

// Block is what keeps an account closed; the zero Block keeps nothing.
type Block struct {
	Account  id.ID
	Kind     BlockKind
	Reason   string
	Official id.ID // who blocked it; zero for the owner
	Since    time.Time
	Cause    time.Time // what the owner denies happened then: ways in that are older are still trusted
}

// Any tells whether there is a block.
func (b Block) Any() bool { return b.Kind != NoBlock }

// opensBy tells whether a sign-in opens a frozen account again: by two factors, of which the way shown was there before
// what the owner denied. A way without an id is a contact or the password, which an intruder may have changed.
func (b Block) opensBy(strong bool, way Way) bool {
	return b.Kind == Frozen && strong && !way.ID.IsZero() && way.Added.Before(b.Cause)
}

// pathNotMe begins the address of such a link.
const pathNotMe = "/not-me/"

// notMeLife is how long the link of a letter is good.
const notMeLife = 72 * time.Hour

// The faults of blocks.
var (
	ErrFrozen  = fault.New(fault.Denied, "account.frozen")
	ErrBlocked = fault.New(fault.Denied, "account.blocked")
	ErrNotMe   = fault.New(fault.Gone, "account.not_me_over")
	ErrReason  = fault.New(fault.Invalid, "account.block_reason")
)

// Blocked tells what keeps an account closed: the city's word before its owner's. The zero Block: nothing does.
func (m *Module) Blocked(ctx context.Context, account id.ID) (Block, error) {
	var out Block
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = blockOf(r, account)
		return err
	})
	if err != nil {
		return Block{}, fmt.Errorf("account: blocked: %w", err)
	}
	return out, nil
}

func blockOf(r store.Reader, account id.ID) (Block, error) {
	rows, err := accountdb.BlocksOf(r, account)
	if err != nil || len(rows) == 0 {
		return Block{}, err
	}
	row := rows[0] // 'blocked' stands before 'frozen'
	return Block{Account: row.Account, Kind: BlockKind(row.Kind), Reason: row.Reason, Official: row.Official, Since: row.Since, Cause: row.Cause}, nil
}

// notBlocked refuses an account that nobody may sign in to. Errors: ErrBlocked, ErrFrozen.
func (m *Module) notBlocked(r store.Reader, account id.ID) error {
	b, err := blockOf(r, account)
	switch {
	case err != nil:
		return err
	case b.Kind == Barred:
		return ErrBlocked
	case b.Kind == Frozen:
		return ErrFrozen
	}
	return nil
}

// noneBlocked refuses a person one of whose accounts is closed, with the fault given.
func (m *Module) noneBlocked(r store.Reader, person id.ID, refused *fault.Fault) error {
	accounts, err := accountdb.AccountsOf(r, person)
	if err != nil {
		return err
	}
	for _, account := range accounts {
		b, err := blockOf(r, account)
		if err != nil {
			return err
		}
		if b.Any() {
			return refused
		}
	}
	return nil
}

func (m *Module) anyBlocked(ctx context.Context, person id.ID) (bool, error) {
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error { return m.noneBlocked(r, person, ErrBlocked) })
	if errors.Is(err, ErrBlocked) {
		return true, nil
	}
	return false, err
}

// Admit lets a sign-in go on, or refuses it. A frozen account whose owner comes by two factors, with a way that was there
// before what they denied, opens again, and they are told. Call it when every step of a sign-in is done and before its
// session begins. Errors: ErrBlocked, ErrFrozen.
func (m *Module) Admit(ctx context.Context, p Proof, strong bool) error {
	b, err := m.Blocked(ctx, p.Account)
	switch {
	case err != nil:
		return err
	case b.Kind == Barred:
		return ErrBlocked
	case !b.Any():
		return nil
	}
	ways, err := m.WaysOf(ctx, p.Account)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(ways, func(w Way) bool { return w.ID == p.Way })
	if at < 0 || !b.opensBy(strong, ways[at]) {
		return ErrFrozen
	}
	a := act.Act{ID: id.New(m.base.Clock.Now()), Actor: act.Actor{Kind: act.Person, Person: p.Person}, Holder: p.Person, Channel: act.Web}
	put, err := m.PrepareUnfreeze(ctx, a, p.Person)
	if err != nil {
		return err
	}
	if err := m.base.Store.Write(ctx, put); err != nil {
		return fmt.Errorf("account: open a frozen account: %w", err)
	}
	return nil
}

// NotMe is the link by which an owner says that something was not them. It goes into a letter and is kept nowhere.
type NotMe struct {
	Path string                // /not-me/<token>
	Put  func(*store.Tx) error // makes it good, in the Write of what the letter tells of
}

// PrepareNotMe makes such a link for a person: it works without a sign-in, once, for 72 hours, and can do nothing but
// close the person's sessions and freeze their accounts.
func (m *Module) PrepareNotMe(person id.ID) NotMe {
	token, hash := web.NewToken()
	return NotMe{Path: pathNotMe + token, Put: func(tx *store.Tx) error {
		now := tx.Now()
		return accountdb.InsertNotMe(tx, accountdb.InsertNotMeParams{Hash: hash[:], Person: person, Made: now, Until: now.Add(notMeLife)})
	}}
}

// notMe finds a link by its token; ErrNotMe when it is over, used or never was.
func (m *Module) notMe(ctx context.Context, token string) (accountdb.NotMe, error) {
	hash := web.HashToken(token)
	var row accountdb.NotMe
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = accountdb.NotMeByHash(r, hash[:])
		return err
	})
	if errors.Is(err, store.ErrNone) || err == nil && (!row.Used.IsZero() || !m.base.Clock.Now().Before(row.Until)) {
		return row, ErrNotMe
	}
	return row, err
}

// Freeze takes the link of a letter: it closes every session of the person and keeps their accounts closed until an
// official at a centre, or an older strong way in, opens them. Errors: ErrNotMe.
func (m *Module) Freeze(ctx context.Context, actID id.ID, token string) error {
	link, err := m.notMe(ctx, token)
	if err != nil {
		return err
	}
	a := act.Act{ID: actID, Actor: act.Actor{Kind: act.Nobody}, Channel: act.Web}
	put, err := m.prepareBlock(ctx, a, link.Person, Frozen, ReasonOwner, "", link.Made)
	if err != nil {
		return err
	}
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		n, err := accountdb.UseNotMe(tx, link.Hash, tx.Now())
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotMe
		}
		return put(tx)
	})
	if err != nil {
		return fmt.Errorf("account: freeze: %w", err)
	}
	return nil
}

// prepareBlock makes the closing of all accounts that lead to a person ready. What is closed already is left as it is.
func (m *Module) prepareBlock(ctx context.Context, a act.Act, person id.ID, kind BlockKind, reason, note string, cause time.Time) (func(*store.Tx) error, error) {
	person, accounts, err := m.accountsNow(ctx, person)
	if err != nil {
		return nil, err
	}
	notes := map[id.ID]vault.Sealed{}
	for _, account := range accounts {
		keys, err := m.base.Vault.Keys(ctx, account)
		if err != nil {
			return nil, err
		}
		if note != "" {
			notes[account] = keys.Seal("account_block", "note", []byte(note))
		}
	}
	trace, err := m.blockTrace(ctx, a, person, "account."+string(kind), reason)
	if err != nil {
		return nil, err
	}
	return func(tx *store.Tx) error {
		held, err := accountdb.AccountsOf(tx, person)
		if err != nil {
			return err
		}
		put := int64(0)
		for _, account := range held {
			n, err := accountdb.PutBlock(tx, accountdb.PutBlockParams{
				Account: account, Kind: string(kind), Reason: reason, Note: notes[account], Official: a.Actor.Person, Since: tx.Now(), Cause: cause,
			})
			if err != nil {
				return err
			}
			put += n
		}
		if err := m.CloseOthers(tx, person, id.ID{}); err != nil || put == 0 {
			return err
		}
		if err := m.announcePerson(tx, person); err != nil {
			return err
		}
		return trace(tx)
	}, nil
}

// accountsNow are the accounts of whom a person is now.
func (m *Module) accountsNow(ctx context.Context, person id.ID) (id.ID, []id.ID, error) {
	var accounts []id.ID
	root := person
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		if root, err = rootOf(r, person); err != nil {
			return err
		}
		accounts, err = accountdb.AccountsOf(r, root)
		return err
	})
	if err != nil {
		return root, nil, fmt.Errorf("account: accounts of a person: %w", err)
	}
	return root, accounts, nil
}

// blockTrace prepares what a person keeps of a block or its end. kind names the entry; the word has the same name.
func (m *Module) blockTrace(ctx context.Context, a act.Act, person id.ID, kind, reason string) (func(*store.Tx) error, error) {
	key := id.New(m.base.Clock.Now())
	enter, err := m.prepareEntry(ctx, a, person, journal.Entry{Kind: kind, Object: key, Facts: []journal.Fact{
		m.fact(a, "reason", m.text(a, "account.block.reason_"+reason)),
	}})
	if err != nil {
		return nil, err
	}
	word, err := m.PrepareWord(ctx, Word{Person: person, Key: kind + "/" + key.String(), Kind: "account.word." + kind[len("account."):], Path: securityPath})
	if err != nil {
		return nil, err
	}
	return func(tx *store.Tx) error { return errors.Join(enter(tx), word(tx)) }, nil
}

// PrepareUnfreeze makes the opening of a person's frozen accounts ready; where none is frozen, nothing is put.
func (m *Module) PrepareUnfreeze(ctx context.Context, a act.Act, person id.ID) (func(*store.Tx) error, error) {
	return m.prepareOpening(ctx, a, person, Frozen, ReasonOwner)
}

func (m *Module) prepareOpening(ctx context.Context, a act.Act, person id.ID, kind BlockKind, reason string) (func(*store.Tx) error, error) {
	person, _, err := m.accountsNow(ctx, person)
	if err != nil {
		return nil, err
	}
	trace, err := m.blockTrace(ctx, a, person, "account.un"+string(kind), reason)
	if err != nil {
		return nil, err
	}
	return func(tx *store.Tx) error {
		held, err := accountdb.AccountsOf(tx, person)
		if err != nil {
			return err
		}
		dropped := int64(0)
		for _, account := range held {
			n, err := accountdb.DropBlock(tx, account, string(kind))
			if err != nil {
				return err
			}
			dropped += n
		}
		if dropped == 0 {
			return nil
		}
		return trace(tx)
	}, nil
}

// Bar closes every account of whom the account leads to, by the city's word. note is the number of the order. Errors:
// ErrReason, store.ErrNone.
func (m *Module) Bar(ctx context.Context, a act.Act, account id.ID, reason, note string) error {
	if !slices.Contains(BlockReasons(), reason) || note == "" {
		return ErrReason
	}
	person, err := m.personOf(ctx, account)
	if err != nil {
		return err
	}
	put, err := m.prepareBlock(ctx, a, person, Barred, reason, note, m.base.Clock.Now())
	if err != nil {
		return err
	}
	if err := m.base.Store.WriteAs(ctx, a, put); err != nil {
		return fmt.Errorf("account: block: %w", err)
	}
	return nil
}

// Unbar opens them again: the city's block and the owner's freeze. Errors: store.ErrNone.
func (m *Module) Unbar(ctx context.Context, a act.Act, account id.ID) error {
	person, err := m.personOf(ctx, account)
	if err != nil {
		return err
	}
	b, err := m.Blocked(ctx, account)
	if err != nil {
		return err
	}
	bar, err := m.prepareOpening(ctx, a, person, Barred, b.reasonOr(ReasonCourt))
	if err != nil {
		return err
	}
	freeze, err := m.PrepareUnfreeze(ctx, a, person)
	if err != nil {
		return err
	}
	if err := m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error { return errors.Join(bar(tx), freeze(tx)) }); err != nil {
		return fmt.Errorf("account: unblock: %w", err)
	}
	return nil
}

func (b Block) reasonOr(other string) string {
	if b.Kind == Barred {
		return b.Reason
	}
	return other
}

// Blocks lists closed accounts after one, at most most of them, in the order of their ids: nobody's names.
func (m *Module) Blocks(ctx context.Context, after id.ID, most int64) ([]Block, error) {
	var out []Block
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := accountdb.BlocksAfter(r, after, most)
		out = make([]Block, len(rows))
		for i, row := range rows {
			out[i] = Block{Account: row.Account, Kind: BlockKind(row.Kind), Reason: row.Reason, Official: row.Official, Since: row.Since}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("account: list blocks: %w", err)
	}
	return out, nil
}
