package apply

import (
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/fault"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// base is what every question has, as the design shows it.
func base(c *web.Context, f form.FieldView) ui.Field {
	out := ui.Field{Name: f.Key, Label: f.Label, Hint: hintOf(f), Optional: f.Optional}
	if f.Source != nil {
		out.Source = sourceWords(c, *f.Source)
	}
	if f.Fault != nil {
		out.Error = c.FieldText(*f.Fault)
	}
	return out
}

// hintOf is the question's hint with the reason why it is asked.
func hintOf(f form.FieldView) string {
	switch {
	case f.Why == "":
		return f.Hint
	case f.Hint == "":
		return f.Why
	case strings.HasSuffix(f.Hint, "."):
		return f.Hint + " " + f.Why
	}
	return f.Hint + ". " + f.Why
}

// sourceWords say where a value comes from.
func sourceWords(c *web.Context, s form.Source) string {
	if s.Kind != "register" { // the account, or counted from the answers
		return c.T("apply.source_account", "name", s.Name)
	}
	day := ""
	if !s.Day.IsZero() {
		day = lang.Date(c.Lang(), s.Day)
	}
	return c.T("apply.source_register", "name", s.Name, "agency", s.Agency, "day", day)
}

// widths are the widths of the design, by the number of characters that a control expects.
func width(characters int) ui.Width {
	switch {
	case characters == 0 || characters > 12:
		return ui.WidthAll
	case characters <= 2:
		return ui.Width2
	case characters <= 5:
		return ui.Width4
	}
	return ui.Width12
}

// question is a field as the design shows its type. Only the type decides.
func question(c *web.Context, v stepView, f form.FieldView) templ.Component {
	switch f.Type {
	case service.TypeBirth, service.TypeDate:
		return ui.DateParts(dateProps(c, f))
	case service.TypeLongText:
		return ui.Textarea(ui.TextareaProps{Field: base(c, f), Value: value(f, 0), Rows: 8, Limit: f.Limit})
	case service.TypeMoney:
		return ui.Money(ui.MoneyProps{Field: base(c, f), Value: value(f, 0)})
	case service.TypeChoice, service.TypeYesNo, service.TypeChild:
		return ui.Radios(ui.RadiosProps{Field: base(c, f), Value: chosen(f), Choices: choices(f)})
	case service.TypeChoices:
		return ui.Checkboxes(ui.CheckboxesProps{Field: base(c, f), Values: allChosen(f), Choices: choices(f)})
	case service.TypeFile:
		return fileQuestion(c, v, f)
	case service.TypeVehicle:
		return vehicleQuestion(c, f)
	case service.TypeAddress:
		return addressQuestion(c, v, f)
	case service.TypeName:
		return nameQuestion(c, f)
	case service.TypePerson:
		return personQuestion(c, f)
	case service.TypeSlot:
		return slotQuestion(c, v, f)
	case service.TypeGroup:
		return groupQuestion(c, v, f)
	}
	return ui.Input(lineProps(base(c, f), f, 0))
}

func value(f form.FieldView, i int) string {
	if i < len(f.Controls) {
		return f.Controls[i].Value
	}
	return ""
}

// lineProps are one control of one line.
func lineProps(base ui.Field, f form.FieldView, i int) ui.InputProps {
	if i >= len(f.Controls) {
		return ui.InputProps{Field: base}
	}
	control := f.Controls[i]
	out := ui.InputProps{Field: base, Value: control.Value, Width: width(control.Width), Autocomplete: control.Autocomplete, InputMode: control.InputMode}
	if control.Kind == "tel" || control.Kind == "email" {
		out.Type = control.Kind
	}
	return out
}

// part is a control of a question of several: it has the question's fault when the fault is its own.
func part(c *web.Context, f form.FieldView, i int) ui.InputProps {
	control := f.Controls[i]
	field := ui.Field{Name: control.Name, Label: control.Label}
	if f.Fault != nil && control.Invalid && (f.Fault.Name == control.Name || i == 0 && f.Fault.Name == f.Key) {
		field.Error = c.FieldText(*f.Fault)
	}
	return lineProps(field, f, i)
}

func dateProps(c *web.Context, f form.FieldView) ui.DatePartsProps {
	out := ui.DatePartsProps{Field: base(c, f), Birthday: f.Type == service.TypeBirth}
	for _, control := range f.Controls {
		name := strings.TrimPrefix(control.Name, f.Key+".")
		switch name {
		case "day":
			out.Day = control.Value
		case "month":
			out.Month = control.Value
		case "year":
			out.Year = control.Value
		}
		if control.Invalid {
			out.Wrong = append(out.Wrong, name)
		}
	}
	return out
}

func choices(f form.FieldView) []ui.Choice {
	out := make([]ui.Choice, 0, len(f.Options))
	for _, o := range f.Options {
		out = append(out, ui.Choice{Value: o.Value, Text: o.Label, Hint: o.Hint})
	}
	return out
}

func chosen(f form.FieldView) string {
	for _, o := range f.Options {
		if o.Chosen {
			return o.Value
		}
	}
	return ""
}

func allChosen(f form.FieldView) []string {
	var out []string
	for _, o := range f.Options {
		if o.Chosen {
			out = append(out, o.Value)
		}
	}
	return out
}

// vehicleQuestion is a choice of the person's vehicles with a plate under the last one, or a plate alone.
func vehicleQuestion(c *web.Context, f form.FieldView) templ.Component {
	if len(f.Options) == 0 {
		field := base(c, f)
		field.Name = f.Controls[0].Name
		return ui.Input(lineProps(field, f, 0))
	}
	list := choices(f)
	list[len(list)-1].Then = ui.Input(part(c, f, 0))
	field := base(c, f)
	if f.Fault != nil && f.Fault.Name != f.Key {
		field.Error = "" // it stands with the plate
	}
	return ui.Radios(ui.RadiosProps{Field: field, Value: chosen(f), Choices: list})
}

// addressLine is the text of an address, with suggestions while it is typed.
func addressLine(c *web.Context, f form.FieldView) ui.InputProps {
	out := lineProps(base(c, f), f, 0)
	if f.Fault != nil && f.Fault.Name != f.Key {
		out.Error = ""
	}
	out.Attributes = templ.Attributes{
		"list": listID(f), "hx-get": "/addresses?field=" + url.QueryEscape(f.Key), "hx-trigger": "input changed delay:250ms", "hx-target": "#" + listID(f), "hx-swap": "innerHTML",
	}
	return out
}

// listID is the id of an address's suggestions; a field's key needs no escape in a selector.
func listID(f form.FieldView) string { return "list-" + f.Key }

// addressChoices are suggestions that were asked for without a script.
func addressChoices(c *web.Context, list []service.Address) []ui.Choice {
	out := make([]ui.Choice, 0, len(list))
	for _, a := range list {
		out = append(out, ui.Choice{Value: a.Reference(), Text: addressText(c.Lang(), a)})
	}
	return out
}

func fileProps(c *web.Context, v stepView, f form.FieldView) ui.FileUploadProps {
	accept := make([]string, 0, len(f.Accept))
	for _, kind := range f.Accept {
		accept = append(accept, "."+kind)
		if kind == "jpg" {
			accept = append(accept, ".jpeg")
		}
	}
	out := ui.FileUploadProps{Field: base(c, f), Multiple: f.MaxFiles > 1, Accept: strings.Join(accept, ","), RemoveName: form.RemoveName, Send: "/api/v1/files", SendDraft: v.draft.ID.String()}
	if slices.Contains(f.Accept, "jpg") {
		out.Hint = strings.TrimSpace(out.Hint + " " + c.T("document.photos_shrunk"))
	}
	for _, file := range f.Files {
		out.Files = append(out.Files, ui.UploadedFile{ID: file.ID, Name: file.Name, Note: c.T("apply.uploaded", "size", lang.Size(c.Lang(), file.Size)), Href: "/uploads/" + file.ID})
	}
	return out
}

// faultLines are the lines of the error summary, in the order of the questions.
func faultLines(c *web.Context, v stepView) []ui.FaultLine {
	if !v.faulty {
		return nil
	}
	place := func(f fault.Field) int {
		return slices.IndexFunc(v.view.Fields, func(field form.FieldView) bool { return field.Key == f.Name || partOf(f.Name, field.Key) })
	}
	faults := slices.Clone(v.view.Faults)
	slices.SortStableFunc(faults, func(a, b fault.Field) int { return place(a) - place(b) })
	out := make([]ui.FaultLine, 0, len(faults))
	for _, f := range faults {
		out = append(out, ui.FaultLine{Name: target(v.view, f), Text: c.FieldText(f)})
	}
	return out
}

// target is the control that a fault leads to: a date's three boxes share the question's own place.
func target(view form.View, f fault.Field) string { return targetOf(view.Fields, f) }

func targetOf(fields []form.FieldView, f fault.Field) string {
	for _, field := range fields {
		if field.Type == service.TypePerson && partOf(f.Name, field.Key+".birth") {
			return field.Key + ".birth"
		}
		if field.Type == service.TypeGroup && partOf(f.Name, field.Key) {
			for _, entry := range field.Entries {
				if found := targetOf(entry.Fields, f); found != f.Name {
					return found
				}
			}
		}
		if (field.Type == service.TypeDate || field.Type == service.TypeBirth) && partOf(f.Name, field.Key) {
			return field.Key
		}
		if field.Type == service.TypeVehicle && len(field.Options) == 0 && f.Name == field.Key {
			return field.Controls[0].Name
		}
	}
	return f.Name
}

func steps(c *web.Context, d Draft, view form.View) []ui.Step {
	out := make([]ui.Step, 0, len(view.Steps)+1)
	for _, s := range view.Steps {
		step := ui.Step{Text: s.Title, State: ui.Next}
		switch s.State {
		case form.StepDone:
			step.State, step.Href = ui.Done, d.stepPath(s.Key)
		case form.StepCurrent:
			step.State = ui.Now
		case form.StepOpen:
			step.Href = d.stepPath(s.Key)
		}
		out = append(out, step)
	}
	last := ui.Step{Text: c.T("apply.check_step"), State: ui.Next}
	if view.Current >= len(view.Steps) {
		last.State = ui.Now
	} else if len(view.Missing) == 0 {
		last.Href = d.path("/check")
	}
	return append(out, last)
}

// personParts are the controls of another person by what they ask: the birth's three boxes are one.
func personParts(c *web.Context, f form.FieldView) (lines []int, birth ui.DatePartsProps, snils int) {
	prefix := f.Key + ".birth"
	born := form.FieldView{Key: prefix, Type: service.TypeBirth, Label: c.T("apply.birth")}
	for i, control := range f.Controls {
		switch {
		case partOf(control.Name, prefix):
			born.Controls = append(born.Controls, control)
		case control.Name == f.Key+".snils":
			snils = i
		default:
			lines = append(lines, i)
		}
	}
	if f.Fault != nil && (f.Fault.Name == prefix || partOf(f.Fault.Name, prefix)) {
		born.Fault = f.Fault
	}
	birth = dateProps(c, born)
	birth.Birthday = false // it is somebody else's
	return lines, birth, snils
}

// slotDay is a day with its free times.
type slotDay struct {
	title  string
	anchor string // of its choices; the first day has the question's own
	times  []ui.Choice
	chosen string
}

func slotDaysOf(f form.FieldView) []slotDay {
	var out []slotDay
	for _, o := range f.Options {
		if len(out) == 0 || out[len(out)-1].title != o.Group {
			day := slotDay{title: o.Group}
			if len(out) > 0 {
				day.anchor = f.Key + "." + o.Value
			}
			out = append(out, day)
		}
		day := &out[len(out)-1]
		day.times = append(day.times, ui.Choice{Value: o.Value, Text: o.Label, Hint: o.Hint})
		if o.Chosen {
			day.chosen = o.Value
		}
	}
	return out
}

func knownRows(c *web.Context, known []form.KnownValue) []ui.SummaryRow {
	out := make([]ui.SummaryRow, 0, len(known))
	for _, k := range known {
		out = append(out, ui.SummaryRow{Name: k.Label, Value: k.Value, Source: sourceWords(c, k.Source)})
	}
	return out
}

func answerRows(c *web.Context, d Draft, step form.SummaryStep) []ui.SummaryRow {
	out := make([]ui.SummaryRow, 0, len(step.Lines))
	for _, line := range step.Lines {
		row := ui.SummaryRow{Name: line.Label, Value: line.Value}
		if row.Value == "" {
			row.Value = c.T("apply.not_given")
		}
		if line.Source != nil {
			row.Source = sourceWords(c, *line.Source)
		} else {
			row.Change = d.stepPath(step.Key)
		}
		out = append(out, row)
	}
	return out
}

// registerRows are what the city will ask registers itself for this application, and why.
func registerRows(c *web.Context, in form.Input, answers service.Answers) []ui.SummaryRow {
	rules := in.City.Rules(in.Service.Key)
	var out []ui.SummaryRow
	for i := range in.Service.Certificates {
		certificate := &in.Service.Certificates[i]
		if yes, err := rules.Asks(certificate.Key, inputs(in, answers)); err != nil || !yes {
			continue
		}
		row := ui.SummaryRow{Name: certificate.Register, Value: certificate.Needed.In(c.Lang())}
		if r, ok := in.City.Register(certificate.Register); ok {
			row.Name = r.Title.In(c.Lang())
			if a, ok := in.City.Agency(r.Agency); ok {
				row.Source = a.Short.In(c.Lang())
			}
		}
		out = append(out, row)
	}
	return out
}

// asideRows are what the person should keep in sight beside the form.
func asideRows(c *web.Context, in form.Input, view form.View) []ui.SummaryRow {
	rows := []ui.SummaryRow{{Name: c.T("apply.service"), Value: in.Service.Title.In(c.Lang())}}
	if name := in.Applicant.Name; name.Surname != "" {
		rows = append(rows, ui.SummaryRow{Name: c.T("apply.applicant"), Value: lang.Name{Family: name.Surname, Given: name.Given, Patronymic: name.Patronymic}.Full(c.Lang())})
	}
	rows = append(rows, ui.SummaryRow{Name: c.T("apply.cost"), Value: costWords(c, in, view)})
	if !in.Service.Term.IsZero() {
		rows = append(rows, ui.SummaryRow{Name: c.T("apply.answer"), Value: lang.Term(c.Lang(), in.Service.Term.Calendar())})
	}
	return rows
}

// costWords are the fee of these very answers where it is known by now, else what the card says.
func costWords(c *web.Context, in form.Input, view form.View) string {
	switch {
	case len(in.Service.Fees) == 0 || view.ChargeKnown && len(view.Charge.Lines) == 0:
		return c.T("apply.free")
	case view.ChargeKnown && view.Charge.Amount > 0:
		return chargeWords(c, view.Charge)
	case view.ChargeKnown && view.Charge.Exempt != "":
		words := c.T("apply.free")
		if e, ok := in.Service.Exemption(view.Charge.Exempt); ok {
			words += "\n" + e.Because.In(c.Lang())
		}
		return words
	}
	return in.Service.Cost().In(c.Lang())
}

// chargeWords are the sum, with each fee on a line of its own where there are several.
func chargeWords(c *web.Context, charge service.Charge) string {
	words := charge.Amount.Amount().In(c.Lang())
	if len(charge.Lines) < 2 {
		return words
	}
	for _, line := range charge.Lines {
		words += "\n" + line.Title.In(c.Lang()) + ": " + line.Amount.Amount().In(c.Lang())
	}
	return words
}

// savedWords is the line that says when the draft was saved.
func savedWords(c *web.Context, d Draft, city *service.City) string {
	return c.T("apply.saved", "time", lang.Time(c.Lang(), d.Saved.In(city.Days().Zone())))
}
