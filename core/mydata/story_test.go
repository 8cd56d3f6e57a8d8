package mydata

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"posad.city/core/agency"
	"posad.city/core/apply"
	"posad.city/core/casework"
	"posad.city/core/charge"
	"posad.city/core/document"
	"posad.city/core/notice"
	"posad.city/core/pay"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
)

// lived is what a story leaves behind.
type lived struct {
	decided, withdrawn casework.Ref
	draft              id.ID
}

// live gives Anna something of every kind: a decided case with a file and a document, a withdrawn one, a draft with a file
// and an early certificate, a bill that is paid, messages, wishes, looks.
func (r *rig) live() lived {
	r.t.Helper()
	var out lived
	own := r.signed(anna)
	out.decided = r.file("во дворе КЕПТ яма, прошу заделать")
	upload := func(purpose id.ID, name string) {
		p, err := r.papers.PrepareUpload(ctx, own, document.Upload{Holder: anna, Purpose: purpose, Field: "files", File: web.File{Name: name, Data: []byte("%PDF-1.7\n1 0 obj\nsecret")}})
		r.must(err)
		r.must(r.store.Write(ctx, p.Put))
	}
	upload(out.decided.ID, "КЕПТ-фото.pdf")
	r.must(r.store.Write(ctx, func(tx *store.Tx) error { return r.papers.Keep(tx, anna, out.decided.ID) }))
	r.decide(out.decided, "Яму КЕПТ заделали.")
	out.withdrawn = r.file("это СЕКРЕТ, я передумала")
	_, err := r.cases.Withdraw(ctx, own, casework.Withdrawal{Holder: anna, Case: out.withdrawn.ID, Words: "СЕКРЕТ причины"})
	r.must(err)
	r.drain()
	draft, _, err := r.drafts.Begin(ctx, own, apply.Beginning{Service: "parking-permit", Lang: lang.Russian})
	r.must(err)
	out.draft = draft.ID
	upload(draft.ID, "СЕКРЕТ-черновик.pdf")
	r.payOne()
	r.must(r.notices.SetWishes(ctx, own, anna, []notice.Wish{{Topic: notice.Cases, Email: true, SMS: true}}))
	_, err = r.cases.Read(ctx, r.desk(ruleva, "housing", agency.Officer), anna, out.decided.ID)
	r.must(err)
	r.drain()
	return out
}

func (r *rig) payOne() {
	r.t.Helper()
	bill, err := r.bills.Prepare(ctx, charge.NewCharge{
		ID: id.New(r.clock.Now()), Person: anna, Payee: agency.ID("transport"), Kind: charge.KindFee, Service: "parking-permit", Subject: id.New(r.clock.Now()),
		Amount: money.Amount{Minor: 300000, Currency: money.RUB}, Title: document.Same("Парковка"),
	})
	r.must(err)
	r.must(r.store.Write(ctx, bill.Put))
	_, err = r.pays.Begin(ctx, r.signed(anna), pay.Basket{Payer: anna, Asks: []pay.Ask{{Home: anna, Charge: bill.ID}}}, lang.Russian)
	r.must(err)
	for attempt, p := range r.bank.Payments() {
		if p.State == "open" {
			_, err := r.bank.Decide(attempt, true)
			r.must(err)
			_, err = r.pays.Settle(ctx, id.MustParse(attempt))
			r.must(err)
		}
	}
	r.drain()
}

// copyOfAnna makes a copy and reads its JSON.
func (r *rig) copyOfAnna(also ...id.ID) (Copy, Whole, []byte) {
	r.t.Helper()
	made, err := r.AskCopy(ctx, r.signed(anna), also, lang.Russian)
	r.must(err)
	r.drain()
	one, err := r.CopyByID(ctx, r.signed(anna), anna, made)
	r.must(err)
	data, err := r.CopyFile(ctx, r.signed(anna), one, fileJSON)
	r.must(err)
	var whole Whole
	r.must(json.Unmarshal(data, &whole))
	return one, whole, data
}

func TestACopyHasEverythingAndEnds(t *testing.T) {
	each(t, func(r *rig) {
		r.live()
		one, whole, data := r.copyOfAnna(old)
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		r.must(err)
		compiler := jsonschema.NewCompiler()
		compiler.AssertFormat()
		definition, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
		r.must(err)
		r.must(compiler.AddResource("my-data.json", definition))
		compiled, err := compiler.Compile("my-data.json")
		r.must(err)
		if err := compiled.Validate(value); err != nil {
			r.t.Errorf("the copy does not pass its schema: %v", err)
		}
		for _, words := range []string{"Смирнова", "anna@secret.example", "Прежняя", "во дворе КЕПТ яма", "Яму КЕПТ заделали", "СЕКРЕТ причины", "КЕПТ-фото.pdf", "СЕКРЕТ-черновик.pdf", "11223344595"} {
			if !strings.Contains(string(data), words) {
				r.t.Errorf("the copy does not say %q", words)
			}
		}
		if one.Step != one.Steps || one.State != CopyReady || len(whole.Persons) != 2 {
			r.t.Errorf("the copy is %+v of %v", one, whole.Persons)
		}
		for _, h := range whole.Holdings {
			for _, item := range h.Items {
				for _, f := range item.Facts {
					if strings.HasPrefix(f.Value, "mydata.") || strings.HasPrefix(f.Label, "mydata.") {
						r.t.Errorf("%s: %s: %s has no words", h.Key, f.Key, f.Value)
					}
				}
			}
		}
		paper, err := r.CopyFile(ctx, r.signed(anna), one, filePDF)
		r.must(err)
		if !bytes.HasPrefix(paper, []byte("%PDF-")) {
			r.t.Error("the paper copy is no PDF")
		}
		if r.told.kinds() != "copy" {
			r.t.Errorf("told: %s", r.told.kinds())
		}
		if _, err := r.CopyByID(ctx, r.signed(misha), misha, one.ID); !errors.Is(err, ErrNone) {
			r.t.Errorf("somebody else's copy: %v", err)
		}
		r.pass(CopyLife + time.Hour)
		one, err = r.CopyByID(ctx, r.signed(anna), anna, one.ID)
		r.must(err)
		if _, err := r.CopyFile(ctx, r.signed(anna), one, fileJSON); !errors.Is(err, ErrOver) || one.State != CopyGone {
			r.t.Errorf("after a week: %s, %v", one.State, err)
		}
	})
}

// TestEveryPersonalTableIsShownOrExplained walks the declarations of every schema: a table with personal data that no
// module tells of fails, and so does one that has rows of a person which the copy does not show.
func TestEveryPersonalTableIsShownOrExplained(t *testing.T) {
	each(t, func(r *rig) {
		r.live()
		_, whole, _ := r.copyOfAnna()
		shown := map[string]int{}
		for _, h := range whole.Holdings {
			shown[h.Key] = len(h.Items)
		}
		covers := map[string]string{}
		for _, source := range r.Module.deps.Sources {
			for table, says := range source.Data.Covers() {
				covers[table] = says
			}
		}
		for _, table := range r.Uncovered(r.store.Decls()) {
			r.t.Errorf("table %s holds personal data, and no module tells of it: name it in Covers of its module's held.go", table)
		}
		for table, d := range r.store.Decls() {
			if len(d.Personal) == 0 {
				continue
			}
			says, ok := covers[table]
			if !ok {
				continue
			}
			if reason, left := strings.CutPrefix(says, "- "); left {
				if len(reason) < 20 {
					r.t.Errorf("table %s is left out without a reason: %q", table, reason)
				}
				continue
			}
			rows := 0
			q := store.NewQuery("test.Rows", "SELECT 1 FROM "+table+" WHERE "+d.Personal[0]+" = $1")
			r.must(r.store.Read(ctx, func(s *store.Snapshot) error {
				rows = 0
				return s.Query(q, func(*store.Row) error { rows++; return nil }, anna)
			}))
			if rows > 0 && shown[says] == 0 {
				r.t.Errorf("table %s has %d rows of the person, and the copy has nothing under %s", table, rows, says)
			}
		}
	})
}

// askAndWait asks for Anna's erasure and lets the cooling-off and a little more go by.
func (r *rig) askAndWait() {
	r.t.Helper()
	_, err := r.AskErasure(ctx, r.signed(anna), nil)
	r.must(err)
	r.pass(CoolingOff + time.Hour)
}

// everything is all that modules tell of Anna, as JSON.
func (r *rig) everything() string {
	r.t.Helper()
	held, err := r.gather(ctx, r.own(lang.Russian), []id.ID{anna}, 0, nil)
	r.must(err)
	wire, err := r.wire(ctx, lang.Russian, held)
	r.must(err)
	text, err := json.Marshal(wire)
	r.must(err)
	return string(text)
}

func TestAfterAnErasureNothingButTheLawsIsReadable(t *testing.T) {
	each(t, func(r *rig) {
		left := r.live()
		plan, err := r.Plan(ctx, []id.ID{anna}, lang.Russian)
		r.must(err)
		if len(plan.Waits) != 0 || len(plan.Goes) == 0 || len(plan.Stays) == 0 {
			r.t.Fatalf("the plan: %+v", plan)
		}
		r.askAndWait()
		if got := r.told.kinds(); got != "erasure_asked erasure_near" {
			r.t.Errorf("told: %s", got)
		}
		at, err := r.vault.Erased(ctx, anna)
		r.must(err)
		if at.IsZero() {
			r.t.Fatal("the key is still there")
		}
		says := r.everything()
		for _, words := range []string{"СЕКРЕТ", "anna@secret.example", "79165550177", "11223344595"} {
			if strings.Contains(says, words) {
				r.t.Errorf("after the erasure somebody reads %q", words)
			}
		}
		if !strings.Contains(says, "КЕПТ") || !strings.Contains(says, `"erased":true`) {
			r.t.Error("what the law keeps is gone, or what is gone does not say so")
		}
		r.officialsSeeOnlyTheLaws(left)
		r.nobodySignsIn()
		r.pass(7 * 366 * 24 * time.Hour)
		if says := r.everything(); strings.Contains(says, "КЕПТ") {
			r.t.Error("what the law kept is still there after its years")
		}
	})
}

// officialsSeeOnlyTheLaws: a decided case opens, with its file and its document; a withdrawn one says what has happened.
func (r *rig) officialsSeeOnlyTheLaws(left lived) {
	r.t.Helper()
	desk := r.desk(ruleva, "housing", agency.Officer)
	c, err := r.cases.Read(ctx, desk, anna, left.decided.ID)
	r.must(err)
	if c.Decision == nil || !strings.Contains(c.Decision.Words, "КЕПТ") {
		r.t.Error("the decided case has lost its words")
	}
	_, err = r.cases.Timeline(ctx, desk, anna, left.decided.ID)
	r.must(err)
	files, err := r.papers.Files(ctx, desk, anna, left.decided.ID)
	r.must(err)
	if len(files) != 1 {
		r.t.Fatalf("%d files of the decided case", len(files))
	}
	_, body, err := r.papers.OpenFile(ctx, desk, anna, files[0].ID)
	r.must(err)
	r.must(body.Close())
	results, err := r.papers.Results(ctx, desk, anna, left.decided.ID)
	r.must(err)
	if len(results) != 1 {
		r.t.Errorf("%d documents of the decided case", len(results))
	}
	if _, err := r.cases.Read(ctx, desk, anna, left.withdrawn.ID); !errors.Is(err, vault.ErrErased) || fault.Of(err).Kind != fault.Gone {
		r.t.Errorf("the withdrawn case: %v", err)
	}
	if people, err := r.account.People(ctx, desk, "mydata.look.names", anna); err != nil || len(people) != 0 {
		r.t.Errorf("the account still tells of %v, %v", people, err)
	}
	status, text := r.browser(web.Session{Person: ruleva, Agency: agency.ID("housing"), Role: string(agency.Officer)}, "ru").get("/desk")
	if status >= 500 {
		r.t.Errorf("the desk breaks: %d %s", status, text)
	}
}

func (r *rig) nobodySignsIn() {
	r.t.Helper()
	if _, err := r.account.Find(ctx, "anna@secret.example"); !errors.Is(err, agency.ErrNobody) {
		r.t.Errorf("the e-mail still signs in: %v", err)
	}
	given, err := r.mandates.Taken(ctx, anna)
	r.must(err)
	if len(given) != 0 {
		r.t.Error("the mandate for the child still holds")
	}
	accounts, err := r.account.AccountOf(ctx, anna)
	r.must(err)
	for _, account := range accounts {
		if at, err := r.vault.Erased(ctx, account); err != nil || at.IsZero() {
			r.t.Errorf("the account's key is still there: %v", err)
		}
	}
}

func TestAnErasureWaitsAndIsCancelled(t *testing.T) {
	each(t, func(r *rig) {
		open := r.file("ещё не решено")
		plan, err := r.Plan(ctx, []id.ID{anna}, lang.Russian)
		r.must(err)
		if len(plan.Waits) != 1 || plan.Waits[0].Numbers[0] != id.FormatNumber(open.Number) {
			r.t.Errorf("the plan waits for %+v", plan.Waits)
		}
		r.askAndWait()
		if _, err := r.AskErasure(ctx, r.signed(anna), nil); !errors.Is(err, ErrAsked) {
			r.t.Errorf("a second wish: %v", err)
		}
		one, is, err := r.Erasing(ctx, r.signed(anna), anna)
		r.must(err)
		if !is || one.State != ErasureWaiting || one.Held.IsZero() {
			r.t.Fatalf("with an open case the erasure is %+v", one)
		}
		r.must(r.CancelErasure(ctx, r.signed(anna)))
		if err := r.CancelErasure(ctx, r.signed(anna)); !errors.Is(err, ErrNone) {
			r.t.Errorf("a second cancel: %v", err)
		}
		r.decide(open, "Решено.")
		r.pass(3 * 24 * time.Hour)
		if at, err := r.vault.Erased(ctx, anna); err != nil || !at.IsZero() {
			r.t.Errorf("a cancelled erasure was carried out: %v", err)
		}
		r.askAndWait()
		if at, err := r.vault.Erased(ctx, anna); err != nil || at.IsZero() {
			r.t.Errorf("nothing waits, and the key is still there: %v", err)
		}
	})
}

var (
	keyNow     = store.NewQuery("test.Key", "SELECT city_key, wrapped FROM holder_key WHERE holder = $1")
	keyRestore = store.NewQuery("test.Restore", "UPDATE holder_key SET city_key = $1, wrapped = $2, erased = NULL WHERE holder = $3")
)

// TestARestoredBackupDoesNotBringThePersonBack puts Anna's key back as an old copy of the database would, and starts anew.
func TestARestoredBackupDoesNotBringThePersonBack(t *testing.T) {
	each(t, func(r *rig) {
		left := r.live()
		var city int64
		var wrapped []byte
		r.must(r.store.Read(ctx, func(s *store.Snapshot) error {
			return s.Query(keyNow, func(row *store.Row) error { city, wrapped = row.Int(0), slices.Clone(row.Bytes(1)); return nil }, anna)
		}))
		r.askAndWait()
		restore := func() {
			r.must(r.store.Append(ctx, store.Stmt{Query: keyRestore, Args: []any{city, wrapped, anna}}))
			r.vault.Forget(anna)
		}
		restore()
		if _, err := r.account.Person(ctx, r.signed(anna), "mydata.look.data", anna); err != nil {
			r.t.Fatalf("the restored key does not open, so that this test shows nothing: %v", err)
		}
		r.must(r.Start(ctx))
		if at, err := r.vault.Erased(ctx, anna); err != nil || at.IsZero() {
			r.t.Errorf("after the start the key is there: %v", err)
		}
		if strings.Contains(r.everything(), "anna@secret.example") {
			r.t.Error("after the start the profile is readable")
		}
		if c, err := r.cases.Read(ctx, r.desk(ruleva, "housing", agency.Officer), anna, left.decided.ID); err != nil || c.Decision == nil {
			r.t.Errorf("the decided case is lost: %v", err)
		}
		forged := fmt.Sprintf("2026-11-28T09:00:00Z %s %s\n", misha, strings.Repeat("0", 40))
		r.must(os.WriteFile(r.Module.deps.List, []byte(forged), 0o600))
		r.must(r.Start(ctx))
		if at, err := r.vault.Erased(ctx, misha); err != nil || !at.IsZero() {
			r.t.Errorf("a forged line erases: %v", err)
		}
	})
}

func TestMergedPersonsGoTogether(t *testing.T) {
	each(t, func(r *rig) {
		_, err := r.AskErasure(ctx, r.signed(anna), []id.ID{old})
		r.must(err)
		r.pass(CoolingOff + time.Hour)
		for _, person := range []id.ID{anna, old} {
			if at, err := r.vault.Erased(ctx, person); err != nil || at.IsZero() {
				r.t.Errorf("%s is not erased: %v", person, err)
			}
		}
	})
}

// TestNoKeyGoesBeforeItsLine: where the erasure list can't be written, nobody is erased.
func TestNoKeyGoesBeforeItsLine(t *testing.T) {
	each(t, func(r *rig) {
		r.Module.list.path = r.t.TempDir() // a folder takes no lines
		if err := r.eraseOne(ctx, anna, false); err == nil {
			r.t.Error("an erasure without its line is content")
		}
		if at, err := r.vault.Erased(ctx, anna); err != nil || !at.IsZero() {
			r.t.Errorf("the key is gone and no list says so: %v", err)
		}
	})
}

// agencyLooks has an agency's system look at Anna.
func (r *rig) agencyLooks(office string, what string) {
	r.t.Helper()
	a := act.Act{ID: id.New(r.clock.Now()), Actor: act.Actor{Kind: act.Agency, Agency: agency.ID(office)}, Purpose: act.Purpose{Kind: "service", ID: "city-appeal"}, Channel: act.API}
	_, err := r.account.People(ctx, a, what, anna)
	r.must(err)
}
