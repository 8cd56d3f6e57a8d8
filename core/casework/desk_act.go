package casework

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"posad.city/core/exchange"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// mobile is the word that browsers of phones have in their names.
var mobile = regexp.MustCompile(`\bMobi`)

// deskTyped is what an official sends with an act, whichever it is: the fields of all forms of the case's page.
type deskTyped struct {
	Revision    int64  `json:"revision"`
	Verdict     string `json:"verdict" max:"20"` // approve, refuse
	Ground      string `json:"ground" max:"100"`
	Words       string `json:"words" max:"8000"` // of the decision; of opening anew; why nothing is corrected
	Line        string `json:"line" max:"120"`   // of the document that is corrected
	RU          string `json:"ru" max:"2000"`
	EN          string `json:"en" max:"2000"`
	Question    string `json:"question" max:"8000"`
	Queue       string `json:"queue" max:"200"` // agency/queue
	Comment     string `json:"comment" max:"8000"`
	Note        string `json:"note" max:"8000"`
	Certificate string `json:"certificate" max:"100"`
	Opinion     string `json:"opinion" max:"20"`  // agree, object
	Remark      string `json:"remark" max:"8000"` // of an opinion
	Why         string `json:"why" max:"8000"`    // of giving a proposed decision back
	Days        int    `json:"days"`
	Reason      string `json:"reason" max:"8000"` // of a longer term
	Task        id.ID  `json:"task"`
}

// deskAct is one thing that an official does to a case.
type deskAct struct {
	name    string
	may     act.Relation
	field   string // of the form, to which faults of words belong
	leaves  bool   // the case may be another desk's after it
	do      func(d *desk, c *web.Context, s Step, t deskTyped) (int64, error)
	summary string
	in      any                                     // a value of the type of the JSON body
	bind    func(c *web.Context) (deskTyped, error) // of the JSON body
}

const (
	colleague = act.SameAgency | act.Assigned
	inHands   = act.Assigned
)

// deskActs are all of them. A head gives back and forwards what others have, so that these are open to the agency; the
// use cases check the role.
var deskActs = []deskAct{
	{name: "take", may: colleague, summary: "Take a case", in: stepBody{}, bind: body[stepBody],
		do: func(d *desk, c *web.Context, s Step, _ deskTyped) (int64, error) {
			return d.takeOver(c.Context(), c.Act(), s)
		}},
	{name: "release", may: colleague, summary: "Put a case back into its queue", in: stepBody{}, bind: body[stepBody],
		do: func(d *desk, c *web.Context, s Step, _ deskTyped) (int64, error) {
			return d.Release(c.Context(), c.Act(), s)
		}},
	{name: "ask", may: inHands, field: "question", summary: "Ask the applicant; the term stands until they answer", in: askBody{}, bind: body[askBody],
		do: func(d *desk, c *web.Context, s Step, t deskTyped) (int64, error) {
			return d.Ask(c.Context(), c.Act(), s, t.Question)
		}},
	{name: "decide", may: inHands, field: "words", summary: "Decide a case", in: decideBody{}, bind: body[decideBody],
		do: func(d *desk, c *web.Context, s Step, t deskTyped) (int64, error) {
			v, err := t.verdict()
			if err != nil {
				return 0, err
			}
			return d.Decide(c.Context(), c.Act(), s, v)
		}},
	{name: "finish", may: inHands, summary: "End a review: the case goes to its next step", in: stepBody{}, bind: body[stepBody],
		do: func(d *desk, c *web.Context, s Step, _ deskTyped) (int64, error) {
			return d.Finish(c.Context(), c.Act(), s)
		}},
	{name: "forward", may: colleague, field: "comment", leaves: true, summary: "Give a case to another queue", in: forwardBody{}, bind: body[forwardBody],
		do: func(d *desk, c *web.Context, s Step, t deskTyped) (int64, error) {
			office, queue, _ := strings.Cut(t.Queue, "/")
			return d.Forward(c.Context(), c.Act(), s, Forwarding{Agency: office, Queue: queue, Words: strings.TrimSpace(t.Comment)})
		}},
	{name: "note", may: colleague, field: "note", summary: "Add a note for officials", in: noteBody{}, bind: body[noteBody],
		do: func(d *desk, c *web.Context, s Step, t deskTyped) (int64, error) {
			return d.Note(c.Context(), c.Act(), s, t.Note)
		}},
	{name: "opine", may: inHands, field: "remark", summary: "Give the opinion that an agree step asks for", in: opineBody{}, bind: body[opineBody],
		do: func(d *desk, c *web.Context, s Step, t deskTyped) (int64, error) {
			return d.Opine(c.Context(), c.Act(), s, Opinion{Value: t.Opinion, Words: strings.TrimSpace(t.Remark)})
		}},
	{name: "confirm", may: colleague, summary: "Confirm a decision that a colleague proposes", in: stepBody{}, bind: body[stepBody],
		do: func(d *desk, c *web.Context, s Step, _ deskTyped) (int64, error) {
			return d.Confirm(c.Context(), c.Act(), s)
		}},
	{name: "return", may: colleague, field: "why", summary: "Give a proposed decision back, with words why", in: returnBody{}, bind: body[returnBody],
		do: func(d *desk, c *web.Context, s Step, t deskTyped) (int64, error) {
			return d.Return(c.Context(), c.Act(), s, strings.TrimSpace(t.Why))
		}},
	{name: "extend", may: inHands, field: "reason", summary: "Make the term longer, once, with a reason", in: extendBody{}, bind: body[extendBody],
		do: func(d *desk, c *web.Context, s Step, t deskTyped) (int64, error) {
			return d.Extend(c.Context(), c.Act(), s, Extending{Days: t.Days, Words: t.Reason})
		}},
	{name: "ask-again", may: inHands, summary: "Ask a register again", in: askAgainBody{}, bind: body[askAgainBody],
		do: func(d *desk, c *web.Context, s Step, t deskTyped) (int64, error) {
			return d.askAgain(c, s, t.Certificate)
		}},
}

// takeOver takes a case: a free one, or one of an absent colleague for whom the official stands in.
func (d *desk) takeOver(ctx context.Context, a act.Act, s Step) (int64, error) {
	revision, err := d.Take(ctx, a, s)
	if !errors.Is(err, ErrTaken) {
		return revision, err
	}
	held, seen := d.Standing(ctx, a, s.Holder, s.Case)
	if seen != nil {
		return 0, seen
	}
	scope, _, seen := d.scopeOf(ctx, a.Actor.Agency, a.Actor.Person)
	if seen != nil || !has(scope.For, held.Official) {
		return 0, errors.Join(seen, err)
	}
	return d.Assign(ctx, a, s, a.Actor.Person)
}

// verdict is the decision that was sent. Nothing chosen is a fault of its own: the words then are not the trouble.
func (t deskTyped) verdict() (Verdict, error) {
	switch t.Verdict {
	case "approve":
		return Verdict{Stage: Approved, Words: strings.TrimSpace(t.Words)}, nil
	case "refuse":
		return Verdict{Stage: Refused, Ground: t.Ground, Words: strings.TrimSpace(t.Words)}, nil
	}
	return Verdict{}, ErrNoVerdict
}

// ErrNoVerdict asks to choose a decision.
var ErrNoVerdict = fault.New(fault.Invalid, "casework.desk.no_verdict")

// acts registers the operations and routes of every act and returns the operation of taking.
func (d *desk) acts(s *web.Server) *web.Op {
	var take *web.Op
	for _, one := range slices.Concat(deskActs, afterActs) {
		op := s.Operation(act.Operation{
			Name: "casework." + strings.ReplaceAll(one.name, "-", "_"), Object: "case", May: one.may, Assurance: act.Basic, Look: lookCase, Changes: true,
		})
		if one.name == "take" {
			take = op
		}
		s.Page(op, "POST /desk/cases/{number}/"+one.name, func(c *web.Context) error { return d.post(c, one) })
		s.API(op, "POST /api/v1/desk/cases/{number}/"+one.name, func(c *web.Context) error { return d.apiAct(c, one) }, web.Describe{
			Summary: one.summary, Tag: "desk", In: one.in, Out: revisionBody{},
		})
	}
	return take
}

// post does an act and shows the case again. What could not be done comes back with what was typed.
func (d *desk) post(c *web.Context, one deskAct) error {
	ref, err := d.refFor(c)
	if err != nil {
		return err
	}
	var typed deskTyped
	if err := c.Bind(&typed); err != nil {
		return err
	}
	_, err = one.do(d, c, Step{Holder: ref.Holder, Case: ref.ID, Revision: typed.Revision, Task: typed.Task}, typed)
	f := fault.Of(err)
	switch {
	case err == nil:
		return d.done(c, ref, one)
	case f.Kind != fault.Invalid && f.Kind != fault.Conflict:
		return err
	}
	again, err := d.refFor(c)
	if err != nil {
		return err
	}
	if f.Kind == fault.Invalid {
		f = f.With(fault.Field{Name: one.fieldOf(f), ID: f.ID, Params: f.Params})
	}
	return d.renderCase(c, again, typed, f)
}

// fieldOf is the control that a fault is of.
func (a deskAct) fieldOf(f *fault.Fault) string {
	switch f.ID {
	case ErrGround.ID:
		return "ground"
	case ErrNoVerdict.ID:
		return "verdict"
	case ErrQueue.ID:
		return "queue"
	case ErrOpinion.ID:
		return "opinion"
	case ErrDays.ID:
		return "days"
	case ErrNoLine.ID:
		return "line"
	}
	return a.field
}

func (d *desk) done(c *web.Context, ref Ref, one deskAct) error {
	said := strings.ReplaceAll(one.name, "-", "_")
	if one.name == "decide" { // where two persons decide, nothing is decided yet and the applicant sees nothing
		if shown, err := d.openCase(c, ref); err == nil && shown.Proposal != nil {
			said = "propose"
		}
	}
	c.SetFlash("success", "casework.desk.done."+said)
	if one.leaves {
		return c.Redirect("/desk")
	}
	return c.Redirect(deskBack(c, deskPath(ref.Number)))
}

// deskBack is the page of the desk that the form stood on; other addresses are not gone to.
func deskBack(c *web.Context, otherwise string) string {
	if back := c.Back(); back == "/desk" || strings.HasPrefix(back, "/desk?") || strings.HasPrefix(back, "/desk/") {
		return back
	}
	return otherwise
}

// askAgain has a register asked anew in a case that the official has.
func (d *desk) askAgain(c *web.Context, s Step, key string) (int64, error) {
	ctx, a := c.Context(), c.Act().ForCase(s.Case)
	k, err := d.inHand(ctx, a, s)
	if err != nil {
		return 0, err
	}
	certificate, ok := k.service.Certificate(key)
	if !ok {
		return 0, exchange.ErrNone
	}
	ask, err := d.deps.Registers.AskAgain(ctx, a, k.about(certificate), s.Case, key)
	if err != nil {
		return 0, err
	}
	return k.file.Revision, d.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error { return ask.Put(tx) })
}
