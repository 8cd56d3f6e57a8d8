package charge

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/core/charge/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

func (r *rig) send(s Sent) Import {
	r.t.Helper()
	out := must[Import](r.t)(r.Send(ctx, officer, s))
	r.drain()
	return must[Import](r.t)(r.ImportOf(ctx, officer, out.ID))
}

const head = "number;kind;by;value;amount;due;place\n"

// A file with every sort of mistake: each is told by its line, the rest is taken, and a second time all is known.
func TestAFileIsTakenButForItsBadLines(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		lines := []string{
			"П-1;fine;plate;А417МО52;750,00;2027-01-20;Речная, 5",          // 2
			"П-2;fine;snils;112-233-445 95;1 500;;",                        // 3
			"П-3;fine;snils;112-233-445 96;100;;",                          // 4: check digits
			"П-4;fine;plate;А417МО52;0;;",                                  // 5
			`П-5;fine;plate;"А417МО52;1;;`,                                 // 6: quote
			"П-6;fine;plate;А417МО52;1",                                    // 7: cells
			"П-7;tax;plate;А417МО52;1;;",                                   // 8: kind
			"П-8;fine;plate;А417МО52;1;20.01.2027;",                        // 9: day
			"П-9;fine;inn;7707083893;1;;",                                  // 10: not issued so
			`"П-10";fine;plate;А417МО52;"10,00";;"Улица ""Мира""; 1"`,      // 11
			"П-1;fine;plate;А417МО52;751;2027-01-20;",                      // 12: differs
			"П-11;fine;plate;А417МО52;1;;\xff",                             // 13: not UTF-8
			"П-12;fine;plate;А417МО52;1;;" + strings.Repeat("х", lineMost), // 14
			"П-13;fine;plate;А417МО52;1;;",                                 // 15
		}
		file := "\xef\xbb\xbf" + head + strings.Join(lines, "\r\n") + "\r\n"
		i := r.send(Sent{Content: strings.NewReader(file)})
		if i.State != Done || i.Lines != 14 || i.Line != 14 || i.Issued != 4 || i.Bad != 10 || i.Known != 0 {
			t.Fatalf("%+v", i)
		}
		bad := must[[]BadLine](t)(r.BadLines(ctx, officer, i.ID, 0))
		got := map[int64]string{}
		for _, l := range bad {
			got[l.Line] = l.Fault
		}
		want := map[int64]string{
			4: ErrSNILS.ID, 5: ErrAmount.ID, 6: ErrQuotes.ID, 7: ErrCells.ID, 8: ErrKind.ID, 9: ErrDay.ID, 10: ErrBy.ID, 12: ErrDiffers.ID, 13: ErrEncoding.ID, 14: ErrLong.ID,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if bad[0].Text != lines[2] {
			t.Errorf("the line is kept as %q", bad[0].Text)
		}
		again := r.send(Sent{Content: strings.NewReader(file), Corrects: true})
		if again.Issued != 0 || again.Known != 4 || again.Corrected != 1 || again.Bad != 9 { // the line that differed is a correction now
			t.Errorf("%+v", again)
		}
		list := r.ofAgency(officer, ListQuery{Number: "П-1"})
		if len(list) != 1 || list[0].Amount != money.Roubles(75_100) {
			t.Errorf("%+v", list)
		}
		if found := r.ofAgency(officer, ListQuery{For: plate}); len(found) != 3 {
			t.Errorf("%d at the plate", len(found))
		}
	})
}

func TestAFileWithoutColumnsIsRefused(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for text, want := range map[string]error{
			"": ErrEmpty, "\n\n": ErrColumns, head: ErrEmpty, "number;kind\n1;fine\n": ErrColumns, "number;kind;by;value;amount;owner\n": ErrColumns,
			"number;number;kind;by;value;amount\n": ErrColumns,
		} {
			if _, err := r.Send(ctx, officer, Sent{Content: strings.NewReader(text)}); !errors.Is(err, want) {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}

// A file is stopped, killed in the middle of a part and begun again by two workers at once; each charge is issued once, and the
// counts agree with the file.
func TestAKilledFileGoesOnWhereItStood(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var file strings.Builder
		const lines = 3500
		for n := range lines {
			amount := 100 + n
			if n%500 == 7 {
				amount = 0
			}
			fmt.Fprintf(&file, `{"number":"Н-%d","kind":"flat","by":"flat-account","value":"52%08d","amount":%d}`+"\n", n, n%1000, amount)
		}
		sent := must[Import](t)(r.Send(ctx, officer, Sent{Content: strings.NewReader(file.String())}))
		keys := must[*vault.Keys](t)(r.base.Vault.Keys(ctx, police))
		stale := must[chargedb.ChargeImport](t)(r.importRow(ctx, police, sent.ID))
		if err := r.takePart(ctx, keys, stale); err != nil {
			t.Fatal(err)
		}
		if err := r.takePart(ctx, keys, stale); !errors.Is(err, errHalted) { // a second worker comes late
			t.Fatalf("a part is taken twice: %v", err)
		}
		if err := r.Halt(ctx, officer, sent.ID); err != nil {
			t.Fatal(err)
		}
		r.drain()
		if i := must[Import](t)(r.ImportOf(ctx, officer, sent.ID)); i.State != Stopped || i.Line != ManyMost {
			t.Fatalf("%+v", i)
		}
		if err := r.GoOn(ctx, officer, sent.ID); err != nil {
			t.Fatal(err)
		}
		r.drain()
		i := must[Import](t)(r.ImportOf(ctx, officer, sent.ID))
		if i.State != Done || i.Issued != lines-7 || i.Bad != 7 || i.Line != lines || i.Known != 0 {
			t.Fatalf("%+v", i)
		}
		left := 0
		err := r.base.Store.Read(ctx, func(s *store.Snapshot) error {
			for part := range i.parts {
				if _, err := chargedb.ImportPart(s, police, i.ID, part); err == nil {
					left++
				}
			}
			return nil
		})
		if err != nil || left != 0 {
			t.Errorf("%d parts are left, %v", left, err)
		}
		r.clock.Move(importKept + importSweepGap)
		r.drain()
		if err := r.sweep(ctx, jobs.Job{}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.ImportOf(ctx, officer, i.ID); !errors.Is(err, ErrNoFile) {
			t.Errorf("an old file stays: %v", err)
		}
	})
}

// A trial by a sandbox's key takes no real bill's place, and neither sees the other.
func TestASandboxTakesNoRealBillsPlace(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		trial := fine("П-1")
		trial.Test = true
		tried := must[[]Outcome](t)(r.IssueMany(ctx, officer, []NewCharge{trial}))
		real := must[[]Outcome](t)(r.IssueMany(ctx, officer, []NewCharge{fine("П-1")}))
		if tried[0].Result != Issued || real[0].Result != Issued || tried[0].ID == real[0].ID {
			t.Fatalf("%+v %+v", tried, real)
		}
		if list := must[[]Charge](t)(r.OfPerson(ctx, self, anna, Filter{})); len(list) != 1 || list[0].ID != real[0].ID {
			t.Errorf("%+v", list)
		}
		program := act.Act{ID: id.Derived("act", "key"), Actor: act.Actor{Kind: act.Program, Agency: police}, Test: true}
		if list := r.ofAgency(program, ListQuery{}); len(list) != 1 || list[0].ID != tried[0].ID {
			t.Errorf("%+v", list)
		}
		if _, err := r.PrepareCancel(ctx, program, real[0].ID, 0, "mistake", ""); !errors.Is(err, ErrNone) {
			t.Errorf("a sandbox's key cancels a real bill: %v", err)
		}
	})
}

// Whatever the cells hold, a line that is written by the rules is read as it was meant.
func TestCellsAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cells := rapid.SliceOfN(rapid.StringMatching(`[^\x00-\x1f]{0,8}`), 1, 6).Draw(t, "cells")
		written := make([]string, len(cells))
		for i, cell := range cells {
			written[i] = cell
			if strings.ContainsAny(cell, `";`) || rapid.Bool().Draw(t, "quoted") {
				written[i] = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
			}
		}
		got, err := cut(strings.Join(written, ";"), ';')
		if err != nil || !slices.Equal(got, cells) {
			t.Fatalf("%q is read as %q: %v", written, got, err)
		}
	})
}

func FuzzLines(f *testing.F) {
	for _, seed := range []string{"П-1;fine;plate;А417МО52;750,00;2027-01-20;x", `"a""b";;;"`, `{"number":"1","kind":"fine","by":"plate","value":"А417МО52","amount":1}`, "{}", "\xff", `{"a":1}`} {
		f.Add([]byte(seed))
	}
	h, err := readHeader([]byte(strings.TrimSpace(head)))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if _, err := readHeader(line); err != nil && fault.Of(err).Kind != fault.Invalid {
			t.Fatalf("a head: %v", err)
		}
		for _, read := range []func([]byte) (Entry, error){h.entry, entryOfJSON} {
			e, err := read(line)
			if err != nil {
				if fault.Of(err).Kind != fault.Invalid {
					t.Fatalf("%q: %v", line, err)
				}
				continue
			}
			if bytes.Contains(line, []byte{0}) && e.Number != "" && strings.Contains(e.Number, "\x00") && externalForm.MatchString(e.Number) {
				t.Fatalf("a number with a zero byte is let through: %q", e.Number)
			}
		}
	})
}
