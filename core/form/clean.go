package form

import "posad.city/core/service"

// Clean reads a single value of a type as the form would: a plate with Cyrillic capitals, digits of SNILS and INN whose
// sums are right, a telephone with its country. False when it is none. Types that have no form of their own come back as
// they are.
func Clean(t service.Type, text string) (string, bool) {
	clean, known := map[service.Type]func(string) (string, string){
		service.TypePlate: cleanPlate, service.TypeSNILS: cleanSNILS, service.TypeINN: cleanINN, service.TypePhone: cleanPhone, service.TypeEmail: cleanEmail,
	}[t]
	if !known {
		return text, true
	}
	out, fault := clean(text)
	return out, fault == ""
}
