package casework

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"posad.city/core/exchange"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

var deskTones = map[Status]ui.Tone{
	StatusInQueue: ui.Success, StatusInReview: ui.Info, StatusAsked: ui.Neutral, StatusApproved: ui.Success, StatusRefused: ui.Fault,
	StatusIssuing: ui.Success, StatusToPay: ui.Neutral, StatusChecking: ui.Info, StatusDeciding: ui.Warning, StatusWithdrawn: ui.Neutral,
}

func deskTag(c *web.Context, s Status) *ui.TagProps {
	return &ui.TagProps{Text: c.T("casework.desk.status." + string(s)), Tone: deskTones[s]}
}

// deskDeadline is by when something is due; Waits: by the applicant.
type deskDeadline struct {
	Due   time.Time
	Waits bool
	Days  *calendar.City
}

// sla says how a deadline stands: what has passed, what ends today, how many days are left.
func (d deskDeadline) sla(c *web.Context) *ui.SlaProps {
	l := c.Lang()
	day := d.Days.Today(d.Due)
	if d.Waits {
		return &ui.SlaProps{Text: c.T("casework.desk.sla.waits", "day", lang.DayMonth(l, day)), Tone: ui.Neutral}
	}
	s := readSla(d.Due, c.Now(), d.Days)
	switch {
	case s.Late && s.Today:
		return &ui.SlaProps{Text: c.T("casework.desk.sla.just"), Tone: ui.Fault}
	case s.Late:
		return &ui.SlaProps{Text: c.T("casework.desk.sla.late", "days", lang.Days(l, s.Days)), Tone: ui.Fault}
	case s.Today:
		return &ui.SlaProps{Text: lang.Moment(l, d.Due, c.Now(), d.Days.Zone()), Tone: ui.Warning}
	}
	return &ui.SlaProps{Text: lang.Days(l, s.Days), Tone: ui.Neutral}
}

// note says the day itself where the words above count days.
func (d deskDeadline) note(c *web.Context) string {
	if d.Waits {
		return ""
	}
	if s := readSla(d.Due, c.Now(), d.Days); s.Today && !s.Late {
		return ""
	}
	return c.T("casework.desk.sla.day", "day", lang.DayMonth(c.Lang(), d.Days.Today(d.Due)))
}

// when is a moment as the desk writes it.
func (d *deskCase) when(c *web.Context, at time.Time) string {
	return lang.Moment(c.Lang(), at, c.Now(), d.City.Days().Zone())
}

// checks are the certificates with what came of them. One that the table's row speaks of is not just known: it decides.
func (m *Module) checks(c *web.Context, d deskCase) []ui.CheckItem {
	out := make([]ui.CheckItem, 0, len(d.Asked))
	for _, one := range d.Asked {
		out = append(out, ui.CheckItem{State: d.checkState(one), Title: d.registerTitle(c.Lang(), one.Register), Note: m.checkNote(c, d, one)})
	}
	return out
}

func (d *deskCase) checkState(one exchange.Certificate) ui.CheckState {
	switch {
	case one.State == exchange.Asked:
		return ui.CheckWait
	case one.State == exchange.Failed:
		return ui.CheckFault
	case d.Advice == nil || d.Advice.Verdict == service.Approve || !d.cited(one.Key) || d.citesSilent():
		return ui.CheckOK
	case d.Advice.Verdict == service.Refuse:
		return ui.CheckFault
	}
	return ui.CheckWarning
}

// checkNote says what the register told, who keeps it, and how old the answer is; of a silent one, what is wrong.
func (m *Module) checkNote(c *web.Context, d deskCase, one exchange.Certificate) string {
	parts := []string{d.keeper(c.Lang(), one.Register)}
	if one.About != d.Applicant {
		parts = append(parts, c.T("casework.desk.check.about", "name", d.name(c, one.About)))
	}
	switch one.State {
	case exchange.Known:
		parts = append(parts, d.when(c, one.Answered))
		if one.Stale(c.Now()) {
			parts = append(parts, c.T("casework.desk.check.stale"))
		}
	case exchange.Failed:
		parts = append(parts, c.T("exchange.trouble."+string(one.Trouble)), d.when(c, one.Answered))
	default:
		parts = append(parts, c.T("casework.desk.check.waits", "when", d.when(c, one.Asked)))
		if one.Trouble != exchange.None {
			parts = append(parts, c.T("exchange.trouble."+string(one.Trouble)), c.T("casework.desk.check.tries", "count", one.Tries))
		}
	}
	text := strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
	if says := m.says(one, c.Lang()); says != "" {
		return says + ". " + text
	}
	return text
}

// sayer puts a register's answer into words; *exchange.Module is one.
type sayer interface {
	Says(c exchange.Certificate, l lang.Language) []exchange.Line
}

// saysMost is how many values of an answer stand in one line of checks; all of them stand below.
const saysMost = 2

func (m *Module) says(one exchange.Certificate, l lang.Language) string {
	from, ok := m.deps.Registers.(sayer)
	if !ok {
		return ""
	}
	var parts []string
	for _, line := range from.Says(one, l) {
		if len(parts) < saysMost && !strings.Contains(line.Text, "\n") {
			parts = append(parts, line.Title+": "+line.Text)
		}
	}
	return strings.Join(parts, "; ")
}

func (d *deskCase) registerTitle(l lang.Language, key string) string {
	if r, ok := d.City.Register(key); ok {
		return r.Title.In(l)
	}
	return key
}

// keeper is the agency that keeps a register.
func (d *deskCase) keeper(l lang.Language, key string) string {
	r, ok := d.City.Register(key)
	if !ok {
		return ""
	}
	if office, ok := d.City.Agency(r.Agency); ok {
		return office.Short.In(l)
	}
	return r.Agency
}

// name is a person's whole name; a line that says that it is not known when it is not.
func (d *deskCase) name(c *web.Context, person id.ID) string {
	if name, ok := d.Names[person]; ok {
		return name.Full(c.Lang())
	}
	return c.T("casework.desk.nobody")
}

// who is the actor of a line as the desk writes them.
func (d *deskCase) who(c *web.Context, a act.Actor) string {
	switch a.Kind {
	case act.Official:
		if a.Person == c.Person() {
			return c.T("casework.desk.you")
		}
		if name, ok := d.Names[a.Person]; ok {
			return name.Initials(c.Lang())
		}
		return c.T("casework.official")
	case act.Person:
		return c.T("casework.applicant")
	}
	return c.T("casework.desk.machine")
}

// log is the timeline, the last first, at most so many lines; 0: all.
func (d *deskCase) log(c *web.Context, most int) []ui.LogItem {
	var out []ui.LogItem
	for i := len(d.Timeline) - 1; i >= 0 && (most == 0 || len(out) < most); i-- {
		e := d.Timeline[i]
		text := d.entryWords(c, e)
		if e.Words != "" {
			text += ". " + e.Words
		}
		out = append(out, ui.LogItem{When: d.when(c, e.At) + " · " + d.who(c, e.Actor), Text: text})
	}
	return out
}

// entryWords is what a line of the timeline says, with titles in the place of keys.
func (d *deskCase) entryWords(c *web.Context, e Entry) string {
	text := entryTitle(d.City, d.Service, c.Lang(), c.T, e)
	if who, err := id.Parse(e.Params["official"]); err == nil {
		text += ": " + d.name(c, who)
	}
	return text
}

// queueTitle is a department with its agency, for a case that may move between agencies.
func (d *deskCase) queueTitle(l lang.Language, office, queue string) string {
	a, ok := d.City.Agency(office)
	if !ok {
		return queue
	}
	if q, ok := a.Queue(queue); ok {
		return a.Short.In(l) + ", " + q.Title.In(l)
	}
	return a.Short.In(l)
}

// owner says who has the case.
func (d *deskCase) owner(c *web.Context) string {
	if d.Task == nil || d.Task.Official.IsZero() {
		return c.T("casework.desk.nobody_has")
	}
	if d.Task.Official == c.Person() {
		return c.T("casework.desk.you")
	}
	return d.name(c, d.Task.Official)
}

// docs are the files of the case, as links through the desk's own address: each look at one is recorded.
func (d *deskCase) docs(c *web.Context) []ui.DocItem {
	var out []ui.DocItem
	for _, f := range d.files(c.Lang(), c.T("casework.desk.answer_file")) {
		if d.Deleted[f.ID] != "" {
			continue
		}
		out = append(out, ui.DocItem{Name: f.Name, Href: d.path() + "/files/" + f.ID, Note: f.Label + ", " + fileSize(c.Lang(), f.Size)})
	}
	return out
}

// path is the case's own page at the desk.
func (d *deskCase) path() string { return deskPath(d.Number) }

func deskPath(number string) string { return "/desk/cases/" + id.FormatNumber(number) }

// fileSize is a size as people read it: 240 КБ, 1,8 МБ.
func fileSize(l lang.Language, bytes int64) string {
	kilo, mega, point := "KB", "MB", "."
	if l == lang.Russian {
		kilo, mega, point = "КБ", "МБ", ","
	}
	if bytes < 1<<20 {
		return lang.Number(l, max(1, (bytes+512)>>10)) + "\u00a0" + kilo
	}
	tenths := (bytes*10 + 1<<19) >> 20
	return lang.Number(l, tenths/10) + point + string(rune('0'+tenths%10)) + "\u00a0" + mega
}

// summary is what the top of the case's page says besides its status.
func (d *deskCase) summary(c *web.Context) []ui.SummaryRow {
	l := c.Lang()
	out := []ui.SummaryRow{
		{Name: c.T("casework.service"), Value: d.Service.Title.In(l)},
		{Name: c.T("casework.submitted"), Value: d.when(c, d.Submitted)},
	}
	if d.Holder != d.Applicant {
		out = append(out, ui.SummaryRow{Name: c.T("casework.desk.holder"), Value: d.name(c, d.Holder)})
	}
	if !d.open() {
		return append(out, d.decided(c)...)
	}
	if d.Task != nil {
		office, _ := agencyByID(d.City, d.Task.Agency)
		if office != nil {
			out = append(out, ui.SummaryRow{Name: c.T("casework.desk.queue"), Value: d.queueTitle(l, office.Key, d.Task.Queue)})
		}
		out = append(out, ui.SummaryRow{Name: c.T("casework.desk.owner"), Value: d.owner(c)})
		if !d.Task.Due.IsZero() && d.Paused.IsZero() {
			out = append(out, ui.SummaryRow{Name: c.T("casework.desk.step_due"), Value: lang.FullMoment(l, d.Task.Due, d.City.Days().Zone())})
		}
	}
	if !d.Paused.IsZero() {
		return append(out, ui.SummaryRow{Name: c.T("casework.desk.case_due"), Value: c.T("casework.desk.paused", "day", lang.DayMonth(l, d.City.Days().Today(d.Paused)))})
	}
	return append(out, ui.SummaryRow{Name: c.T("casework.desk.case_due"), Value: lang.FullMoment(l, d.TermDue, d.City.Days().Zone())})
}

func (d *deskCase) decided(c *web.Context) []ui.SummaryRow {
	if d.Decision == nil {
		return nil
	}
	l := c.Lang()
	by := c.T("casework.by." + d.Decision.By)
	if !d.DecidedBy.IsZero() {
		by = d.name(c, d.DecidedBy)
	}
	out := []ui.SummaryRow{{Name: c.T("casework.desk.decided"), Value: by + ", " + d.when(c, d.Decided)}}
	if ground, ok := d.Service.Ground(d.Decision.Ground); ok {
		out = append(out, ui.SummaryRow{Name: c.T("casework.desk.ground"), Value: ground.Words.In(l) + "\n" + ground.Law.In(l)})
	}
	if d.Decision.Words != "" {
		out = append(out, ui.SummaryRow{Name: c.T("casework.desk.words"), Value: d.Decision.Words})
	}
	return out
}

var adviceTones = map[service.Verdict]ui.Tone{service.Approve: ui.Success, service.Refuse: ui.Fault, service.ByOfficial: ui.Warning}

// advice says what the decision table would do and why.
func (d *deskCase) advice(c *web.Context) *ui.NoticeProps {
	if d.Advice == nil || d.Task == nil || d.Task.Part != "" { // who gives an opinion decides nothing
		return nil
	}
	l := c.Lang()
	out := ui.NoticeProps{Tone: adviceTones[d.Advice.Verdict], Title: c.T("casework.desk.advice." + string(d.Advice.Verdict)), Text: d.Advice.Because.In(l)}
	if ground, ok := d.Service.Ground(d.Advice.Ground); ok {
		out.Text += " " + ground.Law.In(l) + "."
	}
	if d.Row == nil {
		out.Text = c.T("casework.desk.advice_none")
	}
	return &out
}

// queueChoices are all queues of the city under their agencies: those that the service names first, then the official's own
// agency's, then the others by name.
func (d *deskCase) queueChoices(c *web.Context) []ui.Choice {
	l := c.Lang()
	own, _ := agencyByID(d.City, c.Act().Actor.Agency)
	named := d.namedQueues()
	var near, out []ui.Choice
	for _, office := range officesFor(own, d.City.Agencies, l) {
		for _, q := range office.Queues {
			if own != nil && d.Task != nil && office.Key == own.Key && q.Key == d.Task.Queue {
				continue
			}
			one := ui.Choice{Value: office.Key + "/" + q.Key, Text: q.Title.In(l), Group: office.Short.In(l)}
			if slices.Contains(named, one.Value) {
				one.Text, one.Group = office.Short.In(l)+": "+one.Text, c.T("casework.desk.forward_service")
				near = append(near, one)
				continue
			}
			out = append(out, one)
		}
	}
	return append(near, out...)
}

// namedQueues are the queues to which the case's service sends its cases, as AGENCY/QUEUE.
func (d *deskCase) namedQueues() []string {
	var out []string
	add := func(agency, queue string) {
		if agency == "" {
			agency = d.Service.Agency
		}
		if queue != "" {
			out = append(out, agency+"/"+queue)
		}
	}
	for i := range d.Service.Steps {
		step := &d.Service.Steps[i]
		add(step.Agency, step.Queue)
		for _, p := range step.Parts {
			add(p.Agency, p.Queue)
		}
	}
	return out
}

// officesFor are the agencies with one's own first and the others by name.
func officesFor(own *service.Agency, all []service.Agency, l lang.Language) []service.Agency {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b service.Agency) int {
		return cmp.Or(cmp.Compare(rank(own, a), rank(own, b)), strings.Compare(a.Short.In(l), b.Short.In(l)))
	})
	return out
}

func rank(own *service.Agency, one service.Agency) int {
	if own != nil && own.Key == one.Key {
		return 0
	}
	return 1
}

// groundChoices are the grounds of refusal that the definition knows, each with its law.
func (d *deskCase) groundChoices(l lang.Language) []ui.Choice {
	var out []ui.Choice
	for i := range d.Service.Grounds {
		g := &d.Service.Grounds[i]
		out = append(out, ui.Choice{Value: g.Key, Text: g.Words.In(l), Hint: g.Law.In(l)})
	}
	return out
}

// standing says above the acts how the case stands with this official.
func (v deskCaseView) standing(c *web.Context) string {
	switch {
	case v.Task == nil && v.open():
		return c.T("casework.desk.standing.machine")
	case v.Task == nil:
		return c.T("casework.desk.standing.closed")
	case slices.Contains(v.Barred, c.Person()) && v.Task.Agency == c.Act().Actor.Agency:
		return c.T("casework.decided_once")
	case v.openQuestion() != nil:
		return c.T("casework.desk.standing.asked")
	case v.Can.Take:
		return c.T("casework.desk.standing.free")
	case v.Task.Official == c.Person():
		return c.T("casework.desk.standing.mine")
	}
	return c.T("casework.desk.has", "who", v.owner(c))
}

// ground is the ground that is chosen: as typed, or as the table advises.
func (v deskCaseView) ground() string {
	if v.Typed.Ground == "" && v.Advice != nil {
		return v.Advice.Ground
	}
	return v.Typed.Ground
}

func (v deskCaseView) wordsHint(c *web.Context) string {
	if v.Service.Result.OfficialText {
		return c.T("casework.desk.words_needed")
	}
	if v.Advice != nil {
		switch v.Advice.Verdict {
		case service.Approve:
			return c.T("casework.desk.words_refuse") + " " + c.T("casework.desk.words_hint")
		case service.Refuse:
			return c.T("casework.desk.words_approve") + " " + c.T("casework.desk.words_hint")
		}
	}
	return c.T("casework.desk.words_hint")
}

// mayAsk is how long the applicant would have to answer.
func (v deskCaseView) mayAsk(l lang.Language) string {
	step, ok := v.Service.Task(v.Step)
	if !ok {
		return ""
	}
	return lang.Term(l, step.MayAsk.Calendar())
}

// again are the certificates that an official may have asked again: those that a register failed to give, and old ones.
func (d *deskCase) again(c *web.Context) []exchange.Certificate {
	var out []exchange.Certificate
	for _, one := range d.Asked {
		if one.State == exchange.Failed || one.Stale(c.Now()) && !one.Again {
			out = append(out, one)
		}
	}
	return out
}
