package charge

import (
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

var program = act.Act{ID: id.Derived("act", "program"), Actor: act.Actor{Kind: act.Program, Agency: police}, Channel: act.API}

// logged gives the rig a log of official acts.
func (r *rig) logged() {
	r.t.Helper()
	r.base.Texts = must[*lang.Catalogue](r.t)(lang.Load(locales))
	r.base.Journal = journal.New(seal.New("kitezh", r.base.Vault, r.clock), r.clock)
}

// entered are the entries of the police's log about a thing.
func (r *rig) entered(about id.ID) []journal.Row {
	r.t.Helper()
	var out []journal.Row
	err := r.base.Store.Look(ctx, r.system(), "test", func(p *store.Personal) error {
		var err error
		out, err = journal.EntriesOf(p, police, about)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// What the house itself issues, a case's fee above all, no agency issues, corrects or cancels by hand.
func TestAgenciesLeaveTheHousesOwnBillsAlone(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		fee := fine("fee")
		fee.Kind, fee.Title = KindFee, text("Fee")
		p := r.issue(fee)
		for _, kind := range []string{KindFee, KindGift, KindWallet} {
			e := Entry{Number: kind, Kind: kind, By: ByPlate, Value: plate.Value, Amount: 1, TitleRU: "Сбор"}
			if _, _, err := r.PrepareIssue(ctx, officer, e); !errors.Is(err, ErrKind) {
				t.Errorf("an officer issues a %s: %v", kind, err)
			}
			if out := must[[]Outcome](t)(r.issueMany(ctx, program, []Entry{e})); out[0].Result != Refused || !errors.Is(out[0].Fault, ErrKind) {
				t.Errorf("a program issues a %s: %+v", kind, out[0])
			}
			if i := r.send(Sent{Content: strings.NewReader("number;kind;by;value;amount;title_ru\n" + kind + ";" + kind + ";plate;А417МО52;1;Сбор\n")}); i.Issued != 0 || i.Bad != 1 {
				t.Errorf("a file issues a %s: %+v", kind, i)
			}
		}
		if _, err := r.PrepareCorrect(ctx, officer, p.ID, Correction{Amount: 1, Reason: "mistake"}, ""); !errors.Is(err, ErrHouse) {
			t.Errorf("a fee is corrected by hand: %v", err)
		}
		if _, err := r.PrepareCancel(ctx, officer, p.ID, 0, "mistake", ""); !errors.Is(err, ErrHouse) {
			t.Errorf("a fee is cancelled by hand: %v", err)
		}
	})
}

// What gives money back is done by an official who is there: no program and no file lowers a bill below what was paid.
func TestProgramsAndFilesGiveNothingBack(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p, part := r.issue(fine("1")), r.issue(fine("2"))
		r.settle(p, first, 56_250)
		r.settle(part, first, 10_000)
		correct := func(a act.Act, amount int64) error {
			did := must[*PreparedAct](t)(r.PrepareCorrect(ctx, a, p.ID, Correction{Amount: amount, Reason: "mistake"}, ""))
			return r.base.Store.Write(ctx, did.Put)
		}
		if err := correct(program, 100); !errors.Is(err, ErrGivesBack) {
			t.Errorf("a program lowers a paid bill: %v", err)
		}
		did := must[*PreparedAct](t)(r.PrepareCancel(ctx, program, part.ID, 0, "mistake", ""))
		if err := r.base.Store.Write(ctx, did.Put); !errors.Is(err, ErrGivesBack) {
			t.Errorf("a program cancels what is paid in part: %v", err)
		}
		i := r.send(Sent{Corrects: true, Content: strings.NewReader("number;kind;by;value;amount\n1;fine;snils;112-233-445 95;1\n")})
		if i.Corrected != 0 || i.Bad != 1 {
			t.Errorf("%+v", i)
		}
		r.issueSNILS("3")
		i = r.send(Sent{Corrects: true, Content: strings.NewReader("number;kind;by;value;amount\n3;fine;snils;112-233-445 95;0,01\n4;fine;snils;112-233-445 95;1\n")})
		if i.Corrected != 0 || i.Issued != 1 || i.Bad != 1 {
			t.Fatalf("%+v", i)
		}
		if bad := must[[]BadLine](t)(r.BadLines(ctx, officer, i.ID, 0)); bad[0].Fault != ErrGivesBack.ID {
			t.Errorf("%+v", bad)
		}
		if err := correct(program, 80_000); err != nil {
			t.Errorf("a program can't raise a bill: %v", err)
		}
		if err := correct(officer, 100); err != nil {
			t.Errorf("an officer can't lower it: %v", err)
		}
		if _, o := r.read(p); o.Over == 0 {
			t.Errorf("%+v", o)
		}
	})
}

// issueSNILS puts a fine to a number of a person, and pays it.
func (r *rig) issueSNILS(external string) {
	r.t.Helper()
	n := fine(external)
	n.Person, n.For = id.ID{}, Identifier{By: BySNILS, Value: "112-233-445 95"}
	r.settle(r.issue(n), first, 56_250)
}

// A file, and a call of many, stand in the log: what came, of whom, and what became of it.
func TestFilesAndManyStandInTheLog(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.logged()
		content := "number;kind;by;value;amount\n1;fine;plate;А417МО52;1\n2;fine;plate;А417МО52;0\n"
		i := r.send(Sent{Content: strings.NewReader(content)})
		rows := r.entered(i.ID)
		if len(rows) != 2 {
			t.Fatalf("%d entries of a file", len(rows))
		}
		keys := must[*vault.Keys](t)(r.base.Vault.Keys(ctx, police))
		sent, done := must[journal.Entered](t)(r.base.Journal.Open(keys, rows[0])), must[journal.Entered](t)(r.base.Journal.Open(keys, rows[1]))
		if sent.Kind != "charge.file_sent" {
			sent, done = done, sent
		}
		if len(sent.Documents) != 1 || sent.Documents[0].SHA256 != sha256.Sum256([]byte(content)) || sent.Fact("lines") != "2" {
			t.Errorf("%+v", sent)
		}
		if done.Kind != "charge.file_taken" || done.Fact("issued") != "1" || done.Fact("bad") != "1" || done.Act != officer.ID {
			t.Errorf("%+v", done)
		}
		out := must[[]Outcome](t)(r.issueMany(ctx, program, []Entry{{Number: "9", Kind: "fine", By: ByPlate, Value: plate.Value, Amount: 5}}))
		if out[0].Result != Issued {
			t.Fatalf("%+v", out)
		}
		if rows := r.entered(program.ID); len(rows) != 1 {
			t.Errorf("%d entries of a call of many", len(rows))
		}
	})
}
