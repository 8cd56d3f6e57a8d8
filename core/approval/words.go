package approval

import (
	"posad.city/kit/web"
	"posad.city/ui"
)

// otherWay is where a person goes who can't wait: the other ways in, the other second steps, or back.
func otherWay(c *web.Context, kind Kind, path string) string {
	switch {
	case kind != Second:
		return withBack("/sign-in", path)
	case c.Person().IsZero():
		return withBack("/sign-in/second", path)
	}
	return withBack("/sign-in/raise", path)
}

func browserText(c *web.Context, browser string) string {
	if browser == "" {
		return c.T("approval.unknown_browser")
	}
	return browser
}

// questionRows say who asks, in words.
func questionRows(c *web.Context, v questionView) []ui.SummaryRow {
	known := "approval.question.never_here"
	if v.Known {
		known = "approval.question.been_here"
	}
	rows := []ui.SummaryRow{{Name: c.T("approval.question.browser"), Value: browserText(c, v.Browser)}}
	if !v.QR {
		rows = append(rows, ui.SummaryRow{Name: c.T("approval.question.known"), Value: c.T(known)})
	}
	return append(rows,
		ui.SummaryRow{Name: c.T("approval.question.when"), Value: v.When},
		ui.SummaryRow{Name: c.T("approval.question.network"), Value: c.T("approval.network." + string(v.Distance))})
}

func choicesOf(numbers []int64) []ui.Choice {
	out := make([]ui.Choice, len(numbers))
	for i, n := range numbers {
		out[i] = ui.Choice{Value: number(n), Text: number(n)}
	}
	return out
}
