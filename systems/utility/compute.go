package utility

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"posad.city/core/service"
	"posad.city/kit/decimal"
	"posad.city/kit/money"
)

// ErrInput is told of inputs that no bill can be made of: no people where people are counted, a price that is missing.
var ErrInput = errors.New("utility: a bill can't be made of this")

// Compute makes the bill. It reads nothing but its input, so that the same input gives the same bill anywhere and always.
// Errors: ErrInput, decimal.ErrRange.
func Compute(in Input) (Bill, error) {
	w := &work{in: in, used: map[string]usage{}, less: map[string]int64{}}
	tariffs := slices.Clone(in.Tariffs)
	slices.SortStableFunc(tariffs, func(a, b service.Tariff) int { return a.Order - b.Order })
	// What drains need comes before them, whatever their places.
	for _, drains := range []bool{false, true} {
		for i := range tariffs {
			if (tariffs[i].By == "drains") != drains {
				continue
			}
			if err := w.tariff(&tariffs[i]); err != nil {
				return Bill{}, fmt.Errorf("utility: %s: %w", tariffs[i].Key, err)
			}
		}
	}
	if err := w.finish(tariffs); err != nil {
		return Bill{}, err
	}
	return w.bill, nil
}

// work is one computation under way.
type work struct {
	in   Input
	bill Bill
	used map[string]usage // by tariff
	less map[string]int64 // by tariff: what bad quality and absences took off already
}

func rule(t *service.Tariff) money.Rounding {
	return map[string]money.Rounding{"half-even": money.HalfEven, "down": money.Down}[t.Rounding]
}

// tariff adds the lines of one tariff.
func (w *work) tariff(t *service.Tariff) error {
	if !t.In(w.in.Period.Month()) {
		return nil
	}
	use, err := w.usage(t)
	if err != nil {
		return err
	}
	w.used[t.Key] = use
	for _, s := range w.spans(t) {
		pieces, err := s.pieces(use)
		if err != nil {
			return err
		}
		for _, p := range pieces {
			line, err := w.line(t, use, s, p)
			if err != nil {
				return err
			}
			w.bill.Lines = append(w.bill.Lines, line)
		}
	}
	return nil
}

// line makes a line of a piece, without what is taken off.
func (w *work) line(t *service.Tariff, use usage, s span, p piece) (Line, error) {
	out := Line{
		Tariff: t.Key, Kind: t.Kind, Part: p.part, Title: t.Title, Unit: t.Unit, Provider: t.Provider, Basis: use.basis, Quantity: p.quantity,
		Per: p.per, Price: p.price, Factor: use.factor, From: s.price.From, Law: s.price.Law, Steps: stepsOf(use.steps, p.part),
	}
	if s.days < s.of {
		out.Days = s.days
		out.Steps = append(out.Steps, step("days", "days", itoa(s.days), "of", itoa(s.of), "quantity", p.quantity.String()))
	}
	if p.band != "" {
		out.Steps = append(out.Steps, step("band", "to", p.band))
	}
	if p.part == "heat" || p.per != decimal.One {
		out.Steps = append(out.Steps, step("per_"+t.Kind, "quantity", p.quantity.String(), "per", p.per.String()))
	}
	var err error
	out.Full, err = decimal.Product(100, rule(t), p.quantity, p.per, p.price, use.factor)
	out.Total = out.Full
	return out, err
}

// stepsOf are the steps of a line: one of a time of day has those of its own dial.
func stepsOf(steps []Step, part string) []Step {
	times := []string{"day", "night", "peak"}
	zone, _, _ := strings.Cut(part, "-")
	if !slices.Contains(times, zone) {
		return slices.Clone(steps)
	}
	return slices.DeleteFunc(slices.Clone(steps), func(s Step) bool {
		return slices.ContainsFunc(times, func(other string) bool { return other != zone && strings.HasSuffix(s.Key, zoneKey(other)) })
	})
}

// finish takes off what is taken off, in the order of the bill, and sums up.
func (w *work) finish(tariffs []service.Tariff) error {
	slices.SortStableFunc(w.bill.Lines, func(a, b Line) int { return w.place(tariffs, a) - w.place(tariffs, b) })
	if err := w.benefits(tariffs); err != nil {
		return err
	}
	if err := w.recalculations(tariffs); err != nil {
		return err
	}
	for i := range w.bill.Lines {
		l := &w.bill.Lines[i]
		l.Total = l.Full + l.Benefit + l.Recalc
		w.bill.Total += l.Total
	}
	if w.bill.Total < 0 {
		w.bill.Total, w.bill.Carry = 0, w.bill.Total
	}
	return nil
}

func (w *work) place(tariffs []service.Tariff, l Line) int {
	return slices.IndexFunc(tariffs, func(t service.Tariff) bool { return t.Key == l.Tariff })
}

func step(key string, args ...string) Step {
	out := Step{Key: key, Args: map[string]string{}}
	for i := 0; i+1 < len(args); i += 2 {
		out.Args[args[i]] = args[i+1]
	}
	return out
}

func itoa(n int) string { return strconv.Itoa(n) }
