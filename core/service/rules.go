package service

// Rules are the compiled rules of one service. They are pure, bounded in cost and safe for concurrent use. An error of a
// method means that a rule could not be computed from these inputs (a value of a wrong kind, a cost over the limit); the
// case then goes to an official.
type Rules struct {
	service *Service
}

// compiled is what a City carries besides its data.
type compiled struct {
	rules map[string]*Rules
	bytes []byte
	hash  Hash
}

// Rules are the compiled rules of the service; nil when there is no such service.
func (c *City) Rules(service string) *Rules { return c.compiled.rules[service] }

// Hash names this version of the city.
func (c *City) Hash() Hash { return c.compiled.hash }

// Bytes is the canonical form of this version: the same data gives the same bytes on every machine.
func (c *City) Bytes() []byte { return c.compiled.bytes }

// The contract of Rules, written out in the files of the package:
//
//	Obstacle(in Inputs) (*Obstacle, error)                     the first obstacle that stands; nil: may apply
//	Charge(in Inputs) (Charge, error)                          the fee
//	Decide(in Inputs) (Decision, error)                        the decision table
//	Group(in Inputs) (*Group, error)                           the group of the waiting list; nil: no list
//	Asks(certificate string, in Inputs) (bool, error)          whether the certificate is wanted
//	Parameters(certificate string, in Inputs) (map[string]string, error)   what the register is given
//	Shown(rule Rule, in Inputs) (bool, error)                  a step, field or option
//	Value(path string, in Inputs) (any, bool)                  answers.X, facts.C.V, applicant.Y: for documents and prefilling
