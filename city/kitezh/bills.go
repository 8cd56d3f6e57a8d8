package kitezh

import (
	"bytes"
	"fmt"
	"io"
	"strconv"

	"github.com/goccy/go-yaml"

	"posad.city/kit/calendar"
)

// Bill is a bill that a demo's resident has at the first start.
type Bill struct {
	To     string `yaml:"to"` // key of the resident
	By     string `yaml:"by"` // snils, plate
	Kind   string `yaml:"kind"`
	Number string `yaml:"number"` // the agency's own
	Amount int64  `yaml:"amount"` // kopecks
	Ago    int    `yaml:"ago"`    // days since the agency decided it
	Due    int    `yaml:"due"`    // days until the term; 0: as the kind says
	Period string `yaml:"period"` // month: the one before; year, year-before: a tax of these; empty: none
	Proof  string `yaml:"proof"`
	Place  string `yaml:"place"`
	Basis  string `yaml:"basis"`
}

// Bills reads the demo's bills. The error is a mistake in the embedded file, which a test keeps out.
func Bills() ([]Bill, error) {
	content, err := files.ReadFile("demo/bills.yaml")
	if err != nil {
		return nil, fmt.Errorf("kitezh: bills: %w", err)
	}
	var out []Bill
	if err := yaml.NewDecoder(bytes.NewReader(content), yaml.Strict()).Decode(&out); err != nil && err != io.EOF {
		return nil, fmt.Errorf("kitezh: bills: %w", err)
	}
	return out, nil
}

// Value is the resident's number that the bill is issued to; empty when they have none.
func (b Bill) Value(r Resident) string {
	switch {
	case b.By == "snils":
		return r.SNILS
	case b.By == "plate" && len(r.Vehicles) > 0:
		return r.Vehicles[0].Plate
	}
	return ""
}

// Month is the period as bills write it, for a bill that is made today.
func (b Bill) Month(today calendar.Date) string {
	switch b.Period {
	case "month":
		return today.AddMonths(-1).String()[:7]
	case "year":
		return strconv.Itoa(today.Year() - 1)
	case "year-before":
		return strconv.Itoa(today.Year() - 2)
	}
	return ""
}
