package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/core/talk"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// tryOut talks without a server, as the person of an example, and prints what would be sent.
func (t talking) tryOut(key string) error {
	city, err := load([]string{t.try})
	if err != nil {
		return err
	}
	s, ok := city.Service(key)
	if !ok {
		return fmt.Errorf("the city has no service %q", key)
	}
	at := 0
	if t.as != "" {
		at = slices.IndexFunc(s.Examples, func(e service.Example) bool { return e.Key == t.as })
	}
	if at < 0 {
		keys := make([]string, len(s.Examples))
		for i := range s.Examples {
			keys[i] = s.Examples[i].Key
		}
		return fmt.Errorf("the service has no example %q, but: %s", t.as, strings.Join(keys, ", "))
	}
	in, err := exampleInput(city, s, &s.Examples[at], t.lang)
	if err != nil {
		return err
	}
	return t.rehearse(in)
}

// exampleInput is the draft of an example before anything is answered: its person, day, registers, and what its answers
// choose from.
func exampleInput(city *service.City, s *service.Service, e *service.Example, l lang.Language) (form.Input, error) {
	today, err := calendar.ParseDate(e.Today)
	if err != nil {
		return form.Input{}, err
	}
	in := form.Input{City: city, Service: s, Lang: l, Today: today, Applicant: e.Applicant, Facts: service.Facts{}, Answers: service.Answers{}, Typed: map[string]form.Typed{}, Slots: map[string][]form.SlotOption{}}
	for key, values := range e.Facts {
		if c, ok := s.Certificate(key); ok && c.Early {
			in.Facts[key] = service.Fact{State: service.FactKnown, Day: today, Values: values}
		}
	}
	for key, answer := range e.Answers {
		f, ok := s.Field(key)
		content, err := json.Marshal(answer)
		if err != nil || !ok {
			return in, errors.Join(err, fmt.Errorf("the example answers %s, which nobody asks", key))
		}
		if err := offer(&in, f, content); err != nil {
			return in, err
		}
	}
	return in, nil
}

// offer puts into the input what an answer chooses from.
func offer(in *form.Input, f *service.Field, content []byte) error {
	switch f.Type {
	case service.TypeChild:
		var child service.Child
		err := json.Unmarshal(content, &child)
		in.Children = append(in.Children, child)
		return err
	case service.TypeVehicle:
		var vehicle service.Vehicle
		err := json.Unmarshal(content, &vehicle)
		if vehicle.Own {
			in.Vehicles = append(in.Vehicles, vehicle)
		}
		return err
	case service.TypeSlot:
		var slot service.Slot
		if err := json.Unmarshal(content, &slot); err != nil {
			return err
		}
		day, err := calendar.ParseDate(slot.Day)
		in.Slots[f.Key] = []form.SlotOption{{ID: slot.ID, Start: slot.Start, End: slot.End, Day: day, Text: service.Text{RU: slot.Text, EN: slot.TextEN}, Left: 1}}
		return err
	}
	return nil
}

// rehearse is the conversation with the answers kept in memory.
func (t talking) rehearse(in form.Input) error {
	t.say(talk.Hello(in))
	for state := (talk.Dialogue{}); ; {
		turn, err := talk.Next(in, state)
		if err != nil {
			return err
		}
		t.say(turn.Says)
		reply, err := t.hear()
		if err != nil {
			return err
		}
		heard, err := talk.Hear(in, state, reply)
		if err != nil {
			return err
		}
		t.say(heard.Says)
		state = heard.Dialogue
		if !again(heard.Act) {
			return t.would(in, heard.Act)
		}
		answers := heard.Answers
		for _, path := range heard.Files {
			if answers, err = t.attach(&in, turn, path); err != nil {
				t.say(err.Error())
			}
		}
		if err := bindTry(&in, answers); err != nil {
			return err
		}
	}
}

// attach adds a file of the disk to the draft. Its kind is told by its name: nothing is stored here.
func (t talking) attach(in *form.Input, turn talk.Turn, path string) (map[string]any, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	kind := strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
	if kind == "jpeg" {
		kind = "jpg"
	}
	file := service.File{ID: id.Derived("file", path).String(), Name: filepath.Base(path), Type: kind, Size: info.Size()}
	in.Files = append(in.Files, file)
	var ids []any
	if have, ok := in.Answers[turn.Field].([]any); ok {
		for _, one := range have {
			if object, ok := one.(map[string]any); ok {
				ids = append(ids, object["id"])
			}
		}
	}
	return map[string]any{turn.Field: append(ids, file.ID)}, nil
}

func bindTry(in *form.Input, answers map[string]any) error {
	if answers == nil {
		return nil
	}
	body, err := json.Marshal(answers)
	if err != nil {
		return err
	}
	bound, err := form.BindJSON(*in, body)
	if err != nil {
		return err
	}
	maps.DeleteFunc(in.Typed, func(key string, _ form.Typed) bool { _, named := answers[key]; return named })
	maps.Copy(in.Typed, bound.Typed)
	in.Answers = bound.Answers
	return nil
}

// would prints what a city would get, or keep.
func (t talking) would(in form.Input, act talk.Act) error {
	view, err := form.Show(in)
	if err != nil {
		return err
	}
	words := map[lang.Language]string{lang.English: "Nothing is sent: this was a trial. The city would keep:", lang.Russian: "Ничего не отправлено: это была проба. Город сохранил бы:"}
	if act == talk.Submit {
		words = map[lang.Language]string{lang.English: "Nothing is sent: this was a trial. The city would get:", lang.Russian: "Ничего не отправлено: это была проба. Город получил бы:"}
	}
	fmt.Fprintln(t.out, words[t.lang])
	body, err := json.MarshalIndent(map[string]any{"service": in.Service.Key, "answers": view.Draft}, "", "  ")
	if err != nil {
		return err
	}
	fmt.Fprintln(t.out, string(body))
	return nil
}
