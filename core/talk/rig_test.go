package talk_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"posad.city/city/kitezh"
	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/core/talk"
	"posad.city/kit/calendar"
	"posad.city/kit/lang"
)

var kitezhCity = sync.OnceValue(func() *service.City {
	city, faults := service.LoadCity(kitezh.Files())
	if len(faults) > 0 {
		panic(faults) // a test's own ground
	}
	return city
})

// exampleInput is the draft of an example before anything is answered.
func exampleInput(t testing.TB, d *service.Service, e *service.Example, l lang.Language) form.Input {
	t.Helper()
	in := form.Input{City: kitezhCity(), Service: d, Lang: l, Today: calendar.MustDate(e.Today), Applicant: e.Applicant, Facts: service.Facts{}}
	for key, values := range e.Facts {
		if c, _ := d.Certificate(key); c != nil && c.Early {
			in.Facts[key] = service.Fact{State: service.FactKnown, Day: in.Today, Values: values}
		}
	}
	for key, answer := range e.Answers {
		content, err := json.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		var child service.Child
		if json.Unmarshal(content, &child) == nil && child.Birth != "" {
			in.Children = append(in.Children, child)
		}
		var vehicle service.Vehicle
		if json.Unmarshal(content, &vehicle) == nil && vehicle.Own {
			in.Vehicles = append(in.Vehicles, vehicle)
		}
		var slot service.Slot
		if json.Unmarshal(content, &slot) == nil && slot.Start != "" {
			in.Slots = map[string][]form.SlotOption{}
			in.Slots[key] = []form.SlotOption{{ID: slot.ID, Start: slot.Start, End: slot.End, Day: calendar.MustDate(slot.Day), Text: service.Text{RU: slot.Text, EN: slot.TextEN}, Left: 1}}
		}
		var files []service.File
		if json.Unmarshal(content, &files) == nil && len(files) > 0 && files[0].Size > 0 {
			in.Files = append(in.Files, files...)
		}
	}
	return in
}

// conversation is a channel: it keeps answers and what was refused, and stores files.
type conversation struct {
	testing.TB
	in    form.Input
	state talk.Dialogue
	said  []string
	act   talk.Act
}

func (c *conversation) next() talk.Turn {
	c.Helper()
	turn, err := talk.Next(c.in, c.state)
	if err != nil {
		c.Fatal(err)
	}
	c.said = append(c.said, turn.Says)
	return turn
}

func (c *conversation) hear(reply string) talk.Heard {
	c.Helper()
	heard, err := talk.Hear(c.in, c.state, reply)
	if err != nil {
		c.Fatal(err)
	}
	// what a channel keeps between replies is text
	content, err := json.Marshal(heard.Dialogue)
	if err != nil {
		c.Fatal(err)
	}
	c.state = talk.Dialogue{}
	if err := json.Unmarshal(content, &c.state); err != nil {
		c.Fatal(err)
	}
	c.said = append(c.said, "> "+reply, heard.Says)
	c.act = heard.Act
	if heard.Answers != nil {
		c.bind(heard.Answers)
	}
	return heard
}

// bind keeps answers as core/apply does.
func (c *conversation) bind(answers map[string]any) {
	c.Helper()
	body, err := json.Marshal(answers)
	if err != nil {
		c.Fatal(err)
	}
	bound, err := form.BindJSON(c.in, body)
	if err != nil {
		c.Fatal(err)
	}
	typed := maps.Clone(c.in.Typed)
	if typed == nil {
		typed = map[string]form.Typed{}
	}
	maps.DeleteFunc(typed, func(key string, _ form.Typed) bool {
		_, named := answers[key]
		return named || bound.Answers[key] != nil
	})
	maps.Copy(typed, bound.Typed)
	c.in.Answers, c.in.Typed = bound.Answers, typed
}

// send answers a question for files with files of the draft.
func (c *conversation) send(field string, files ...service.File) {
	c.Helper()
	var ids []any
	if have, ok := c.in.Answers[field].([]any); ok {
		for _, one := range have {
			ids = append(ids, one.(map[string]any)["id"])
		}
	}
	for _, file := range files {
		ids = append(ids, file.ID)
	}
	c.bind(map[string]any{field: ids})
}

func (c *conversation) text() string { return strings.Join(c.said, "\n") }

// answerTo is what the example answers to a question: the field and its canonical value.
func answerTo(d *service.Service, answers service.Answers, key string) (*service.Field, any) {
	parts := strings.Split(key, ".")
	f, ok := d.Field(parts[0])
	if !ok || len(parts) != 3 {
		return f, answers[key]
	}
	list, _ := service.Entries(answers[parts[0]])
	i, err := strconv.Atoi(parts[1])
	at := slices.IndexFunc(f.Fields, func(one service.Field) bool { return one.Key == parts[2] })
	if err != nil || at < 0 {
		return nil, nil
	}
	if i >= len(list) {
		return &f.Fields[at], nil
	}
	return &f.Fields[at], list[i][parts[2]]
}

// typed is what a person would write to give a canonical value.
func typed(t testing.TB, turn talk.Turn, f *service.Field, value any, l lang.Language) string {
	t.Helper()
	object, _ := value.(map[string]any)
	text := func(key string) string { out, _ := object[key].(string); return out }
	switch f.Type {
	case service.TypeYesNo:
		return map[bool]string{true: "да", false: "no"}[value == true]
	case service.TypeDate, service.TypeBirth:
		return lang.Date(l, calendar.MustDate(value.(string)))
	case service.TypeChoice:
		return optionNumber(t, turn, value.(string))
	case service.TypeChoices:
		var out []string
		for _, one := range value.([]any) {
			out = append(out, optionNumber(t, turn, one.(string)))
		}
		return strings.Join(out, ", ")
	case service.TypeChild:
		return optionNumber(t, turn, text("id"))
	case service.TypeSlot:
		return optionNumber(t, turn, text("start"))
	case service.TypeVehicle:
		return text("plate")
	case service.TypeName:
		return name(object)
	case service.TypePerson:
		switch {
		case strings.Contains(turn.Says, "14 марта 1990") || strings.Contains(turn.Says, "14 March 1990"):
			return lang.Date(l, calendar.MustDate(text("birth")))
		case strings.Contains(turn.Says, "СНИЛС, 11") || strings.Contains(turn.Says, "(SNILS), 11"):
			return text("snils")
		}
		inner, _ := object["name"].(map[string]any)
		return name(inner)
	case service.TypeAddress:
		return text("text")
	case service.TypeMoney:
		return strings.TrimSuffix(service.Money(int64(value.(float64))).String(), " RUB") + " руб."
	case service.TypeNumber:
		return strconv.FormatFloat(value.(float64), 'f', -1, 64)
	}
	out, ok := value.(string)
	if !ok {
		t.Fatalf("%s: %v", f.Key, value)
	}
	return "=" + out
}

func name(object map[string]any) string {
	text := func(key string) string { out, _ := object[key].(string); return out }
	return text("surname") + ", " + text("given") + ", " + text("patronymic")
}

func optionNumber(t testing.TB, turn talk.Turn, value string) string {
	t.Helper()
	for _, o := range turn.Options {
		if o.Value == value {
			return strconv.Itoa(o.Number)
		}
	}
	t.Fatalf("%s: no option %q in %v:\n%s", turn.Field, value, turn.Options, turn.Says)
	return ""
}
