package utility

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/systems/utility/internal/store"
)

// batchMost is how many flats are done between two notes of the progress.
const batchMost = 250

// runPast is how many months before the last one may still be run: residents are not billed for what was long ago by a slip.
const runPast = 3

// revivePast is how long ago a run's job may have been given up to be taken up again, reviveMost how many at a time.
const (
	revivePast = 31 * 24 * time.Hour
	reviveMost = 20
)

// triesMost is how often a batch is read anew when a flat of it changes while its bills are made.
const triesMost = 5

// Run is the making of a month's bills.
type Run struct {
	ID                       id.ID
	Period                   Period
	Done                     bool
	Flats, Did, Made, Failed int64
	Total                    int64 // kopecks
	Started, Ended           time.Time
}

func runOf(row utilitydb.UtilityRun) Run {
	p, _ := ParsePeriod(row.Period)
	return Run{ID: row.ID, Period: p, Done: row.State == "done", Flats: row.Flats, Did: row.Done, Made: row.Made, Failed: row.Failed, Total: row.Total, Started: row.Started, Ended: row.Ended}
}

// Begin has the bills of a month made. A month that was made may be begun again: flats that have their bill keep it. Errors:
// ErrRunning, ErrTooEarly for a month that has not ended its readings, ErrMonth for one long past or none, ErrNoCity.
func (m *Module) Begin(ctx context.Context, a act.Act, p Period) error {
	u, err := m.utilities()
	if err != nil {
		return err
	}
	if p.IsZero() || p.Before(m.Open(u).Add(-1-runPast)) {
		return ErrMonth
	}
	if today := m.today(); PeriodOf(today).Before(p) || PeriodOf(today) == p && today.Day() <= u.Closes {
		return ErrTooEarly
	}
	run := id.New(m.base.Clock.Now())
	centre := agency.ID(u.Agency)
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		flats, err := utilitydb.CountFlats(tx)
		if err != nil {
			return err
		}
		n, err := utilitydb.BeginRun(tx, utilitydb.BeginRunParams{Agency: centre, Period: p.String(), ID: run, Author: a.Actor.Person, Flats: flats, Started: tx.Now()})
		if err != nil {
			return err
		}
		if n == 0 {
			return tx.Fail(ErrRunning)
		}
		if err := utilitydb.DropFaults(tx, centre, p.String()); err != nil {
			return err
		}
		return m.base.Jobs.Put(tx, jobs.New{Handler: jobRun, Holder: centre, Object: run, Payload: p.String()})
	})
}

// Runs are the months that were made, the newest first.
func (m *Module) Runs(ctx context.Context, a act.Act, most int) ([]Run, error) {
	var out []Run
	err := m.base.Store.Look(ctx, a, lookDesk, func(p *store.Personal) error {
		rows, err := utilitydb.RunsOf(p, m.agencyID(), int64(most))
		out = out[:0]
		for _, row := range rows {
			out = append(out, runOf(row))
		}
		return err
	})
	return out, err
}

// run is the job: batch after batch, from the flat after the last one done.
func (m *Module) run(ctx context.Context, j jobs.Job) error {
	p, ok := ParsePeriod(j.Payload)
	city := m.deps.Services.Current()
	if !ok || city == nil || city.Utilities == nil {
		return jobs.Fatal(fmt.Errorf("utility: run: period %q", j.Payload))
	}
	ctx = store.Background(ctx)
	for {
		var row utilitydb.UtilityRun
		err := m.base.Store.Look(ctx, m.system(), lookDesk, func(r *store.Personal) error {
			var err error
			row, err = utilitydb.RunOf(r, j.Holder, p.String())
			return err
		})
		if err != nil || row.ID != j.Object || row.State != "running" {
			return err
		}
		b := &batch{m: m, city: city, period: p, after: row.Cursor, charged: true}
		if err := b.do(ctx); err != nil {
			return fmt.Errorf("utility: run %s: %w", p, err)
		}
		if err := m.note(ctx, row, b); err != nil || len(b.flats) == 0 {
			return err
		}
	}
}

// revive takes up again the making of a month whose job was given up: hours of a database that did not answer leave no month
// without its bills. A run that has ended, or was begun anew, ends its old job at once.
func (m *Module) revive(ctx context.Context, _ jobs.Job) error {
	dead, err := m.base.Jobs.Dead(ctx, jobRun, m.base.Clock.Now().Add(-revivePast), reviveMost)
	for _, j := range dead {
		if _, retryErr := m.base.Jobs.Retry(ctx, j.ID); retryErr != nil {
			err = errors.Join(err, retryErr)
		}
	}
	return err
}

// note keeps how far the run is, and ends it when there was nothing left.
func (m *Module) note(ctx context.Context, row utilitydb.UtilityRun, b *batch) error {
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if len(b.flats) == 0 {
			_, err := utilitydb.EndRun(tx, utilitydb.EndRunParams{Ended: tx.Now(), Agency: row.Agency, Period: row.Period, ID: row.ID})
			return err
		}
		for home, reason := range b.faults {
			if err := utilitydb.PutFault(tx, utilitydb.PutFaultParams{Agency: row.Agency, Period: row.Period, Home: home, Reason: reason}); err != nil {
				return err
			}
		}
		_, err := utilitydb.MoveRun(tx, utilitydb.MoveRunParams{
			Cursor: b.upto(), Done: int64(len(b.flats)), Made: int64(b.made), Failed: int64(len(b.faults)), Total: b.total,
			Agency: row.Agency, Period: row.Period, ID: row.ID,
		})
		return err
	})
}

// batch is some flats of a run: read, computed, written, charged. Each part may be repeated.
type batch struct {
	m       *Module
	city    *service.City
	period  Period
	after   id.ID
	charged bool // charges are issued; not for months before the city's own

	flats  []gathered
	keys   map[id.ID]*vault.Keys
	known  map[id.ID]utilitydb.BillsBetweenRow // the newest bill that is there
	ready  []made
	faults map[id.ID]string
	made   int
	total  int64
}

// made is a bill that waits for its Write.
type made struct {
	flat  Flat
	bill  Bill
	row   utilitydb.InsertBillParams
	code  string // as it is printed; sealed in row
	other bool   // another bill came meanwhile and stands
	state vault.Sealed
	was   vault.Sealed // the state that it was made from; nil: there was none
	carry *utilitydb.InsertRecalculationParams
	drop  id.ID // what the version before carried over, which this one's stands in place of
}

// errMoved is told within this module of a flat whose state or recalculations came to be others while its bill was made.
var errMoved = fault.New(fault.Conflict, "utility.moved_fault")

func (b *batch) upto() id.ID { return b.flats[len(b.flats)-1].flat.Home }

// do makes the batch's bills and charges; without flats there was nothing left.
func (b *batch) do(ctx context.Context) error {
	for try := 1; ; try++ {
		if err := b.gather(ctx); err != nil || len(b.flats) == 0 {
			return err
		}
		b.compute()
		err := b.write(ctx)
		if errors.Is(err, errMoved) && try < triesMost {
			continue // somebody made a flat's bill again meanwhile: what this was made from is no more
		}
		if err != nil {
			return err
		}
		break
	}
	if !b.charged {
		return nil
	}
	return b.charge(ctx)
}

// compute makes the bills of those flats that have none. A flat of which none can be made has a fault, and the rest go on.
func (b *batch) compute() {
	for _, g := range b.flats {
		home := g.flat.Home
		if _, faulty := b.faults[home]; faulty {
			continue
		}
		if _, there := b.known[home]; there || g.flat.Since.After(b.period.Last()) || !g.flat.Until.IsZero() && g.flat.Until.Before(b.period.First()) {
			continue
		}
		if len(g.flat.Tariffs) == 0 {
			b.faults[home] = "no_tariffs"
			continue
		}
		one, err := b.one(g)
		if err != nil {
			b.fault(home, err)
			continue
		}
		b.ready = append(b.ready, one)
	}
}

// one makes the first version of a flat's bill.
func (b *batch) one(g gathered) (made, error) {
	in := g.input(b.city, b.period)
	bill, err := Compute(in)
	if err != nil {
		return made{}, err
	}
	keys := b.keys[g.flat.Home]
	one, err := b.m.made(g.flat, keys, in, bill, 1, newCode())
	if err != nil {
		return made{}, err
	}
	one.was = g.was
	one.state, err = sealed(keys, "utility_state", "content", g.state.after(in, bill))
	return one, err
}

// BillID is the id of a bill.
func BillID(home id.ID, p Period, version int) id.ID {
	return id.Derived("utility bill", home.String()+"/"+p.String()+"/"+itoa(version))
}

// codeDigits is how long the code on a bill is: nobody guesses it in the tries that core/charge allows.
const codeDigits = 12

// newCode is a fresh random code, which is printed on the bill beside its number and stands nowhere else.
func newCode() string { return id.NewCode()[:codeDigits] }

// made seals a bill. All versions of a month's bill have the same code, as they have the same charge.
func (m *Module) made(f Flat, keys *vault.Keys, in Input, bill Bill, version int, code string) (made, error) {
	content, err := packed(stored(in, bill))
	if err != nil {
		return made{}, err
	}
	out := made{flat: f, bill: bill, code: code, row: utilitydb.InsertBillParams{
		Home: f.Home, Period: in.Period.String(), Version: int64(version), ID: BillID(f.Home, in.Period, version), Total: bill.Total,
		Content: keys.Seal("utility_bill", "content", content),
	}}
	if code != "" {
		out.row.Code = keys.Seal("utility_bill", "code", []byte(code))
	}
	if out.row.Content == nil {
		return out, vault.ErrErased
	}
	if bill.Carry < 0 {
		next := Recalculation{Sort: Carried, Amount: bill.Carry}
		details, err := sealed(keys, "utility_recalculation", "details", next)
		if err != nil {
			return out, err
		}
		out.carry = &utilitydb.InsertRecalculationParams{Home: f.Home, ID: carryID(out.row.ID), Period: in.Period.Add(1).String(), Details: details, State: Entered}
	}
	return out, nil
}

// carryID is the id of what a bill's version carries over.
func carryID(bill id.ID) id.ID { return id.Derived("utility carry", bill.String()) }

func sealed(keys *vault.Keys, table, column string, value any) (vault.Sealed, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("utility: %s: %w", table, err)
	}
	out := keys.Seal(table, column, plain)
	if out == nil {
		return nil, vault.ErrErased
	}
	return out, nil
}

var packers = sync.Pool{New: func() any {
	w, err := flate.NewWriter(io.Discard, flate.BestSpeed)
	if err != nil {
		return nil // the level is a constant
	}
	return w
}}

// packed is compressed JSON.
func packed(value any) ([]byte, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("utility: bill: %w", err)
	}
	var out bytes.Buffer
	w, ok := packers.Get().(*flate.Writer)
	if !ok {
		return nil, errors.New("utility: no compression")
	}
	defer packers.Put(w)
	w.Reset(&out)
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("utility: bill: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("utility: bill: %w", err)
	}
	return out.Bytes(), nil
}

// unpacked reads what packed made; at most a megabyte.
func unpacked(content []byte, into any) error {
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(content)), 1<<20))
	if err == nil {
		err = json.Unmarshal(plain, into)
	}
	if err != nil {
		return fmt.Errorf("utility: bill: %w", err)
	}
	return nil
}

// write keeps the bills, with what the next ones begin from. A bill that came meanwhile stands, and nothing is done for it.
func (b *batch) write(ctx context.Context) error {
	if len(b.ready) == 0 {
		return nil
	}
	return b.m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := b.same(tx); err != nil {
			return err
		}
		b.made, b.total = 0, 0
		similar := map[utilitydb.AddSimilarParams]*[2]int64{}
		for i, one := range b.ready {
			put, err := one.put(tx)
			if err != nil {
				return err
			}
			if b.ready[i].other = !put; put {
				b.made, b.total = b.made+1, b.total+one.bill.Total
				one.compare(b.period, similar, 1)
			}
		}
		return putSimilar(tx, similar)
	})
}

// same refuses with errMoved when a recalculation of the month was entered since the flats were read: its bill would pass it over.
func (b *batch) same(tx *store.Tx) error {
	rows, err := utilitydb.RecalculationsBetween(tx.As(b.m.system(), lookFlat), b.after, b.upto(), b.period.String())
	if err != nil {
		return err
	}
	now := map[id.ID]int{}
	for _, row := range rows {
		now[row.Home]++
	}
	for _, g := range b.flats {
		if _, faulty := b.faults[g.flat.Home]; !faulty && now[g.flat.Home] != len(g.changes) {
			return tx.Fail(errMoved)
		}
	}
	return nil
}

func (one made) put(tx *store.Tx) (bool, error) {
	one.row.Issued = tx.Now()
	n, err := utilitydb.InsertBill(tx, one.row)
	if err != nil || n == 0 {
		return false, err
	}
	if one.state != nil {
		n, err := utilitydb.MoveState(tx, utilitydb.MoveStateParams{Home: one.flat.Home, Period: one.row.Period, Content: one.state, Was: one.was})
		if err != nil {
			return false, err
		}
		if n == 0 {
			return false, tx.Fail(errMoved)
		}
	}
	if !one.drop.IsZero() {
		if err := utilitydb.DropRecalculation(tx, one.flat.Home, one.drop); err != nil {
			return false, err
		}
	}
	if one.carry != nil {
		one.carry.At = tx.Now()
		if _, err := utilitydb.InsertRecalculation(tx, *one.carry); err != nil {
			return false, err
		}
	}
	return true, nil
}

// compare adds the bill to the sums of similar flats, by kind of service and in all; times -1 takes it out of them.
func (one made) compare(p Period, sums map[utilitydb.AddSimilarParams]*[2]int64, times int64) {
	if one.flat.House == "" {
		return // nobody told the house: those of the whole city are not one
	}
	add := func(kind string, total int64) {
		key := utilitydb.AddSimilarParams{House: one.flat.houseKey, Class: int64(one.flat.Class), Period: p.String(), Kind: kind}
		if sums[key] == nil {
			sums[key] = &[2]int64{}
		}
		sums[key][0] += times
		sums[key][1] += times * total
	}
	add("", one.bill.Total)
	for kind, total := range kindsOf(one.bill) {
		add(kind, total)
	}
}

// putSimilar keeps what is added to the sums.
func putSimilar(tx *store.Tx, similar map[utilitydb.AddSimilarParams]*[2]int64) error {
	for key, sums := range similar {
		if *sums == [2]int64{} {
			continue
		}
		key.Flats, key.Total = sums[0], sums[1]
		if err := utilitydb.AddSimilar(tx, key); err != nil {
			return err
		}
	}
	return nil
}

// charge issues a charge for each bill that is above zero; those that stand are known.
func (b *batch) charge(ctx context.Context) error {
	type due struct {
		total int64
		code  string
	}
	dues := map[id.ID]due{}
	for home, row := range b.known {
		code, err := codeOf(b.keys[home], row.Code)
		if err != nil {
			b.fault(home, err)
			continue
		}
		dues[home] = due{row.Total, code}
	}
	for _, one := range b.ready {
		if !one.other { // whoever made that one charges it
			dues[one.flat.Home] = due{one.bill.Total, one.code}
		}
	}
	var list []charge.NewCharge
	for _, g := range b.flats {
		if d := dues[g.flat.Home]; d.total > 0 && g.flat.Account != "" {
			list = append(list, b.m.newCharge(b.city, g.flat, b.period, d.total, d.code))
		}
	}
	outcomes, err := b.m.deps.Charges.IssueMany(ctx, b.m.system(), list)
	if err != nil {
		return err
	}
	for _, o := range outcomes {
		if o.Result == charge.Refused {
			b.faults[o.Home] = "charge"
			b.m.base.Log.Warn("utility: no charge", slog.String("period", b.period.String()), slog.Any("error", o.Fault))
		}
	}
	return nil
}

// codeOf opens the code of a bill; empty: it was made before bills had one.
func codeOf(keys *vault.Keys, sealed vault.Sealed) (string, error) {
	if sealed == nil {
		return "", nil
	}
	plain, err := keys.Open("utility_bill", "code", sealed)
	if err != nil {
		return "", fmt.Errorf("utility: code of a bill: %w", err)
	}
	return string(plain), nil
}

// newCharge is the charge of a flat's month: one, whatever versions the bill has.
func (m *Module) newCharge(city *service.City, f Flat, p Period, total int64, code string) charge.NewCharge {
	u := city.Utilities
	due := p.Add(1).Day(u.Due).AddDays(1).Start(m.deps.Zone()).Add(-time.Second)
	title := func(l lang.Language) string { return m.base.Texts.Text(l, "utility.due_title") } // the charge has the month
	label := func(l lang.Language) string { return m.base.Texts.Text(l, "utility.fact.address") }
	var details []charge.Detail
	if f.Address.RU != "" {
		details = []charge.Detail{{Label: lang.Text{RU: label(lang.Russian), EN: label(lang.English)}, Value: f.Address.RU}}
	}
	return charge.NewCharge{
		For: charge.Identifier{By: charge.ByFlat, Value: f.Account}, Payee: agency.ID(u.Agency), External: external(f, p, code), Kind: u.Charge,
		Subject: f.Home, Amount: money.Roubles(total), Title: lang.Text{RU: title(lang.Russian), EN: title(lang.English)}, Period: p.String(), Dated: p.Add(1).First(), Due: due, Proof: code, Details: details,
	}
}

// external is the settlement centre's own number of a flat's month. It is made of the keyed home, so that the account stands open
// nowhere; bills that were made before bills had codes keep the number under which they were charged, which has the account.
func external(f Flat, p Period, code string) string {
	if code == "" {
		return f.Account + "-" + p.String()
	}
	return charge.KeyedExternal(f.Home, p.String())
}
