package pay

import (
	"slices"
	"strconv"
	"strings"

	"posad.city/core/page"
	"posad.city/kit/fault"
	"posad.city/kit/web"
	"posad.city/ui"
)

func amountID(i int) string { return "f-amount-" + strconv.Itoa(i+1) }

func partHint(c *web.Context, line basketLine) string {
	if line.Hint != "" {
		return line.Hint
	}
	return c.T("pay.part_hint", "amount", line.Sum)
}

// lineFault is a fault of the amounts, shown where something was typed.
func lineFault(c *web.Context, faults []fault.Field, line basketLine) string {
	if line.Typed == "" {
		return ""
	}
	return page.FaultText(c, faults, "amount")
}

func openWords(v waitingView) string {
	if v.QR != "" {
		return "pay.open_bank_app"
	}
	return "pay.open_bank"
}

func secondaryWhen(yes bool) ui.Kind {
	if yes {
		return ui.Secondary
	}
	return ui.Primary
}

func linesOf(text string) []string { return strings.Split(text, "\n") }

func number(i int) string { return strconv.Itoa(i) }

// ownFault is a fault of the line whose form was sent.
func ownFault(c *web.Context, v deskView, line deskLine, name string) string {
	if v.TypedCharge != line.Charge {
		return ""
	}
	return page.FaultText(c, v.Faults, name)
}

func ownAmount(v deskView, line deskLine) string {
	if v.TypedCharge != line.Charge {
		return ""
	}
	return v.Typed.Amount
}

// ownWhy is the reason that was typed for a line whose form was sent.
func ownWhy(v deskView, line deskLine) string {
	if v.TypedCharge != line.Charge {
		return ""
	}
	return v.Typed.Why
}

func methodOr(method string) string {
	if method == "" {
		return string(ByPage)
	}
	return method
}

// atOnce tells whether a way of paying is offered that takes the money with no bank's page between.
func (v basketView) atOnce() bool {
	return slices.ContainsFunc(v.Choices, func(one ui.Choice) bool {
		return strings.HasPrefix(one.Value, string(ByCard)+":") || strings.HasPrefix(one.Value, string(ByWallet)+":")
	})
}
