package casework

import (
	"time"

	"posad.city/core/service"
)

// situation is everything that decides what happens next in a case. It is read fresh for every move.
type situation struct {
	service *service.Service
	rules   *service.Rules
	now     time.Time
	stage   Stage
	step    string         // where the case stands; empty before the first step
	task    *Task          // the open task of the step; nil when the step was not begun
	waiting bool           // a part of the step is still open
	signs   []string       // how those stand who sign the step
	inputs  service.Inputs // with every certificate known by now
	charge  chargeState
	due     bool // the task's time has passed
	asked   bool // the applicant has a question that is open
	lapsed  bool // and the time to answer it has passed
	late    bool // the term of the case has passed and nobody has been told
	owed    int  // place of the consequence of the missed term that is due; -1: none
}

// chargeState is how the case's fee stands.
type chargeState string

const (
	chargeNone chargeState = ""
	chargeDue  chargeState = "due"
	chargePaid chargeState = "paid"
	chargeGone chargeState = "gone" // cancelled by somebody else: there is nothing to wait for but the end of the time
)

// moveKind is what next wants done.
type moveKind string

const (
	moveWait   moveKind = "wait"   // nothing to do until something happens
	moveEnter  moveKind = "enter"  // go to a step and open its task
	moveFetch  moveKind = "fetch"  // ask these certificates
	moveCharge moveKind = "charge" // issue the fee
	moveDecide moveKind = "decide" // the case is decided
	moveIssue  moveKind = "issue"  // make the document and end
	moveEnd    moveKind = "end"    // end with the decision made
	moveLapse  moveKind = "lapse"  // the applicant did not answer in time: back to the official
	moveLate   moveKind = "late"   // the term has passed: say so
	moveFollow moveKind = "follow" // a consequence of the missed term
)

// move is the next thing to do.
type move struct {
	kind         moveKind
	step         *service.Task // for enter
	outcome      Outcome       // of the task that ends by this move
	certificates []string      // for fetch
	charge       service.Charge
	consequence  int    // for follow
	verdict      Stage  // for decide
	by           string // table or ground
	row, ground  string
	why          error // a rule could not be computed; an official decides
}

// next says what to do, and nothing else does. It is pure: the same situation gives the same move, and a move that was
// made already is not given again.
func next(s situation) move {
	switch {
	case s.stage == Withdrawn:
		return move{kind: moveWait}
	case s.late:
		return move{kind: moveLate}
	case s.owed >= 0:
		return move{kind: moveFollow, consequence: s.owed}
	case s.step == "" && s.stage == Open:
		return enter(&s.service.Steps[0], "")
	case s.step == "":
		return move{kind: moveWait}
	}
	step, ok := s.service.Task(s.step)
	if !ok || s.task == nil {
		return move{kind: moveWait}
	}
	switch step.Kind {
	case service.TaskFetch:
		return nextFetch(s, step)
	case service.TaskPay:
		return nextPay(s, step)
	case service.TaskDecide:
		return nextDecide(s, step)
	case service.TaskIssue:
		return move{kind: moveIssue, outcome: OutcomeDone}
	case service.TaskReview, service.TaskAsk:
		return nextHuman(s, step)
	case service.TaskAgree:
		return nextAgree(s, step)
	case service.TaskSign:
		return nextSign(s, step)
	}
	return move{kind: moveWait}
}

// nextAgree goes on when every opinion is given or their time is over; those that are missing are none.
func nextAgree(s situation, step *service.Task) move {
	switch {
	case !s.waiting:
		return follow(s, step.Then, OutcomeDone)
	case s.due:
		return follow(s, otherwise(s, step), OutcomeLate)
	}
	return move{kind: moveWait}
}

func enter(step *service.Task, outcome Outcome) move {
	return move{kind: moveEnter, step: step, outcome: outcome}
}

// follow goes to the named step; an empty name ends the case as it was decided.
func follow(s situation, name string, outcome Outcome) move {
	if step, ok := s.service.Task(name); ok {
		return enter(step, outcome)
	}
	return move{kind: moveEnd, outcome: outcome}
}

// wanted are the certificates of a fetch step that this case needs.
func wanted(s situation, step *service.Task) ([]string, error) {
	keys := step.Certificates
	if len(keys) == 0 {
		for _, c := range s.service.Certificates {
			keys = append(keys, c.Key)
		}
	}
	var out []string
	for _, key := range keys {
		asks, err := s.rules.Asks(key, s.inputs)
		if err != nil {
			return nil, err
		}
		if asks {
			out = append(out, key)
		}
	}
	return out, nil
}

// nextFetch asks what was not asked, waits for what was, and goes on when every certificate is known. When one failed
// for good, or time is up, the step's else decides; without one the case goes on and the rules see the failure.
func nextFetch(s situation, step *service.Task) move {
	keys, err := wanted(s, step)
	if err != nil {
		m := follow(s, otherwise(s, step), OutcomeFailed)
		m.why = err
		return m
	}
	var toAsk []string
	waiting, failed, unable := false, false, false
	for _, key := range keys {
		fact, asked := s.inputs.Facts[key]
		switch {
		case !asked && !s.askable(key):
			unable = true
		case !asked:
			toAsk = append(toAsk, key)
		case fact.State == service.FactWaiting:
			waiting = true
		case fact.State == service.FactFailed:
			failed = true
		}
	}
	switch {
	case len(toAsk) > 0 && !s.due:
		return move{kind: moveFetch, certificates: toAsk}
	case (failed || unable) && !waiting, s.due && (waiting || len(toAsk) > 0):
		return follow(s, otherwise(s, step), OutcomeFailed)
	case waiting:
		return move{kind: moveWait}
	}
	return follow(s, step.Then, OutcomeDone)
}

// askable tells whether everything is known that the register must be given. A parameter may come from another register's
// answer, so that what is not askable now may be later.
func (s situation) askable(key string) bool {
	_, ok := s.rules.Parameters(key, s.inputs)
	return ok
}

// otherwise is where a step goes that could not be done.
func otherwise(s situation, step *service.Task) string {
	if _, ok := s.service.Task(step.Else); ok {
		return step.Else
	}
	return step.Then
}

// official is the first step at or after the named one where an official decides or reviews; the named one when there is
// none. A case whose rules cannot be computed goes there, so that a fault of the city's is nobody's refusal.
func official(s situation, name string) string {
	seen, list := map[string]bool{}, []string{name}
	for len(list) > 0 {
		step, ok := s.service.Task(list[0])
		list = list[1:]
		if !ok || seen[step.Key] {
			continue
		}
		seen[step.Key] = true
		if step.Kind == service.TaskReview || step.Kind == service.TaskDecide && step.By == "official" {
			return step.Key
		}
		list = append(list, step.Official, step.Then)
	}
	return name
}

func nextPay(s situation, step *service.Task) move {
	switch {
	case s.charge == chargePaid:
		return follow(s, step.Then, OutcomeDone)
	case s.due && s.charge != chargeNone:
		return follow(s, otherwise(s, step), OutcomeLate)
	case s.charge != chargeNone:
		return move{kind: moveWait}
	}
	charge, err := s.rules.Charge(s.inputs)
	if err != nil {
		m := follow(s, official(s, step.Then), OutcomeFailed)
		m.why = err
		return m
	}
	if charge.Amount == 0 {
		return follow(s, step.Then, OutcomeDone)
	}
	return move{kind: moveCharge, charge: charge}
}

// nextHuman waits for a person: an official who ends the review by Finish, or the applicant who answers.
func nextHuman(s situation, step *service.Task) move {
	switch {
	case step.Kind == service.TaskReview && s.task.Outcome == OutcomeDone:
		return follow(s, step.Then, OutcomeDone)
	case step.Kind == service.TaskReview:
		return waitForAnswer(s)
	case !s.asked:
		return follow(s, step.Then, OutcomeDone)
	case s.lapsed:
		return follow(s, otherwise(s, step), OutcomeLate)
	}
	return move{kind: moveWait}
}

// waitForAnswer waits for the official, or takes back a question whose time has run out.
func waitForAnswer(s situation) move {
	if s.asked && s.lapsed {
		return move{kind: moveLapse}
	}
	return move{kind: moveWait}
}

func nextDecide(s situation, step *service.Task) move {
	if s.stage != Open {
		return afterDecision(s, step)
	}
	if s.task.Queue != "" { // an official decides, or decides anew what a table had decided
		return waitForAnswer(s)
	}
	switch step.By {
	case "table":
		return byTable(s, step)
	case byGround:
		return move{kind: moveDecide, verdict: Refused, by: byGround, ground: step.Ground, outcome: OutcomeRefused}
	}
	return waitForAnswer(s)
}

func byTable(s situation, step *service.Task) move {
	d, err := s.rules.Decide(s.inputs)
	switch {
	case err != nil || d.Verdict == service.ByOfficial:
		m := follow(s, step.Official, OutcomeOfficial)
		m.row, m.why = d.Row, err
		if m.kind == moveEnd {
			return move{kind: moveWait, row: d.Row, why: err} // the check makes sure that there is such a step
		}
		return m
	case d.Verdict == service.Approve:
		return move{kind: moveDecide, verdict: Approved, by: "table", row: d.Row, outcome: OutcomeApproved}
	}
	return move{kind: moveDecide, verdict: Refused, by: "table", row: d.Row, ground: d.Ground, outcome: OutcomeRefused}
}

func afterDecision(s situation, step *service.Task) move {
	if s.stage == Approved {
		return follow(s, step.Approved, OutcomeApproved)
	}
	return follow(s, step.Refused, OutcomeRefused)
}

// status is what people see.
func status(stage Stage, tasks []Task, asked bool) Status {
	if stage == Withdrawn {
		return StatusWithdrawn
	}
	open := openTask(tasks)
	switch {
	case stage != Open && open != nil && open.Kind == service.TaskIssue:
		return StatusIssuing
	case stage == Approved:
		return StatusApproved
	case stage == Refused:
		return StatusRefused
	case asked:
		return StatusAsked
	case open == nil:
		return StatusChecking
	}
	switch open.Kind {
	case service.TaskPay:
		return StatusToPay
	case service.TaskAsk:
		return StatusAsked
	case service.TaskAgree:
		return StatusAgreeing
	case service.TaskSign:
		return StatusSigning
	case service.TaskReview, service.TaskDecide:
		return humanStatus(open)
	}
	return StatusChecking
}

func humanStatus(open *Task) Status {
	switch {
	case open.Queue == "":
		return StatusDeciding
	case open.Official.IsZero():
		return StatusInQueue
	}
	return StatusInReview
}

// openTask is the task of the step that the case stands at; tasks of the step's parts are beside it.
func openTask(tasks []Task) *Task {
	for i := range tasks {
		if tasks[i].State == TaskOpen && tasks[i].Part == "" {
			return &tasks[i]
		}
	}
	return nil
}
