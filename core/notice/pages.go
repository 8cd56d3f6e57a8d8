package notice

import (
	"strings"

	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

func (m *Module) when(c *web.Context, message Message) string {
	return lang.Moment(c.Lang(), message.Made, c.Now(), m.deps.Zone())
}

func (m *Module) rows(c *web.Context, list []Message) []ui.RowItem {
	out := make([]ui.RowItem, len(list))
	for i, message := range list {
		out[i] = ui.RowItem{Text: message.Title.In(c.Lang()), Href: "/messages/" + message.ID.String(), Value: m.when(c, message), Quiet: true}
		if message.Read.IsZero() {
			out[i].Tag = &ui.TagProps{Text: c.T("notice.new"), Tone: ui.Info}
		}
	}
	return out
}

func lines(paragraph string) []string { return strings.Split(paragraph, "\n") }

// sent says how a message went out, a line a delivery.
func (m *Module) sent(c *web.Context, message Message) []ui.SummaryRow {
	var out []ui.SummaryRow
	for _, d := range message.Sent {
		out = append(out, ui.SummaryRow{Name: c.T("notice.channel." + string(d.Channel)), Value: m.fate(c, d)})
	}
	return out
}

// fate is what became of a delivery, in a sentence.
func (m *Module) fate(c *web.Context, d Delivery) string {
	key := "notice.fate." + string(d.State)
	if d.State == Failed {
		key += "_" + string(d.Failure)
	}
	text := c.T(key, "when", lang.Moment(c.Lang(), d.Ended, c.Now(), m.deps.Zone()))
	if !d.Instead.IsZero() {
		text += "\n" + c.T("notice.fate.instead")
	}
	return text
}

func choices(c *web.Context) []ui.Choice {
	var out []ui.Choice
	for _, t := range Topics() {
		out = append(out, ui.Choice{Value: string(t), Text: c.T("notice.topic." + string(t))})
	}
	return out
}

func ticked(list []Wish, on func(Wish) bool) []string {
	var out []string
	for _, w := range list {
		if on(w) {
			out = append(out, string(w.Topic))
		}
	}
	return out
}

// field is the question of one channel; its hint is the address, or where to give one.
func (v wishView) field(c *web.Context, channel Channel) ui.Field {
	hint := c.T("notice.no_address." + string(channel))
	if at := v.At[channel]; at != "" {
		hint = at
	}
	return ui.Field{Name: string(channel), Label: c.T("notice.channel." + string(channel)), Hint: hint}
}

func byEmail(w Wish) bool { return w.Email }
func bySMS(w Wish) bool   { return w.SMS }
