package mypage

import (
	"strconv"
	"unicode"
	"unicode/utf8"

	"posad.city/kit/calendar"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// greeting addresses the person by the hour of the city's day.
func (m *Module) greeting(c *web.Context) string {
	part := "evening"
	switch hour := c.Now().In(m.deps.Zone()).Hour(); {
	case hour < 5:
		part = "night"
	case hour < 12:
		part = "morning"
	case hour < 18:
		part = "day"
	}
	hello := c.T("mypage.hello." + part)
	if name := m.deps.Greet(c.Context(), c.Act()); name != "" {
		return hello + ", " + name
	}
	return hello
}

// truth is the one line under the greeting: the day, and how much waits.
func (m *Module) truth(c *web.Context, waiting int) string {
	today := calendar.DateOf(c.Now(), m.deps.Zone())
	day := capital(lang.WeekdayDate(c.Lang(), today, today))
	if waiting == 0 {
		return day + ". " + c.T("mypage.nothing_waits")
	}
	return day + ". " + c.T("mypage.waits", "count", waiting)
}

// capital begins a sentence.
func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

func (m *Module) todoItems(c *web.Context, todos []Todo) []ui.TodoItem {
	today := calendar.DateOf(c.Now(), m.deps.Zone())
	out := make([]ui.TodoItem, 0, len(todos))
	for i, todo := range todos {
		due := today
		tone := ui.Info
		if !todo.Due.IsZero() {
			due = calendar.DateOf(todo.Due, m.deps.Zone())
			tone = urgency(today, due)
		}
		kind := ui.Secondary
		if i == 0 {
			kind = ui.Primary // only the most urgent one is filled
		}
		out = append(out, ui.TodoItem{
			Date:  ui.DateBlockProps{Day: strconv.Itoa(due.Day()), Month: c.T("mypage.month." + strconv.Itoa(int(due.Month()))), Tone: tone},
			Title: todo.Title, Note: todo.Note, Action: ui.ButtonProps{Text: todo.Do, Href: todo.Href, Kind: kind, For: todo.Title},
		})
	}
	return out
}

func urgency(today, due calendar.Date) ui.Tone {
	switch {
	case due.Before(today.AddDays(4)):
		return ui.Fault
	case due.Before(today.AddDays(8)):
		return ui.Warning
	}
	return ui.Info
}
