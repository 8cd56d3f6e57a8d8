package apply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"posad.city/core/apply/internal/store"
	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// crossings is how often a save is done again because somebody else saved meanwhile.
const crossings = 6

// Change is what is to be done to a draft.
type Change struct {
	Step   string                               // key of the step that is saved, or where the reader is
	Bind   func(form.Input) (form.Bound, error) // what was sent; nil: nothing
	Files  []SentFile
	Remove id.ID           // a file to be taken out
	Anew   bool            // the draft goes over to the current version of the form
	Days   []calendar.Date // on which appointments are wanted
	Lang   lang.Language
}

// SentFile is a file for a question.
type SentFile struct {
	Field  string
	Upload Upload
}

// Saved is a draft after a change, with the form as it now stands.
type Saved struct {
	Draft  Draft
	Input  form.Input
	Faults []fault.Field // of what was sent
}

// Save carries a change out and keeps it, wrong answers too. When somebody else saved meanwhile it does so again on what
// they left, so that each question has the answer that was sent last and nothing else changes.
func (m *Module) Save(ctx context.Context, a act.Act, draft id.ID, change Change) (Saved, error) {
	d, err := m.read(ctx, a, draft)
	if err != nil {
		return Saved{}, err
	}
	files, faults, err := m.prepareFiles(ctx, a, d, change)
	if err != nil {
		return Saved{}, err
	}
	for range crossings {
		out, kept, err := m.saveOnce(ctx, a, d, change, files)
		if err != nil {
			return Saved{}, err
		}
		if kept {
			out.Faults = append(out.Faults, faults...)
			return out, nil
		}
		if d, err = m.read(ctx, a, draft); err != nil {
			return Saved{}, err
		}
	}
	return Saved{}, ErrOften
}

// prepareFiles stores the bytes of what was sent. What is wrong with a file is a fault of its question.
func (m *Module) prepareFiles(ctx context.Context, a act.Act, d Draft, change Change) (map[string][]PreparedFile, []fault.Field, error) {
	_, s, err := m.definitionOf(ctx, d)
	if err != nil {
		return nil, nil, err
	}
	out := map[string][]PreparedFile{}
	var faults []fault.Field
	for _, sent := range change.Files {
		f, ok := s.Field(sent.Field)
		if !ok || f.Type != service.TypeFile {
			faults = append(faults, fault.Field{Name: sent.Field, ID: "form.no_field", Params: map[string]string{"label": sent.Field}})
			continue
		}
		u := sent.Upload
		u.Holder, u.Draft, u.Service, u.Field, u.Accept, u.MaxBytes = d.Holder, d.ID, d.Service, f.Key, f.Accept, int64(f.MaxSize)<<20
		p, err := m.deps.Papers.Prepare(ctx, a, u)
		var wrong *fault.Fault
		switch {
		case err == nil:
			out[f.Key] = append(out[f.Key], p)
		case errors.As(err, &wrong) && (wrong.Kind == fault.Invalid || wrong.Kind == fault.TooLarge):
			faults = append(faults, fault.Field{Name: f.Key, ID: wrong.ID, Params: wrong.Params})
		default:
			return nil, nil, err
		}
	}
	return out, faults, nil
}

// saveOnce binds what was sent to the draft as it was read and keeps it if nobody else saved meanwhile.
func (m *Module) saveOnce(ctx context.Context, a act.Act, d Draft, change Change, files map[string][]PreparedFile) (Saved, bool, error) {
	d.times.named = change.Days
	if change.Anew {
		d.Definition = ""
	}
	in, err := m.input(ctx, a, d, change.Lang)
	if err != nil {
		return Saved{}, false, err
	}
	in.Step = change.Step
	in.Files = without(withFiles(in.Files, files), change.Remove)
	bound := form.Bound{Answers: d.Answers, Typed: map[string]form.Typed{}}
	if change.Bind != nil {
		if bound, err = change.Bind(in); err != nil {
			return Saved{}, false, err
		}
	}
	if err := m.bindFiles(in, files, change.Remove, &bound); err != nil {
		return Saved{}, false, err
	}
	if err := m.hold(ctx, a, d, &in, &bound); err != nil {
		return Saved{}, false, err
	}
	next := d
	next.Answers, next.Typed, next.Lang = bound.Answers, mergeTyped(in, d, bound), change.Lang
	if change.Step != "" {
		next.Step = change.Step
	}
	next.Saved, next.Revision, next.Definition = m.base.Clock.Now(), d.Revision+1, in.City.Hash()
	kept, err := m.keep(ctx, a, d, next, in.Service, files, change.Remove)
	in.Answers, in.Typed = next.Answers, next.Typed
	return Saved{Draft: next, Input: in, Faults: bound.Faults}, kept, err
}

// keep writes a draft that was read at d's revision; false: somebody else wrote first.
func (m *Module) keep(ctx context.Context, a act.Act, d, next Draft, s *service.Service, files map[string][]PreparedFile, remove id.ID) (bool, error) {
	params, err := m.prepareSave(ctx, d, next, s)
	if err != nil {
		return false, err
	}
	kept := false
	err = m.base.Store.WriteAs(ctx, a.ForCase(d.ID), func(tx *store.Tx) error {
		kept = false
		n, err := applydb.SaveDraft(tx, params)
		if err != nil || n == 0 {
			return err
		}
		kept = true
		if _, err := applydb.TouchLine(tx, next.Holder, next.ID, next.Saved); err != nil {
			return err
		}
		for _, list := range files {
			for _, file := range list {
				if err := file.Put(tx); err != nil {
					return err
				}
			}
		}
		if remove.IsZero() {
			return nil
		}
		err = m.deps.Papers.Remove(tx, next.Holder, next.ID, remove)
		if fault.Of(err).Kind == fault.Missing {
			return nil // removed already: what was wanted
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("apply: save: %w", err)
	}
	return kept, nil
}

func (m *Module) prepareSave(ctx context.Context, d, next Draft, s *service.Service) (applydb.SaveDraftParams, error) {
	keys, err := m.base.Vault.Keys(ctx, next.Holder)
	if err != nil {
		return applydb.SaveDraftParams{}, err
	}
	if keys.Erased() {
		return applydb.SaveDraftParams{}, fmt.Errorf("apply: save: %w", vault.ErrErased)
	}
	answers, errAnswers := sealJSON(keys, columnAnswers, next.Answers)
	typed, errTyped := sealJSON(keys, columnTyped, next.Typed)
	return applydb.SaveDraftParams{
		Holder: next.Holder, ID: next.ID, Revision: d.Revision, Definition: string(next.Definition), Asks: lists(s), Step: next.Step,
		Lang: string(next.Lang), Saved: next.Saved, Answers: answers, Typed: typed,
	}, errors.Join(errAnswers, errTyped)
}

// withFiles are a draft's files with those that come now.
func withFiles(have []service.File, files map[string][]PreparedFile) []service.File {
	out := append([]service.File{}, have...)
	for _, list := range files {
		for _, file := range list {
			out = append(out, file.Answer())
		}
	}
	return out
}

func without(files []service.File, remove id.ID) []service.File {
	var out []service.File
	for _, file := range files {
		if remove.IsZero() || file.ID != remove.String() {
			out = append(out, file)
		}
	}
	return out
}

// bindFiles puts files that came, and takes one that goes, into the answers of their questions.
func (m *Module) bindFiles(in form.Input, files map[string][]PreparedFile, remove id.ID, bound *form.Bound) error {
	for i := range in.Service.Form.Steps {
		for j := range in.Service.Form.Steps[i].Fields {
			f := &in.Service.Form.Steps[i].Fields[j]
			if f.Type != service.TypeFile || len(files[f.Key]) == 0 && remove.IsZero() {
				continue
			}
			if err := bindFile(in, f, files[f.Key], remove, bound); err != nil {
				return err
			}
		}
	}
	return nil
}

func bindFile(in form.Input, f *service.Field, come []PreparedFile, remove id.ID, bound *form.Bound) error {
	have := namedFiles(bound.Answers[f.Key], bound.Typed[f.Key])
	list := []string{}
	for _, name := range have {
		if name != remove.String() || remove.IsZero() {
			list = append(list, name)
		}
	}
	if len(come) == 0 && len(list) == len(have) {
		return nil
	}
	for _, file := range come {
		list = append(list, file.Answer().ID)
	}
	body, err := json.Marshal(map[string]any{f.Key: list})
	if err != nil {
		return fmt.Errorf("apply: files: %w", err)
	}
	in.Answers, in.Typed = bound.Answers, nil
	again, err := form.BindJSON(in, body)
	if err != nil {
		return err
	}
	bound.Answers = again.Answers
	bound.Faults = replaceFaults(bound.Faults, again.Faults, f.Key)
	delete(bound.Typed, f.Key)
	for key, typed := range again.Typed {
		bound.Typed[key] = typed
	}
	return nil
}

// namedFiles are the ids that an answer of a question for files, or what was typed there, names.
func namedFiles(answer any, typed form.Typed) []string {
	out := append([]string{}, typed[""]...)
	list, _ := answer.([]any)
	for _, item := range list {
		object, _ := item.(map[string]any)
		if name, ok := object["id"].(string); ok {
			out = append(out, name)
		}
	}
	return out
}

// replaceFaults puts the faults of one question in place of its earlier ones.
func replaceFaults(have, again []fault.Field, field string) []fault.Field {
	var out []fault.Field
	for _, f := range have {
		if f.Name != field {
			out = append(out, f)
		}
	}
	return append(out, again...)
}

// mergeTyped are the refused answers after a change: those of the step that was sent are replaced, others stay.
func mergeTyped(in form.Input, d Draft, bound form.Bound) map[string]form.Typed {
	out := map[string]form.Typed{}
	for key, typed := range d.Typed {
		if _, answered := bound.Answers[key]; !answered && !onStep(in.Service, in.Step, key) {
			out[key] = typed
		}
	}
	for key, typed := range bound.Typed {
		out[key] = typed
	}
	return out
}

func onStep(s *service.Service, step, field string) bool {
	for i := range s.Form.Steps {
		if s.Form.Steps[i].Key != step {
			continue
		}
		for j := range s.Form.Steps[i].Fields {
			if s.Form.Steps[i].Fields[j].Key == field {
				return true
			}
		}
	}
	return false
}

// posted binds a page's form: for an address that was chosen from suggestions, the choice wins over the text; and a file
// that came while the page stood open stays, since only its button takes one out.
func posted(fields url.Values) func(form.Input) (form.Bound, error) {
	return func(in form.Input) (form.Bound, error) {
		values := url.Values{}
		for key, list := range fields {
			values[key] = list
		}
		for i := range in.Service.Form.Steps {
			for _, f := range in.Service.Form.Steps[i].Fields {
				switch f.Type {
				case service.TypeAddress:
					chooseAddress(in.City.Addresses(), values, f.Key)
				case service.TypeFile:
					values[f.Key] = withHad(in, f.Key, values[f.Key])
				}
			}
		}
		return form.Bind(in, values)
	}
}

// withHad are the files that a page names, after those that its question has.
func withHad(in form.Input, key string, named []string) []string {
	out := namedFiles(in.Answers[key], in.Typed[key])
	for _, name := range named {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// chooseAddress turns a chosen suggestion (KEY.choose) into what choosing it by a script would have typed.
func chooseAddress(book *service.AddressBook, values url.Values, key string) {
	chosen := values.Get(key + ".choose")
	if chosen == "" {
		return
	}
	address, ok := book.ByReference(chosen)
	house, _, known := book.House(chosen)
	if ok {
		house, _, known = book.House(address.ID)
		values.Set(key+".flat", address.Flat)
	}
	if known {
		values.Set(key, house.Text)
		values.Set(key+".id", house.ID)
	}
}
