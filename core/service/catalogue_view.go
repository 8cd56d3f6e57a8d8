package service

import (
	"slices"
	"strings"

	"posad.city/kit/calendar"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// audiences are the filters of the catalogue, in their order on the page.
var audiences = []string{"residents", "parents", "traders", "organisations"}

// chips are the audiences that some service is for.
func chips(c *web.Context, city *City, chosen string) []ui.ChipProps {
	out := []ui.ChipProps{{Text: c.T("service.page.audience_all"), Href: "/services", Current: chosen == ""}}
	for _, audience := range audiences {
		named := slices.ContainsFunc(city.Services, func(s Service) bool { return slices.Contains(s.Audience, audience) })
		if named {
			out = append(out, ui.ChipProps{Text: c.T("service.page.audience_" + audience), Href: "/services?audience=" + audience, Current: chosen == audience})
		}
	}
	return out
}

// tiles are the services that keep says yes to, as tiles.
func tiles(c *web.Context, city *City, most int, keep func(*Service) bool) []ui.TileProps {
	var out []ui.TileProps
	for _, s := range city.popular() {
		if len(out) == most || !keep(s) {
			continue
		}
		tone := ui.Ice
		if topic, ok := city.Topic(s.Topic); ok {
			tone = ui.Tone(topic.Tone)
		}
		out = append(out, ui.TileProps{Icon: iconOf(s.Icon), Tone: tone, Title: s.Title.In(c.Lang()), Note: term(c.Lang(), s.Term), Href: "/services/" + s.Key})
	}
	return out
}

func ofTopic(key, audience string) func(*Service) bool {
	return func(s *Service) bool { return s.Topic == key && fits(s, audience) }
}

func ofSituation(key string) func(*Service) bool {
	return func(s *Service) bool { return slices.Contains(s.Situations, key) }
}

func every(*Service) bool { return true }

// most is more services than any city lists on one page.
const most = 1000

func topicItems(c *web.Context, city *City) []ui.TopicItem {
	out := make([]ui.TopicItem, 0, len(city.Topics))
	for i := range city.Topics {
		t := &city.Topics[i]
		count := len(tiles(c, city, most, ofTopic(t.Key, "")))
		if count == 0 {
			continue
		}
		out = append(out, ui.TopicItem{Title: t.Title.In(c.Lang()), Href: "/topics/" + t.Key, Count: count})
	}
	return out
}

func lifeCards(c *web.Context, city *City, large int) []ui.LifeCardProps {
	out := make([]ui.LifeCardProps, 0, len(city.Situations))
	for i := range city.Situations {
		s := &city.Situations[i]
		out = append(out, ui.LifeCardProps{Title: s.Title.In(c.Lang()), Note: s.About.In(c.Lang()), Href: "/situations/" + s.Key, Icon: iconOf(s.Icon), Tone: ui.Tone(s.Tone), Large: i < large})
	}
	return out
}

// newest are the city's news, the latest first.
func newest(city *City) []*News {
	out := make([]*News, len(city.News))
	for i := range city.News {
		out[i] = &city.News[i]
	}
	slices.SortStableFunc(out, func(a, b *News) int { return strings.Compare(b.Date, a.Date) })
	return out
}

func newsDay(l lang.Language, n *News) string {
	day, err := calendar.ParseDate(n.Date)
	if err != nil {
		return n.Date
	}
	return lang.Date(l, day)
}

func newsCard(c *web.Context, n *News) ui.NewsCardProps {
	return ui.NewsCardProps{Date: newsDay(c.Lang(), n), Title: n.Title.In(c.Lang()), Lead: n.Lead.In(c.Lang()), Href: "/news/" + n.Key}
}

// headlines are the leading item and up to four after it; false when there is no news.
func headlines(c *web.Context, city *City) (ui.NewsProps, bool) {
	var out ui.NewsProps
	for i, n := range newest(city) {
		switch {
		case i == 0:
			out.Lead = newsCard(c, n)
		case i <= 4:
			out.Rest = append(out.Rest, newsCard(c, n))
		}
	}
	return out, len(city.News) > 0
}

// paragraphs are the parts of a text between empty lines.
func paragraphs(text string) []string {
	var out []string
	for _, part := range strings.Split(text, "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// cost is what a service costs in words.
func cost(c *web.Context, s *Service) string {
	if len(s.Fees) == 0 {
		return c.T("service.page.free")
	}
	return s.Cost().In(c.Lang())
}

// shortRows are the terms of a service, for the card at the side.
func shortRows(c *web.Context, city *City, s *Service) []ui.SummaryRow {
	rows := []ui.SummaryRow{
		{Name: c.T("service.page.cost"), Value: strings.ReplaceAll(cost(c, s), "\n", "; ")},
		{Name: c.T("service.page.term"), Value: term(c.Lang(), s.Term)},
		{Name: c.T("service.page.result"), Value: s.Result.Title.In(c.Lang())},
	}
	if s.Form.Minutes > 0 {
		rows = append(rows, ui.SummaryRow{Name: c.T("service.page.filling"), Value: c.T("service.page.minutes", "count", s.Form.Minutes)})
	}
	if a, ok := city.Agency(s.Agency); ok {
		rows = append(rows, ui.SummaryRow{Name: c.T("service.page.agency"), Value: a.Short.In(c.Lang())})
	}
	return rows
}

// questionRows are the pages of the form with their questions.
func questionRows(c *web.Context, s *Service) []ui.SummaryRow {
	var out []ui.SummaryRow
	for i := range s.Form.Steps {
		step := &s.Form.Steps[i]
		labels := make([]string, 0, len(step.Fields))
		for j := range step.Fields {
			if f := &step.Fields[j]; f.Value == "" && !f.Fixed { // what is counted, or known for sure, is not asked
				labels = append(labels, f.Label.In(c.Lang()))
			}
		}
		row := ui.SummaryRow{Name: step.Title.In(c.Lang()), Value: strings.Join(labels, "\n")}
		if step.ForSigner() {
			row.Source = c.T("service.page.by_signer")
		}
		if len(labels) > 0 {
			out = append(out, row)
		}
	}
	return out
}

// caseSteps are the steps that every application goes through, with their terms; ends without a decision of their own
// right (an unpaid fee) are told where the refusals are.
func caseSteps(c *web.Context, s *Service) []ui.TimelineStep {
	out := []ui.TimelineStep{{State: ui.Next, Title: c.T("service.page.step_apply")}}
	for i := range s.Steps {
		t := &s.Steps[i]
		if t.Kind == TaskDecide && t.By == "ground" {
			continue
		}
		out = append(out, ui.TimelineStep{State: ui.Next, Title: t.Title.In(c.Lang()), When: term(c.Lang(), t.Within)})
	}
	return out
}

func groundRows(c *web.Context, s *Service) []ui.SummaryRow {
	var out []ui.SummaryRow
	for _, g := range s.Grounds {
		value := g.Law.In(c.Lang())
		if instead := g.Instead.In(c.Lang()); instead != "" {
			value = instead + "\n" + value
		}
		out = append(out, ui.SummaryRow{Name: g.Words.In(c.Lang()), Value: value})
	}
	return out
}

func appealRows(c *web.Context, a *Appeal) []ui.SummaryRow {
	return []ui.SummaryRow{
		{Name: c.T("service.page.appeal_where"), Value: a.Where.In(c.Lang())},
		{Name: c.T("service.page.appeal_how"), Value: a.How.In(c.Lang())},
		{Name: c.T("service.page.appeal_when"), Value: c.T("service.page.appeal_days", "count", a.Days)},
		{Name: c.T("service.page.law"), Value: a.Law.In(c.Lang())},
	}
}

func agencyRows(c *web.Context, a *Agency) []ui.SummaryRow {
	l := c.Lang()
	return []ui.SummaryRow{
		{Name: c.T("service.page.address"), Value: a.Address.In(l)},
		{Name: c.T("service.page.phone"), Value: a.Phone},
		{Name: c.T("service.page.email"), Value: a.Email},
		{Name: c.T("service.page.hours"), Value: a.Hours.In(l)},
		{Name: a.Head.Title.In(l), Value: a.Head.Name.In(l)},
	}
}

func contactRows(c *web.Context, p *Profile) []ui.SummaryRow {
	l := c.Lang()
	return []ui.SummaryRow{
		{Name: c.T("service.page.phone"), Value: p.Contacts.Phone + "\n" + p.Contacts.Hours.In(l)},
		{Name: c.T("service.page.email"), Value: p.Contacts.Email},
		{Name: c.T("service.page.address"), Value: p.Contacts.Address.In(l)},
		{Name: c.T("service.page.emergency_name"), Value: p.Contacts.Emergency},
	}
}

func helpItems(c *web.Context, city *City) ui.HelpProps {
	p := &city.Profile.Contacts
	return ui.HelpProps{Title: c.T("service.page.help_title"), Items: []ui.HelpItem{
		{Icon: "phone-duotone", Title: p.Phone, Text: p.Hours.In(c.Lang()), Action: ui.Link{Text: c.T("service.page.call"), Href: "tel:" + strings.Map(digitsOnly, p.Phone)}},
		{Icon: "map-pin-line-duotone", Title: c.T("service.page.come"), Text: p.Address.In(c.Lang()), Action: ui.Link{Text: c.T("service.page.agencies"), Href: "/agencies"}},
		{Icon: "chats-circle-duotone", Title: c.T("service.page.write"), Text: p.Email, Action: ui.Link{Text: c.T("service.page.write_letter"), Href: "mailto:" + p.Email}},
	}}
}

func digitsOnly(r rune) rune {
	if r >= '0' && r <= '9' || r == '+' {
		return r
	}
	return -1
}

func searchBox(c *web.Context, value string) ui.SearchBoxProps {
	return ui.SearchBoxProps{
		Action: "/search", Name: "q", Value: value, Label: c.T("service.page.search"), Placeholder: c.T("service.page.search_hint"),
		Button: c.T("service.page.find"), Suggest: "/search/suggest",
	}
}

// understoodMost is how many of them are shown.
const understoodMost = 3

// understoodAs are the words that were understood otherwise than typed, over all that was found, each once.
func understoodAs(found []Found) string {
	var out []string
	for _, one := range found {
		for _, why := range one.Why {
			if len(out) < understoodMost && !slices.Contains(out, why) {
				out = append(out, why)
			}
		}
	}
	return strings.Join(out, ", ")
}

// kindName says what kind of thing was found.
func kindName(c *web.Context, f Found) string { return c.T("service.page.kind_" + f.Kind) }

// structured is the service for search engines: schema.org's GovernmentService.
func structured(c *web.Context, city *City, s *Service) map[string]any {
	l := c.Lang()
	out := map[string]any{
		"@context": "https://schema.org", "@type": "GovernmentService", "name": s.Title.In(l), "description": s.Summary.In(l),
		"serviceType": s.Topic, "inLanguage": string(l), "url": c.URL("/services/" + s.Key),
		"areaServed": map[string]any{"@type": "City", "name": city.Profile.Name.In(l)},
		"availableChannel": map[string]any{
			"@type": "ServiceChannel", "serviceUrl": c.URL("/services/" + s.Key + "/apply"), "servicePhone": map[string]any{"@type": "ContactPoint", "telephone": city.Profile.Contacts.Phone},
		},
		"termsOfService": cost(c, s),
	}
	if a, ok := city.Agency(s.Agency); ok {
		out["serviceOperator"] = map[string]any{"@type": "GovernmentOrganization", "name": a.Title.In(l), "telephone": a.Phone, "email": a.Email, "address": a.Address.In(l)}
	}
	return out
}
