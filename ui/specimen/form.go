package specimen

import "posad.city/ui"

func formShell(s ui.Shell, say Say) ui.Shell {
	s.Title, s.Faulty = say("Автомобиль и адрес — Парковка резидента", "Car and address — Resident parking"), true
	s.Nav[0].Current = true
	s.Crumbs = links(say("Услуги|Транспорт|Разрешение на парковку резидента", "Services|Transport|Resident parking permit"))
	return s
}

func checkShell(s ui.Shell, say Say) ui.Shell {
	s = formShell(s, say)
	s.Title, s.Faulty = say("Проверьте ответы — Парковка резидента", "Check your answers — Resident parking"), false
	return s
}

func plainShell(s ui.Shell, say Say) ui.Shell {
	s.Title, s.User = say("Заявление подано", "Application sent"), nil
	return s
}

func steps(say Say) []ui.Step {
	return []ui.Step{
		{Text: say("Заявитель", "Applicant"), Href: "#step-1", State: ui.Done}, {Text: say("Автомобиль и адрес", "Car and address"), State: ui.Now},
		{Text: say("Документы", "Documents"), State: ui.Next}, {Text: say("Оплата", "Payment"), State: ui.Next}, {Text: say("Проверка", "Check"), State: ui.Next},
	}
}

func lastStep(say Say) []ui.Step {
	out := steps(say)
	for i := range out {
		out[i].State, out[i].Href = ui.Done, "#step"
	}
	out[4].State = ui.Now
	return out
}

const badFile = "договор.heic"

func formFaults(say Say) []ui.FaultLine {
	return []ui.FaultLine{
		{Name: "vehicle.plate", Text: plateField(say).Error}, {Name: "vehicle.registered", Text: dateField(say).Error}, {Name: "contract", Text: fileField(say).Error},
	}
}

func plateField(say Say) ui.InputProps {
	return ui.InputProps{Field: ui.Field{Name: "vehicle.plate", Label: say("Госномер автомобиля", "Number plate"), Hint: say("Как в свидетельстве о регистрации, с регионом", "As in the certificate, with the region"), Error: say("Введите госномер полностью, например А 123 ВС 77", "Enter the whole plate, for example A 123 BC 77")}, Value: say("А 417 МО", "A 417 MO"), Width: ui.Width12}
}

func dateField(say Say) ui.DatePartsProps {
	return ui.DatePartsProps{Field: ui.Field{Name: "vehicle.registered", Label: say("Когда автомобиль поставлен на учёт", "When the car was registered"), Hint: say("Например, 14 3 2019", "For example, 14 3 2019"), Error: say("Дата регистрации должна быть в прошлом", "The date must be in the past")}, Day: "14", Month: "3", Year: "2029", Wrong: []string{"year"}}
}

func addressField(say Say) ui.RadiosProps {
	return ui.RadiosProps{Field: ui.Field{Name: "address", Label: say("Адрес, по которому нужна парковка", "Address where you need to park")}, Value: "1", Choices: []ui.Choice{
		{Value: "1", Text: say("Речная ул., 14, кв. 86", "14 River St, flat 86"), Hint: say("Регистрация по месту жительства, зона 104", "Registered address, zone 104")},
		{Value: "2", Text: say("Садовый пр., 3, кв. 12", "3 Garden Ave, flat 12"), Hint: say("Собственность, зона 118", "Owned, zone 118")},
		{Value: "3", Text: say("Другой адрес", "Another address"), Hint: say("Понадобится договор аренды или найма", "You will need a rent contract"), Then: ui.Input(ui.InputProps{Field: ui.Field{Name: "address.other", Label: say("Какой", "Which"), Hint: say("Улица, дом, квартира", "Street, house, flat")}, Autocomplete: "street-address"})},
	}}
}

func fileField(say Say) ui.FileUploadProps {
	return ui.FileUploadProps{Field: ui.Field{Name: "contract", Label: say("Договор, если жильё не в собственности", "Contract, if you do not own the flat"), Hint: say("PDF, JPG или PNG до 10 МБ. Если собственник вы, пропустите", "PDF, JPG or PNG up to 10 MB. Skip if you own it"), Error: say("Файл «"+badFile+"» не открывается: загрузите PDF, JPG или PNG", "The file “"+badFile+"” does not open: send PDF, JPG or PNG")},
		Multiple: true, Accept: ".pdf,.jpg,.png", RemoveName: "remove", Files: []ui.UploadedFile{
			{ID: "1", Name: "страница-1.pdf", Note: say("1,2 МБ, загружен", "1.2 MB, received")}, {ID: "2", Name: badFile, Note: say("Формат не подходит", "Wrong format"), Wrong: true},
		}}
}

func consent(say Say) ui.CheckboxesProps {
	return ui.CheckboxesProps{Field: ui.Field{Name: "consent"}, Choices: []ui.Choice{{Value: "yes", Text: say("Сведения верны", "What I say is true"), Hint: say("За ложные сведения разрешение отзовут", "A permit given on false data is taken back")}}}
}

func answers(say Say) ui.SummaryListProps {
	return ui.SummaryListProps{Title: say("Автомобиль и адрес", "Car and address"), Rows: []ui.SummaryRow{
		{Name: say("Заявитель", "Applicant"), Value: say("Смирнова Анна Игоревна", "Smirnova Anna"), Source: say("из вашего профиля", "from your profile")},
		{Name: say("Госномер", "Plate"), Value: say("А 417 МО 77", "A 417 MO 77"), Change: "#plate", Source: say("из реестра автомобилей", "from the vehicle register")},
		{Name: say("Адрес", "Address"), Value: say("Китеж\nРечная ул., 14, кв. 86", "Kitezh\n14 River St, flat 86"), Change: "#address"},
		{Name: say("Договор", "Contract"), Value: "страница-1.pdf", Change: "#file", Error: say("Приложите вторую страницу", "Add the second page")},
	}}
}
