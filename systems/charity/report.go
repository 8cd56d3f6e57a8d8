package charity

import (
	"context"
	"slices"
	"strings"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/systems/charity/internal/store"
)

// NewReport is what a fund tells of an appeal.
type NewReport struct {
	Fund, Appeal id.ID
	Text         lang.Text
	Lines        []ReportLine
	Files        []Upload
}

// Tell publishes a report. Its lines come to no more than was paid out and not reported yet, for each line of the budget.
// Errors: ErrForm, ErrShort, ErrFile.
func (m *Module) Tell(ctx context.Context, a act.Act, n NewReport) (id.ID, error) {
	s, err := m.Appeal(ctx, n.Appeal)
	if err != nil {
		return id.ID{}, err
	}
	if s.Fund != n.Fund || !s.State.Public() {
		return id.ID{}, ErrNone
	}
	total, err := checkReport(n, s)
	if err != nil {
		return id.ID{}, err
	}
	body := ReportBody{Text: n.Text, Lines: n.Lines}
	var files []keptFile
	for _, upload := range n.Files {
		file, err := m.look(ctx, upload, false)
		if err != nil {
			return id.ID{}, err
		}
		files = append(files, file)
		body.Files = append(body.Files, Paper{ID: file.id, Name: file.name})
	}
	report, row := id.New(m.now()), id.New(m.now())
	return report, m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		for _, file := range files {
			if err := putFile(tx, n.Fund, file); err != nil {
				return err
			}
		}
		if err := m.putReport(tx, report, s, total, body); err != nil {
			return err
		}
		return did(tx, n.Fund, row, report, a.Actor.Person, "reported")
	})
}

func checkReport(n NewReport, s Standing) (int64, error) {
	if strings.TrimSpace(n.Text.RU) == "" {
		return 0, ErrForm.With(field("text", "empty"))
	}
	total := int64(0)
	for _, l := range n.Lines {
		if _, known := s.Line(l.Line); !known || l.Amount <= 0 || strings.TrimSpace(l.What.RU) == "" {
			return 0, ErrForm.With(field("lines", "lines"))
		}
		total += l.Amount
	}
	return total, nil
}

func (m *Module) putReport(tx *store.Tx, report id.ID, s Standing, total int64, body ReportBody) error {
	if total > 0 {
		if err := unreported(tx, s, body.Lines); err != nil {
			return err
		}
		n, err := charitydb.TellOfPurse(tx, total, s.Fund, s.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrShort
		}
	}
	if err := charitydb.InsertHome(tx, report, s.Fund); err != nil {
		return err
	}
	_, err := charitydb.InsertReport(tx, charitydb.InsertReportParams{Fund: s.Fund, ID: report, Appeal: s.ID, At: tx.Now(), Amount: total, Body: write(body)})
	if err != nil || total == 0 {
		return err
	}
	return m.finish(tx, s)
}

// leftToTell is what was paid out for each line of the budget and not reported.
func leftToTell(r store.Reader, s Standing) (map[string]int64, error) {
	lines, err := linesOf(r, s)
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	for _, l := range lines {
		out[l.Key] = l.Paid
	}
	rows, err := charitydb.TellingOf(r, s.Fund, s.ID)
	for _, row := range rows {
		one, err := reportOf(row)
		if err != nil {
			return nil, err
		}
		for _, l := range one.Lines {
			out[l.Line] -= l.Amount
		}
	}
	return out, err
}

// unreported makes sure that no line of the budget is reported above what was paid out for it.
func unreported(tx *store.Tx, s Standing, lines []ReportLine) error {
	left, err := leftToTell(tx, s)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if left[l.Line] -= l.Amount; left[l.Line] < 0 {
			return ErrShort
		}
	}
	return nil
}

// finish marks an appeal that is over and of which every kopeck was reported.
func (m *Module) finish(tx *store.Tx, s Standing) error {
	p, err := purse(tx, s.Fund, s.ID)
	if err != nil || p.Told != p.Given || !slices.Contains([]AppealState{AppealReached, AppealEnded}, s.State) {
		return err
	}
	_, err = charitydb.SetAppealState(tx, charitydb.SetAppealStateParams{State: string(AppealReported), Closed: tx.Now(), Fund: s.Fund, ID: s.ID, Was: string(s.State)})
	return err
}

// Reports lists an appeal's last 500 reports, the oldest first.
func (m *Module) Reports(ctx context.Context, fund, appeal id.ID) ([]Report, error) {
	out, err := listed(ctx, m, "reports", reportOf, func(r store.Reader) ([]charitydb.CharityReport, error) {
		return charitydb.ReportsOf(r, fund, appeal, reportsMost)
	})
	slices.Reverse(out)
	return out, err
}

// ReportsOf lists a fund's reports, the newest first.
func (m *Module) ReportsOf(ctx context.Context, fund id.ID) ([]Report, error) {
	return listed(ctx, m, "reports", reportOf, func(r store.Reader) ([]charitydb.CharityReport, error) {
		return charitydb.ReportsOfFund(r, fund, listMost)
	})
}

// listed reads rows in a snapshot of their own, each as what it means.
func listed[R, T any](ctx context.Context, m *Module, what string, of func(R) (T, error), read func(store.Reader) ([]R, error)) ([]T, error) {
	var out []T
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		out = nil
		rows, err := read(r)
		if err != nil {
			return err
		}
		for _, row := range rows {
			one, err := of(row)
			if err != nil {
				return err
			}
			out = append(out, one)
		}
		return nil
	})
	return out, wrap(what, err)
}
