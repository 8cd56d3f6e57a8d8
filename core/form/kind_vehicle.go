package form

import (
	"posad.city/core/service"
)

// otherVehicle is the option of giving a plate that is not in the list.
const otherVehicle = "other"

// vehicleKind asks for one of the applicant's vehicles or another by its plate.
type vehicleKind struct{}

func (vehicleKind) parts(*service.Field) []part {
	return []part{{name: "plate", label: "form.word.plate", kind: "text", width: 12}}
}
func (vehicleKind) missing() *problem { return wrong("", "form.vehicle_missing") }

func (vehicleKind) options(w *walk, _ *service.Field, typed Typed) []OptionView {
	if len(w.Vehicles) == 0 {
		return nil // the plate alone is asked
	}
	var out []OptionView
	chosen := typed.first("")
	for _, v := range w.Vehicles {
		out = append(out, OptionView{Value: v.Plate, Label: v.Model, Hint: ShowPlate(v.Plate), Chosen: chosen == v.Plate})
	}
	other := chosen == otherVehicle || chosen == "" && typed.first("plate") != ""
	return append(out, OptionView{Value: otherVehicle, Label: say(w.Lang, "form.word.other_vehicle"), Chosen: other})
}

func (vehicleKind) read(w *walk, _ *service.Field, typed Typed) (any, *problem) {
	chosen := typed.first("")
	for _, v := range w.Vehicles {
		if v.Plate == chosen {
			return map[string]any{"plate": v.Plate, "model": v.Model, "own": true}, nil
		}
	}
	text, at := typed.first("plate"), "plate"
	if chosen != "" && chosen != otherVehicle { // a plate in place of a choice, as the API may give it
		text, at = chosen, ""
	}
	if text == "" {
		return nil, wrong("plate", "form.plate_missing")
	}
	plate, fault := cleanPlate(text)
	if fault != "" {
		return nil, wrong(at, "form."+fault)
	}
	for _, v := range w.Vehicles {
		if v.Plate == plate {
			return map[string]any{"plate": v.Plate, "model": v.Model, "own": true}, nil
		}
	}
	return map[string]any{"plate": plate, "model": "", "own": false}, nil
}

func (vehicleKind) write(value any) (Typed, bool) {
	object, ok := value.(map[string]any)
	plate, isText := object["plate"].(string)
	if own, _ := object["own"].(bool); own {
		return Typed{"": {plate}}, ok && isText
	}
	return Typed{"": {otherVehicle}, "plate": {ShowPlate(plate)}}, ok && isText
}

func (vehicleKind) words(_ *walk, _ *service.Field, value any) string {
	object, _ := value.(map[string]any)
	plate, _ := object["plate"].(string)
	if model, _ := object["model"].(string); model != "" {
		return model + ", " + ShowPlate(plate)
	}
	return ShowPlate(plate)
}
