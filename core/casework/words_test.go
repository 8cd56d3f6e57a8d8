package casework

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/core/agency"
	"posad.city/core/service"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

func TestPeopleAreFoundAsOfficialsWriteThem(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"Смирнова", "смирнов", "СМИРНОВУ"}, {"Ковалёв", "Ковалева", "ковалев"}, {"А 417 МО 52", "а417мо52", "A417MO52", "а417 мо 52"},
		{"1234-567-890", "1234567890", "1234 567 890"}, {"Достоевский", "Достоевская"}, {"Пушкин", "Пушкина"},
	} {
		want := wordsOf(same[0])
		for _, text := range same[1:] {
			if diff := cmp.Diff(want, wordsOf(text)); diff != "" {
				t.Errorf("%s is not found as %s: %s", same[0], text, diff)
			}
		}
	}
	if got := wordsOf("Смирнова 1234-567-890"); len(got) != 2 {
		t.Errorf("a name and a number are %q", got)
	}
	if slices.Equal(wordsOf("Смирнов"), wordsOf("Смирнин")) {
		t.Error("two surnames are one")
	}
}

func TestAnyTextCanBeSearchedFor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.String().Draw(rt, "text")
		words := wordsOf(text)
		if len(words) > wordsMostOf || slices.Contains(words, "") {
			rt.Errorf("%q is cut into %q", text, words)
		}
	})
}

// Everything that the code may say has words in both languages: lang.Load has compared the languages, so one is enough.
func TestEveryStatusEventAndNoticeHasItsWords(t *testing.T) {
	t.Parallel()
	keys := []string{"casework.look.case", "casework.look.list", "casework.look.queue", "casework.look.looks", "casework.pause.question", "casework.pause.fee",
		"casework.note.lapsed", "casework.note.registers", "casework.note.answered", "casework.by.table", "casework.by.official", "casework.by.ground"}
	for _, s := range []Status{StatusChecking, StatusToPay, StatusInQueue, StatusInReview, StatusAsked, StatusDeciding, StatusIssuing, StatusApproved, StatusRefused, StatusWithdrawn} {
		keys = append(keys, "casework.status."+string(s), "casework.next."+string(s))
	}
	for _, e := range []string{"submitted", "registers", "fetched", "not_fetched", "pay", "paid", "free", "unpaid", "no_fee", "queued", "taken", "released",
		"forwarded", "note", "asked", "answered", "lapsed", "reviewed", "to_official", "approved", "refused", "issued", "late", "withdrawn", "rated"} {
		keys = append(keys, "casework.timeline."+e)
	}
	for _, kind := range []string{"submitted", "fetched", "not_fetched", "pay", "paid", "taken", "asked", "remind", "lapsed", "approved", "refused", "issued", "late",
		"agreeing", "apologise", "refund", "extended", "reopened", "corrected", "not_corrected", "sign", "sign_unknown", "sign_differs", "signed", "not_signed", "unsigned",
		"escalated", "escalated_head", "revoked", "signed_approved", "signed_refused", "signed_withdrawn"} {
		keys = append(keys, "casework.tell."+kind+".title", "casework.tell."+kind+".text")
	}
	for _, f := range []string{ErrNone.ID, ErrMoved.ID, ErrTaken.ID, ErrNotYours.ID, ErrNotNow.ID, ErrGround.ID, ErrEmpty.ID, ErrLong.ID, ErrStars.ID, ErrAsked.ID, ErrClerk.ID, ErrQueue.ID} {
		keys = append(keys, f)
	}
	for _, key := range keys {
		if !theTexts().Has(key) {
			t.Errorf("no words for %s", key)
		}
	}
}

func TestTheServicesOwnWordsWin(t *testing.T) {
	t.Parallel()
	r := one(t)
	ref := r.open("city-appeal", "pothole", anna)
	k, err := r.know(ctx, r.system(ref.ID), anna, ref.ID)
	r.must(err)
	with := *k.service
	with.Notices = []service.Notice{{On: "submitted", Title: lang.Text{RU: "Письмо {number} у нас", EN: "We have letter {number}"}, Text: lang.Text{RU: "Ответим до {due}", EN: "Answer by {due}"}}}
	k.service = &with
	if got := r.telling(k, anna, "submitted", "k", 1); got.Title.EN != "We have letter {number}" || got.Params["number"] != id.FormatNumber(ref.Number) {
		t.Errorf("told: %+v", got)
	}
	if got := r.telling(k, anna, "taken", "k", 1); !got.Title.IsZero() {
		t.Errorf("another step has the words too: %+v", got)
	}
}

// A stolen database tells nobody's name, answer, question or reason.
func TestAStolenDatabaseTellsNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := clock.At(storetest.Start)
	s, err := store.Open(ctx, store.Options{Dir: dir, Clock: c, RunTwice: true}, migrated...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	r := newRig(t, s, c)
	ref := r.open("city-appeal", "pothole", anna)
	r.run(time.Minute)
	desk, at := officer(igor, "housing", agency.Officer), Step{Holder: anna, Case: ref.ID}
	_, err = r.Take(ctx, desk, at)
	r.must(err)
	_, err = r.Ask(ctx, desk, at, "Вопрос про подъезд")
	r.must(err)
	_, err = r.Answer(ctx, annaAct, Answer{Holder: anna, Case: ref.ID, Question: r.read(ref).Questions[0].ID, Words: "Ответ про подъезд"})
	r.must(err)
	_, err = r.Decide(ctx, desk, at, Verdict{Stage: Approved, Words: "Заделаем яму"})
	r.must(err)
	r.run(time.Minute)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	r.must(err)
	rows := 0
	for _, file := range files {
		content, err := os.ReadFile(file)
		r.must(err)
		rows += strings.Count(string(content), "city-appeal")
		for _, secret := range []string{"Ковалёв", "Во дворе яма", "Вопрос про подъезд", "Ответ про подъезд", "Заделаем яму", "11223344696", "+79165550102", "Паромная"} {
			if strings.Contains(string(content), secret) {
				t.Errorf("%s tells %q", filepath.Base(file), secret)
			}
		}
	}
	if rows == 0 {
		t.Fatal("the test does not read the database")
	}
}
