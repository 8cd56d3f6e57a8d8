package form

import (
	"net/mail"
	"strings"
	"unicode"

	"posad.city/core/service"
)

// lineKind is a question of one line whose canonical form is a text.
type lineKind struct {
	name  string // of the faults: form.NAME
	part  part
	clean func(text string) (canonical, fault string) // fault is the end of a translation key; empty: right
	show  func(canonical string) string
}

func (k lineKind) parts(*service.Field) []part { return []part{k.part} }

func (k lineKind) options(*walk, *service.Field, Typed) []OptionView { return nil }

func (k lineKind) missing() *problem { return wrong("", "form."+k.name+"_missing") }

func (k lineKind) read(_ *walk, _ *service.Field, typed Typed) (any, *problem) {
	canonical, fault := k.clean(strings.TrimSpace(typed.first("")))
	if fault != "" {
		return nil, wrong("", "form."+fault)
	}
	return canonical, nil
}

func (k lineKind) write(value any) (Typed, bool) {
	text, ok := value.(string)
	return Typed{"": {k.show(text)}}, ok
}

func (k lineKind) words(_ *walk, _ *service.Field, value any) string {
	text, _ := value.(string)
	return k.show(text)
}

var (
	phoneKind = lineKind{"phone", part{kind: "tel", autocomplete: "tel", width: 20}, cleanPhone, showPhone}
	emailKind = lineKind{"email", part{kind: "email", autocomplete: "email", width: 30}, cleanEmail, func(s string) string { return s }}
	snilsKind = lineKind{"snils", part{kind: "text", inputMode: "numeric", width: 16}, cleanSNILS, showSNILS}
	plateKind = lineKind{"plate", part{kind: "text", width: 12}, cleanPlate, ShowPlate}
	innKind   = lineKind{"inn", part{kind: "text", inputMode: "numeric", width: 14}, cleanINN, func(s string) string { return s }}
)

// digitsOf keeps digits; ok is false when there is anything besides digits and the marks that people put between them.
func digitsOf(text, marks string) (string, bool) {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			out.WriteRune(r)
		case !unicode.IsSpace(r) && !strings.ContainsRune(marks, r):
			return "", false
		}
	}
	return out.String(), true
}

// cleanPhone reads Russian numbers in all their spellings, and foreign ones with a plus (ITU-T E.164: 15 digits at most).
func cleanPhone(text string) (string, string) {
	plus := strings.HasPrefix(text, "+")
	digits, ok := digitsOf(text, "+-–().")
	if !ok || strings.LastIndexByte(text, '+') > 0 {
		return "", "phone"
	}
	switch {
	case len(digits) == 11 && (digits[0] == '7' || digits[0] == '8' && !plus) && digits[1] != '0':
		return "+7" + digits[1:], ""
	case len(digits) == 10 && !plus && digits[0] == '9':
		return "+7" + digits, ""
	case plus && len(digits) >= 8 && len(digits) <= 15 && digits[0] != '0' && digits[0] != '7':
		return "+" + digits, ""
	}
	return "", "phone"
}

func showPhone(text string) string {
	if len(text) == 12 && strings.HasPrefix(text, "+7") {
		return "+7 " + text[2:5] + " " + text[5:8] + "-" + text[8:10] + "-" + text[10:]
	}
	return text
}

// cleanEmail takes one bare address of RFC 5322 with a domain that has a dot; the domain's case does not matter.
func cleanEmail(text string) (string, string) {
	address, err := mail.ParseAddress(text)
	if err != nil || address.Address != text || len(text) > 254 {
		return "", "email"
	}
	cut := strings.LastIndexByte(text, '@')
	local, domain := text[:cut], strings.ToLower(text[cut+1:])
	if len(local) > 64 || !strings.Contains(domain, ".") || strings.HasSuffix(domain, ".") || strings.ContainsAny(domain, "[]") {
		return "", "email"
	}
	return local + "@" + domain, ""
}

// cleanSNILS verifies the check number of the insurance number (Pension Fund's rule: the sum of nine digits by their
// place from the right, modulo 101; 100 counts as 0; numbers up to 001-001-998 have no check).
func cleanSNILS(text string) (string, string) {
	digits, ok := digitsOf(text, "-–")
	if !ok || len(digits) != 11 {
		return "", "snils"
	}
	sum := 0
	for i := range 9 {
		sum += int(digits[i]-'0') * (9 - i)
	}
	check := int(digits[9]-'0')*10 + int(digits[10]-'0')
	if digits[:9] > "001001998" && sum%101%100 != check || strings.Count(digits[:9], digits[:1]) == 9 {
		return "", "snils_sum"
	}
	return digits, ""
}

func showSNILS(text string) string {
	if len(text) != 11 {
		return text
	}
	return text[:3] + "-" + text[3:6] + "-" + text[6:9] + " " + text[9:]
}

var (
	innWeights10 = []int{2, 4, 10, 3, 5, 9, 4, 6, 8}
	innWeights11 = []int{7, 2, 4, 10, 3, 5, 9, 4, 6, 8}
	innWeights12 = []int{3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8}
)

// cleanINN verifies the check digits of a taxpayer's number: one for an organisation's ten digits, two for a person's
// twelve (Federal Tax Service's order on the number's structure).
func cleanINN(text string) (string, string) {
	digits, ok := digitsOf(text, "-–")
	if !ok || len(digits) != 10 && len(digits) != 12 {
		return "", "inn"
	}
	right := len(digits) == 10 && innDigit(digits, innWeights10) ||
		len(digits) == 12 && innDigit(digits, innWeights11) && innDigit(digits, innWeights12)
	if !right || strings.Trim(digits, "0") == "" {
		return "", "inn_sum"
	}
	return digits, ""
}

func innDigit(digits string, weights []int) bool {
	sum := 0
	for i, weight := range weights {
		sum += int(digits[i]-'0') * weight
	}
	return sum%11%10 == int(digits[len(weights)]-'0')
}

// plateLetters are the Cyrillic letters of Russian plates, each by itself and by its Latin twin.
var plateLetters = map[rune]rune{
	'А': 'А', 'В': 'В', 'Е': 'Е', 'К': 'К', 'М': 'М', 'Н': 'Н', 'О': 'О', 'Р': 'Р', 'С': 'С', 'Т': 'Т', 'У': 'У', 'Х': 'Х',
	'A': 'А', 'B': 'В', 'E': 'Е', 'K': 'К', 'M': 'М', 'H': 'Н', 'O': 'О', 'P': 'Р', 'C': 'С', 'T': 'Т', 'Y': 'У', 'X': 'Х',
}

// platePatterns are plates by GOST R 50577-2018: L a letter, D a digit; a region of two or three digits follows. Where two
// fit, the first is meant: a trailer's plate before a taxi's.
var platePatterns = []string{"LDDDLL", "LLDDDD", "LLDDD", "DDDDLL"}

// cleanPlate normalises a plate: Cyrillic capitals, no spaces; Latin twins are taken for the Cyrillic letters.
func cleanPlate(text string) (string, string) {
	var plate []rune
	for _, r := range strings.TrimSuffix(strings.ToUpper(text), "RUS") {
		letter, known := plateLetters[r]
		switch {
		case r >= '0' && r <= '9':
			plate = append(plate, r)
		case known:
			plate = append(plate, letter)
		case unicode.IsSpace(r) || r == '-' || r == '–' || r == '.':
		default:
			return "", "plate"
		}
	}
	for _, pattern := range platePatterns {
		if plateFits(plate, pattern) {
			return string(plate), ""
		}
	}
	return "", "plate"
}

// Plate reads a vehicle's plate as people write it and writes it in the one way in which it is kept and compared.
func Plate(text string) (string, bool) {
	plate, fault := cleanPlate(text)
	return plate, fault == ""
}

func plateFits(plate []rune, pattern string) bool {
	region := len(plate) - len(pattern)
	if region != 2 && region != 3 {
		return false
	}
	number := ""
	for i, r := range plate {
		digit := r <= '9'
		if i >= len(pattern) {
			if !digit {
				return false
			}
			continue
		}
		if digit != (pattern[i] == 'D') {
			return false
		}
		if digit {
			number += string(r)
		}
	}
	return strings.Trim(number, "0") != "" && strings.Trim(string(plate[len(pattern):]), "0") != ""
}

// ShowPlate writes a canonical plate with the spaces that people read it by: А 417 МО 52.
func ShowPlate(canonical string) string {
	var out strings.Builder
	var last rune
	runes := []rune(canonical)
	for i, r := range runes {
		if i > 0 && (r <= '9') != (last <= '9') {
			out.WriteByte(' ')
		}
		if i > 0 && r <= '9' && last <= '9' && plateRegionAt(runes) == i {
			out.WriteByte(' ')
		}
		out.WriteRune(r)
		last = r
	}
	return out.String()
}

// plateRegionAt is where the region begins when the number stands right before it.
func plateRegionAt(plate []rune) int {
	for _, pattern := range platePatterns {
		if pattern[len(pattern)-1] == 'D' && plateFits(plate, pattern) {
			return len(pattern)
		}
	}
	return -1
}
