package casework

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"posad.city/core/casework/internal/store"
	"posad.city/core/document"
	"posad.city/core/exchange"
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// What the ledger of deadlines counts.
const (
	countDecided     = "decided"
	countInTime      = "in_time"
	countLate        = "late"
	countSpent       = "spent" // key: working days that the city took
	countPause       = "pause" // key: why
	countExtension   = "extension"
	countConsequence = "consequence"   // key: what
	countAskedFor    = "paper_asked"   // key: the question that asked people for a paper
	countFetched     = "paper_fetched" // key: the certificate that the city fetched itself
)

// Ledger is how a service keeps its deadlines, and what papers it asks people for, for everybody to read: nobody is named.
type Ledger struct {
	Service string
	Total   LedgerMonth // of all the months
	Months  []LedgerMonth
}

// LedgerMonth are the cases of a service that were decided in a month.
type LedgerMonth struct {
	Month                   string // 2026-11; empty in the total
	Decided, InTime, Late   int64
	Median, P90             int // working days from submission to the decision, pauses left out
	Extended                int64
	Pauses                  []LedgerReason // why the term stood, most often first
	Consequences            []LedgerReason // of missed terms
	Approved, Refused, Anew int64          // anew: decided a second time
	Asked, Fetched          []LedgerReason // papers that people were asked for, and certificates that the city fetched itself
	spent                   map[int]int64
}

// Papers are how many papers people gave, and how many the city fetched.
func (l LedgerMonth) Papers() (asked, fetched int64) {
	for _, r := range l.Asked {
		asked += r.Cases
	}
	for _, r := range l.Fetched {
		fetched += r.Cases
	}
	return asked, fetched
}

// LedgerReason is one reason with the cases that had it, and the working days that it took in all.
type LedgerReason struct {
	Key         string // of a pause: its locale key; of a consequence: escalate, apologise, refund
	Cases, Days int64
}

// ledgerMonths is how many months the ledger shows.
const ledgerMonths = 12

// count is the job that enters a decision into the ledger of deadlines, once. It is keyed by the case and its round, so
// that an event that comes twice counts once.
func (m *Module) count(ctx context.Context, j jobs.Job) (func(*store.Tx) error, error) {
	k, err := m.knowAt(ctx, m.system(j.Object), j)
	if err != nil {
		return nil, over(err)
	}
	if k.file.Decided.IsZero() || k.file.Stage == string(Withdrawn) {
		return nil, nil
	}
	entries, err := k.ledgerEntries()
	if err != nil {
		return nil, err
	}
	papers, err := m.paperEntries(ctx, k)
	if err != nil {
		return nil, err
	}
	entries = append(entries, papers...)
	return func(tx *store.Tx) error { return countDecision(tx, k.file.ID, k.file.Round, entries) }, nil
}

// countDecision adds the decision of a round to the ledger, once.
func countDecision(tx *store.Tx, caseID id.ID, round int64, entries []caseworkdb.CountLedgerParams) error {
	n, err := caseworkdb.SeeLedger(tx, caseID, round)
	if err != nil || n == 0 {
		return err
	}
	for _, e := range entries {
		if err := caseworkdb.CountLedger(tx, e); err != nil {
			return err
		}
	}
	return nil
}

// ledgerEntries are what one decision adds to the ledger.
func (k *known) ledgerEntries() ([]caseworkdb.CountLedgerParams, error) {
	f, days := k.file, k.city.Days()
	month := days.Today(f.Decided).String()[:7]
	var out []caseworkdb.CountLedgerParams
	add := func(kind, key string, n int) {
		out = append(out, caseworkdb.CountLedgerParams{Service: f.Service, Month: month, Kind: kind, Key: key, Days: int64(n)})
	}
	spent, err := k.spent()
	if err != nil {
		return nil, err
	}
	add(countDecided, "", spent)
	add(f.Stage, "", 0)
	add(countSpent, strconv.Itoa(spent), 0)
	if f.Late.IsZero() && !f.Decided.After(f.TermDue) {
		add(countInTime, "", 0)
	} else {
		add(countLate, "", 0)
	}
	if f.Round > 0 {
		add("anew", "", 0)
	}
	for reason, n := range k.pausedDays() {
		add(countPause, reason, n)
	}
	if !f.Extended.IsZero() && !f.Extended.Before(k.started(f)) {
		add(countExtension, "", int(f.ExtensionDays))
	}
	for _, d := range k.done {
		if !d.At.Before(k.started(f)) {
			add(countConsequence, d.Kind, 0)
		}
	}
	return out, nil
}

// paperEntries are the papers of a case: each that its people gave, by the question that asked for it, and each certificate
// that the city fetched instead. They are counted with the first decision, once.
func (m *Module) paperEntries(ctx context.Context, k *known) ([]caseworkdb.CountLedgerParams, error) {
	if k.file.Round > 0 {
		return nil, nil
	}
	var files []document.File
	var err error
	if k.mayHaveFiles() {
		if files, err = m.deps.Papers.Files(ctx, m.system(k.file.ID), k.file.Holder, k.file.ID); err != nil {
			return nil, fmt.Errorf("casework: papers of %s: %w", k.file.ID, err)
		}
	}
	list, err := m.certificatesOf(ctx, m.system(k.file.ID), k)
	if err != nil {
		return nil, err
	}
	return paperEntries(k.file.Service, k.city.Days().Today(k.file.Decided).String()[:7], files, list), nil
}

func paperEntries(key, month string, files []document.File, list []exchange.Certificate) []caseworkdb.CountLedgerParams {
	var out []caseworkdb.CountLedgerParams
	counted := map[string]bool{}
	add := func(kind, what string) {
		if !counted[kind+"/"+what] {
			counted[kind+"/"+what] = true
			out = append(out, caseworkdb.CountLedgerParams{Service: key, Month: month, Kind: kind, Key: what})
		}
	}
	for _, f := range files {
		if f.Kept {
			add(countAskedFor, f.Field)
		}
	}
	for _, c := range list {
		if c.State == exchange.Known {
			add(countFetched, c.Key)
		}
	}
	return out
}

// spent is how many working days the city took, pauses left out.
func (k *known) spent() (int, error) {
	return k.city.Days().Spent(k.clock(service.Term{Working: true, Days: calendar.MaxDays}, k.started(k.file), k.pauses), k.file.Decided)
}

// pausedDays are the working days that the term stood, by reason.
func (k *known) pausedDays() map[string]int {
	out := map[string]int{}
	days := k.city.Days()
	for _, p := range k.pauses {
		if p.Since.Before(k.started(k.file)) {
			continue
		}
		until := p.Until
		if until.IsZero() || until.After(k.file.Decided) {
			until = k.file.Decided
		}
		out[p.Reason] += days.WorkingDaysBetween(days.Today(p.Since), days.Today(until))
	}
	return out
}

// Ledger reads how a service keeps its deadlines, the last twelve months, the newest first.
func (m *Module) Ledger(ctx context.Context, key string) (Ledger, error) {
	now := m.base.Clock.Now()
	from := calendar.DateOf(now, m.zone()).AddMonths(1 - ledgerMonths).String()[:7]
	var rows []caseworkdb.LedgerCount
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		rows, err = caseworkdb.LedgerOf(r, key, from)
		return err
	})
	if err != nil {
		return Ledger{}, err
	}
	return ledgerOf(key, rows), nil
}

func ledgerOf(key string, rows []caseworkdb.LedgerCount) Ledger {
	out := Ledger{Service: key}
	for _, row := range rows {
		if n := len(out.Months); n == 0 || out.Months[n-1].Month != row.Month {
			out.Months = append(out.Months, LedgerMonth{Month: row.Month})
		}
		out.Months[len(out.Months)-1].add(row)
		out.Total.add(row)
	}
	for i := range out.Months {
		out.Months[i].finish()
	}
	out.Total.finish()
	slices.Reverse(out.Months)
	return out
}

func (l *LedgerMonth) add(row caseworkdb.LedgerCount) {
	switch row.Kind {
	case countDecided:
		l.Decided += row.Cases
	case countInTime:
		l.InTime += row.Cases
	case countLate:
		l.Late += row.Cases
	case string(Approved):
		l.Approved += row.Cases
	case string(Refused):
		l.Refused += row.Cases
	case "anew":
		l.Anew += row.Cases
	case countExtension:
		l.Extended += row.Cases
	case countPause:
		l.Pauses = addReason(l.Pauses, row)
	case countAskedFor:
		l.Asked = addReason(l.Asked, row)
	case countFetched:
		l.Fetched = addReason(l.Fetched, row)
	case countConsequence:
		l.Consequences = addReason(l.Consequences, row)
	case countSpent:
		if l.spent == nil {
			l.spent = map[int]int64{}
		}
		if days, err := strconv.Atoi(row.Key); err == nil {
			l.spent[days] += row.Cases
		}
	}
}

func addReason(list []LedgerReason, row caseworkdb.LedgerCount) []LedgerReason {
	for i := range list {
		if list[i].Key == row.Key {
			list[i].Cases, list[i].Days = list[i].Cases+row.Cases, list[i].Days+row.Days
			return list
		}
	}
	return append(list, LedgerReason{Key: row.Key, Cases: row.Cases, Days: row.Days})
}

// finish computes what follows from the counts.
func (l *LedgerMonth) finish() {
	l.Median, l.P90 = percentile(l.spent, l.Decided, 50), percentile(l.spent, l.Decided, 90)
	often := func(x, y LedgerReason) int { return int(y.Cases - x.Cases) }
	slices.SortStableFunc(l.Pauses, often)
	slices.SortStableFunc(l.Consequences, often)
	slices.SortStableFunc(l.Asked, often)
	slices.SortStableFunc(l.Fetched, often)
}

// percentile is the least number of days within which so many per cent of the cases were decided.
func percentile(spent map[int]int64, cases int64, per int64) int {
	need := (cases*per + 99) / 100
	days := make([]int, 0, len(spent))
	for n := range spent {
		days = append(days, n)
	}
	slices.Sort(days)
	seen := int64(0)
	for _, n := range days {
		if seen += spent[n]; seen >= need {
			return n
		}
	}
	return 0
}
