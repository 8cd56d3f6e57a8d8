package specimen

import "posad.city/ui"

func galleryShell(s ui.Shell, say Say) ui.Shell {
	s.Title = say("Галерея компонентов", "Gallery of components")
	return s
}

// wholePages are the links from the gallery to the whole pages.
func wholePages(say Say) []ui.ChipProps {
	return []ui.ChipProps{
		{Text: say("Главная", "Home"), Href: "home"}, {Text: say("Кабинет", "Account"), Href: "account"}, {Text: say("Шаг формы", "Form step"), Href: "form"},
		{Text: say("Проверка ответов", "Check answers"), Href: "check"}, {Text: say("Рабочее место", "Desk"), Href: "desk"}, {Text: say("Узкая страница", "Plain page"), Href: "plain"},
	}
}

func districts(say Say) []ui.Choice {
	return []ui.Choice{{Value: "1", Text: say("Заречье", "Zarechye")}, {Value: "2", Text: say("Центр", "Centre")}, {Value: "3", Text: say("Северный", "North")}}
}

// withOther has the answer chosen that opens another question.
func withOther(say Say) ui.RadiosProps {
	p := addressField(say)
	p.Value = "3"
	p.Hint = say("Парковка действует в зоне этого адреса", "The permit is valid in the zone of this address")
	return p
}
