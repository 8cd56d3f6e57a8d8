package specimen

import "posad.city/ui"

func homeShell(s ui.Shell, say Say) ui.Shell {
	s.Title = say("Городские услуги", "City services")
	s.Tabs[0].Current = true
	s.Emergency = &ui.Emergency{
		Title: say("Штормовое предупреждение.", "Storm warning."),
		Text:  say("Ветер до 23 м/с сегодня с 18:00 до 9:00 завтра.", "Wind up to 23 m/s from 18:00 today until 9:00 tomorrow."),
		Link:  ui.Link{Text: say("Что делать", "What to do"), Href: "#storm"}, Dismiss: "#dismiss", ID: "storm",
	}
	return s
}

func hero(say Say) ui.HeroProps {
	return ui.HeroProps{
		Title: say("Что вам нужно?", "What do you need?"),
		Sub: say("312 услуг города без очередей и бумаг. Опишите словами, мы найдём нужную.",
			"312 city services with no queues and no paper. Say it in your own words and we will find the right one."),
		Search:     search(say),
		OftenLabel: say("Часто ищут:", "People often look for:"),
		Often:      links(say("Передать показания|Запись к врачу|Оплатить парковку|Прописка", "Submit meter readings|Book a doctor|Pay for parking|Register an address")),
	}
}

func search(say Say) ui.SearchBoxProps {
	return ui.SearchBoxProps{Action: "#search", Label: say("Поиск услуги", "Search for a service"), Placeholder: say("Например, детский сад", "For example, nursery"), Button: say("Найти", "Search")}
}

func today(say Say) ui.TodayProps {
	return ui.TodayProps{
		Title: say("Анна, на сегодня", "Anna, today"),
		More:  ui.Link{Text: say("В кабинет", "My account"), Href: "account"},
		Items: []ui.TodayItem{
			{Icon: "receipt-duotone", Tone: ui.Ice, Name: say("Счёт за квартиру", "Flat bill"), Value: say("6 482,17 ₽", "6,482.17 ₽"), Note: say("до 10 декабря", "due 10 December"), Action: ui.Link{Text: say("Оплатить", "Pay now"), Href: "#pay"}},
			{Icon: "stethoscope-duotone", Tone: ui.Mint, Name: say("Педиатр, Миша", "Paediatrician, Misha"), Value: say("Завтра, 10:40", "Tomorrow, 10:40"), Note: say("Поликлиника № 6, каб. 214", "Clinic 6, room 214"), Action: ui.Link{Text: say("Изменить запись", "Change booking"), Href: "#visit"}},
			{Icon: "car-profile-duotone", Tone: ui.Apricot, Name: say("Парковка резидента", "Resident parking"), Value: say("Проверяем документы", "Checking documents"), Note: say("ответ до 24 ноября", "answer by 24 November"), Action: ui.Link{Text: say("Ход дела", "Track case"), Href: "#case"}},
		},
	}
}

func guestToday(say Say) ui.TodayProps {
	return ui.TodayProps{
		Title: say("Ваши дела на сегодня", "Your day"),
		Items: []ui.TodayItem{{
			Icon: "user-plus", Tone: ui.Ice, Name: say("Счета, записи и заявления", "Bills, bookings and cases"), Value: say("Войдите, и они будут здесь", "Sign in and they will be here"),
			Note: say("Это займёт минуту", "It takes a minute"), Action: ui.Link{Text: say("Войти", "Sign in"), Href: "#sign-in"},
		}},
	}
}

func tiles(say Say) []ui.TileProps {
	tile := func(icon string, tone ui.Tone, title, note string) ui.TileProps {
		return ui.TileProps{Icon: icon, Tone: tone, Title: title, Note: note, Href: "form"}
	}
	return []ui.TileProps{
		tile("stethoscope-duotone", ui.Mint, say("Запись к врачу", "Book a doctor"), say("3 минуты", "3 minutes")),
		tile("gauge-duotone", ui.Ice, say("Показания счётчиков", "Meter readings"), say("до 25 числа", "by the 25th")),
		tile("receipt-duotone", ui.Ice, say("Оплата ЖКУ", "Pay utilities"), say("без комиссии", "no fee")),
		tile("graduation-cap-duotone", ui.Sand, say("Запись в школу", "School enrolment"), say("с 1 апреля", "from 1 April")),
		tile("baby-duotone", ui.Rose, say("Детский сад", "Nursery"), say("очередь и перевод", "queue and transfer")),
		tile("car-profile-duotone", ui.Lilac, say("Парковка и штрафы", "Parking and fines"), say("оплата и споры", "pay or dispute")),
		tile("identification-card-duotone", ui.Apricot, say("Регистрация по месту жительства", "Register an address"), say("6 дней", "6 days")),
		tile("megaphone-duotone", ui.Mint, say("Сообщить о проблеме", "Report a problem"), say("ответ за 8 дней", "answer in 8 days")),
	}
}

func lives(say Say) []ui.LifeCardProps {
	return []ui.LifeCardProps{
		{Title: say("Родился ребёнок", "A child is born"), Note: say("14 услуг: свидетельство, пособия, прикрепление к поликлинике", "14 services: certificate, benefits, clinic registration"), Icon: "baby-carriage-duotone", Tone: ui.Apricot, Href: "#life", Large: true},
		{Title: say("Переезд", "Moving home"), Note: say("9 услуг: регистрация, школа, договоры на коммунальные услуги", "9 services: address, school, utility contracts"), Icon: "house-line-duotone", Tone: ui.Ice, Href: "#life", Large: true},
		{Title: say("Ребёнок идёт в школу", "Starting school"), Note: say("7 услуг", "7 services"), Icon: "backpack-duotone", Tone: ui.Sand, Href: "#life"},
		{Title: say("Купили автомобиль", "Buying a car"), Note: say("6 услуг", "6 services"), Icon: "car-profile-duotone", Tone: ui.Lilac, Href: "#life"},
		{Title: say("Выход на пенсию", "Retiring"), Note: say("11 услуг", "11 services"), Icon: "plant-duotone", Tone: ui.Mint, Href: "#life"},
		{Title: say("Утрата близкого", "Losing someone close"), Note: say("8 услуг и человек, который поможет", "8 services and a person who helps"), Icon: "flower-lotus-duotone", Tone: ui.Plain, Href: "#life"},
	}
}

func cityNow(say Say) []ui.CityNowItem {
	return []ui.CityNowItem{
		{Icon: "drop-half-duotone", Tone: ui.Warning, Name: say("Вода", "Water"), Value: say("Отключена в 3 домах", "Off in 3 buildings"), Note: say("Заречье, до 19:00", "Zarechye, until 19:00"), Href: "#now"},
		{Icon: "train-simple-duotone", Tone: ui.Success, Name: say("Метро и трамвай", "Metro and tram"), Value: say("По расписанию", "On schedule"), Note: say("Трамвай 7: объезд", "Tram 7: diversion"), Href: "#now"},
		{Icon: "wind-duotone", Tone: ui.Success, Name: say("Воздух", "Air"), Value: say("Хороший, AQI 38", "Good, AQI 38"), Note: say("Все 26 постов", "All 26 stations"), Href: "#now"},
		{Icon: "letter-circle-p-duotone", Tone: ui.Info, Name: say("Парковки центра", "Central parking"), Value: say("318 свободных мест", "318 free spaces"), Note: say("из 2 140", "of 2,140"), Href: "#now"},
	}
}

func news(say Say) ui.NewsProps {
	item := func(date, title string) ui.NewsCardProps {
		return ui.NewsCardProps{Date: date, Title: title, Href: "#news-item"}
	}
	lead := item(say("21 ноября", "21 November"), say("Зимний режим: как город будет убирать снег в этом сезоне", "Winter service: how the city will clear snow this season"))
	lead.Lead = say("На улицы выйдут 1 400 машин. Показываем, когда придут во двор вашего дома, и куда сообщить, если не пришли.",
		"1,400 machines go out. See when they reach your yard, and where to report if they do not.")
	return ui.NewsProps{Lead: lead, Rest: []ui.NewsCardProps{
		item(say("20 ноября", "20 November"), say("Набережная Тихой реки открылась до моста Согласия", "Quiet River embankment now open to Concord Bridge")),
		item(say("19 ноября", "19 November"), say("Поликлиники начнут принимать по субботам до 18:00", "Clinics to open on Saturdays until 18:00")),
		item(say("18 ноября", "18 November"), say("Запись в летние лагеря откроется 1 декабря", "Summer camp booking opens on 1 December")),
		item(say("17 ноября", "17 November"), say("Голосование: как назвать новую станцию в Заречье", "Vote: name the new station in Zarechye")),
	}}
}

func topics(say Say) []ui.TopicItem {
	titles := links(say("Дом и ЖКХ|Здоровье|Образование|Транспорт|Семья и дети|Документы|Социальная поддержка|Бизнес|Земля и стройка|Природа и животные|Культура и спорт",
		"Home and utilities|Health|Education|Transport|Family and children|Documents|Social support|Business|Land and building|Nature and animals|Culture and sport"))
	out := make([]ui.TopicItem, len(titles))
	for i, count := range []int{42, 31, 28, 36, 24, 19, 33, 47, 22, 12, 18} {
		out[i] = ui.TopicItem{Title: titles[i].Text, Href: "#topic", Count: count}
	}
	return out
}

func help(say Say) ui.HelpProps {
	return ui.HelpProps{Title: say("Не получается онлайн?", "Cannot do it online?"), Items: []ui.HelpItem{
		{Icon: "map-pin-line-duotone", Title: say("Центры услуг", "Service centres"), Text: say("34 центра, 8:00–20:00 без выходных", "34 centres, 8:00–20:00 every day"), Action: ui.Link{Text: say("Найти ближайший", "Find the nearest"), Href: "#centres"}},
		{Icon: "phone-duotone", Title: "8 800 555-04-17", Text: say("Круглосуточно, бесплатно", "24 hours, free of charge"), Action: ui.Link{Text: say("Заказать звонок", "Request a call"), Href: "#call"}},
		{Icon: "chats-circle-duotone", Title: say("Чат с оператором", "Chat with an operator"), Text: say("Сейчас ответим за 2 минуты", "Answer in about 2 minutes"), Action: ui.Link{Text: say("Написать", "Start chat"), Href: "#chat"}},
	}}
}
