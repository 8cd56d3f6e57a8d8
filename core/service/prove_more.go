package service

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// doubtful are the kinds that are told and stop nothing: they are right now and then. City.Doubts lists them.
var doubtful = map[string]bool{
	"not_shown": true, "exempt_no_example": true, "waits_longer_than_term": true, "extension_longer": true, "asked_as_shared": true,
	"label_twice": true, "script_same": true, "public_personal": true, "certificate_unused": true, "appeal_to_itself": true,
}

// Doubts are what the check of a folder found that may be right and mostly is not. A published version has none.
func (c *City) Doubts() Faults { return c.compiled.doubts }

// Bounds of what a phone shows of a card, characters.
const (
	titleMost   = 60
	summaryMost = 200
)

// fees finds fees that can come out below zero, and exemptions that never apply.
func (p *proof) fees() {
	for i := range p.service.Fees {
		fee := &p.service.Fees[i]
		path := "fees." + strconv.Itoa(i)
		for j, x := range fee.Exempt {
			p.canExempt(path+".exempt."+strconv.Itoa(j), fee, j, x)
		}
		if strings.Contains(string(fee.Rule), "-") {
			p.belowZero(path+".rule", fee)
		}
	}
	pays := slices.ContainsFunc(p.service.Steps, func(t Task) bool { return t.Kind == TaskPay })
	if len(p.service.Fees) > 0 && !pays {
		p.fault("fees", "fee_without_pay")
	}
	for i, l := range p.service.Late {
		if l.Do == "refund" && len(p.service.Fees) == 0 {
			p.fault("late."+strconv.Itoa(i)+".do", "refund_without_fee")
		}
	}
}

func (p *proof) canExempt(path string, fee *Fee, at int, x Exemption) {
	for _, c := range p.cases {
		if line, owed, err := c.values.fee(fee); err == nil && owed && line.Exempt == x.Key {
			return
		}
	}
	rules := []Rule{x.When}
	if fee.When != "" {
		rules = append(rules, fee.When)
	}
	for _, earlier := range fee.Exempt[:at] {
		rules = append(rules, earlier.When)
	}
	found := p.search(rules, func(e evaluation) bool {
		line, owed, err := e.fee(&Fee{Key: fee.Key, When: fee.When, Amount: 1, Exempt: fee.Exempt[:at+1]})
		return err == nil && owed && line.Exempt == x.Key
	})
	if found.never() {
		p.fault(path, "exempt_never", "exempt", x.Key)
		return
	}
	p.fault(path, "exempt_no_example", "exempt", x.Key)
}

// belowZero finds values within the questions' bounds for which a fee comes out negative. What an obstacle or a check of
// the form keeps out is passed over.
func (p *proof) belowZero(path string, fee *Fee) {
	rules := []Rule{fee.Rule}
	if fee.When != "" {
		rules = append(rules, fee.When)
	}
	for _, o := range p.service.Obstacles {
		rules = append(rules, o.When)
	}
	for _, f := range p.service.allFields() {
		for _, check := range f.Checks {
			rules = append(rules, check.Rule)
		}
	}
	said := ""
	p.search(rules, func(e evaluation) bool {
		value, err := e.value(fee.Rule, kindMoney)
		amount, ok := value.(int64)
		if err != nil || !ok || amount >= 0 || !p.allowed(e) {
			return false
		}
		if owed, err := e.yes(fee.When); err != nil || !owed {
			return false
		}
		said = given(e, fee.Rule)
		return true
	})
	if said != "" {
		p.fault(path, "fee_negative", "fee", fee.Key, "values", said)
	}
}

// allowed tells whether no obstacle stands and the form's checks are met, as far as the values tell.
func (p *proof) allowed(e evaluation) bool {
	for _, o := range p.service.Obstacles {
		if stands, err := e.known(o.When); err != nil || stands {
			return false
		}
	}
	for _, f := range p.service.allFields() {
		for _, check := range f.Checks {
			if met, err := e.yes(check.Rule); err == nil && !met {
				return false
			}
		}
	}
	return true
}

// allFields are the questions of every page; those inside groups are not among them.
func (s *Service) allFields() []Field {
	var out []Field
	for i := range s.Form.Steps {
		out = append(out, s.Form.Steps[i].Fields...)
	}
	return out
}

// given are the values that a rule reads, for the words of a fault.
func given(e evaluation, r Rule) string {
	var out []string
	for _, path := range proofPaths.FindAllString(quoted.ReplaceAllString(string(r), `''`), -1) {
		if value, ok := e.values[path]; ok {
			out = append(out, fmt.Sprintf("%s = %v", path, value))
		}
	}
	slices.Sort(out)
	return orElse(strings.Join(slices.Compact(out), ", "), string(r))
}

// times compares the steps' terms with the service's.
func (p *proof) times() {
	term := inDays(p.service.Term)
	for i := range p.service.Steps {
		t := &p.service.Steps[i]
		if !pauses(t.Kind) && !t.Within.IsZero() && inDays(t.Within) > term {
			p.fault("steps."+strconv.Itoa(i)+".within", "step_longer_than_term", "step", t.Key, "within", t.Within.String(), "term", p.service.Term.String())
		}
	}
	if sum := p.longest(p.service.Steps[0].Key, map[string]float64{}); sum > term {
		p.fault("term", "waits_longer_than_term", "term", p.service.Term.String(), "sum", strconv.Itoa(int(sum+0.5)))
	}
	if x := p.service.Extension; x != nil && inDays(x.By) > term {
		p.fault("extension.by", "extension_longer", "by", x.By.String(), "term", p.service.Term.String())
	}
}

// inDays is a term in calendar days; five working days are taken as a week.
func inDays(t Term) float64 {
	if t.Working {
		return float64(t.Days) * 7 / 5
	}
	return float64(t.Days)
}

// pauses tells whether the term stands still in a step of the kind.
func pauses(k TaskKind) bool { return k == TaskPay || k == TaskAsk || k == TaskSign }

// longest is the longest way from a step to the end, calendar days, pauses left out. The graph has no cycles by then.
func (p *proof) longest(key string, known map[string]float64) float64 {
	if days, ok := known[key]; ok {
		return days
	}
	t, ok := p.service.Task(key)
	if !ok {
		return 0
	}
	known[key] = 0
	most := 0.0
	for _, e := range t.edges(p.service.Decision) {
		most = max(most, p.longest(e.to, known))
	}
	if !pauses(t.Kind) {
		most += inDays(t.Within)
	}
	known[key] = most
	return most
}

// idle finds what is written down and never used.
func (p *proof) idle() {
	p.idleGrounds()
	p.idleNotices()
	p.idleCertificates()
	for i, f := range p.service.allFields() {
		for j := range f.Options {
			first := slices.IndexFunc(f.Options, func(o Option) bool { return o.Label == f.Options[j].Label })
			if first < j {
				p.fault(p.fieldPlace(i)+".options."+strconv.Itoa(j), "option_twice", "option", f.Options[j].Key, "first", f.Options[first].Key)
			}
		}
		if crossed(&f) {
			p.fault(p.fieldPlace(i)+".max", "bounds_crossed", "field", f.Key, "min", f.Min, "max", f.Max)
		}
		first := slices.IndexFunc(p.service.allFields(), func(o Field) bool { return o.Label == f.Label })
		if first < i {
			p.fault(p.fieldPlace(i), "label_twice", "field", f.Key, "first", p.service.allFields()[first].Key)
		}
	}
	if a := p.service.Appeal; a != nil && a.Service == p.service.Key {
		p.fault("appeal.service", "appeal_to_itself", "service", a.Service)
	}
}

// fieldPlace is the path of the i-th of allFields.
func (p *proof) fieldPlace(i int) string {
	for step := range p.service.Form.Steps {
		if n := len(p.service.Form.Steps[step].Fields); i >= n {
			i -= n
			continue
		}
		return fieldPath(step, i)
	}
	return "form"
}

// crossed tells whether no answer can lie between the bounds.
func crossed(f *Field) bool {
	if f.Min == "" || f.Max == "" {
		return false
	}
	switch f.Type {
	case TypeDate, TypeBirth:
		low, ok := BoundDate(f.Min, proofDay)
		high, also := BoundDate(f.Max, proofDay)
		relative := strings.HasPrefix(f.Min, "today") != strings.HasPrefix(f.Max, "today")
		return ok && also && !relative && high.Before(low)
	}
	return boundNumber(f.Type, f.Min, 0) > boundNumber(f.Type, f.Max, maxMoney)
}

func (p *proof) idleGrounds() {
	byOfficial := slices.ContainsFunc(p.service.Steps, func(t Task) bool { return t.Kind == TaskDecide && t.By == "official" })
	for i, g := range p.service.Grounds {
		if first := slices.IndexFunc(p.service.Grounds, func(o Ground) bool { return o.Words == g.Words }); first < i {
			p.fault("grounds."+strconv.Itoa(i), "ground_twice", "ground", g.Key, "first", p.service.Grounds[first].Key)
		}
		used := byOfficial || slices.ContainsFunc(p.service.Steps, func(t Task) bool { return t.Ground == g.Key })
		if t := p.service.Decision; t != nil {
			used = used || slices.ContainsFunc(t.Rows, func(r Row) bool { return r.Ground == g.Key })
		}
		if !used {
			p.fault("grounds."+strconv.Itoa(i), "ground_unused", "ground", g.Key)
		}
	}
}

// idleNotices finds words for a step that no case of the service comes to.
func (p *proof) idleNotices() {
	has := func(kind TaskKind) bool {
		return slices.ContainsFunc(p.service.Steps, func(t Task) bool { return t.Kind == kind })
	}
	asks := has(TaskAsk) || slices.ContainsFunc(p.service.Steps, func(t Task) bool { return !t.MayAsk.IsZero() })
	never := map[string]bool{"pay": !has(TaskPay), "paid": !has(TaskPay), "asked": !asks, "fetched": !has(TaskFetch), "issued": !has(TaskIssue), "refused": len(p.service.Grounds) == 0}
	for i, n := range p.service.Notices {
		if never[n.On] {
			p.fault("notices."+strconv.Itoa(i), "notice_never", "on", n.On)
		}
	}
}

func (p *proof) idleCertificates() {
	used := map[string]bool{}
	for _, text := range p.texts() {
		for _, m := range mentioned(text) {
			used[m.key] = used[m.key] || m.fact
		}
	}
	for _, f := range p.service.allFields() {
		used[f.InsteadOf] = true
		for _, m := range mentioned(f.Known) {
			used[m.key] = used[m.key] || m.fact
		}
	}
	for i := range p.service.Certificates {
		c := &p.service.Certificates[i]
		asked := c.Early || slices.ContainsFunc(p.service.Steps, func(t Task) bool {
			return t.Kind == TaskFetch && (len(t.Certificates) == 0 || slices.Contains(t.Certificates, c.Key))
		})
		if !asked {
			p.fault("certificates."+strconv.Itoa(i), "certificate_not_asked", "certificate", c.Key)
		}
		if !used[c.Key] {
			p.fault("certificates."+strconv.Itoa(i), "certificate_unused", "certificate", c.Key)
		}
	}
}

// people checks what people read of the service, and what strangers do.
func (p *proof) people() {
	for _, one := range []struct {
		path, kind string
		text       Text
		most       int
	}{{"title", "title_long", p.service.Title, titleMost}, {"summary", "summary_long", p.service.Summary, summaryMost}} {
		if n := max(utf8.RuneCountInString(one.text.RU), utf8.RuneCountInString(one.text.EN)); n > one.most {
			p.fault(one.path, one.kind, "length", strconv.Itoa(n), "most", strconv.Itoa(one.most))
		}
	}
	p.scripts()
	p.public()
	p.shared()
}

// scripts finds texts in the wrong language.
func (p *proof) scripts() {
	eachText(p.service, func(path string, t Text) {
		switch {
		case foreign(t.EN, unicode.Cyrillic, unicode.Latin):
			p.fault(path+".en", "script_wrong", "text", shorten(oneLine(t.EN), 60))
		case foreign(t.RU, unicode.Latin, unicode.Cyrillic):
			p.fault(path+".ru", "script_wrong", "text", shorten(oneLine(t.RU), 60))
		case t.RU == t.EN && len(strings.Fields(t.RU)) > 1:
			p.fault(path+".en", "script_same", "text", shorten(oneLine(t.RU), 60))
		}
	})
}

// foreign tells whether a text of several words is written in the other script alone. Names, plates and abbreviations
// stand in either language.
func foreign(text string, wrong, right *unicode.RangeTable) bool {
	words := 0
	for word := range strings.FieldsSeq(text) {
		if strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(right, r) }) {
			return false
		}
		if strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(wrong, r) && unicode.IsLower(r) }) {
			words++
		}
	}
	return words > 1
}

// public finds personal data among the facts that everybody may see by the QR code.
func (p *proof) public() {
	personal := []Type{TypeName, TypePhone, TypeEmail, TypeBirth, TypeSNILS, TypeChild, TypePerson}
	for i, key := range p.service.Result.Public {
		fact, ok := find(p.service.Result.Facts, func(f *ResultFact) string { return f.Key }, key)
		if !ok {
			continue
		}
		value := fact.Value
		about := strings.HasPrefix(value, "applicant.")
		if m := mentioned(value); len(m) > 0 && !m[0].fact {
			f, ok := p.service.Field(m[0].key)
			about = ok && slices.Contains(personal, f.Type)
		}
		if about {
			p.fault("result.public."+strconv.Itoa(i), "public_personal", "fact", key)
		}
	}
}

// shared finds words of search that another service has too.
func (p *proof) shared() {
	for _, one := range []struct {
		path  string
		words func(*Service) []string
	}{{"asked-as.ru", func(s *Service) []string { return s.AskedAs.RU }}, {"asked-as.en", func(s *Service) []string { return s.AskedAs.EN }}} {
		for i, phrase := range one.words(p.service) {
			for j := range p.city.Services {
				other := &p.city.Services[j]
				if other.Key != p.service.Key && slices.ContainsFunc(one.words(other), func(w string) bool { return strings.EqualFold(w, phrase) }) {
					p.fault(one.path+"."+strconv.Itoa(i), "asked_as_shared", "phrase", phrase, "service", other.Key)
				}
			}
		}
	}
}
