package apply

import (
	"strconv"
	"strings"
	"time"

	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/lang"
	"posad.city/kit/pdf"
)

// printing is a form on its way to paper: blank, or with a draft's answers.
type printing struct {
	in    form.Input
	t     func(key string, args ...any) string
	large bool

	shown map[string]form.FieldView // questions of a draft that are asked now, by key
	known map[string]form.KnownValue
	steps map[string]bool // steps of a draft that can be gone to
}

// blankEntries is how many entries of a list a blank form has room for, as far as so many fit.
const blankEntries = 2

// blankForm is a service's form to be written in by hand.
func (p printing) blank(address, shown string) pdf.Form {
	out := p.frame()
	out.Kind = p.t("apply.print.blank")
	out.Check = &pdf.Check{Title: p.t("apply.print.online"), Text: p.t("apply.print.online_text"), Address: address, Shown: shown}
	return out
}

// filled is a draft's form with its answers.
func (p printing) filled(d Draft, address, shown string, zone *time.Location) (pdf.Form, error) {
	if err := p.read(); err != nil {
		return pdf.Form{}, err
	}
	out := p.frame()
	out.Kind = p.t("apply.print.filled")
	out.Facts = append([]pdf.Fact{{Label: p.t("apply.print.number"), Value: d.ID.String()}}, out.Facts...)
	out.Date = lang.Date(p.in.Lang, calendar.DateOf(d.Saved, zone))
	out.Made = d.Saved
	out.Check = &pdf.Check{Title: p.t("apply.print.goes_on"), Text: p.t("apply.print.goes_on_text", "number", d.ID.String()), Address: address, Shown: shown}
	return out, nil
}

// read shows every step of the draft that can be gone to.
func (p *printing) read() error {
	p.shown, p.known, p.steps = map[string]form.FieldView{}, map[string]form.KnownValue{}, map[string]bool{}
	in := p.in
	in.Step = ""
	first, err := form.Show(in)
	if err != nil {
		return err
	}
	for _, step := range first.Steps {
		in.Step = step.Key
		view, err := form.Show(in)
		if err != nil {
			return err
		}
		if view.Current >= len(view.Steps) || view.Steps[view.Current].Key != step.Key {
			break
		}
		p.steps[step.Key] = true
		for _, f := range view.Fields {
			p.shown[f.Key] = f
		}
		for _, k := range view.Known {
			p.known[k.Key] = k
		}
	}
	return nil
}

// frame is what blank and filled forms share.
func (p printing) frame() pdf.Form {
	l, s, city := p.in.Lang, p.in.Service, p.in.City
	out := pdf.Form{
		Lang: string(l), City: city.Profile.Name.In(l), Title: s.Title.In(l), Lead: s.Who.In(l), PageOf: p.t("apply.print.page_of", "page", "{page}", "pages", "{pages}"), Large: p.large,
		Made: p.in.Today.Start(time.UTC), Sign: []string{p.t("apply.print.date"), p.t("apply.print.signature")},
	}
	if agency, ok := city.Agency(s.Agency); ok {
		out.Office = agency.Title.In(l)
	}
	out.Facts = append(out.Facts, pdf.Fact{Label: p.t("apply.print.where"), Value: p.t("apply.print.where_text", "phone", city.Profile.Contacts.Phone)})
	if fetched := p.fetched(); len(fetched) > 0 {
		out.Facts = append(out.Facts, pdf.Fact{Label: p.t("apply.print.fetched"), Value: strings.Join(fetched, "\n")})
	}
	for _, fee := range s.Fees {
		out.Facts = append(out.Facts, pdf.Fact{Label: p.t("apply.print.fee"), Value: fee.Words.In(l)})
	}
	for i := range s.Form.Steps {
		if section := p.section(&s.Form.Steps[i]); len(section.Items) > 0 {
			out.Sections = append(out.Sections, section)
		}
	}
	return out
}

// fetched are the registers that the city asks itself.
func (p printing) fetched() []string {
	var out []string
	for _, c := range p.in.Service.Certificates {
		if register, ok := p.in.City.Register(c.Register); ok {
			out = append(out, "– "+register.Title.In(p.in.Lang))
		}
	}
	return out
}

func (p printing) section(step *service.Step) pdf.FormSection {
	l := p.in.Lang
	out := pdf.FormSection{Title: step.Title.In(l), Lead: step.Lead.In(l)}
	switch {
	case step.ForSigner():
		out.Lead = strings.TrimSpace(p.t("apply.print.co_signer") + " " + out.Lead)
	case step.When != "" && p.shown == nil:
		out.Lead = strings.TrimSpace(p.t("apply.print.if_fits") + " " + out.Lead)
	}
	for i := range step.Fields {
		out.Items = append(out.Items, p.items(step, &step.Fields[i])...)
	}
	return out
}

// items are a question on paper: none when it is not asked in this draft.
func (p printing) items(step *service.Step, f *service.Field) []pdf.FormItem {
	if view, ok := p.shown[f.Key]; ok {
		return p.answered(f, view)
	}
	if known, ok := p.known[f.Key]; ok {
		return []pdf.FormItem{{Label: known.Label, Value: known.Value, Hint: p.t("apply.print.known", "source", known.Source.Name)}}
	}
	if p.steps[step.Key] || p.shown != nil && step.ForSigner() || f.Value != "" {
		return nil
	}
	if f.Type != service.TypeGroup {
		return []pdf.FormItem{p.empty(f)}
	}
	return p.emptyEntries(f)
}

// answered is a question of a draft, with its answer or room for it.
func (p printing) answered(f *service.Field, view form.FieldView) []pdf.FormItem {
	if f.Type == service.TypeGroup {
		return p.entries(f, view)
	}
	item := p.empty(f)
	item.Label = p.label(view.Label, view.Optional)
	if len(view.Options) > 0 && f.Type != service.TypeSlot {
		item.Options, item.Named = nil, nil
		for _, o := range view.Options {
			item.Options = append(item.Options, pdf.FormOption{Label: o.Label, Hint: o.Hint, Chosen: o.Chosen && view.Answered})
		}
	}
	if view.Answered {
		item.Cells, item.Lines, item.Named = nil, 0, nil
		if f.Type == service.TypeFile {
			item.Options = nil
		}
		if len(item.Options) == 0 || f.Type == service.TypeVehicle {
			item.Value = view.Shown
		}
	}
	return []pdf.FormItem{item}
}

func (p printing) entries(f *service.Field, view form.FieldView) []pdf.FormItem {
	if !view.Answered {
		return p.emptyEntries(f)
	}
	var out []pdf.FormItem
	for _, entry := range view.Entries {
		for i := range entry.Fields {
			inner := innerField(f, entry.Fields[i].Key)
			for _, item := range p.answered(inner, entry.Fields[i]) {
				if i == 0 {
					item.Entry = view.Label + ". " + entry.Title
				}
				out = append(out, item)
			}
		}
		for _, known := range entry.Known {
			out = append(out, pdf.FormItem{Label: known.Label, Value: known.Value})
		}
	}
	return out
}

func innerField(group *service.Field, key string) *service.Field {
	key = key[strings.LastIndexByte(key, '.')+1:]
	for i := range group.Fields {
		if group.Fields[i].Key == key {
			return &group.Fields[i]
		}
	}
	return &service.Field{Key: key, Type: service.TypeText}
}

// emptyEntries are a list's questions with room for some entries.
func (p printing) emptyEntries(f *service.Field) []pdf.FormItem {
	count := blankEntries
	if most, err := strconv.Atoi(f.Max); err == nil {
		count = min(count, most)
	}
	if least, err := strconv.Atoi(f.Min); err == nil {
		count = max(count, least)
	}
	var out []pdf.FormItem
	for n := range count {
		for i := range f.Fields {
			if f.Fields[i].Value != "" {
				continue
			}
			item := p.empty(&f.Fields[i])
			if i == 0 {
				item.Entry = f.Label.In(p.in.Lang) + ". " + f.Entry.In(p.in.Lang) + " " + strconv.Itoa(n+1)
			}
			out = append(out, item)
		}
	}
	return out
}

func (p printing) label(text string, optional bool) string {
	if optional {
		return text + " (" + p.t("apply.print.optional") + ")"
	}
	return text
}

// The squares of a day, a telephone, an insurance number.
var (
	dayCells   = []int{2, 2, 4}
	phoneCells = []int{1, 3, 3, 2, 2}
	snilsCells = []int{3, 3, 3, 2}
)

// empty is a question with room to write.
func (p printing) empty(f *service.Field) pdf.FormItem {
	l := p.in.Lang
	out := pdf.FormItem{Label: p.label(f.Label.In(l), f.Optional), Hint: f.Hint.In(l)}
	if (f.When != "") && p.shown == nil {
		out.Hint = strings.TrimSpace(p.t("apply.print.if_fits") + " " + out.Hint)
	}
	if f.Known != "" && f.Fixed {
		out.Hint = strings.TrimSpace(out.Hint + "\n" + p.t("apply.print.known_at_centre"))
	}
	p.room(f, &out)
	return out
}

// room gives a question what its type needs to be written in.
func (p printing) room(f *service.Field, out *pdf.FormItem) {
	l := p.in.Lang
	name := []string{p.t("form.word.surname"), p.t("form.word.given"), p.t("form.word.patronymic")}
	switch f.Type {
	case service.TypeName, service.TypeChild:
		out.Named = name
	case service.TypePerson:
		out.Named = append(name, p.t("apply.print.born"), p.t("form.word.snils"))
	case service.TypeDate, service.TypeBirth:
		out.Cells = dayCells
	case service.TypePhone:
		out.Cells = phoneCells
	case service.TypeSNILS:
		out.Cells = snilsCells
	case service.TypeINN:
		out.Cells = []int{12}
	case service.TypeAddress:
		out.Named = []string{p.t("form.word.house")}
		if !f.House {
			out.Named = append(out.Named, p.t("form.word.flat"))
		}
	case service.TypeVehicle:
		out.Named = []string{p.t("form.word.plate")}
	case service.TypeYesNo:
		out.Options = []pdf.FormOption{{Label: p.t("form.word.yes")}, {Label: p.t("form.word.no")}}
	case service.TypeChoice, service.TypeChoices:
		for _, o := range f.Options {
			out.Options = append(out.Options, pdf.FormOption{Label: o.Label.In(l), Hint: o.Hint.In(l)})
		}
	case service.TypeFile:
		out.Options = []pdf.FormOption{{Label: p.t("apply.print.enclosed")}}
	case service.TypeSlot:
		out.Named = []string{p.t("apply.print.wanted_day"), p.t("apply.print.wanted_time")}
	case service.TypeLongText:
		out.Lines = 5
	default:
		out.Lines = 1
	}
}
