package document

import (
	"net/url"

	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/web"
	"posad.city/ui"
)

// shownParts are what the page says after the table as the paper does: a refusal's, which are why, what else can be done and
// how to disagree. Of other documents they stand on the case's page.
func (o opened) shownParts() []Part {
	if o.Form != FormRefusal || !o.Revoked.IsZero() {
		return nil
	}
	return o.parts
}

// afterRefusal is where one applies again and where one disagrees; each empty when the city has no such way now.
func (m *Module) afterRefusal(r Result) (again, appeal string) {
	city := m.city()
	if city == nil || r.Form != FormRefusal || !r.Revoked.IsZero() {
		return "", ""
	}
	s, ok := city.Service(r.Service)
	if !ok {
		return "", ""
	}
	if s.About == "" { // a case about another one is begun from that one
		again = "/services/" + url.PathEscape(s.Key) + "/apply"
	}
	if s.Appeal == nil || s.Appeal.Service == "" {
		return again, ""
	}
	appeal = "/services/" + url.PathEscape(s.Appeal.Service) + "/apply"
	number, ok := r.fact("case")
	if by, found := city.Service(s.Appeal.Service); ok && found && by.About != "" {
		if digits, err := id.ParseNumber(number.Value.RU); err == nil {
			appeal += "?about=" + digits
		}
	}
	return again, appeal
}

// verdictTone is that of the check. That a refusal is genuine is no good news, and must not look like a permit.
func verdictTone(found Checked) ui.Tone {
	if found.Standing == Valid && found.Form == FormRefusal {
		return ui.Info
	}
	return verdictTones[found.Standing]
}

// overTitle heads a person's documents that are over.
func overTitle(c *web.Context, s shelf) string {
	if s.Name == "" {
		return c.T("document.over")
	}
	return c.T("document.over_of", "name", s.Name)
}

// verdictText is what the check says of a document.
func verdictText(c *web.Context, found Checked) string {
	switch {
	case found.Standing == Revoked && found.Replaced != "":
		return c.T("document.check.text_replaced", "number", id.FormatNumber(found.Replaced))
	case found.Standing == Valid && found.Form == FormRefusal:
		return c.T("document.check.text_refusal")
	}
	return c.T("document.check.text_" + string(found.Standing))
}

// verdictTitle heads it.
func verdictTitle(c *web.Context, found Checked) string {
	if found.Standing == Valid && found.Form == FormRefusal {
		return c.T("document.check.title_refusal")
	}
	return c.T("document.check.title_" + string(found.Standing))
}

func deskWrong(c *web.Context, v deskView) string {
	if v.Wrong == "" {
		return ""
	}
	return c.T(v.Wrong)
}

func failedText(c *web.Context, failed *fault.Fault) string {
	if failed == nil {
		return ""
	}
	return c.FaultText(failed)
}

func (v listView) all() []string {
	if v.Query.All {
		return []string{"1"}
	}
	return nil
}

// first is where the list begins; empty on the first page. A list by keys goes back no further.
func (v listView) first() string {
	if v.Query.After == "" {
		return ""
	}
	return v.Query.href(v.Path, "")
}

func (v listView) next() string {
	if v.Page.Next == "" {
		return ""
	}
	return v.Query.href(v.Path, v.Page.Next)
}

func (v listView) csv() string { return v.Query.href(v.Path+"/csv", "") }
