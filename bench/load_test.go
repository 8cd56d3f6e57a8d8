package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// citizen is one of the town's people, with a session.
type citizen struct {
	person, session id.ID
	token           string
	address         string // as the proxy tells it
}

// How many cases people have: one in four has twenty, the others two, so that 20,000 persons have 130,000 cases.
const (
	casesOfBusy   = 20
	casesOfOthers = 2
	busyOneIn     = 4
)

// The rows of a case are put as core/casework does, but for the entry of the journal: it has no part in what is measured.
var (
	putCase = store.NewQuery("bench.Case", `INSERT INTO case_file (holder, id, number, service, agency, definition, environment, asks, applicant, mandate, channel, lang, revision, stage, step,
  submitted, term_due, ground, row, list_group, rating, inputs)
 VALUES ($1, $2, $3, 'city-appeal', $4, $5, 'posad/1', '', $1, $6, 'web', 'ru', 2, 'open', 'answer', $7, $8, '', '', '', 0, $9)`)
	putLine = store.NewQuery("bench.Line", `INSERT INTO case_line (holder, id, number, service, applicant, revision, stage, status, due, submitted, moved)
 VALUES ($1, $2, $3, 'city-appeal', $1, 2, 'open', 'in_queue', $4, $5, $5)`)
	putNumber = store.NewQuery("bench.Number", `INSERT INTO case_number (number, holder, id) VALUES ($1, $2, $3)`)
	putHome   = store.NewQuery("bench.Home", `INSERT INTO case_home (id, holder, case_id) VALUES ($1, $2, $1)`)
	putTask   = store.NewQuery("bench.Task", `INSERT INTO task (holder, case_id, id, step, kind, state, agency, queue, opened, due, outcome)
 VALUES ($1, $2, $3, 'answer', 'decide', 'open', $4, 'letters', $5, $6, '')`)
	putEntry = store.NewQuery("bench.Entry", `INSERT INTO timeline (holder, case_id, number, at, event, actor_kind, actor, agency, internal, params)
 VALUES ($1, $2, $3, $4, $5, 'person', $1, $6, FALSE, '{}')`)
	putDesk = store.NewQuery("bench.Desk", `INSERT INTO desk_line (agency, id, task, holder, applicant, queue, official, service, number, status, district, note, kind, part, skill, escalated, due, submitted, revision, for_district)
 VALUES ($1, $2, $3, $4, $4, 'letters', 'free', 'city-appeal', $5, 'in_queue', 'zarechye', '', 'decide', '', '', FALSE, $6, $7, 2, 'zarechye')`)
	putWatch   = store.NewQuery("bench.Watch", `INSERT INTO case_watch (id, holder) VALUES ($1, $2)`)
	putSession = store.NewQuery("bench.Session", `INSERT INTO session (person, id, account, role, level, channel, csrf, started, seen, ends)
 VALUES ($1, $2, $2, '', 2, 'web', $3, $4, $4, $5)`)
	putHat = store.NewQuery("bench.Hat", `INSERT INTO session (person, id, account, role, level, channel, csrf, started, seen, ends, agency)
 VALUES ($1, $2, $2, 'officer', 3, 'web', $3, $4, $4, $5, $6)`)
	putToken = store.NewQuery("bench.Token", `INSERT INTO session_token (hash, person, session_id, ends) VALUES ($1, $2, $3, $4)`)
)

// office is the agency whose desk has everything.
var office = agency.ID("city")

// crowd makes the town's people, the same in every run.
func (t *town) crowd() {
	for i := range t.size.persons {
		c := citizen{person: id.Derived("bench", fmt.Sprint(i)), session: id.Derived("bench session", fmt.Sprint(i)), address: fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)}
		c.token = fmt.Sprintf("bench-token-of-%d", i)
		t.people = append(t.people, c)
		if i%busyOneIn == 0 {
			t.busy = append(t.busy, c)
		}
	}
}

// load brings people, sessions and cases in through the background lane.
func (t *town) load(ctx context.Context) error {
	began := time.Now()
	t.crowd()
	all := len(t.people)
	if err := t.hire(ctx); err != nil {
		return err
	}
	numbers := make([][]string, all)
	var done atomic.Int64
	err := spread(all, 32, func(i int) error {
		if n := done.Add(1); n%2500 == 0 {
			progress(t, "persons", int(n), all, began)
		}
		var err error
		numbers[i], err = t.settle(ctx, i)
		return err
	})
	for _, some := range numbers {
		t.numbers = append(t.numbers, some...)
	}
	progress(t, "cases", len(t.numbers), len(t.numbers), began)
	return err
}

// spread runs work for every number in so many goroutines.
func spread(all, goroutines int, work func(i int) error) error {
	var next atomic.Int64
	faults := make([]error, goroutines)
	var group sync.WaitGroup
	for g := range goroutines {
		group.Go(func() {
			for faults[g] == nil {
				i := int(next.Add(1)) - 1
				if i >= all {
					return
				}
				faults[g] = work(i)
			}
		})
	}
	group.Wait()
	return errors.Join(faults...)
}

// settle brings one person in, with a session and their cases.
func (t *town) settle(ctx context.Context, i int) ([]string, error) {
	c := t.people[i]
	name := lang.Name{Family: fmt.Sprintf("Жителев%d", i), Given: "Пётр", Patronymic: "Ильич"}
	err := t.Modules.Account.Enrol(ctx, []account.Enrolment{{Person: c.person, Name: name, Level: act.Standard}})
	if err != nil {
		return nil, err
	}
	keys, err := t.Base.Vault.Keys(ctx, c.person)
	if err != nil {
		return nil, err
	}
	inputs, err := json.Marshal(map[string]any{
		"today": "2026-11-21", "facts": map[string]any{}, "applicant": map[string]any{"name": name, "email": "person@kitezh.example"},
		"answers": map[string]any{"topic": "other", "text": letterText, "name": map[string]string{"surname": name.Family, "given": name.Given}, "channel": "account"},
	})
	if err != nil {
		return nil, err
	}
	now := t.Clock.Now()
	hash := web.HashToken(c.token)
	stmts := []store.Stmt{
		{Query: putSession, Args: []any{c.person, c.session, make([]byte, 32), now, now.Add(12 * time.Hour)}},
		{Query: putToken, Args: []any{hash[:], c.person, c.session, now.Add(12 * time.Hour)}},
	}
	count := casesOfOthers
	switch {
	case !t.cases:
		count = 0
	case i%busyOneIn == 0:
		count = casesOfBusy
	}
	var numbers []string
	for range count {
		number, at := t.free(), now.Add(-time.Duration(1+len(numbers)*3600+i)*time.Second)
		numbers = append(numbers, number)
		stmts = append(stmts, t.caseRows(c, number, at, keys.Seal("case_file", "inputs", inputs))...)
	}
	return numbers, t.Base.Store.Append(background, stmts...)
}

// The sessions of a town that was loaded long ago begin anew.
var (
	renewSessions = store.NewQuery("bench.RenewSessions", `UPDATE session SET started = $1, seen = $1, ends = $2`)
	renewTokens   = store.NewQuery("bench.RenewTokens", `UPDATE session_token SET ends = $1`)
)

func (t *town) renew(ctx context.Context) error {
	now := t.Clock.Now()
	return t.Base.Store.Write(ctx, func(tx *store.Tx) error {
		_, one := tx.Exec(renewSessions, now, now.Add(12*time.Hour))
		_, two := tx.Exec(renewTokens, now.Add(12*time.Hour))
		return errors.Join(one, two)
	})
}

// officialsMost is how many officials share the desk, so that none asks more often than a program may.
const officialsMost = 2000

// hire gives the office its officials.
func (t *town) hire(ctx context.Context) error {
	now := t.Clock.Now()
	return spread(officialsMost, 32, func(i int) error {
		c := t.official(int64(i))
		err := t.Modules.Account.Enrol(ctx, []account.Enrolment{{Person: c.person, Name: lang.Name{Family: fmt.Sprintf("Служащих%d", i), Given: "Анна"}, Level: act.Verified}})
		if err != nil {
			return err
		}
		if err := t.Modules.Agency.Enrol(ctx, []agency.Official{{Person: c.person, Agency: office, Role: agency.Officer, Since: now}}); err != nil {
			return err
		}
		hash := web.HashToken(c.token)
		return t.Base.Store.Append(background,
			store.Stmt{Query: putHat, Args: []any{c.person, c.session, make([]byte, 32), now, now.Add(12 * time.Hour), office}},
			store.Stmt{Query: putToken, Args: []any{hash[:], c.person, c.session, now.Add(12 * time.Hour)}})
	})
}

// official is one of the office's officials.
func (t *town) official(n int64) citizen {
	i := n % officialsMost
	return citizen{person: id.Derived("bench official", fmt.Sprint(i)), session: id.Derived("bench desk", fmt.Sprint(i)),
		address: fmt.Sprintf("10.200.%d.%d", i>>8&255, i&255), token: fmt.Sprintf("bench-token-of-official-%d", i)}
}

// free is a number that no case has.
func (t *town) free() string {
	for {
		number := id.NewNumber()
		if _, taken := t.taken.LoadOrStore(number, true); !taken {
			return number
		}
	}
}

const letterText = "Во дворе дома яма, машины объезжают её по газону. Прошу заделать яму и восстановить газон."

func (t *town) caseRows(c citizen, number string, at time.Time, inputs any) []store.Stmt {
	caseID, task, due := id.New(at), id.New(at), at.Add(30*24*time.Hour)
	return []store.Stmt{
		{Query: putCase, Args: []any{c.person, caseID, number, office, string(t.city.Hash()), id.ID{}, at, due, inputs}},
		{Query: putLine, Args: []any{c.person, caseID, number, due, at}},
		{Query: putNumber, Args: []any{number, c.person, caseID}},
		{Query: putHome, Args: []any{caseID, c.person}},
		{Query: putTask, Args: []any{c.person, caseID, task, office, at, due}},
		{Query: putEntry, Args: []any{c.person, caseID, int64(101), at, "submitted", id.ID{}}},
		{Query: putEntry, Args: []any{c.person, caseID, int64(201), at, "queued", id.ID{}}},
		{Query: putDesk, Args: []any{office, caseID, task, c.person, number, due, at}},
		{Query: putWatch, Args: []any{caseID, c.person}},
	}
}
