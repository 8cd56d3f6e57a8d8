package mydata

import (
	"errors"
	"fmt"
	"strings"

	"posad.city/kit/calendar"
	"posad.city/kit/lang"
	"posad.city/kit/pdf"
)

// paper lays a copy out for people. A copy of more than pdf.MaxPages pages is cut, things of each kind evenly, and says so:
// the JSON file has all of them.
func (m *Module) paper(c Copy, whole Whole) ([]byte, error) {
	for most := 0; ; most = fewer(most, whole) {
		out, err := pdf.Render(m.layOut(c, whole, most))
		if !errors.Is(err, pdf.ErrTooLong) || most == 1 {
			if err != nil {
				return nil, fmt.Errorf("mydata: the paper copy: %w", err)
			}
			return out, nil
		}
	}
}

// fewer is half of how many things of a kind were shown; 0 stands for all.
func fewer(most int, whole Whole) int {
	if most == 0 {
		for _, h := range whole.Holdings {
			most = max(most, len(h.Items))
		}
	}
	return max(most/2, 1)
}

func (m *Module) layOut(c Copy, whole Whole, most int) pdf.Document {
	l := c.Lang
	t := func(key string, args ...any) string { return m.base.Texts.Text(l, "mydata.paper."+key, args...) }
	out := pdf.Document{
		Lang: string(l), City: whole.City, Kind: t("kind"), Title: t("title"), Lead: t("lead"),
		Date: lang.Date(l, calendar.DateOf(whole.Made, m.deps.Zone())), PageOf: t("page", "page", "{page}", "pages", "{pages}"), Made: whole.Made,
	}
	if most > 0 {
		out.Lead += "\n" + t("cut", "count", most)
	}
	for _, h := range whole.Holdings {
		out.Parts = append(out.Parts, pdf.Part{Heading: h.Title, Text: m.partText(l, h, most)})
	}
	return out
}

func (m *Module) partText(l lang.Language, h WireHolding, most int) string {
	var out strings.Builder
	for _, pair := range [][2]string{{"from", h.From}, {"why", h.Why}, {"keeps", h.Keeps}, {"seen", h.Seen}} {
		fmt.Fprintf(&out, "%s: %s\n", m.base.Texts.Text(l, "mydata.about."+pair[0]), pair[1])
	}
	for i, item := range h.Items {
		if most > 0 && i == most {
			fmt.Fprintf(&out, "\n%s", m.base.Texts.Text(l, "mydata.paper.more", "count", len(h.Items)-most))
			break
		}
		out.WriteString("\n" + m.itemText(l, item))
	}
	return out.String()
}

func (m *Module) itemText(l lang.Language, item WireItem) string {
	var head []string
	if item.Title != "" {
		head = append(head, item.Title)
	}
	if item.Number != "" {
		head = append(head, "№ "+item.Number)
	}
	if item.At != nil {
		head = append(head, lang.FullMoment(l, *item.At, m.deps.Zone()))
	}
	lines := []string{"• " + strings.Join(head, ", ")}
	if item.Erased {
		lines = append(lines, "   "+m.base.Texts.Text(l, "vault.erased"))
	}
	for _, f := range item.Facts {
		lines = append(lines, "   "+f.Label+": "+strings.ReplaceAll(f.Value, "\n", "\n   "))
	}
	if item.Correction != nil && item.Correction.Text != "" {
		lines = append(lines, "   "+m.base.Texts.Text(l, "mydata.about.correct")+": "+item.Correction.Text)
	}
	return strings.Join(lines, "\n") + "\n"
}
