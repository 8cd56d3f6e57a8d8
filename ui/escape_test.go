package ui

import (
	"bytes"
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html"
)

// hostile breaks out of texts and attributes if anything lets it.
const hostile = `"'><script>alert(1)</script><b onclick=x>&`

// fill puts the text into every string that a value holds, lists getting one item.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(2)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i), text)
			}
		}
	case reflect.Slice:
		one := reflect.MakeSlice(v.Type(), 1, 1)
		fill(one.Index(0), text)
		v.Set(one)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text)
	}
}

func with[T any](text string) T {
	var out T
	fill(reflect.ValueOf(&out).Elem(), text)
	return out
}

// everything is each component with the text in all that it takes.
func everything(text string) map[string]templ.Component {
	shell := with[Shell](text)
	shell.T = nil
	return map[string]templ.Component{
		"Page": Page(shell), "PlainPage": PlainPage(shell), "AccountPage": AccountPage(shell, with[SideNavProps](text)), "FormPage": FormPage(shell, nil), "DeskPage": DeskPage(shell, with[RailProps](text)),
		"Button": Button(with[ButtonProps](text)), "ButtonOfForm": Button(ButtonProps{Text: text, Action: text, Name: text, Value: text, Form: text, Confirm: text}),
		"IconButton": IconButton(with[IconButtonProps](text)), "LinkMore": LinkMore(text, text), "Chips": Chips(with[[]ChipProps](text)), "Menu": Menu(with[MenuProps](text)), "Tag": Tag(with[TagProps](text)), "Badge": Badge(1, text),
		"Form": Form(with[FormProps](text)), "Input": Input(with[InputProps](text)), "Money": Money(with[MoneyProps](text)), "Textarea": Textarea(with[TextareaProps](text)), "Select": Select(with[SelectProps](text)),
		"Radios": Radios(with[RadiosProps](text)), "Checkboxes": Checkboxes(with[CheckboxesProps](text)), "DateParts": DateParts(with[DatePartsProps](text)), "FileUpload": FileUpload(with[FileUploadProps](text)),
		"SearchBox": SearchBox(with[SearchBoxProps](text)), "Stepper": Stepper(with[[]Step](text)), "SummaryList": SummaryList(with[SummaryListProps](text)), "FormActions": FormActions(with[FormActionsProps](text)),
		"ErrorSummary": ErrorSummary(with[[]FaultLine](text)), "ApplicationCard": ApplicationCard(text, with[[]SummaryRow](text), text), "Ask": Ask(text, with[Link](text)), "Fieldset": Fieldset(text, text),
		"Sla": Sla(with[SlaProps](text)), "Tiles": Tiles(with[[]TileProps](text)), "LifeCards": LifeCards(with[[]LifeCardProps](text)), "News": News(with[NewsProps](text)), "TopicList": TopicList(with[[]TopicItem](text)),
		"Card": Card(with[CardProps](text)), "Widget": Widget(with[WidgetProps](text)), "BigSum": BigSum(text, text, text), "Rows": Rows(with[[]RowItem](text)), "Todo": Todo(with[TodoProps](text)), "Greeting": Greeting(text, text),
		"Timeline": Timeline(with[[]TimelineStep](text)), "Notice": Notice(with[NoticeProps](text)), "ConfirmPanel": ConfirmPanel(with[ConfirmPanelProps](text)), "EmptyState": EmptyState(with[EmptyStateProps](text)), "Details": Details(text),
		"Dialog": Dialog(with[DialogProps](text)), "Pagination": Pagination(with[PaginationProps](text)), "Progress": Progress(with[ProgressProps](text)), "Bars": Bars(with[BarsProps](text)), "Appointment": Appointment(with[AppointmentProps](text)),
		"Meters": Meters(with[[]FieldLine](text)), "Plate": Plate(text, text, text), "Picture": Picture(with[Mosaic](text), text), "Hero": Hero(with[HeroProps](text)), "Today": Today(with[TodayProps](text)), "Section": Section(with[SectionProps](text)),
		"CityNow": CityNow(with[[]CityNowItem](text)), "Help": Help(with[HelpProps](text)), "DeskHead": DeskHead(with[DeskHeadProps](text)), "Views": Views(with[ViewsProps](text)), "Filters": Filters(with[FiltersProps](text)),
		"BulkBar": BulkBar(with[BulkBarProps](text)), "DataTable": DataTable(with[DataTableProps](text)), "CasePanel": CasePanel(with[CasePanelProps](text)), "CheckList": CheckList(with[[]CheckItem](text)), "Docs": Docs(with[[]DocItem](text)),
		"Log": Log(with[[]LogItem](text)), "Rating": Rating(with[RatingProps](text)),
	}
}

func TestNothingBreaksOutOfAComponent(t *testing.T) {
	t.Parallel()
	for name, component := range everything(hostile) {
		for n := range nodes(t, name, component) {
			if n.Data == "script" && len(n.Attr) == 0 {
				t.Errorf("%s lets a script through", name)
			}
			for _, a := range n.Attr {
				if a.Key == "onclick" {
					t.Errorf("%s lets an attribute through", name)
				}
			}
		}
	}
}

func TestNoAddressRunsAScript(t *testing.T) {
	t.Parallel()
	for name, component := range everything("javascript:alert(1)") {
		for n := range nodes(t, name, component) {
			for _, a := range n.Attr {
				leads := a.Key == "href" || a.Key == "action" || a.Key == "formaction"
				if leads && strings.HasPrefix(a.Val, "javascript:") && n.Data != "link" {
					t.Errorf("%s: <%s %s=%q>", name, n.Data, a.Key, a.Val)
				}
			}
		}
	}
}

// nodes renders and parses.
func nodes(t *testing.T, name string, component templ.Component) func(func(*html.Node) bool) {
	t.Helper()
	var text bytes.Buffer
	if err := component.Render(context.Background(), &text); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	root, err := html.Parse(&text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return root.Descendants()
}

func TestTypedValuesAreKept(t *testing.T) {
	t.Parallel()
	const typed = "  А 417 МО\t\"77\" "
	field := Field{Name: "x", Label: "X", Error: "Нет"}
	for name, component := range map[string]templ.Component{
		"Input": Input(InputProps{Field: field, Value: typed}), "Money": Money(MoneyProps{Field: field, Value: typed}), "DateParts": DateParts(DatePartsProps{Field: field, Year: typed}),
	} {
		kept := false
		for n := range nodes(t, name, component) {
			for _, a := range n.Attr {
				kept = kept || a.Key == "value" && a.Val == typed
			}
		}
		if !kept {
			t.Errorf("%s loses what was typed", name)
		}
	}
}

func TestTheFirstWrongPartOfADateIsWhereTheFaultLeads(t *testing.T) {
	t.Parallel()
	parts := DatePartsProps{Field: Field{Name: "born", Error: "В будущем"}, Wrong: []string{"year"}}.parts()
	if parts[2].id != FieldID("born") || !parts[2].wrong || parts[0].wrong {
		t.Errorf("%+v", parts)
	}
}
