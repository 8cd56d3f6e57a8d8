package specimen

import "posad.city/ui"

func accountShell(s ui.Shell, say Say) ui.Shell {
	s.Title = say("Обзор — Личный кабинет", "Overview — Account")
	s.Tabs[4].Current = true
	return s
}

func side(say Say) ui.SideNavProps {
	icons := []string{"squares-four", "files", "wallet", "envelope-simple", "identification-card", "house-line", "heartbeat", "student", "car-profile", "gear-six"}
	items := links(say("Обзор|Заявления|Счета и платежи|Сообщения|Документы|Дом и ЖКХ|Здоровье|Образование|Транспорт|Настройки",
		"Overview|Cases|Bills and payments|Messages|Documents|Home|Health|Education|Transport|Settings"))
	for i, count := range []int{0, 2, 3, 1, 0, 0, 0, 0, 0, 0} {
		items[i].Icon, items[i].Count = icons[i], count
	}
	items[0].Current = true
	groups := []ui.LinkGroup{{Links: items[:1]}, {Title: say("Мои дела", "My affairs"), Links: items[1:9]}, {Title: say("Настройки", "Settings"), Links: items[9:]}}
	return ui.SideNavProps{Label: say("Личный кабинет", "Account"), Groups: groups, SignOut: "#sign-out"}
}

func todo(say Say) ui.TodoProps {
	action := func(kind ui.Kind, text string) ui.ButtonProps {
		return ui.ButtonProps{Text: text, Kind: kind, Size: ui.Small, Href: "#do"}
	}
	return ui.TodoProps{Title: say("Требует внимания", "Needs your attention"), Items: []ui.TodoItem{
		{Date: ui.DateBlockProps{Day: "25", Month: say("ноя", "Nov"), Tone: ui.Fault}, Title: say("Передайте показания воды", "Submit water readings"), Note: say("Приём закроется через 4 дня, дальше посчитаем по среднему", "Closes in 4 days, then we use the average"), Action: action(ui.Primary, say("Передать", "Submit"))},
		{Date: ui.DateBlockProps{Day: "28", Month: say("ноя", "Nov"), Tone: ui.Warning}, Title: say("Заканчивается ОСАГО на Skoda Octavia", "Insurance on the Skoda Octavia ends"), Note: say("Полис ААС 5068 114, продлить можно онлайн", "Policy AAC 5068 114, can be renewed online"), Action: action(ui.Secondary, say("Продлить", "Renew"))},
		{Date: ui.DateBlockProps{Day: "30", Month: say("ноя", "Nov"), Tone: ui.Info}, Title: say("Подтвердите питание Миши на декабрь", "Confirm Misha's meals for December"), Note: say("Школа № 41, 3 «Б», баланс 312 ₽", "School 41, class 3B, balance 312 ₽"), Action: action(ui.Secondary, say("Подтвердить", "Confirm"))},
	}}
}

func bills(say Say) []ui.RowItem {
	return []ui.RowItem{
		{Text: say("Квартира, Речная ул., 14", "Flat, 14 River St"), Value: say("6 482,17 ₽", "6,482.17 ₽")},
		{Text: say("Электричество", "Electricity"), Value: say("1 655,50 ₽", "1,655.50 ₽")},
		{Text: say("Музыкальная школа", "Music school"), Value: say("800,00 ₽", "800.00 ₽")},
		{Text: say("Капремонт, автоплатёж 5 декабря", "Building fund, direct debit 5 December"), Value: say("742,30 ₽", "742.30 ₽"), Muted: true},
	}
}

func timeline(say Say) []ui.TimelineStep {
	return []ui.TimelineStep{
		{State: ui.Done, Title: say("Заявление подано", "Application sent"), When: say("18 ноября, 21:14", "18 November, 21:14"), Note: say("Номер КП-2026-118402", "Number KP-2026-118402")},
		{State: ui.Done, Title: say("Документы получены", "Documents received"), When: say("19 ноября, 9:02", "19 November, 9:02"), Note: say("СТС и регистрация подтверждены автоматически", "Vehicle and address confirmed automatically")},
		{State: ui.Now, Title: say("Проверка адреса", "Address check"), When: say("срок до 24 ноября", "by 24 November"), Note: say("Сверяем право пользования жильём с реестром", "Comparing the right to the flat with the register")},
		{State: ui.Next, Title: say("Решение", "Decision"), When: say("до 26 ноября", "by 26 November"), Note: say("Придёт сюда, в почту и в приложение", "Comes here and by e-mail")},
		{State: ui.Next, Title: say("Разрешение действует", "Permit is valid")},
	}
}

func water(say Say) ui.BarsProps {
	out := ui.BarsProps{Label: say("Расход воды за полгода в кубометрах: июнь 9, июль 7, август 8, сентябрь 10, октябрь 11, ноябрь 6",
		"Water over half a year in cubic metres: June 9, July 7, August 8, September 10, October 11, November 6")}
	months := links(say("июн|июл|авг|сен|окт|ноя", "Jun|Jul|Aug|Sep|Oct|Nov"))
	for i, bar := range []struct {
		value float64
		text  string
	}{{9, "9"}, {7, "7"}, {8, "8"}, {10, "10"}, {11, "11"}, {6, "6"}} {
		out.Items = append(out.Items, ui.Bar{Label: months[i].Text, Text: bar.text, Value: bar.value, Current: i == 5})
	}
	return out
}

func meters(say Say) []ui.FieldLine {
	return []ui.FieldLine{
		{Name: "cold", Label: say("Холодная вода", "Cold water"), Note: say("было 412", "was 412"), Value: "418", InputMode: "numeric"},
		{Name: "hot", Label: say("Горячая вода", "Hot water"), Note: say("было 287", "was 287"), InputMode: "numeric"},
	}
}

func health(say Say) []ui.RowItem {
	return []ui.RowItem{
		{Icon: "flask", Text: say("Готовы анализы крови", "Blood tests are ready"), Href: "#t", Tag: &ui.TagProps{Text: say("Новое", "New"), Tone: ui.Success}},
		{Icon: "syringe", Text: say("Прививка от гриппа", "Flu vaccine"), Href: "#t", Value: say("можно с 1 окт.", "from 1 Oct"), Quiet: true},
		{Icon: "pill", Text: say("Рецепт, Миша", "Prescription, Misha"), Href: "#t", Value: say("до 30 ноября", "until 30 November"), Quiet: true},
		{Icon: "clipboard-text", Text: say("Диспансеризация", "Check-up"), Href: "#t", Value: say("пройдена в мае", "done in May"), Quiet: true},
	}
}

func car(say Say) []ui.RowItem {
	return []ui.RowItem{
		{Icon: "check-circle-fill", Tone: ui.Success, Text: say("Штрафов нет", "No fines"), Value: say("сегодня", "today"), Quiet: true},
		{Icon: "warning-fill", Tone: ui.Warning, Text: say("ОСАГО", "Insurance"), Value: say("до 28 ноября", "until 28 November")},
		{Icon: "check-circle-fill", Tone: ui.Success, Text: say("Техосмотр", "Inspection"), Value: say("до мая 2027", "until May 2027"), Quiet: true},
	}
}
