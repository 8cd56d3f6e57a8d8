package service

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"posad.city/kit/calendar"
	"posad.city/kit/rule"
)

// Rules are the compiled rules of one service. They are pure, bounded in cost and safe for concurrent use. An error of a
// method means that a rule could not be computed from these inputs: mostly that it needs a value which is not there (a
// *rule.NeedError in the chain), else a value of a wrong kind or a sum out of range. After submission such a case goes to
// an official.
type Rules struct {
	city     *City
	service  *Service
	scope    scope
	records  map[string]scope // of the lists of records that the form makes
	programs map[programKey]*rule.Program
}

// programKey names a compiled rule. One inside a group may also speak of the entry.
type programKey struct {
	rule  Rule
	want  kind
	group string
}

// ErrRule is the cause of every failure to compute a rule.
var ErrRule = errors.New("service: a rule could not be computed")

// compiled is what a City carries besides its data.
type compiled struct {
	rules     map[string]*Rules
	addresses *AddressBook
	days      *calendar.City
	bytes     []byte
	hash      Hash
	doubts    Faults
	files     []SourceFile
}

// Rules are the compiled rules of the service; nil when there is no such service.
func (c *City) Rules(service string) *Rules { return c.compiled.rules[service] }

// Hash names this version of the city.
func (c *City) Hash() Hash { return c.compiled.hash }

// Bytes is the canonical form of this version: the same data gives the same bytes on every machine. Do not change it.
func (c *City) Bytes() []byte { return c.compiled.bytes }

// Obstacle is the first obstacle that stands; nil when one may apply. One that depends on what is not known yet does not
// stand.
func (r *Rules) Obstacle(in Inputs) (*Obstacle, error) {
	e := r.with(in)
	for i := range r.service.Obstacles {
		stands, err := e.known(r.service.Obstacles[i].When)
		if err != nil {
			return nil, err
		}
		if stands {
			return &r.service.Obstacles[i], nil
		}
	}
	return nil, nil
}

// Charge is what the case must pay; zero without a fee, or when an exemption applies. Before all registers have answered
// it may be an error that wraps *rule.NeedError: the fee is not known yet.
func (r *Rules) Charge(in Inputs) (Charge, error) {
	e := r.with(in)
	var out Charge
	for i := range r.service.Fees {
		line, owed, err := e.fee(&r.service.Fees[i])
		if err != nil {
			return Charge{}, err
		}
		if !owed {
			continue
		}
		out.Lines, out.Amount = append(out.Lines, line), out.Amount+line.Amount
		if out.Exempt == "" {
			out.Exempt = line.Exempt
		}
	}
	if out.Amount > maxMoney {
		return Charge{}, fmt.Errorf("%w: the fees came out as %v", ErrRule, out.Amount)
	}
	return out, nil
}

// fee is one line of the charge; false when it is not owed at all.
func (e evaluation) fee(fee *Fee) (ChargeLine, bool, error) {
	line := ChargeLine{Key: fee.Key, Title: fee.Title, Amount: fee.Amount}
	owed, err := e.yes(fee.When)
	if err != nil || !owed {
		return line, false, err
	}
	for _, x := range fee.Exempt {
		applies, err := e.yes(x.When)
		if err != nil {
			return line, false, err
		}
		if applies {
			line.Amount, line.Exempt = 0, x.Key
			return line, true, nil
		}
	}
	if fee.Rule == "" {
		return line, true, nil
	}
	value, err := e.value(fee.Rule, kindMoney)
	if err != nil {
		return line, false, err
	}
	amount, ok := value.(int64)
	if !ok || amount < 0 || amount > maxMoney {
		return line, false, fmt.Errorf("%w: the fee came out as %v", ErrRule, value)
	}
	line.Amount = Money(amount)
	return line, true, nil
}

// Decide is what the decision table says. Without a table, and with an error, an official decides.
func (r *Rules) Decide(in Inputs) (Decision, error) {
	if r.service.Decision == nil {
		return Decision{Verdict: ByOfficial}, nil
	}
	e := r.with(in)
	for i := range r.service.Decision.Rows {
		row := &r.service.Decision.Rows[i]
		hit, err := e.yes(row.When)
		if err != nil {
			return Decision{Verdict: ByOfficial}, err
		}
		if hit {
			return Decision{Row: row.Key, Verdict: row.Decide, Ground: row.Ground, Because: row.Because}, nil
		}
	}
	return Decision{Verdict: ByOfficial}, nil // the check has made sure that the last row is otherwise
}

// Group is the group of the waiting list; nil when the service has no list.
func (r *Rules) Group(in Inputs) (*Group, error) {
	if r.service.Order == nil {
		return nil, nil
	}
	e := r.with(in)
	for i := range r.service.Order.Groups {
		g := &r.service.Order.Groups[i]
		hit, err := e.yes(g.When)
		if err != nil {
			return nil, err
		}
		if hit {
			return g, nil
		}
	}
	return nil, nil
}

// Asks tells whether the certificate is wanted in this case.
func (r *Rules) Asks(certificate string, in Inputs) (bool, error) {
	c, ok := r.service.Certificate(certificate)
	if !ok {
		return false, fmt.Errorf("%w: no certificate %q", ErrRule, certificate)
	}
	return r.with(in).known(c.When)
}

// Parameters are what the register is given, as texts; false when one of them is not known yet, or names a person whom
// nobody has proved the applicant to be.
func (r *Rules) Parameters(certificate string, in Inputs) (map[string]string, bool) {
	c, ok := r.service.Certificate(certificate)
	if !ok {
		return nil, false
	}
	values := r.present(in)
	out := make(map[string]string, len(c.With))
	for name, path := range c.With {
		text := asText(values[path])
		if text == "" || !r.proved(path, in.Applicant) {
			return nil, false
		}
		out[name] = text
	}
	return out, true
}

// proved tells whether a value may open somebody's data at a register. A person's number opens it only when it is the
// applicant's own by the population register, or their child's: one that was merely typed may be anybody's.
func (r *Rules) proved(path string, applicant Person) bool {
	key, _ := strings.CutPrefix(path, "answers.")
	f, asked := r.service.Field(key)
	switch {
	case path == "applicant.snils":
		return applicant.Verified
	case asked && f.Type == TypeSNILS:
		return applicant.Verified && f.Fixed && f.Known == "applicant.snils"
	}
	owner, _, _ := strings.Cut(key, ".")
	f, asked = r.service.Field(owner)
	return !asked || f.Type != TypePerson // whom the applicant merely named
}

func asText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case calendar.Date:
		return v.String()
	}
	return ""
}

// Holds tells whether a step's, field's or option's rule is true; an empty rule is, one that depends on what is not
// answered yet is not.
func (r *Rules) Holds(text Rule, in Inputs) (bool, error) { return r.with(in).known(text) }

// Meets tells whether an answer meets a check; one that depends on what is not answered yet is met.
func (r *Rules) Meets(text Rule, in Inputs) (bool, error) {
	yes, err := r.with(in).yes(text)
	var need *rule.NeedError
	if errors.As(err, &need) {
		return true, nil
	}
	return yes, err
}

// Value is the value that a path of the definition names (answers.plate, facts.residence.zone, applicant.birth), in
// memory as: text string, number and money int64, yes-no bool, date calendar.Date, texts []string, records
// []map[string]any. False when there is no such path or no value.
func (r *Rules) Value(path string, in Inputs) (any, bool) {
	if path == "applicant.name" {
		n := in.Applicant.Name
		return n.Full(), n.Surname != ""
	}
	if path == "signer.name" && in.Signer != nil {
		return in.Signer.Name.Full(), in.Signer.Name.Surname != ""
	}
	if _, ok := r.scope[path]; !ok {
		return nil, false
	}
	value, ok := r.present(in)[path]
	return value, ok
}

// Full is the name as documents write it: surname, given name, patronymic.
func (n Name) Full() string {
	return strings.Join(slices.DeleteFunc([]string{n.Surname, n.Given, n.Patronymic}, func(part string) bool { return part == "" }), " ")
}

// noSuchKey is how the rule language says that a record lacks a field: an optional question of an entry that was left
// empty, or an optional value of a register's record. The rule then needs what is not there.
const noSuchKey = "no such key"

// evaluation is one set of inputs for several rules.
type evaluation struct {
	*Rules
	values map[string]any
	group  string // inside whose entry the rules are computed
}

func (r *Rules) with(in Inputs) evaluation {
	out := evaluation{Rules: r, values: r.present(in)}
	if in.Entry != nil {
		out.group = in.Entry.Group
	}
	return out
}

// yes computes a rule that says yes or no; an empty one says yes.
func (e evaluation) yes(text Rule) (bool, error) {
	if text == "" {
		return true, nil
	}
	value, err := e.value(text, kindYesNo)
	if err != nil {
		return false, err
	}
	yes, ok := value.(bool)
	if !ok {
		return false, fmt.Errorf("%w: %q came out as %v", ErrRule, text, value)
	}
	return yes, nil
}

// known is yes where a value that is not there means no.
func (e evaluation) known(text Rule) (bool, error) {
	yes, err := e.yes(text)
	var need *rule.NeedError
	if errors.As(err, &need) {
		return false, nil
	}
	return yes, err
}

func (e evaluation) value(text Rule, want kind) (any, error) {
	p, ok := e.programs[programKey{text, want, e.group}]
	if !ok {
		return nil, fmt.Errorf("%w: %q is not a rule of %s", ErrRule, text, e.service.Key)
	}
	value, err := p.Eval(e.values)
	if err != nil && strings.Contains(err.Error(), noSuchKey) {
		err = fmt.Errorf("%w: %w", err, &rule.NeedError{Names: p.Names()})
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %q: %w", ErrRule, text, err)
	}
	return value, nil
}
