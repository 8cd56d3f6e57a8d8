package specimen

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"posad.city/ui"
)

// Pages are the names that Handler knows under its prefix; the empty one is the gallery.
var Pages = []string{"", "home", "account", "form", "check", "desk", "plain"}

// Handler serves the gallery at prefix and the whole pages under it (see Pages). ?lang=en&theme=dark&scheme=black&
// scale=200&images=off&spacing=wide&face=serif choose the view.
func Handler(prefix string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, known := pageOf(strings.Trim(strings.TrimPrefix(r.URL.Path, prefix), "/"), shellOf(r.URL))
		if !known {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		if err := page.Render(r.Context(), w); err != nil {
			return // the reader has gone
		}
	})
}

// shellOf makes the shell that the address asks for.
func shellOf(address *url.URL) ui.Shell {
	query := address.Query()
	var view ui.View
	for _, name := range ui.ViewFields {
		if query.Has(name) {
			view = view.With(name, query.Get(name))
		}
	}
	s := Shell(query.Get("lang"))
	s.View, s.Path = view, address.RequestURI()
	return s
}

func pageOf(name string, s ui.Shell) (templ.Component, bool) {
	say := speaker(s.Lang)
	switch name {
	case "":
		return Gallery(s, say), true
	case "home":
		return Home(s, say), true
	case "account":
		return Account(s, say), true
	case "form":
		return FormStep(s, say), true
	case "check":
		return CheckAnswers(s, say), true
	case "desk":
		return Desk(s, say), true
	case "plain":
		return PlainText(s, say), true
	}
	return nil, false
}

// Say chooses between the two languages of the content.
type Say func(russian, english string) string

func speaker(language string) Say {
	if language == "en" {
		return func(_, english string) string { return english }
	}
	return func(russian, _ string) string { return russian }
}

// Shell is the demo city's shell with a resident signed in.
func Shell(language string) ui.Shell {
	if language != "en" {
		language = "ru"
	}
	say := speaker(language)
	s := ui.Shell{
		Lang:      language,
		Languages: []ui.Language{{Code: "ru", Name: "Русский"}, {Code: "en", Name: "English"}},
		City: ui.City{
			Name: say("Китеж", "Kitezh"), Tagline: say("городские услуги", "city services"), Official: say("Официальный портал города", "Official city portal"),
			About:     say("Исходный код открыт. Портал работает и без JavaScript.", "Open source. The portal works without JavaScript."),
			Copyright: say("© Администрация города Китежа, 2026", "© City of Kitezh, 2026"),
			Emergency: say("112 · единый номер экстренных служб", "112 · emergency number"),
		},
		User:   &ui.User{Name: say("Анна С.", "Anna S."), Initials: say("АС", "AS"), Unread: 3, Href: "account", Messages: "#messages", SignOut: "#sign-out"},
		SignIn: ui.Link{Text: say("Войти", "Sign in"), Href: "#sign-in"},
		Search: "#search",
		Help:   ui.Link{Text: say("Помощь", "Help"), Href: "#help"},
		CSRF:   "specimen",
	}
	s.Nav = []ui.Link{{Text: say("Услуги", "Services"), Href: "#services"}, {Text: say("Жизненные ситуации", "Life events"), Href: "#life"}, {Text: say("Город", "City"), Href: "#city"}, {Text: say("Новости", "News"), Href: "#news"}}
	s.Tabs = []ui.Link{
		{Icon: "house", Text: say("Главная", "Home"), Href: "home"}, {Icon: "squares-four", Text: say("Услуги", "Services"), Href: "#services"},
		{Icon: "files", Text: say("Заявления", "Cases"), Href: "#cases"}, {Icon: "wallet", Text: say("Счета", "Bills"), Href: "#bills"},
		{Icon: "user", Text: say("Кабинет", "Account"), Href: "account"},
	}
	s.Footer = []ui.LinkGroup{
		{Title: say("Жителям", "Residents"), Links: links(say("Услуги|Жизненные ситуации|Центры услуг|Обращения", "Services|Life events|Service centres|Appeals"))},
		{Title: say("Город", "City"), Links: links(say("Новости|Открытые данные|Бюджет|Карта города", "News|Open data|Budget|City map"))},
		{Title: say("О портале", "About"), Links: links(say("Доступность|Персональные данные|Для разработчиков|Состояние сервисов", "Accessibility|Personal data|For developers|Service status"))},
	}
	return s
}

// links makes links of titles apart by bars.
func links(titles string) []ui.Link {
	var out []ui.Link
	for title := range strings.SplitSeq(titles, "|") {
		out = append(out, ui.Link{Text: title, Href: "#link"})
	}
	return out
}
