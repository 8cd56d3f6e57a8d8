package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"time"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// Newcomer is a line of a list of people whom a city brings with it from an older system: JSON, one object a line.
type Newcomer struct {
	Key        string `json:"key"` // names the person in the older system for ever: a second run brings nobody in twice
	Family     string `json:"family"`
	Given      string `json:"given"`
	Patronymic string `json:"patronymic"`
	Birth      string `json:"birth"` // 1986-04-05
	SNILS      string `json:"snils"`
	Phone      string `json:"phone"`
	Email      string `json:"email"`
	Level      string `json:"level"` // basic, standard, verified; empty: basic
}

// enrolment checks a line.
func (n Newcomer) enrolment() (account.Enrolment, error) {
	out := account.Enrolment{
		Person: id.Derived("newcomer", n.Key), Name: lang.Name{Family: n.Family, Given: n.Given, Patronymic: n.Patronymic},
		SNILS: n.SNILS, Phone: n.Phone, Email: n.Email, Level: act.Basic, SignsIn: n.Phone != "" || n.Email != "",
	}
	if n.Key == "" {
		return out, errors.New("key is empty: give what the older system calls the person")
	}
	if n.Level != "" {
		level, ok := levels[n.Level]
		if !ok {
			return out, fmt.Errorf("level %q is none of basic, standard, verified", n.Level)
		}
		out.Level = level
	}
	if n.Birth == "" {
		return out, nil
	}
	var err error
	if out.Birth, err = calendar.ParseDate(n.Birth); err != nil {
		return out, fmt.Errorf("birth: %q is not a date such as 1986-04-05", n.Birth)
	}
	return out, nil
}

// newcomers reads a list line by line.
func newcomers(from io.Reader) iter.Seq2[account.Enrolment, error] {
	return func(yield func(account.Enrolment, error) bool) {
		lines := bufio.NewScanner(from)
		lines.Buffer(nil, 1<<16)
		for lines.Scan() {
			text := strings.TrimSpace(lines.Text())
			if text == "" {
				continue
			}
			decoder := json.NewDecoder(strings.NewReader(text))
			decoder.DisallowUnknownFields()
			var n Newcomer
			err := decoder.Decode(&n)
			var e account.Enrolment
			if err == nil {
				e, err = n.enrolment()
			}
			if !yield(e, err) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(account.Enrolment{}, err)
		}
	}
}

// enrolWorkers is how many people are brought in at once.
const enrolWorkers = 64

// EnrolFile brings in the people of a list, and says on out how far it is. It works on the city's database itself: on the
// embedded engine no other process may run on it.
func EnrolFile(ctx context.Context, conf Config, file string, out io.Writer) error {
	return directly(ctx, conf, func(h *House) error {
		from, err := os.Open(file)
		if err != nil {
			return fmt.Errorf("enrol: %w", err)
		}
		defer func() { _ = from.Close() }() // it was read
		since := clock.Measure()
		return h.Modules.Account.EnrolAll(ctx, newcomers(from), enrolWorkers, func(n int64) {
			fmt.Fprintf(out, "%d people, %s\n", n, since().Round(time.Second))
		})
	})
}
