package talk_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/core/talk"
	"posad.city/kit/lang"
)

// mostTurns is more than any form of the city takes.
const mostTurns = 300

// converse answers every question as the example does, to the end: sent, or stopped by an obstacle.
func converse(c *conversation, d *service.Service, e *service.Example) {
	c.Helper()
	for range mostTurns {
		turn := c.next()
		switch {
		case turn.Wants == talk.WantNothing:
			return
		case turn.Field == "":
			c.hear("да")
			if c.act == talk.Submit {
				return
			}
			continue
		}
		f, value := answerTo(d, e.Answers, turn.Field)
		switch {
		case f == nil:
			c.Fatalf("asked %q:\n%s", turn.Field, turn.Says)
		case f.Type == service.TypeGroup:
			list, _ := service.Entries(value)
			have := entriesIn(c, f.Key)
			c.hear(map[bool]string{true: "да", false: "no"}[have < len(list)])
		case f.Type == service.TypeFile:
			files := filesOf(c, value)
			if _, answered := c.in.Answers[f.Key]; answered {
				c.hear("готово")
			} else if len(files) == 0 {
				c.hear("пропустить")
			} else if heard := c.hear("/tmp/a file.pdf"); len(heard.Files) != 1 {
				c.Fatalf("a path was not taken: %+v", heard)
			} else {
				c.send(f.Key, files...)
			}
		case value == nil:
			c.hear("skip")
		default:
			c.hear(typed(c, turn, f, value, c.in.Lang))
		}
	}
	c.Fatalf("the conversation has no end:\n%s", c.text())
}

func entriesIn(c *conversation, group string) int {
	if list, ok := c.in.Answers[group].([]any); ok {
		return len(list)
	}
	return 0
}

func filesOf(c *conversation, value any) []service.File {
	c.Helper()
	content, err := json.Marshal(value)
	if err != nil {
		c.Fatal(err)
	}
	var out []service.File
	if err := json.Unmarshal(content, &out); err != nil {
		c.Fatal(err)
	}
	return out
}

// TestEveryExampleByTalk types what each example answers, in both languages: the draft is the one of the other faces.
func TestEveryExampleByTalk(t *testing.T) {
	t.Parallel()
	city := kitezhCity()
	for i := range city.Services {
		d := &city.Services[i]
		for j := range d.Examples {
			e := &d.Examples[j]
			l := lang.All()[j%2]
			t.Run(d.Key+"/"+e.Key, func(t *testing.T) {
				t.Parallel()
				c := &conversation{TB: t, in: exampleInput(t, d, e, l)}
				converse(c, d, e)
				same(t, c, d, e)
			})
		}
	}
}

func same(t *testing.T, c *conversation, d *service.Service, e *service.Example) {
	t.Helper()
	view, err := form.Show(c.in)
	if err != nil {
		t.Fatal(err)
	}
	if e.Expect.Obstacle != "" {
		if view.Obstacle == nil || view.Obstacle.Key != e.Expect.Obstacle || c.act == talk.Submit {
			t.Errorf("obstacle %v, act %q", view.Obstacle, c.act)
		}
		if view.Stopped {
			return
		}
	} else if c.act != talk.Submit {
		t.Fatalf("not sent:\n%s", c.text())
	}
	want := byJSON(t, exampleInput(t, d, e, c.in.Lang), e)
	if diff := cmp.Diff(want, view.Draft); diff != "" {
		t.Errorf("other answers than by the API:\n%s\n%s", diff, c.text())
	}
}

// byJSON is the draft that the API makes of an example.
func byJSON(t *testing.T, in form.Input, e *service.Example) service.Answers {
	t.Helper()
	body, err := json.Marshal(e.Answers)
	if err != nil {
		t.Fatal(err)
	}
	bound, err := form.BindJSON(in, body)
	if err != nil || len(bound.Faults) > 0 {
		t.Fatalf("%v %v", err, bound.Faults)
	}
	in.Answers = bound.Answers
	view, err := form.Show(in)
	if err != nil {
		t.Fatal(err)
	}
	return view.Draft
}

// byPages is the draft that a browser's posts make of an example.
func byPages(t *testing.T, in form.Input, e *service.Example) service.Answers {
	t.Helper()
	for in.Step != form.CheckStep {
		view, err := form.Show(in)
		if err != nil {
			t.Fatal(err)
		}
		in.Step = view.Steps[view.Current].Key
		with := in
		with.Answers = e.Answers
		shown, err := form.Show(with)
		if err != nil {
			t.Fatal(err)
		}
		values := url.Values{}
		for _, f := range shown.Fields {
			if f.Answered {
				post(values, f)
			}
		}
		bound, err := form.Bind(in, values)
		if err != nil || len(bound.Faults) > 0 {
			t.Fatalf("%v %v", err, bound.Faults)
		}
		in.Answers = bound.Answers
		after, err := form.Show(in)
		if err != nil {
			t.Fatal(err)
		}
		if after.Stopped {
			break
		}
		in.Step = after.After()
	}
	view, err := form.Show(in)
	if err != nil {
		t.Fatal(err)
	}
	return view.Draft
}

func post(out url.Values, f form.FieldView) {
	for _, c := range f.Controls {
		out.Set(c.Name, c.Value)
	}
	for _, o := range f.Options {
		if o.Chosen {
			out.Add(f.Key, o.Value)
		}
	}
	for _, file := range f.Files {
		out.Add(f.Key, file.ID)
	}
	for _, entry := range f.Entries {
		for _, inner := range entry.Fields {
			post(out, inner)
		}
	}
}

// TestEveryChannelGivesTheSameDraft: pages, the API and the conversation make one draft of the first example of each service.
func TestEveryChannelGivesTheSameDraft(t *testing.T) {
	t.Parallel()
	city := kitezhCity()
	for i := range city.Services {
		d := &city.Services[i]
		at := slices.IndexFunc(d.Examples, func(e service.Example) bool { return e.Expect.Obstacle == "" })
		if at < 0 {
			continue
		}
		e := &d.Examples[at]
		t.Run(d.Key, func(t *testing.T) {
			t.Parallel()
			c := &conversation{TB: t, in: exampleInput(t, d, e, lang.Russian)}
			converse(c, d, e)
			view, err := form.Show(c.in)
			if err != nil {
				t.Fatal(err)
			}
			api := byJSON(t, exampleInput(t, d, e, lang.Russian), e)
			if diff := cmp.Diff(api, byPages(t, exampleInput(t, d, e, lang.Russian), e)); diff != "" {
				t.Errorf("pages differ from the API:\n%s", diff)
			}
			if diff := cmp.Diff(api, view.Draft); diff != "" {
				t.Errorf("talk differs from the API:\n%s\n%s", diff, c.text())
			}
			for _, bad := range []string{"talk.", "form.", "{", "<"} {
				if strings.Contains(strings.Join(cityLines(c.said), "\n"), bad) {
					t.Errorf("%q is said to a person:\n%s", bad, c.text())
				}
			}
		})
	}
}

// cityLines are the turns of the city.
func cityLines(said []string) []string {
	return slices.DeleteFunc(slices.Clone(said), func(s string) bool { return strings.HasPrefix(s, "> ") })
}
