package tlog

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Policy is whom a reader believes: a log's keys, witnesses, and how many of these together. It is C2SP's tlog-policy,
// with a quorum of one level.
type Policy struct {
	Logs      []string // verifier keys
	Witnesses []Witness
	Addresses []string // of the witnesses, in their order; empty ones are unknown
	Quorum    int      // 0: none is wanted
}

// ErrPolicy says that a text is no policy, or one of more levels than are read here.
var ErrPolicy = errors.New("tlog: this is not a list of witnesses (C2SP tlog-policy, with a quorum of one level)")

const (
	policyMost  = 64 << 10
	quorumGroup = "quorum-of-these"
	nobody      = "none"
)

// Text is the policy in C2SP's form.
func (p Policy) Text() string {
	var out strings.Builder
	for _, key := range p.Logs {
		fmt.Fprintf(&out, "log %s\n", key)
	}
	group := ""
	for i, w := range p.Witnesses {
		line := fmt.Sprintf("witness w%d %s", i+1, w.Key())
		if i < len(p.Addresses) && p.Addresses[i] != "" {
			line += " " + p.Addresses[i]
		}
		out.WriteString(line + "\n")
		group += fmt.Sprintf(" w%d", i+1)
	}
	if p.Quorum < 1 {
		out.WriteString("quorum " + nobody + "\n")
		return out.String()
	}
	fmt.Fprintf(&out, "group %s %d%s\nquorum %s\n", quorumGroup, p.Quorum, group, quorumGroup)
	return out.String()
}

// ParsePolicy reads a policy. The error is ErrPolicy with the line.
func ParsePolicy(text string) (Policy, error) {
	out := Policy{Quorum: -1}
	named := map[string]int{} // how many of its members a name wants: a witness 1, a group its threshold
	groups := map[string]bool{}
	if len(text) > policyMost {
		return out, ErrPolicy
	}
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		words := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := out.take(words, named, groups); err != nil {
			return Policy{}, fmt.Errorf("%w: line %d: %w", ErrPolicy, number, err)
		}
	}
	if out.Quorum < 0 {
		return Policy{}, fmt.Errorf("%w: no line names the quorum", ErrPolicy)
	}
	return out, nil
}

// take takes a line of a policy.
func (p *Policy) take(words []string, named map[string]int, groups map[string]bool) error {
	if len(words) > 1 {
		if _, twice := named[words[1]]; (twice || words[1] == nobody) && words[0] != "quorum" {
			return fmt.Errorf("the name %q is taken", words[1])
		}
	}
	switch {
	case words[0] == "log" && (len(words) == 2 || len(words) == 3):
		if _, _, err := ParseVerifierKey(words[1]); err != nil {
			return err
		}
		p.Logs = append(p.Logs, words[1])
	case words[0] == "witness" && (len(words) == 3 || len(words) == 4):
		w, err := ParseWitness(words[2])
		if err != nil {
			return err
		}
		if slices.ContainsFunc(p.Witnesses, func(o Witness) bool { return o.Public.Equal(w.Public) }) {
			return fmt.Errorf("the key of %s stands twice", w.Name)
		}
		named[words[1]] = 1
		p.Witnesses, p.Addresses = append(p.Witnesses, w), append(p.Addresses, strings.Join(words[3:], ""))
	case words[0] == "group" && len(words) > 3:
		return p.group(words[1:], named, groups)
	case words[0] == "quorum" && len(words) == 2 && p.Quorum < 0:
		return p.quorum(words[1], named, groups)
	default:
		return fmt.Errorf("%q can't be read", strings.Join(words, " "))
	}
	return nil
}

// group takes a group of witnesses: its name, how many of them are wanted, their names. Only one of all witnesses can be
// told by a number.
func (p *Policy) group(words []string, named map[string]int, groups map[string]bool) error {
	members := words[2:]
	want, err := strconv.Atoi(words[1])
	switch words[1] {
	case "any":
		want, err = 1, nil
	case "all":
		want, err = len(members), nil
	}
	if err != nil || want < 1 || want > len(members) {
		return fmt.Errorf("%q of %d", words[1], len(members))
	}
	seen := map[string]bool{}
	for _, one := range members {
		if _, known := named[one]; !known || groups[one] || seen[one] {
			return fmt.Errorf("%q is no witness of a line above, or stands twice; groups of groups are not read", one)
		}
		seen[one] = true
	}
	if len(members) != len(p.Witnesses) {
		return errors.New("groups of some of the witnesses are not read")
	}
	named[words[0]], groups[words[0]] = want, true
	return nil
}

func (p *Policy) quorum(name string, named map[string]int, groups map[string]bool) error {
	want, known := named[name]
	switch {
	case name == nobody:
		p.Quorum = 0
	case !known, !groups[name] && len(p.Witnesses) > 1:
		return fmt.Errorf("%q is neither a group nor the only witness", name)
	default:
		p.Quorum = want
	}
	return nil
}
