package form

import (
	"strconv"
	"strings"

	"posad.city/core/service"
	"posad.city/kit/lang"
)

// addressKind asks for an address of the city's register. It is typed as a text, to which a face may add the id of a
// chosen suggestion; the flat may be typed apart or in the text. Where a house is meant no flat is asked.
type addressKind struct{ house bool }

func (k addressKind) parts(*service.Field) []part {
	out := []part{
		{label: "form.word.house", kind: "text", autocomplete: "off"},
		{name: "flat", label: "form.word.flat", kind: "text", inputMode: "numeric", width: 5},
		{name: "id", kind: "hidden"},
	}
	if k.house {
		return append(out[:1:1], out[2])
	}
	return out
}
func (addressKind) options(*walk, *service.Field, Typed) []OptionView { return nil }
func (addressKind) missing() *problem                                 { return wrong("", "form.address_missing") }

func (k addressKind) read(w *walk, _ *service.Field, typed Typed) (any, *problem) {
	book := w.addresses()
	text, flat := strings.TrimSpace(typed.first("")), strings.TrimSpace(typed.first("flat"))
	id := strings.TrimSpace(typed.first("id"))
	house, flats, known := book.House(id)
	if !known || text != "" && !sameHouse(text, house) {
		found, foundFlat, ok := book.Locate(text)
		if !ok {
			return nil, wrong("", "form.address")
		}
		id = found
		if flat == "" {
			flat = foundFlat
		}
		_, flats, _ = book.House(id)
	}
	if k.house {
		house, _, _ = book.House(id)
		return house.Answer(), nil
	}
	address, ok := book.Address(id, flat)
	switch {
	case ok:
		return address.Answer(), nil
	case flats == 0:
		return nil, wrong("flat", "form.address_no_flats")
	case flat == "":
		return nil, wrong("flat", "form.address_flat_missing")
	}
	return nil, wrong("flat", "form.address_flat", "most", strconv.Itoa(flats))
}

// addresses is the register as an interface, so that a city may keep it elsewhere.
func (w *walk) addresses() Addresses { return w.City.Addresses() }

// sameHouse tells whether the text still is the suggestion that the id stands for, with or without its flat.
func sameHouse(text string, house service.Address) bool {
	return strings.HasPrefix(text, house.Text) && endsHouse(text[len(house.Text):]) ||
		strings.HasPrefix(text, house.TextEN) && endsHouse(text[len(house.TextEN):])
}

func endsHouse(rest string) bool { return rest == "" }

func (addressKind) write(value any) (Typed, bool) {
	object, ok := value.(map[string]any)
	id, hasID := object["id"].(string)
	flat, _ := object["flat"].(string)
	text, _ := object["text"].(string)
	if flat != "" { // the flat has a control of its own
		text, _, _ = strings.Cut(text, ", кв.")
	}
	return Typed{"": {text}, "flat": {flat}, "id": {id}}, ok && hasID
}

func (addressKind) words(w *walk, _ *service.Field, value any) string {
	object, _ := value.(map[string]any)
	key := "text"
	if w.Lang == lang.English {
		key = "text_en"
	}
	text, _ := object[key].(string)
	return text
}
