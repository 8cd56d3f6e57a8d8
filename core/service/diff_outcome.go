package service

// outcomes tells which examples of the earlier version come out otherwise now: what they pay, what the table says, what
// stands in the way.
func (d *differ) outcomes() {
	before, after := d.from.Rules(d.was.Key), d.to.Rules(d.is.Key)
	if before == nil || after == nil {
		return
	}
	for i := range d.was.Examples {
		e := &d.was.Examples[i]
		in, err := e.Inputs()
		if err != nil {
			continue
		}
		was, is := Outcome(before, in), Outcome(after, in)
		tell := func(key string, from, to Text) {
			if from != to {
				d.tell(Change{Kind: ChangeOutcome, What: "example", Path: "examples." + e.Key, Thing: e.Title, Key: key, From: from, To: to})
			}
		}
		tell("obstacle", obstacleText(d.was, was.Obstacle), obstacleText(d.is, is.Obstacle))
		if was.Obstacle != "" || is.Obstacle != "" {
			continue
		}
		tell("fee", was.feeText(), is.feeText())
		tell("decision", was.decisionText(), is.decisionText())
		tell("group", groupText(d.was, was.Group), groupText(d.is, is.Group))
	}
}

// Outcomes is everything that comes out of inputs under one version's rules.
type Outcomes struct {
	Obstacle string // key; nothing else comes out then
	Charge   Charge
	Unpriced bool // the fee can't be computed from these inputs
	Decision Decision
	Unclear  bool // the table can't be computed from these inputs: an official decides
	Group    string
}

// Outcome computes what comes out of the inputs. What can't be computed is said so, and is no error: in a case an
// official decides it.
func Outcome(r *Rules, in Inputs) Outcomes {
	var out Outcomes
	if _, pruned, err := r.Asked(in); err == nil {
		in.Answers = pruned
	}
	if o, err := r.Obstacle(in); err == nil && o != nil {
		out.Obstacle = o.Key
		return out
	}
	var err error
	out.Charge, err = r.Charge(in)
	out.Unpriced = err != nil
	out.Decision, err = r.Decide(in)
	out.Unclear = err != nil
	if g, err := r.Group(in); err == nil && g != nil {
		out.Group = g.Key
	}
	return out
}

func (o Outcomes) feeText() Text {
	if o.Unpriced {
		return diffText("unknown")
	}
	return moneyText(o.Charge.Amount)
}

func (o Outcomes) decisionText() Text {
	verdict := diffText("value." + string(o.Decision.Verdict))
	if o.Unclear {
		return diffText("value." + string(ByOfficial))
	}
	if o.Decision.Row == "" {
		return verdict
	}
	return Text{RU: verdict.RU + " (" + o.Decision.Row + ")", EN: verdict.EN + " (" + o.Decision.Row + ")"}
}

func obstacleText(s *Service, key string) Text {
	for i := range s.Obstacles {
		if s.Obstacles[i].Key == key {
			return s.Obstacles[i].Because
		}
	}
	return diffText("none")
}

func groupText(s *Service, key string) Text {
	if key == "" || s.Order == nil {
		return diffText("none")
	}
	return same(key)
}
