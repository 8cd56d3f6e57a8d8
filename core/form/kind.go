package form

import (
	"embed"
	"maps"
	"slices"
	"sync"

	"posad.city/core/service"
	"posad.city/kit/lang"
)

// Locale holds the package's words: faults of answers, names of controls.
//
//go:embed locale/*.yaml
var Locale embed.FS

var catalogue = sync.OnceValues(func() (*lang.Catalogue, error) { return lang.Load(Locale) })

// say is a text of the package's own locale.
func say(l lang.Language, key string, args ...any) string {
	c, err := catalogue()
	if err != nil {
		return key
	}
	return c.Text(l, key, args...)
}

// kind is a type of question: its controls, how it is read and written.
type kind interface {
	// parts are the controls; none for choices and files, which have options or a list.
	parts(f *service.Field) []part
	// options are what can be chosen; nil where nothing is.
	options(w *walk, f *service.Field, typed Typed) []OptionView
	// missing is what to say when nothing was typed.
	missing() *problem
	// read makes the canonical answer of what was typed, or says what is wrong. It is asked for something only.
	read(w *walk, f *service.Field, typed Typed) (any, *problem)
	// write makes of a canonical answer what a person would type; false when the value is not one of the type.
	write(value any) (Typed, bool)
	// words says the answer for reading.
	words(w *walk, f *service.Field, value any) string
}

// part is a control of a question.
type part struct {
	name         string // empty: the question's only control
	label        string // translation key
	kind         string
	inputMode    string
	autocomplete string
	width        int
}

var kinds = map[service.Type]kind{
	service.TypeName:     nameKind{},
	service.TypeBirth:    dateKind{birth: true},
	service.TypeDate:     dateKind{},
	service.TypePhone:    phoneKind,
	service.TypeEmail:    emailKind,
	service.TypeAddress:  addressKind{},
	service.TypeSNILS:    snilsKind,
	service.TypePlate:    plateKind,
	service.TypeINN:      innKind,
	service.TypeMoney:    moneyKind{},
	service.TypeNumber:   numberKind{},
	service.TypeText:     textKind{},
	service.TypeLongText: textKind{long: true},
	service.TypeChoice:   choiceKind{},
	service.TypeChoices:  choiceKind{several: true},
	service.TypeYesNo:    yesNoKind{},
	service.TypeFile:     fileKind{},
	service.TypeChild:    childKind{},
	service.TypeVehicle:  vehicleKind{},
	service.TypePerson:   personKind{},
	service.TypeSlot:     slotKind{},
	service.TypeGroup:    groupKind{},
}

// kindFor is the kind of a question.
func kindFor(f *service.Field) kind {
	switch f.Type {
	case service.TypeGroup:
		return groupKind{f}
	case service.TypeAddress:
		return addressKind{house: f.House}
	}
	return kindOf(f.Type)
}

// kindOf is the kind of a type; the check of definitions lets no other type through.
func kindOf(t service.Type) kind {
	if k, ok := kinds[t]; ok {
		return k
	}
	return textKind{}
}

func wrong(part, id string, params ...string) *problem {
	return &problem{part: part, id: id, params: params}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
