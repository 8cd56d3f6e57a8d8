package utility

import (
	"slices"

	"posad.city/core/service"
	"posad.city/kit/decimal"
	"posad.city/kit/money"
)

// recalculations changes the first line of each tariff that one is about.
func (w *work) recalculations(tariffs []service.Tariff) error {
	for _, r := range w.in.Recalculations {
		if r.Sort == Carried {
			s := step("carried", "sum", kopecks(r.Amount))
			w.bill.Lines = append(w.bill.Lines, Line{Tariff: Carried, Kind: Carried, Basis: ByNothing, Per: decimal.One, Factor: decimal.One, Recalc: r.Amount, Steps: []Step{s}})
			continue
		}
		change, s, err := w.change(r)
		if err != nil {
			return err
		}
		at := w.lineOf(tariffs, r.Tariff)
		if at < 0 {
			continue // a tariff that the flat has no more: the desk refuses it, and a replay must not fail
		}
		w.bill.Lines[at].Recalc += change
		w.bill.Lines[at].Steps = append(w.bill.Lines[at].Steps, s)
	}
	return nil
}

// lineOf is the tariff's first line; an empty one is made for a tariff that has none this month.
func (w *work) lineOf(tariffs []service.Tariff, key string) int {
	if at := slices.IndexFunc(w.bill.Lines, func(l Line) bool { return l.Tariff == key }); at >= 0 {
		return at
	}
	at := slices.IndexFunc(tariffs, func(t service.Tariff) bool { return t.Key == key })
	if at < 0 {
		return -1
	}
	t := tariffs[at]
	w.bill.Lines = append(w.bill.Lines, Line{Tariff: t.Key, Kind: t.Kind, Title: t.Title, Unit: t.Unit, Provider: t.Provider, Basis: ByNothing, Per: decimal.One, Factor: decimal.One})
	return len(w.bill.Lines) - 1
}

// change is what a recalculation comes to, with its reason.
func (w *work) change(r Recalculation) (int64, Step, error) {
	switch r.Sort {
	case Quality:
		change, err := w.reduced(r.Tariff, func(Line) bool { return true }, int64(r.Percent), 100*int64(decimal.One))
		return change, step("quality", "percent", r.Percent.String(), "sum", kopecks(change), "reason", r.Reason), err
	case Absence:
		change, err := w.away(r)
		return change, step("absence", "people", itoa(r.People), "from", dayText(r.From), "until", dayText(r.Until), "sum", kopecks(change), "reason", r.Reason), err
	}
	return r.Amount, step("sum", "sum", kopecks(r.Amount), "reason", r.Reason), nil
}

// away is the part of those who were absent for the days between, the first and the last not counted, of what goes by people;
// what a meter counts is less by itself.
func (w *work) away(r Recalculation) (int64, error) {
	days := r.From.DaysUntil(r.Until) - 1
	if days < 1 || w.in.People < 1 || r.People < 1 {
		return 0, nil
	}
	of := int64(w.in.People) * int64(PeriodOf(r.From).Days())
	part := min(int64(min(r.People, w.in.People))*int64(days), of)
	return w.reduced(r.Tariff, func(l Line) bool {
		return l.Basis == ByNorm || l.Basis == ByPerson || l.Basis == ByDrains && w.normed()
	}, part, of)
}

// normed tells whether water went by the norm, so that drains did too.
func (w *work) normed() bool {
	for key, use := range w.used {
		if use.basis == ByNorm && slices.ContainsFunc(w.in.Tariffs, func(t service.Tariff) bool {
			return t.Key == key && (t.Kind == "cold-water" || t.Kind == "hot-water")
		}) {
			return true
		}
	}
	return false
}

// reduced is the share of the tariff's lines, after benefits, as a sum below zero. All that is taken off so together is never
// more than the tariff comes to: a month without water is not paid for twice because nobody was at home.
func (w *work) reduced(tariff string, fits func(Line) bool, part, of int64) (int64, error) {
	var whole, all int64
	for _, l := range w.bill.Lines {
		if l.Tariff != tariff {
			continue
		}
		all += l.Full + l.Benefit
		if fits(l) {
			whole += l.Full + l.Benefit
		}
	}
	share, err := money.Roubles(max(whole, 0)).Share(part, of, money.HalfUp)
	off := min(share.Minor, max(whole, 0), max(all-w.less[tariff], 0))
	w.less[tariff] += off
	return -off, err
}
