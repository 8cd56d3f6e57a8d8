package specimen

import "posad.city/ui"

func deskShell(s ui.Shell, say Say) ui.Shell {
	s.Title = say("Очередь: Парковка резидента", "Queue: Resident parking")
	s.User = &ui.User{Name: say("Ирина Белова", "Irina Belova"), Initials: say("ИБ", "IB"), Note: say("Отдел парковок", "Parking office"), Unread: 5, Href: "#me", Messages: "#messages", SignOut: "#sign-out"}
	s.Nav = nil
	return s
}

func rail(s ui.Shell, say Say) ui.RailProps {
	icons := []string{"tray", "briefcase", "calendar-dots", "chats-circle", "chart-bar", "book-open-text"}
	items := links(say("Очередь|Мои дела|Приём|Переписка|Отчёты|Правила", "Queue|My cases|Visits|Messages|Reports|Rules"))
	for i := range items {
		items[i].Icon = icons[i]
	}
	items[0].Current = true
	return ui.RailProps{Home: "#desk", City: s.City, Links: items, Search: ui.SearchBoxProps{Action: "#find", Label: say("Поиск дела", "Find a case"), Placeholder: say("Номер, фамилия, адрес, госномер", "Number, name, address, plate")}}
}

func deskHead(say Say) ui.DeskHeadProps {
	return ui.DeskHeadProps{Title: say("Парковка резидента", "Resident parking"), Note: say("174 дела в работе, средний срок 3,2 дня из 6", "174 open cases, 3.2 days of 6 on average"), Figures: []ui.Figure{
		{Value: "7", Text: say("просрочено", "overdue"), Tone: ui.Fault}, {Value: "19", Text: say("срок сегодня", "due today"), Tone: ui.Warning}, {Value: "112", Text: say("не назначено", "not assigned")},
	}}
}

func views(say Say) ui.ViewsProps {
	items := links(say("Все открытые|Мои|Не назначены|Просрочены|Ждут заявителя", "All open|Mine|Not assigned|Overdue|Waiting for applicant"))
	for i, count := range []int{174, 24, 112, 7, 31} {
		items[i].Count = count
	}
	items[0].Current = true
	return ui.ViewsProps{Items: items}
}

func filters(say Say) ui.FiltersProps {
	one := func(name, label, choice string) ui.Filter {
		return ui.Filter{Name: name, Label: label, Choices: []ui.Choice{{Text: choice}}}
	}
	return ui.FiltersProps{Action: "#queue", Save: ui.Link{Href: "#save"}, Fields: []ui.Filter{
		one("district", say("Район", "District"), say("Все районы", "All districts")), one("state", say("Статус", "Status"), say("Любой", "Any")),
		one("sort", say("Срок", "Term"), say("Сначала срочные", "Urgent first")),
	}}
}

func bulk(say Say) ui.BulkBarProps {
	return ui.BulkBarProps{Chosen: 2, Actions: []ui.ButtonProps{
		{Text: say("Назначить мне", "Assign to me"), Kind: ui.Secondary, Size: ui.Small, Icon: "user-plus", Name: "do", Value: "take"},
		{Text: say("Передать", "Pass on"), Kind: ui.Ghost, Size: ui.Small, Icon: "arrow-bend-up-right", Name: "do", Value: "pass"},
		{Text: say("Экспорт CSV", "Export CSV"), Kind: ui.Ghost, Size: ui.Small, Icon: "download-simple", Name: "do", Value: "csv"},
	}}
}

func queue(say Say) ui.DataTableProps {
	checking := ui.TagProps{Text: say("На проверке", "Being checked"), Tone: ui.Info}
	fresh := ui.TagProps{Text: say("Новое", "New"), Tone: ui.Success}
	asked := ui.TagProps{Text: say("Запрошены документы", "Documents asked"), Tone: ui.Neutral}
	ready := ui.TagProps{Text: say("Ждёт решения", "To be decided"), Tone: ui.Warning}
	you, nobody := say("Вы", "You"), say("Не назначен", "Not assigned")
	row := func(number, who, where string, sla ui.SlaProps, tag ui.TagProps, why, owner string) ui.TableRow {
		return ui.TableRow{Value: number, Label: say("Выбрать ", "Choose ") + number, Title: who, Href: "#case-panel", Note: number + ", " + where, Cells: []ui.TableCell{
			{Sla: &sla}, {Tag: &tag, Note: why}, {Text: owner, Muted: owner == nobody},
		}}
	}
	soon := ui.SlaProps{Text: say("сегодня, 18:00", "today, 18:00"), Tone: ui.Warning}
	late := ui.SlaProps{Text: say("−2 дня", "−2 days"), Tone: ui.Fault}
	days := func(text string) ui.SlaProps { return ui.SlaProps{Text: text, Tone: ui.Neutral} }
	out := ui.DataTableProps{
		Caption: say("Открытые дела, отсортированы по сроку", "Open cases by term"), Select: "case",
		Columns: []ui.Column{{Title: say("Дело", "Case")}, {Title: say("Срок", "Term"), Href: "#sort", Sort: "ascending", Role: "deadline"}, {Title: say("Статус", "Status")}, {Title: say("Исполнитель", "Owner"), Role: "owner"}},
		Rows: []ui.TableRow{
			row("КП-118402", say("Смирнова А. И.", "Smirnova A."), say("Заречье, зона 104", "Zarechye, zone 104"), late, checking, say("Проверка адреса", "Address check"), say("Е. Котова", "E. Kotova")),
			row("КП-118377", say("Гаджиев Р. М.", "Gadzhiev R."), say("Центр, зона 101", "Centre, zone 101"), ui.SlaProps{Text: say("−1 день", "−1 day"), Tone: ui.Fault}, ready, say("Все сверки пройдены", "All checks passed"), you),
			row("КП-118451", say("Ли Елена", "Li Elena"), say("Северный, зона 122", "North, zone 122"), soon, checking, say("Долг 2 500 ₽ за парковку", "Owes 2,500 ₽ for parking"), you),
			row("КП-118460", say("ООО «Ладья»", "Ladya Ltd"), say("Центр, зона 102", "Centre, zone 102"), soon, asked, say("Ответ заявителя получен", "Applicant has answered"), you),
			row("КП-118498", say("Петренко Д. О.", "Petrenko D."), say("Заречье, зона 104", "Zarechye, zone 104"), days(say("1 день", "1 day")), fresh, say("Льгота: многодетная семья", "Benefit: large family"), nobody),
			row("КП-118520", say("Волкова М. П.", "Volkova M."), say("Южный, зона 131", "South, zone 131"), days(say("3 дня", "3 days")), fresh, "", nobody),
		},
	}
	out.Rows[0].Open, out.Rows[0].Chosen, out.Rows[3].Chosen = true, true, true
	return out
}

func casePanel(say Say) ui.CasePanelProps {
	return ui.CasePanelProps{ID: "case-panel", Line: say("КП-118402, подано 18 ноября", "KP-118402, sent 18 November"), Title: say("Смирнова Анна Игоревна", "Smirnova Anna"), Href: "#case",
		Tag: &ui.TagProps{Text: say("На проверке", "Being checked"), Tone: ui.Info}, Sla: &ui.SlaProps{Text: say("−2 дня", "−2 days"), Tone: ui.Fault}}
}

func checks(say Say) []ui.CheckItem {
	return []ui.CheckItem{
		{State: ui.CheckOK, Title: say("Собственник автомобиля", "Owner of the car"), Note: say("Реестр ТС, 19.11 9:02", "Vehicle register, 19.11 9:02")},
		{State: ui.CheckOK, Title: say("Регистрация по адресу", "Registered address"), Note: say("Речная ул., 14, кв. 86", "14 River St, flat 86")},
		{State: ui.CheckWarning, Title: say("Право пользования", "Right of use"), Note: say("В реестре два собственника", "Two owners in the register"), Link: ui.Link{Text: say("Открыть", "Open"), Href: "#check"}},
		{State: ui.CheckFault, Title: say("Долги по парковке", "Parking debts"), Note: say("2 500 ₽", "2,500 ₽")},
		{State: ui.CheckWait, Title: say("Налоговый статус", "Tax status"), Note: say("Реестр не отвечает, спросим ещё раз в 9:30", "The register is silent, we ask again at 9:30")},
	}
}

func docs(say Say) []ui.DocItem {
	return []ui.DocItem{{Name: say("Выписка ЕГРН.pdf", "Extract.pdf"), Href: "#d", Note: say("240 КБ", "240 KB")}, {Name: say("СТС, две стороны.jpg", "Vehicle, both sides.jpg"), Href: "#d", Note: say("1,8 МБ", "1.8 MB")}}
}

func log(say Say) []ui.LogItem {
	return []ui.LogItem{
		{When: say("сегодня, 9:10", "today, 9:10"), Text: say("Е. Котова: запрошено согласие второго собственника", "E. Kotova: asked the second owner to agree")},
		{When: "19.11", Text: say("Система: три сверки из четырёх пройдены", "System: three checks of four passed")},
	}
}

func pages() ui.PaginationProps {
	return ui.PaginationProps{Previous: "#p", Next: "#n", Pages: []ui.PageLink{{Number: 1, Href: "#1", Current: true}, {Number: 2, Href: "#2"}, {Number: 3, Href: "#3"}, {}, {Number: 16, Href: "#16"}}}
}
