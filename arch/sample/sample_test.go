package sample_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	sampledb "posad.city/arch/sample/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
)

var sample = store.Migrations{Module: "sample", Files: sampledb.Schema}

var (
	holder    = id.MustParse("01890000-0000-7000-8000-000000000001")
	applicant = id.MustParse("01890000-0000-7000-8000-000000000002")
	official  = id.MustParse("01890000-0000-7000-8000-000000000003")
	moment    = time.Date(2026, 11, 21, 9, 30, 0, 123456000, time.UTC)
)

// whole has every column filled; bare has NULL wherever the schema lets it.
var (
	whole = sampledb.InsertCaseParams{
		Holder: holder, ID: id.Derived("case", "whole"), Applicant: applicant, Kind: "parking", Amount: 15000, Open: true,
		Due: moment.Add(time.Hour), Made: moment, Answers: vault.Sealed("sealed"), Mail: vault.Keyed("mail one"), Raw: []byte{0, 1, 255},
	}
	bare = sampledb.InsertCaseParams{Holder: holder, ID: id.Derived("case", "bare"), Kind: "school", Made: moment, Mail: vault.Keyed("mail two")}
)

func TestGeneratedCodeOnBothEngines(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		fill(t, s)
		t.Run("values come back as they went", func(t *testing.T) { valuesComeBack(t, s) })
		t.Run("looks are noted", func(t *testing.T) { looksAreNoted(t, s) })
		t.Run("counts", func(t *testing.T) { counts(t, s) })
		t.Run("lists", func(t *testing.T) { lists(t, s) })
		t.Run("changes", func(t *testing.T) { changes(t, s) })
	}, sample)
}

func fill(t *testing.T, s *store.Store) {
	t.Helper()
	write(t, s, func(tx *store.Tx) error { return sampledb.InsertCase(tx, whole) })
	if err := s.Append(context.Background(), sampledb.InsertCaseStmt(bare)); err != nil {
		t.Fatal(err)
	}
}

func valuesComeBack(t *testing.T, s *store.Store) {
	for _, want := range []sampledb.InsertCaseParams{whole, bare} {
		look(t, s, func(p *store.Personal) error {
			got, err := sampledb.CaseByID(p, holder, want.ID)
			if err != nil {
				return err
			}
			if diff := cmp.Diff(sampledb.CaseFile(want), got, cmp.Comparer(bytes.Equal)); diff != "" {
				t.Errorf("case (-want +got):\n%s", diff)
			}
			return nil
		})
	}
	look(t, s, func(p *store.Personal) error {
		if _, err := sampledb.CaseByID(p, holder, applicant); !errors.Is(err, store.ErrNone) {
			t.Errorf("a case that is not there gave %v", err)
		}
		return nil
	})
}

func looksAreNoted(t *testing.T, s *store.Store) {
	look(t, s, func(p *store.Personal) error {
		owners, err := sampledb.CaseOwners(p, moment.Add(2*time.Hour))
		if diff := cmp.Diff([]sampledb.CaseOwnersRow{{Holder: holder, Applicant: applicant}}, owners); diff != "" {
			t.Errorf("owners (-want +got):\n%s", diff)
		}
		return err
	})
	for _, person := range []id.ID{holder, applicant} {
		look(t, s, func(p *store.Personal) error {
			records, err := store.LooksAt(p, person, moment.AddDate(1, 0, 0), 10)
			if len(records) == 0 {
				t.Errorf("nobody noted the look at %v", person)
			}
			return err
		})
	}
}

func counts(t *testing.T, s *store.Store) {
	err := s.Read(context.Background(), func(r *store.Snapshot) error {
		n, err := sampledb.CountOpen(r, holder)
		if n != 1 {
			t.Errorf("%d open cases", n)
		}
		if err != nil {
			return err
		}
		rows, err := sampledb.CountByDue(r, sampledb.CountByDueParams{Due: whole.Due, Mail: whole.Mail, Applicant: applicant, Least: 99999, Most: 5})
		want := []sampledb.CountByDueRow{{N: 1, Total: 15000, Kind: "parking", Due: whole.Due}}
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// lists gives 70 ids, which is three parts, and one of them is not there.
func lists(t *testing.T, s *store.Store) {
	var ids []id.ID
	write(t, s, func(tx *store.Tx) error {
		ids = ids[:0]
		for i := range 70 {
			note := sampledb.PutNoteParams{Holder: holder, ID: id.Derived("note", string(rune('0'+i))), CaseID: whole.ID, Body: "first"}
			ids = append(ids, note.ID)
			if i == 69 {
				break
			}
			if err := sampledb.PutNote(tx, note); err != nil {
				return err
			}
			note.Body = "second"
			if err := sampledb.PutNote(tx, note); err != nil {
				return err
			}
		}
		return nil
	})
	err := s.Read(context.Background(), func(r *store.Snapshot) error {
		notes, err := sampledb.NotesByID(r, holder, -1, ids)
		if len(notes) != 69 || notes[0].Body != "second" {
			t.Errorf("%d notes by id, the first %+v", len(notes), notes[:min(1, len(notes))])
		}
		if err != nil {
			return err
		}
		all, err := sampledb.NoteIDs(r, holder)
		if !slices.IsSortedFunc(all, func(a, b id.ID) int { return bytes.Compare(a[:], b[:]) }) || len(all) != 69 {
			t.Errorf("%d ids, in order: %v", len(all), all)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	look(t, s, func(p *store.Personal) error {
		rows, err := sampledb.CasesWithNotes(p, holder, id.ID{})
		if len(rows) != 0 {
			t.Errorf("the kind %q is nobody's: %v", "note;--:one", rows)
		}
		if err != nil {
			return err
		}
		notes, err := sampledb.NotesOfCase(p, holder, whole.ID)
		if len(notes) != 69 || notes[0].Applicant != applicant {
			t.Errorf("%d notes of the case", len(notes))
		}
		return err
	})
	write(t, s, func(tx *store.Tx) error {
		n, err := sampledb.DropNotesByID(tx, holder, ids)
		if n != 69 {
			t.Errorf("%d notes dropped", n)
		}
		return err
	})
}

func changes(t *testing.T, s *store.Store) {
	write(t, s, func(tx *store.Tx) error {
		n, err := sampledb.CloseCase(tx, sampledb.CloseCaseParams{Holder: holder, ID: whole.ID, More: 500})
		if n != 1 {
			t.Errorf("%d cases closed", n)
		}
		if err != nil {
			return err
		}
		got, err := sampledb.TakeCase(tx, holder, whole.ID)
		if want := (sampledb.TakeCaseRow{ID: whole.ID, Amount: 15500}); got != want {
			t.Errorf("took %+v", got)
		}
		return err
	})
	write(t, s, func(tx *store.Tx) error {
		if _, err := sampledb.TakeCase(tx, holder, applicant); !errors.Is(err, store.ErrNone) {
			t.Errorf("a case that is not there gave %v", err)
		}
		return nil
	})
}

func write(t *testing.T, s *store.Store, fn func(*store.Tx) error) {
	t.Helper()
	if err := s.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func look(t *testing.T, s *store.Store, fn func(*store.Personal) error) {
	t.Helper()
	who := act.Act{
		Actor:   act.Actor{Kind: act.Official, Person: official, Agency: id.Derived("agency", "transport"), Role: "clerk"},
		Channel: act.Desk, Purpose: act.Purpose{Kind: "case", ID: whole.ID.String()},
	}
	if err := s.Look(context.Background(), who, "case", fn); err != nil {
		t.Fatal(err)
	}
}
