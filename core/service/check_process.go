package service

import (
	"slices"
	"strconv"
)

// edge is a way out of a step of a case. An empty to ends the case.
type edge struct{ key, to string }

// edges are the ways out of a step.
func (t *Task) edges(table *Table) []edge {
	switch t.Kind {
	case TaskFetch, TaskPay, TaskAsk, TaskSign:
		out := []edge{{"then", t.Then}}
		if t.Else != "" {
			out = append(out, edge{"else", t.Else})
		}
		return out
	case TaskReview, TaskAgree:
		return []edge{{"then", t.Then}}
	case TaskDecide:
		return t.decisionEdges(table)
	}
	return nil
}

func (t *Task) decisionEdges(table *Table) []edge {
	refused := edge{"refused", t.Refused}
	switch t.By {
	case "ground":
		return []edge{refused}
	case "table":
		var out []edge
		for _, v := range table.verdicts() {
			switch v {
			case Approve:
				out = append(out, edge{"approved", t.Approved})
			case Refuse:
				out = append(out, refused)
			}
		}
		return append(out, edge{"official", t.Official}) // for ByOfficial, and for a rule that could not be computed
	}
	return []edge{{"approved", t.Approved}, refused}
}

// verdicts are what the rows of the table can say, each once.
func (t *Table) verdicts() []Verdict {
	var out []Verdict
	if t == nil {
		return nil
	}
	for i := range t.Rows {
		if !slices.Contains(out, t.Rows[i].Decide) {
			out = append(out, t.Rows[i].Decide)
		}
	}
	return out
}

// process checks the graph of a case: every step can be reached, no path comes back to where it was, every path ends in
// a decision, every wait has a term, every refusal a ground and an appeal.
func (s *serviceChecker) process() {
	keys := keysOf(s.service.Steps, func(t *Task) string { return t.Key })
	right := true
	for i := range s.service.Steps {
		t := &s.service.Steps[i]
		path := "steps." + strconv.Itoa(i)
		s.taskKeys(path, t)
		for _, e := range t.edges(s.service.Decision) {
			if e.to != "" && !s.reference(s.from, path+"."+e.key, "step", e.to, keys) {
				right = false
			}
		}
	}
	if right {
		s.walk()
	}
}

// taskKeys checks what a step of its kind needs and may have.
func (s *serviceChecker) taskKeys(path string, t *Task) {
	waits := t.Kind != TaskIssue && !(t.Kind == TaskDecide && t.By != "official")
	if waits && t.Within.IsZero() {
		s.fault(path, "wait_without_term", "step", t.Key)
	}
	for key, wrong := range t.misplaced() {
		if wrong {
			s.fault(path+"."+key, "key_not_for_type", "key", key, "type", string(t.Kind))
		}
	}
	if t.Kind == TaskAgree && len(t.Parts) == 0 {
		s.fault(path, "missing_key", "key", "parts")
	}
	if t.Kind == TaskSign && len(t.Signers) == 0 {
		s.fault(path, "missing_key", "key", "signers")
	}
	if t.Kind == TaskAsk && t.Question.IsZero() {
		s.fault(path, "missing_key", "key", "question")
	}
	if t.Kind == TaskAsk || t.Kind == TaskPay || t.Kind == TaskSign {
		s.elseNeeded(path, t)
	}
	if t.Kind == TaskDecide {
		s.decideKeys(path, t)
	}
	if t.Kind == TaskPay && len(s.service.Fees) == 0 {
		s.fault(path, "pay_without_fee", "step", t.Key)
	}
	if t.Route != "" {
		s.route(path+".route", t.Route)
	}
	known := keysOf(s.service.Certificates, func(c *Certificate) string { return c.Key })
	for i, key := range t.Certificates {
		s.reference(s.from, path+".certificates."+strconv.Itoa(i), "certificate", key, known)
	}
}

// elseNeeded: what is waited for from a person may never come.
func (s *serviceChecker) elseNeeded(path string, t *Task) {
	if t.Else == "" {
		s.fault(path, "wait_without_else", "step", t.Key)
	}
}

// misplaced tells which keys do not belong to a step of the kind.
func (t *Task) misplaced() map[string]bool {
	decide := t.Kind == TaskDecide
	return map[string]bool{
		"queue":        t.Queue != "" && t.Kind != TaskReview && !(decide && t.By == "official"),
		"route":        t.Route != "" && t.Kind != TaskReview && !(decide && t.By == "official"),
		"certificates": len(t.Certificates) > 0 && t.Kind != TaskFetch,
		"may-ask":      !t.MayAsk.IsZero() && t.Kind != TaskReview && !(decide && t.By == "official"),
		"question":     !t.Question.IsZero() && t.Kind != TaskAsk,
		"by":           t.By != "" && !decide,
		"ground":       t.Ground != "" && !(decide && t.By == "ground"),
		"then":         t.Then != "" && (decide || t.Kind == TaskIssue),
		"else":         t.Else != "" && t.Kind != TaskFetch && t.Kind != TaskPay && t.Kind != TaskAsk && t.Kind != TaskSign,
		"parts":        len(t.Parts) > 0 && t.Kind != TaskAgree,
		"signers":      len(t.Signers) > 0 && t.Kind != TaskSign,
		"two-persons":  t.TwoPersons && !(decide && t.By == "official"),
		"skill":        t.Skill != "" && t.Kind != TaskReview && !(decide && t.By == "official"),
		"approved":     t.Approved != "" && !(decide && t.By != "ground"),
		"refused":      t.Refused != "" && !decide,
		"official":     t.Official != "" && !(decide && t.By == "table"),
	}
}

func (s *serviceChecker) decideKeys(path string, t *Task) {
	switch t.By {
	case "":
		s.fault(path, "missing_key", "key", "by")
	case "table":
		if s.service.Decision == nil {
			s.fault(path+".by", "decide_without_table", "step", t.Key)
		}
	case "ground":
		s.reference(s.from, path+".ground", "ground", t.Ground, keysOf(s.service.Grounds, func(g *Ground) string { return g.Key }))
	}
	verdicts := s.service.Decision.verdicts()
	refuses := t.By == "ground" || t.By == "official" || slices.Contains(verdicts, Refuse)
	if refuses && len(s.service.Grounds) == 0 {
		s.fault(path, "refusal_without_ground", "step", t.Key)
	}
	if refuses && s.service.Appeal == nil {
		s.fault(path, "refusal_without_appeal", "step", t.Key)
	}
	if t.By == "table" && t.Official == "" {
		s.fault(path, "missing_key", "key", "official")
	}
}

// route checks that cases are routed by a choice.
func (s *serviceChecker) route(path, key string) {
	f, ok := s.service.Field(key)
	if !ok || f.Type != TypeChoice || !slices.ContainsFunc(f.Options, func(o Option) bool { return o.Queue != "" }) {
		s.fault(path, "route_without_queues", "field", key)
	}
}

// walker goes every way from the first step.
type walker struct {
	*serviceChecker
	index   map[string]int
	reached map[string]bool // by step; decided and undecided alike
	done    map[[2]string]bool
	told    map[string]bool
}

func (s *serviceChecker) walk() {
	w := &walker{serviceChecker: s, index: map[string]int{}, reached: map[string]bool{}, done: map[[2]string]bool{}, told: map[string]bool{}}
	for i := range s.service.Steps {
		w.index[s.service.Steps[i].Key] = i
	}
	w.step(s.service.Steps[0].Key, "", nil)
	for i := range s.service.Steps {
		if key := s.service.Steps[i].Key; !w.reached[key] {
			s.fault("steps."+strconv.Itoa(i), "unreachable_step", "step", key)
		}
	}
}

// step visits a step; decided is "", "approved" or "refused", trail the steps on the way here.
func (w *walker) step(key, decided string, trail []string) {
	if slices.Contains(trail, key) {
		w.once(key, "cycle", "step", key)
		return
	}
	if w.done[[2]string{key, decided}] {
		return
	}
	w.done[[2]string{key, decided}] = true
	w.reached[key] = true
	t := &w.service.Steps[w.index[key]]
	if t.Kind == TaskIssue && decided != "approved" {
		w.once(key, "issue_undecided", "step", key)
	}
	if t.Kind == TaskPay && decided != "" {
		w.once(key, "pay_after_decision", "step", key)
	}
	trail = append(slices.Clone(trail), key)
	for _, e := range t.edges(w.service.Decision) {
		w.out(t, e, decided, trail)
	}
}

func (w *walker) out(t *Task, e edge, decided string, trail []string) {
	if t.Kind == TaskDecide && e.key != "official" {
		decided = e.key
	}
	switch {
	case e.to != "":
		w.step(e.to, decided, trail)
	case decided == "":
		w.once(t.Key, "dead_end", "step", t.Key, "key", e.key)
	case decided == "approved" && !w.issued(trail):
		w.once(t.Key, "approved_without_issue", "step", t.Key)
	}
}

// issued tells whether a step on the way has made the document.
func (w *walker) issued(trail []string) bool {
	return slices.ContainsFunc(trail, func(key string) bool { return w.service.Steps[w.index[key]].Kind == TaskIssue })
}

func (w *walker) once(key, kind string, params ...string) {
	if w.told[key+" "+kind] {
		return
	}
	w.told[key+" "+kind] = true
	w.fault("steps."+strconv.Itoa(w.index[key]), kind, params...)
}

// decision checks the table and the waiting list's groups.
func (s *serviceChecker) decision() {
	if table := s.service.Decision; table != nil {
		grounds := keysOf(s.service.Grounds, func(g *Ground) string { return g.Key })
		for i := range table.Rows {
			path := "decision.rows." + strconv.Itoa(i)
			row := &table.Rows[i]
			s.lastIsOtherwise(path, row.Otherwise, row.When, i == len(table.Rows)-1)
			if row.Decide == Refuse {
				s.reference(s.from, path+".ground", "ground", row.Ground, grounds)
			}
			if row.Decide != Refuse && row.Ground != "" {
				s.fault(path+".ground", "key_not_for_type", "key", "ground", "type", string(row.Decide))
			}
		}
	}
	if order := s.service.Order; order != nil {
		for i := range order.Groups {
			g := &order.Groups[i]
			s.lastIsOtherwise("order.groups."+strconv.Itoa(i), g.Otherwise, g.When, i == len(order.Groups)-1)
		}
	}
}

func (s *serviceChecker) lastIsOtherwise(path string, otherwise bool, when Rule, last bool) {
	switch {
	case last && (!otherwise || when != ""):
		s.fault(path, "table_without_otherwise")
	case !last && (otherwise || when == ""):
		s.fault(path, "otherwise_too_early")
	}
}
