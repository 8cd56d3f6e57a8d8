package document

import (
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

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
