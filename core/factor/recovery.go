package factor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"posad.city/core/account"
	"posad.city/core/factor/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// CodesInSet is how many recovery codes there are in a set; with FewLeft or fewer the owner is told to make a new one.
const (
	CodesInSet = 10
	FewLeft    = 3
)

// Codes is what an account's owner sees of their recovery codes.
type Codes struct {
	Left int
	Made time.Time // zero: there are none
}

// keyed is what a code is kept as. The account is part of it: a code opens nothing else.
func (m *Module) keyed(of id.ID, code string) vault.Keyed {
	return m.base.Vault.Keyed("factor.recovery", of.String()+" "+code)
}

// CodesOf tells how many of an account's recovery codes are left.
func (m *Module) CodesOf(ctx context.Context, of id.ID) (Codes, error) {
	var out Codes
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = codesIn(r, of)
		return err
	})
	if err != nil {
		return Codes{}, fmt.Errorf("factor: count recovery codes: %w", err)
	}
	return out, nil
}

func codesIn(r store.Reader, of id.ID) (Codes, error) {
	rows, err := factordb.CodesOf(r, of)
	var out Codes
	for _, row := range rows {
		out.Made = row.Made
		if row.Used.IsZero() {
			out.Left++
		}
	}
	return out, err
}

// MakeCodes makes a new set for the account, ends the old one, and returns the codes as people read them. They can't be
// had again. account.ErrChanged says that another set was made meanwhile.
func (m *Module) MakeCodes(ctx context.Context, a act.Act, of id.ID) ([]string, error) {
	kept, err := m.accounts.KeptOf(ctx, of, account.ByRecovery)
	if err != nil {
		return nil, err
	}
	put, err := m.prepareSet(ctx, a, of, kept)
	if err != nil {
		return nil, err
	}
	codes, hashes, err := m.newSet(of)
	if err != nil {
		return nil, err
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if _, err := factordb.DropCodes(tx, of); err != nil {
			return err
		}
		for _, hash := range hashes {
			if err := factordb.InsertCode(tx, of, hash, tx.Now()); err != nil {
				return err
			}
		}
		return put(tx)
	})
	if err != nil {
		return nil, fmt.Errorf("factor: make recovery codes: %w", err)
	}
	return codes, nil
}

func (m *Module) newSet(of id.ID) ([]string, []vault.Keyed, error) {
	codes, hashes := make([]string, CodesInSet), make([]vault.Keyed, CodesInSet)
	for i := range codes {
		code, err := newRecoveryCode()
		if err != nil {
			return nil, nil, err
		}
		codes[i], hashes[i] = writtenCode(code), m.keyed(of, code)
	}
	return codes, hashes, nil
}

// setState is the secret of the way: it names the set, so that two sets made at once are seen.
type setState struct {
	Set id.ID `json:"set"`
}

// prepareSet makes ready the way by which the account lists its codes: a new one, or a new set of the one that is there,
// of which its owner is told.
func (m *Module) prepareSet(ctx context.Context, a act.Act, of id.ID, kept []account.Kept) (func(*store.Tx) error, error) {
	set := id.New(m.base.Clock.Now())
	secret, err := json.Marshal(setState{set})
	if err != nil {
		return nil, fmt.Errorf("factor: write a set: %w", err)
	}
	if len(kept) == 0 {
		way, err := m.accounts.PrepareWay(ctx, account.NewWay{
			Account: of, Method: account.ByRecovery, Secret: secret, Key: of.String(), Second: true,
		})
		if err != nil {
			return nil, err
		}
		return func(tx *store.Tx) error {
			err := way.Put(tx)
			if errors.Is(err, account.ErrWayTaken) {
				return account.ErrChanged // made in another window just now
			}
			return err
		}, nil
	}
	replace, err := m.accounts.PrepareSecret(ctx, kept[0], secret)
	if err != nil {
		return nil, err
	}
	words, err := m.accounts.PrepareWord(ctx, account.Word{
		Person: a.Actor.Person, Key: "factor.new_codes/" + set.String(), Kind: "factor.word.new_codes", Path: securityPath,
	})
	return both(replace, words), err
}

func both(first, second func(*store.Tx) error) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		if err := first(tx); err != nil {
			return err
		}
		return second(tx)
	}
}

// dropCodes ends the codes when their way is dropped.
func dropCodes(tx *store.Tx, w account.Way) error {
	_, err := factordb.DropCodes(tx, w.Account)
	return err
}

// SecondByCode takes a recovery code as an account's second step. from is the caller's network. Errors: ErrRecovery,
// account.ErrOften.
func (m *Module) SecondByCode(ctx context.Context, of id.ID, code, from string) (account.Proof, error) {
	if err := m.countRecovery(ctx, from); err != nil {
		return account.Proof{}, err
	}
	return m.useCode(ctx, of, code)
}

// countRecovery bounds what one network may try. There is no limit by account: 80 bits can't be guessed, and such a limit
// would let a stranger keep the owner out.
func (m *Module) countRecovery(ctx context.Context, from string) error {
	return m.accounts.Limit(ctx, "factor.recovery_from", from, recoveryTries, tryWindow)
}

// Recover takes a contact and a recovery code as a first step. A contact that nobody signs in with, an account without
// codes and a wrong code are all ErrRecovery after the same work; account.ErrContact is for a text that is no contact.
func (m *Module) Recover(ctx context.Context, contact, code, from string) (account.Proof, error) {
	if err := m.countRecovery(ctx, from); err != nil {
		return account.Proof{}, err
	}
	to, err := account.ParseContact(contact)
	if err != nil {
		return account.Proof{}, err
	}
	of, _, err := m.accounts.MemberOf(ctx, to)
	if errors.Is(err, store.ErrNone) {
		of, err = nobody, nil
	}
	if err != nil {
		return account.Proof{}, err
	}
	return m.useCode(ctx, of, code)
}

// nobody stands for the account of a contact that nobody signs in with: it is asked as any other is, and has nothing.
var nobody = id.Derived("factor", "nobody")

// useCode takes a code of the account.
func (m *Module) useCode(ctx context.Context, of id.ID, typed string) (account.Proof, error) {
	code, _ := parseRecoveryCode(typed)
	for range usesMost {
		proof, err := m.useOnce(ctx, of, m.keyed(of, code))
		if !errors.Is(err, account.ErrChanged) {
			return proof, err
		}
	}
	return account.Proof{}, account.ErrChanged
}

func (m *Module) useOnce(ctx context.Context, of id.ID, hash vault.Keyed) (account.Proof, error) {
	if err := m.there(ctx, of, hash); err != nil {
		return account.Proof{}, err
	}
	kept, err := m.accounts.KeptOf(ctx, of, account.ByRecovery)
	if err != nil {
		return account.Proof{}, err
	}
	if len(kept) == 0 {
		return account.Proof{}, ErrRecovery
	}
	if err := m.spend(ctx, kept[0], hash); err != nil {
		return account.Proof{}, err
	}
	return account.Proof{Method: account.ByRecovery, Account: of, Person: kept[0].Person, Way: kept[0].ID, Level: act.Standard}, nil
}

// there looks whether the account has the code, so that words are made ready only for a right one. It decides nothing:
// spend does.
func (m *Module) there(ctx context.Context, of id.ID, hash vault.Keyed) error {
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		_, err := factordb.CodeByHash(r, of, hash)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return ErrRecovery
	}
	if err != nil {
		return fmt.Errorf("factor: find a recovery code: %w", err)
	}
	return nil
}

// spend takes the code in the statement that compares it, and tells its owner by every channel.
func (m *Module) spend(ctx context.Context, kept account.Kept, hash vault.Keyed) error {
	note, err := m.accounts.PrepareSecret(ctx, kept, kept.Secret)
	if err != nil {
		return err
	}
	now := id.New(m.base.Clock.Now())
	word := func(kind string) (func(*store.Tx) error, error) {
		return m.accounts.PrepareWord(ctx, account.Word{
			Person: kept.Person, Key: kind + "/" + now.String(), Kind: kind, Path: recoveryPath,
		})
	}
	used, err := word("factor.word.code_used")
	if err != nil {
		return err
	}
	few, err := word("factor.word.few_codes")
	if err != nil {
		return err
	}
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		n, err := factordb.UseCode(tx, tx.Now(), kept.Account, hash)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrRecovery
		}
		left, err := codesIn(tx, kept.Account)
		if err != nil {
			return err
		}
		if left.Left > FewLeft {
			return both(note, used)(tx)
		}
		return both(note, few)(tx)
	})
	if err != nil {
		return fmt.Errorf("factor: spend a recovery code: %w", err)
	}
	return nil
}
