package talk_test

import (
	"encoding/json"
	"strings"
	"testing"

	"posad.city/core/service"
	"posad.city/core/talk"
	"posad.city/kit/calendar"
	"posad.city/kit/lang"
)

// town is a small city whose one service asks what the tests of replies need.
func begun(t testing.TB, key string, l lang.Language) (*conversation, *service.Service, *service.Example) {
	t.Helper()
	d, ok := kitezhCity().Service(key)
	if !ok {
		t.Fatalf("no service %s", key)
	}
	e := &d.Examples[0]
	return &conversation{TB: t, in: exampleInput(t, d, e, l)}, d, e
}

// until answers as the example does until a question is asked.
func until(c *conversation, d *service.Service, e *service.Example, field string) talk.Turn {
	c.Helper()
	for range mostTurns {
		turn := c.next()
		if turn.Field == field {
			return turn
		}
		f, value := answerTo(d, e.Answers, turn.Field)
		switch {
		case f == nil:
			c.Fatalf("%s is never asked:\n%s", field, c.text())
		case value == nil:
			c.hear("skip")
		default:
			c.hear(typed(c, turn, f, value, c.in.Lang))
		}
	}
	return talk.Turn{}
}

func (c *conversation) says(want string) {
	c.Helper()
	if turn := c.next(); !strings.Contains(turn.Says, want) {
		c.Errorf("%q is not in:\n%s", want, turn.Says)
	}
}

func TestWhatTheCityHasIsConfirmedOrPutRight(t *testing.T) {
	t.Parallel()
	for reply, want := range map[string]string{"Да!": "+79165550101", "8 (916) 123-45-67": "+79161234567"} {
		c, d, e := begun(t, "parking-permit", lang.Russian)
		turn := until(c, d, e, "phone")
		if !strings.Contains(turn.Says, "У нас есть: +7 916 555-01-01 (Ваш кабинет). Это верно?") {
			t.Error(turn.Says)
		}
		c.hear(reply)
		if c.in.Answers["phone"] != want {
			t.Errorf("%q: %v", reply, c.in.Answers["phone"])
		}
	}
	c, d, e := begun(t, "parking-permit", lang.English)
	until(c, d, e, "phone")
	if heard := c.hear("no"); heard.Answers != nil || !strings.Contains(heard.Says, "how it should be") {
		t.Errorf("%+v", heard)
	}
	c.hear("12")
	c.says("Enter the whole telephone number")
	c.says("We have: +7 916 555-01-01")
	c.hear("skip")
	if turn := c.next(); turn.Field == "phone" || c.in.Answers["phone"] != nil {
		t.Errorf("an optional question can't be left out: %s %v", turn.Field, c.in.Answers)
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	c, d, e := begun(t, "parking-permit", lang.English)
	until(c, d, e, "starts")
	if heard := c.hear("help"); !strings.Contains(heard.Says, "“back”") {
		t.Error(heard.Says)
	}
	if c.hear("Стоп"); c.act != talk.Stop {
		t.Error("stop does not stop")
	}
	c.hear("назад")
	if turn := c.next(); turn.Field != "car" || !strings.Contains(turn.Says, "Now: ") {
		t.Errorf("back leads to %s: %s", turn.Field, turn.Says)
	}
	c.hear("yes")
	if turn := c.next(); turn.Field != "starts" {
		t.Errorf("after keeping the answer: %s", turn.Field)
	}
	if heard := c.hear("answers"); !strings.Contains(heard.Says, "1. ") || strings.Contains(heard.Says, "talk.") {
		t.Error(heard.Says)
	}
	if heard := c.hear("change 77"); !strings.Contains(heard.Says, "77") {
		t.Error(heard.Says)
	}
	c.hear("change 1")
	if turn := c.next(); turn.Field != "phone" {
		t.Errorf("change leads to %s", turn.Field)
	}
	c.hear("8 916 123 45 67")
	if turn := c.next(); turn.Field != "starts" || c.in.Answers["phone"] != "+79161234567" {
		t.Errorf("%s %v", turn.Field, c.in.Answers["phone"])
	}
	c.hear("какой-нибудь день")
	if turn := c.next(); turn.Field != "starts" {
		t.Error(turn.Says)
	}
	if content, err := json.Marshal(c.state); err != nil || strings.Contains(string(content), "916") {
		t.Errorf("the state holds answers: %s %v", content, err)
	}
}

func TestTheCheckGoesBackToAnswers(t *testing.T) {
	t.Parallel()
	c, d, e := begun(t, "parking-permit", lang.Russian)
	until(c, d, e, "")
	if heard := c.hear("нет"); !strings.Contains(heard.Says, "изменить 2") {
		t.Error(heard.Says)
	}
	c.hear("изменить 3")
	if turn := c.next(); turn.Field != "starts" {
		t.Fatal(turn.Says)
	}
	c.hear("2 декабря")
	c.says("Проверьте ответы")
	c.hear("да")
	c.says("Подтверждаете")
	if c.hear("нет"); c.act != talk.None {
		t.Error("sent without consent")
	}
	c.hear("да")
	c.hear("может быть")
	if c.act == talk.Submit {
		t.Error("sent on a guess")
	}
	if c.hear("да"); c.act != talk.Submit || c.in.Answers["starts"] != "2026-12-02" {
		t.Errorf("%q %v", c.act, c.in.Answers)
	}
}

func TestAnObstacleIsTold(t *testing.T) {
	t.Parallel()
	city := kitezhCity()
	for i := range city.Services {
		d := &city.Services[i]
		if !d.Eligibility() {
			continue
		}
		for j := range d.Examples {
			e := &d.Examples[j]
			if e.Expect.Obstacle == "" {
				continue
			}
			c := &conversation{TB: t, in: exampleInput(t, d, e, lang.Russian)}
			converse(c, d, e)
			if last := c.said[len(c.said)-1]; !strings.Contains(last, "«назад»") || c.hear("да").Act != talk.None {
				t.Errorf("%s: %s", d.Key, last)
			}
			c.hear("назад")
			if turn := c.next(); turn.Field == "" {
				t.Errorf("%s: the answer that stopped can't be changed: %s", d.Key, turn.Says)
			}
		}
	}
}

func TestGroupsEntryByEntry(t *testing.T) {
	t.Parallel()
	c, d, e := begun(t, "business-support", lang.Russian)
	converse(c, d, e)
	c.state.Agreed, c.act = false, talk.None
	if turn := c.next(); !strings.Contains(turn.Says, "4.2.1.") {
		t.Fatal(turn.Says)
	}
	c.hear("изменить 4.2.2")
	turn := c.next()
	c.hear("50000 руб.")
	list, _ := service.Entries(c.in.Answers[strings.Split(turn.Field, ".")[0]])
	if len(list) != 2 || list[1][strings.Split(turn.Field, ".")[2]] != float64(5_000_000) {
		t.Errorf("%s: %v", turn.Field, list)
	}
	c.hear("изменить 4")
	if turn := c.next(); turn.Wants != talk.WantYesNo {
		t.Fatal(turn.Says)
	}
	c.hear("убрать 1")
	if list, _ := service.Entries(c.in.Answers[strings.Split(turn.Field, ".")[0]]); len(list) != 1 {
		t.Errorf("%v", list)
	}
}

func TestAddressesAreSuggestedAndFlatsAsked(t *testing.T) {
	t.Parallel()
	city := kitezhCity()
	for i := range city.Services {
		d := &city.Services[i]
		for _, step := range d.Form.Steps {
			for _, f := range step.Fields {
				value, ok := d.Examples[0].Answers[f.Key].(map[string]any)
				if f.Type != service.TypeAddress || f.House || f.Known != "" || !ok || value["flat"] == "" {
					continue
				}
				c := &conversation{TB: t, in: exampleInput(t, d, &d.Examples[0], lang.Russian)}
				until(c, d, &d.Examples[0], f.Key)
				text, _ := value["text"].(string)
				house, _, _ := strings.Cut(text, ", кв.")
				c.hear(house)
				c.says("Номер квартиры")
				c.hear("кв. " + value["flat"].(string))
				if got, _ := c.in.Answers[f.Key].(map[string]any); got["flat"] != value["flat"] {
					t.Errorf("%v", got)
				}
				c.hear("изменить " + f.Label.In(lang.Russian))
				return
			}
		}
	}
	t.Skip("no example types an address with a flat")
}

func TestReadDay(t *testing.T) {
	t.Parallel()
	today := calendar.MustDate("2026-11-22") // a Sunday
	for text, want := range map[string]string{
		"5 декабря": "2026-12-05", "5 декабря 2027 года": "2027-12-05", "December 5": "2026-12-05", "5th of December, 2027": "2027-12-05",
		"5.12.2026": "2026-12-05", "05/12/2026": "2026-12-05", "2026-12-05": "2026-12-05", "5.12": "2026-12-05", "Завтра": "2026-11-23",
		"послезавтра": "2026-11-24", "tomorrow": "2026-11-23", "через 3 дня": "2026-11-25", "in 2 weeks": "2026-12-06", "в пятницу": "2026-11-27",
		"next monday": "2026-11-23", "1 мая": "2027-05-01", "5-го декабря": "2026-12-05", "вчера": "2026-11-21", "3 days ago": "2026-11-19",
		"31 февраля": "", "5.12.26": "", "декабрь": "", "": "", "32.12.2026": "", "когда-нибудь": "", "5 декабря 26": "", "29.02": "",
	} {
		day, ok := talk.ReadDay(text, today, "", "", false)
		if got := day.String(); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %s %v, want %q", text, got, ok, want)
		}
	}
	if day, ok := talk.ReadDay("5 декабря", today, "", "today", false); !ok || day.String() != "2025-12-05" {
		t.Errorf("a day of the past: %s %v", day, ok)
	}
	if day, ok := talk.ReadDay("1 ноября", today, "today-365", "today", false); !ok || day.String() != "2026-11-01" {
		t.Errorf("a day of this month: %s %v", day, ok)
	}
	for _, text := range []string{"5 декабря", "завтра", "в пятницу"} {
		if day, ok := talk.ReadDay(text, today, "", "", true); ok {
			t.Errorf("a birth was guessed: %q %s", text, day)
		}
	}
}

// FuzzHear: whatever is written, nothing breaks, what is given is JSON of the question, and the talk goes on.
func FuzzHear(f *testing.F) {
	for _, seed := range []string{"да", "нет", "1", "5 декабря", "назад", "изменить 2", "1, 3", "=назад", "А417МО52", "+7 916 123-45-67", "Иванова Анна", "убрать 1", "готово", "\x00\xff", "9999999999", "ещё"} {
		f.Add(seed, uint8(0), uint8(0))
	}
	city := kitezhCity()
	f.Fuzz(func(t *testing.T, reply string, which, steps uint8) {
		d := &city.Services[int(which)%len(city.Services)]
		e := &d.Examples[0]
		c := &conversation{TB: t, in: exampleInput(t, d, e, lang.All()[int(which)%2])}
		for range int(steps) % 12 {
			turn := c.next()
			field, value := answerTo(d, e.Answers, turn.Field)
			switch {
			case field == nil || field.Type == service.TypeGroup || turn.Wants != talk.WantAnswer:
				c.hear("да")
			case value == nil:
				c.hear("skip")
			default:
				c.hear(typed(t, turn, field, value, c.in.Lang))
			}
		}
		before := c.next()
		heard := c.hear(reply)
		if heard.Act == talk.Submit && before.Field != "" {
			t.Errorf("%q sends from the question %s", reply, before.Field)
		}
		for key := range heard.Answers {
			if key != strings.Split(before.Field, ".")[0] {
				t.Errorf("%q answers %s, asked was %s", reply, key, before.Field)
			}
		}
		c.next()
	})
}
