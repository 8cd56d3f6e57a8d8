package casework

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"posad.city/core/casework/internal/store"
	"posad.city/core/document"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/vault"
	"posad.city/kit/web"
)

// filesMost is how many files an answer may have.
const filesMost = 5

// answerField is the field under which files of answers are kept.
const answerField = "answer"

// Answer is what the applicant answers to a question.
type Answer struct {
	Holder, Case id.ID
	Question     id.ID
	Words        string
	Files        []web.File
}

// Answer gives the applicant's answer; the term runs on. A second answer to the same question is ErrNotNow: the first
// one stands. Errors: ErrEmpty (neither words nor files), ErrLong, ErrMoved, and the faults of files.
func (m *Module) Answer(ctx context.Context, a act.Act, n Answer) (int64, error) {
	if len(n.Files) == 0 || n.Words != "" {
		words, err := cleanWords(n.Words)
		if err != nil {
			return 0, err
		}
		n.Words = words
	}
	if len(n.Files) > filesMost || utf8.RuneCountInString(n.Words) > wordsMost {
		return 0, ErrLong
	}
	var kept *sealedAnswer
	return repeat(func() (int64, error) {
		k, err := m.know(ctx, a.ForCase(n.Case), n.Holder, n.Case)
		if err != nil {
			return 0, err
		}
		if q := k.openQuestion(); q == nil || q.ID != n.Question {
			return 0, ErrNotNow
		}
		if kept == nil { // files are taken in once
			if kept, err = m.sealAnswer(ctx, a, k, n); err != nil {
				return 0, err
			}
		}
		return m.write(ctx, a, k, func(c *change) error { return c.putAnswer(n, kept) })
	})
}

// sealedAnswer is an answer ready for its Write.
type sealedAnswer struct {
	sealed vault.Sealed
	files  []putter
}

func (c *change) putAnswer(n Answer, kept *sealedAnswer) error {
	for _, f := range kept.files {
		if err := f.Put(c.tx); err != nil {
			return fmt.Errorf("casework: a file of an answer: %w", err)
		}
	}
	if len(kept.files) > 0 {
		if err := c.m.deps.Papers.Keep(c.tx, n.Holder, n.Case); err != nil {
			return err
		}
	}
	return c.answer(n.Question, kept.sealed)
}

func (m *Module) sealAnswer(ctx context.Context, a act.Act, k *known, n Answer) (*sealedAnswer, error) {
	out := answer{Words: n.Words}
	var puts []putter
	for _, file := range n.Files {
		kept, err := m.deps.Papers.PrepareUpload(ctx, a.ForCase(n.Case), document.Upload{Holder: n.Holder, Purpose: n.Case, Service: k.file.Service, Field: answerField, File: file})
		if err != nil {
			return nil, err
		}
		out.Files, puts = append(out.Files, kept.File().Answer()), append(puts, kept)
	}
	sealed, err := sealJSON(k.keys, "question", "answer", out)
	return &sealedAnswer{sealed, puts}, err
}

// answer keeps the answer, lets the term run and has the case moved: the next step of an ask step, or the official's work.
func (c *change) answer(question id.ID, sealed vault.Sealed) error {
	n, err := caseworkdb.AnswerQuestion(c.tx, caseworkdb.AnswerQuestionParams{Answered: c.tx.Now(), Answer: sealed, Holder: c.file.Holder, CaseID: c.file.ID, ID: question})
	if err != nil {
		return err
	}
	if n == 0 {
		return c.tx.Fail(ErrNotNow)
	}
	c.asked = nil
	return errors.Join(c.resume(), c.line("answered", false, nil, nil), c.emit(EventAnswered), c.moveAt(c.tx.Now()))
}
