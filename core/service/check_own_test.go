package service

const (
	owned = "own-registers/permits.yaml"
	held  = "registers/permits-held.yaml"
)

// ownSlips are those of registers that the city keeps itself.
var ownSlips = []change{
	{"bad_key", owned, "own-register: permits", "own-register: ¦Permits"},
	{"unknown_reference", owned, "agency: transport\ntitle", "agency: ¦transprot\ntitle"},
	{"own_kept", owned, "kept: 5", "kept: ¦500"},
	{"own_public", owned, "personal: true, search: true", "personal: true, public: ¦true, search: true"},
	{"own_public_type", owned, "type: plate, label: {ru: Номер, en: Plate}, personal: true", "type: plate, label: {ru: Номер, en: Plate}, public: ¦true"},
	{"own_public_type", owned, "type: date, label: {ru: До какого дня, en: Until}, public: true", "type: snils, label: {ru: До какого дня, en: Until}, public: ¦true"},
	{"own_search", owned, "en: Until}, public: true", "en: Until}, search: ¦true"},
	{"duplicate_key", owned, "{key: until, type", "{key: ¦plate, type"},
	{"unknown_reference", owned, "service: permit,", "service: ¦permits,"},
	{"unknown_reference", owned, "facts.plate", "¦facts.plait"},
	{"unknown_reference", owned, "fields: {plate: facts.plate, until", "fields: {plate: facts.plate, till: ¦result.until, until"},
	{"own_date", owned, "until: result.until", "until: ¦facts.plate"},
	{"own_source", owned, "until: result.until", "until: ¦result.number"},
	{"own_source", owned, "until: result.until", "until: ¦answers.day"},
	{"own_match", owned, "does: enter,", "does: alter,"},
	{"own_match", owned, "does: enter,", "does: enter, match: ¦[plate],"},
	{"own_match_value", owned, "does: enter, fields: {plate: facts.plate, until: result.until}", "does: end, match: [¦plate], fields: {until: result.until}"},
	{"duplicate_key", owned, "from:\n", "from:\n  - {service: permit, does: enter, fields: {plate: facts.plate}}\n"},
	{"unknown_reference", owned, "{key: keeping, agency: transport", "{key: keeping, agency: ¦transprot"},
	{"unknown_reference", owned, "fields: [plate]}\nkept", "fields: [¦plait]}\nkept"},
	{"wrong_word", owned, "roles: [officer, head]", "roles: [officer, ¦boss]"},
	{"own_subscription", owned, "on: [corrected], notice: {title: {ru: Исправлено, en: Corrected}, text: {ru: Посмотрите, en: Have a look}}", "on: [corrected]"},
	{"unknown_reference", owned, "webhook: {agency: transport", "webhook: {agency: ¦transprot"},
	{"own_of", held, "transport: own\nof: permits", "of: ¦permits"},
	{"unknown_reference", held, "of: permits", "of: ¦permit"},
	{"own_parameter", held, "{name: plate, type: plate, title", "{name: ¦until, type: date, title"},
	{"own_value", held, "{name: found, type: yes-no", "{name: ¦owner, type: yes-no"},
	{"own_value", held, "{name: until, type: date", "{name: ¦until, type: text"},
	{"own_agency", held, "agency: transport", "agency: ¦transprot"},
}
