package service

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	// reservedKey is what a page of the form posts besides the questions; a leading _ keeps all its other names apart.
	reservedKey = "back"
	// mostEntries bounds a group.
	mostEntries = 50
)

// typeKeys checks the keys that belong to one type of question only.
func (a *asked) typeKeys(path string, f *Field) {
	for key, wrong := range map[string]bool{
		"fields":   len(f.Fields) > 0 && f.Type != TypeGroup,
		"entry":    !f.Entry.IsZero() && f.Type != TypeGroup,
		"resource": f.Resource != "" && f.Type != TypeSlot,
		"house":    f.House && f.Type != TypeAddress,
		"value":    f.Value != "" && computedKind(f.Type) == "",
	} {
		if wrong {
			a.fault(path+"."+key, "key_not_for_type", "key", key, "type", string(f.Type))
		}
	}
	if f.Value != "" && (f.Optional || f.Known != "" || f.Fixed || len(f.Checks) > 0 || f.Min != "" || f.Max != "") {
		a.fault(path+".value", "computed_asked", "field", f.Key)
	}
	if f.Type == TypeSlot {
		a.slot(path, f)
	}
}

func (a *asked) slot(path string, f *Field) {
	if f.Resource == "" {
		a.fault(path, "missing_key", "key", "resource")
		return
	}
	a.reference(a.from, path+".resource", "resource", f.Resource, keysOf(a.city.Resources, func(r *Resource) string { return r.Key }))
}

// notInside are the types that an entry of a group can't ask: files and appointments are kept by question, children and
// vehicles are the applicant's own.
var notInside = []Type{TypeGroup, TypeSlot, TypeChild, TypeVehicle, TypeFile}

// entry checks the questions of a group, in the order of asking.
func (a *asked) entry(path string, f *Field) {
	if f.Type != TypeGroup {
		return
	}
	if len(f.Fields) == 0 {
		a.fault(path, "missing_key", "key", "fields")
	}
	if f.Entry.IsZero() {
		a.fault(path, "missing_key", "key", "entry")
	}
	inside := &asked{serviceChecker: a.serviceChecker, before: a.before, inside: map[string]bool{}}
	for i := range f.Fields {
		inside.innerField(path+".fields."+strconv.Itoa(i), &f.Fields[i])
	}
}

func (a *asked) innerField(path string, f *Field) {
	if slices.Contains(notInside, f.Type) {
		a.fault(path+".type", "key_not_for_type", "key", string(f.Type), "type", string(TypeGroup))
		return
	}
	for key, wrong := range map[string]bool{"known": f.Known != "", "fixed": f.Fixed, "keyed": f.Keyed, "instead-of": f.InsteadOf != ""} {
		if wrong {
			a.fault(path+"."+key, "key_not_for_type", "key", key, "type", string(TypeGroup))
		}
	}
	a.known(path+".when", string(f.When))
	a.known(path+".value", string(f.Value))
	a.options(path, f)
	a.bounds(path, f)
	a.typeKeys(path, f)
	a.inside[f.Key] = true
	for i, check := range f.Checks {
		a.known(path+".checks."+strconv.Itoa(i)+".rule", string(check.Rule))
	}
}

var entryMentions = regexp.MustCompile(`(?:^|[^.\w])entry\.([a-z][a-z0-9_]*)`)

// knownInside tells when a rule of a group speaks of a question of the entry that comes later.
func (a *asked) knownInside(path, text string) {
	if a.inside == nil {
		return
	}
	for _, m := range entryMentions.FindAllStringSubmatch(quoted.ReplaceAllString(text, `""`), -1) {
		if !a.inside[m[1]] && a.groupHas(path, m[1]) {
			a.fault(path, "field_before_asked", "field", m[1])
		}
	}
}

// groupHas tells whether the group in whose path a rule stands has the question; one that it has not is told with the rule.
func (a *asked) groupHas(path, key string) bool {
	cut := strings.LastIndex(path, ".fields.")
	f, ok := a.fieldAt(path[:cut])
	return ok && slices.ContainsFunc(f.Fields, func(one Field) bool { return one.Key == key })
}

// fieldAt is the field at form.steps.I.fields.J.
func (s *serviceChecker) fieldAt(path string) (*Field, bool) {
	parts := strings.Split(path, ".")
	if len(parts) < 5 {
		return nil, false
	}
	i, errStep := strconv.Atoi(parts[2])
	j, errField := strconv.Atoi(parts[4])
	if errStep != nil || errField != nil || i >= len(s.service.Form.Steps) || j >= len(s.service.Form.Steps[i].Fields) {
		return nil, false
	}
	return &s.service.Form.Steps[i].Fields[j], true
}

// usesInside tells questions of a group that nothing uses. A reason of the group's own stands for all of them.
func (s *serviceChecker) usesInside(path string, group *Field) {
	if !group.Why.IsZero() {
		return
	}
	signs := s.signs(group.Key)
	for i := range group.Fields {
		f := &group.Fields[i]
		if f.Why.IsZero() && !(signs && f.Type == TypePerson) && !s.usedInside(group, f.Key) {
			s.fault(path+".fields."+strconv.Itoa(i), "field_unused", "field", f.Key)
		}
	}
}

func (s *serviceChecker) usedInside(group *Field, key string) bool {
	part := regexp.MustCompile(`\.` + regexp.QuoteMeta(key) + `\b`)
	whole := regexp.MustCompile(`\banswers\.` + regexp.QuoteMeta(group.Key) + `\b`)
	for _, r := range s.allRules() {
		text := quoted.ReplaceAllString(string(r.rule), `""`)
		if part.MatchString(text) && (r.group == group.Key || whole.MatchString(text)) {
			return true
		}
	}
	return slices.ContainsFunc(s.service.Result.Facts, func(f ResultFact) bool { return f.Value == "answers."+group.Key })
}
