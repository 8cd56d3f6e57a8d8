package charity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/pdf"
)

// YearGift is a gift of a year's statement.
type YearGift struct {
	Gift
	FundTitle lang.Text
	FundINN   string
	Day       calendar.Date
}

// Year is what somebody gave in a year.
type Year struct {
	Year  int
	Gifts []YearGift // in the order of days
	Total int64
}

// YearOf reads what a person gave in a year: what was paid and did not go back.
func (m *Module) YearOf(ctx context.Context, a act.Act, person id.ID, year int) (Year, error) {
	gifts, err := m.GiftsOf(ctx, a, person)
	if err != nil {
		return Year{}, err
	}
	out := Year{Year: year}
	funds := map[id.ID]Fund{}
	for _, g := range gifts {
		if g.State != GiftGiven {
			continue
		}
		day := calendar.DateOf(g.Given, m.deps.Zone())
		if day.Year() != year {
			continue
		}
		f, known := funds[g.Fund]
		if !known {
			if f, err = m.Fund(ctx, g.Fund); err != nil {
				return out, err
			}
			funds[g.Fund] = f
		}
		out.Gifts = append(out.Gifts, YearGift{Gift: g, FundTitle: f.Title, FundINN: f.INN, Day: day})
		out.Total += g.Amount
	}
	slices.SortFunc(out.Gifts, func(x, y YearGift) int { return x.Given.Compare(y.Given) })
	return out, nil
}

// Statement is the paper of a year for the tax office.
func (m *Module) Statement(l lang.Language, name lang.Name, y Year) ([]byte, error) {
	t := func(key string, args ...any) string { return m.base.Texts.Text(l, "charity.statement."+key, args...) }
	city := m.deps.City()
	today := m.today()
	d := pdf.Document{
		Lang: string(l), City: city.Name.In(l), Office: city.AgencyName.In(l), Kind: t("kind"), Title: t("title", "year", fmt.Sprint(y.Year)),
		Date: lang.Date(l, today), Lead: t("lead"), PageOf: t("page", "page", "{page}", "pages", "{pages}"), Made: m.now(),
		Facts: []pdf.Fact{
			{Label: t("giver"), Value: name.Full(l)}, {Label: t("period"), Value: t("year", "year", fmt.Sprint(y.Year))},
			{Label: t("total"), Value: money.Roubles(y.Total).In(l)}, {Label: t("gifts"), Value: lang.Number(l, int64(len(y.Gifts)))},
		},
	}
	for _, part := range byFund(y.Gifts) {
		var lines []string
		sum := int64(0)
		for _, g := range part {
			sum += g.Amount
			lines = append(lines, t("line", "date", lang.Date(l, g.Day), "amount", money.Roubles(g.Amount).In(l), "number", g.ID.String()))
		}
		lines = append(lines, t("sum", "amount", money.Roubles(sum).In(l)))
		d.Parts = append(d.Parts, pdf.Part{Heading: t("fund", "fund", part[0].FundTitle.In(l), "inn", part[0].FundINN), Text: strings.Join(lines, "\n")})
	}
	d.Parts = append(d.Parts, pdf.Part{Heading: t("how"), Text: t("how_text")})
	out, err := pdf.Render(d)
	return out, wrap("statement", err)
}

// byFund parts gifts by their fund, in the order of the first gift.
func byFund(gifts []YearGift) [][]YearGift {
	var out [][]YearGift
	at := map[id.ID]int{}
	for _, g := range gifts {
		i, ok := at[g.Fund]
		if !ok {
			i = len(out)
			at[g.Fund] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], g)
	}
	return out
}
