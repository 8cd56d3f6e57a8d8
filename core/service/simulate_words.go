package service

import (
	"fmt"
	"html/template"
	"io"
	"strings"

	"posad.city/kit/lang"
)

// SimBar is one line of a chart.
type SimBar struct {
	Label   string
	Value   float64
	Said    string // the value in words
	Share   float64
	Changed bool // worth a look
}

// SimPart is one chart or table of the report.
type SimPart struct {
	Title, Lead string
	Bars        []SimBar
}

type simWords struct {
	Simulation
	lang lang.Language
}

func (s simWords) say(key string, params map[string]string) string {
	catalogue, err := words()
	if err != nil {
		return key
	}
	return catalogue.TextWith(s.lang, "service.sim."+key, params)
}

func (s simWords) number(n int) string { return lang.Number(s.lang, int64(n)) }

// parts are the report: the same for the terminal and the page.
func (s simWords) parts() []SimPart {
	out := []SimPart{s.flowPart("flows", s.Flows), s.flowPart("real", s.Real), s.feePart(), s.termPart(), s.loadPart(), s.questionPart()}
	kept := out[:0]
	for _, part := range out {
		if len(part.Bars) > 0 {
			kept = append(kept, shared(part))
		}
	}
	return kept
}

// Head says in one line what came out, and Parts are the charts: the same for every face.
func (s Simulation) Head(l lang.Language) string { return simWords{s, l}.head() }

// Parts are the charts of a simulation in words, those that have something to show.
func (s Simulation) Parts(l lang.Language) []SimPart { return simWords{s, l}.parts() }

// shared gives each bar its share of the longest.
func shared(p SimPart) SimPart {
	most := 0.0
	for _, b := range p.Bars {
		most = max(most, b.Value)
	}
	for i := range p.Bars {
		if most > 0 {
			p.Bars[i].Share = p.Bars[i].Value / most
		}
	}
	return p
}

func (s simWords) flowPart(key string, flows []SimFlow) SimPart {
	out := SimPart{Title: s.say(key, nil), Lead: s.say(key+"_lead", map[string]string{"changed": s.number(s.Changed), "cases": s.number(s.Cases)})}
	for _, f := range flows {
		label := s.outcome(f.From)
		if f.From != f.To {
			label += " → " + s.outcome(f.To)
		}
		out.Bars = append(out.Bars, SimBar{Label: label, Value: float64(f.Cases), Said: s.number(f.Cases), Changed: f.From.differs(f.To)})
	}
	return out
}

func (s simWords) outcome(o SimOutcome) string {
	switch {
	case o.Obstacle != "":
		return s.say("obstacle", map[string]string{"obstacle": o.Obstacle})
	case o.Unclear:
		return s.say("unclear", nil)
	}
	said := diffText("value." + string(o.Verdict)).In(s.lang)
	if o.Row != "" {
		said += " (" + o.Row + ")"
	}
	return said
}

func (s simWords) feePart() SimPart {
	out := SimPart{Title: s.say("fees", nil), Lead: s.say("fees_lead", map[string]string{
		"changed": s.number(s.Fees.Changed), "before": moneyText(s.Fees.Before).In(s.lang), "after": moneyText(s.Fees.After).In(s.lang)})}
	if s.Fees.Before+s.Fees.After > 0 {
		out.Bars = []SimBar{
			{Label: s.say("before", nil), Value: float64(s.Fees.Before), Said: moneyText(s.Fees.Before).In(s.lang)},
			{Label: s.say("after", nil), Value: float64(s.Fees.After), Said: moneyText(s.Fees.After).In(s.lang), Changed: s.Fees.Before != s.Fees.After},
		}
	}
	for i, f := range s.Fees.Flows {
		if i == 10 {
			break
		}
		said := s.say("fee_flow", map[string]string{"from": moneyText(f.From).In(s.lang), "to": moneyText(f.To).In(s.lang), "cases": s.number(f.Cases)})
		out.Lead += "\n" + said
	}
	return out
}

func (s simWords) termPart() SimPart {
	if s.Cases == 0 {
		return SimPart{}
	}
	days := func(v float64) string {
		return s.say("days", map[string]string{"days": decimal(s.lang, v)})
	}
	return SimPart{Title: s.say("term", nil), Lead: s.say("term_lead", map[string]string{"before": lang.Term(s.lang, s.Term.Before.Calendar()), "after": lang.Term(s.lang, s.Term.After.Calendar())}),
		Bars: []SimBar{
			{Label: s.say("before", nil), Value: s.Term.From, Said: days(s.Term.From)},
			{Label: s.say("after", nil), Value: s.Term.To, Said: days(s.Term.To), Changed: s.Term.Before != s.Term.After},
		}}
}

func decimal(l lang.Language, v float64) string {
	text := fmt.Sprintf("%.1f", v)
	if l == lang.Russian {
		return strings.Replace(text, ".", ",", 1)
	}
	return text
}

func (s simWords) loadPart() SimPart {
	out := SimPart{Title: s.say("load", nil), Lead: s.say("load_cases", nil)}
	if s.Days > 0 {
		out.Lead = s.say("load_days", map[string]string{"days": s.number(s.Days)})
	}
	said := func(cases int, day float64) string {
		if s.Days > 0 {
			return decimal(s.lang, day)
		}
		return s.number(cases)
	}
	for _, l := range s.Load {
		title := l.Title.In(s.lang) + " (" + l.Agency + ")"
		out.Bars = append(out.Bars,
			SimBar{Label: title + ", " + s.say("before", nil), Value: float64(l.Before), Said: said(l.Before, l.DayOld)},
			SimBar{Label: title + ", " + s.say("after", nil), Value: float64(l.After), Said: said(l.After, l.DayNew), Changed: l.Before != l.After})
	}
	return out
}

func (s simWords) questionPart() SimPart {
	out := SimPart{Title: s.say("questions", nil), Lead: s.say("questions_lead", map[string]string{"cases": s.number(s.NotAsked)})}
	for _, q := range s.Questions {
		out.Bars = append(out.Bars, SimBar{Label: q.Label.In(s.lang), Value: float64(q.Cases), Said: s.number(q.Cases), Changed: true})
	}
	return out
}

// Bounds of the terminal's chart, characters.
const (
	barWidth   = 30
	labelWidth = 56
)

// Print writes the simulation for a terminal, with bars.
func (s Simulation) Print(w io.Writer, l lang.Language) error {
	words := simWords{s, l}
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n%s\n", oneLine(s.Title.In(l)), words.head())
	for _, part := range words.parts() {
		fmt.Fprintf(&out, "\n%s\n", part.Title)
		for line := range strings.SplitSeq(part.Lead, "\n") {
			fmt.Fprintf(&out, "  %s\n", line)
		}
		for _, b := range part.Bars {
			mark := " "
			if b.Changed {
				mark = "*"
			}
			label := shorten(b.Label, labelWidth-1)
			fmt.Fprintf(&out, "%s %s%s %s %s\n", mark, label, strings.Repeat(" ", max(labelWidth-len([]rune(label)), 0)), bar(b.Share), b.Said)
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// bar is a bar of eighths; the smallest value that is not zero is seen.
func bar(share float64) string {
	eighths := int(share*barWidth*8 + 0.5)
	if share > 0 && eighths == 0 {
		eighths = 1
	}
	out := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		out += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return out
}

func (s simWords) head() string {
	return s.say("head", map[string]string{"cases": s.number(s.Cases), "from": short(s.From), "to": short(s.To), "changed": s.number(s.Changed),
		"share": s.share(s.Changed), "obstacles": s.number(s.Obstacles), "unclear": s.number(s.Unclear)})
}

func (s simWords) share(n int) string {
	if s.Cases == 0 {
		return "0%"
	}
	return decimal(s.lang, 100*float64(n)/float64(s.Cases)) + "%"
}

func short(h Hash) string { return string(h[:min(len(h), 12)]) }

// SimulationHTML writes simulations as one page that needs nothing else: no script, no other file.
func SimulationHTML(w io.Writer, l lang.Language, list ...Simulation) error {
	type page struct {
		Title, Head string
		Parts       []SimPart
	}
	var pages []page
	for _, s := range list {
		words := simWords{s, l}
		pages = append(pages, page{Title: s.Title.In(l), Head: words.head(), Parts: words.parts()})
	}
	return simPage.Execute(w, map[string]any{"Lang": string(l), "Title": simWords{lang: l}.say("title", nil), "Pages": pages, "Note": simWords{lang: l}.say("note", nil)})
}

var simPage = template.Must(template.New("simulation").Funcs(template.FuncMap{
	"percent": func(share float64) string { return fmt.Sprintf("%.1f", max(100*share, 0.4)) },
	"lines":   func(text string) []string { return strings.Split(text, "\n") },
}).Parse(`<!doctype html>
<html lang="{{.Lang}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; color: #14213d; background: #fff; margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.2; }
h2 { font-size: 1.375rem; margin-top: 2.5rem; }
h3 { font-size: 1.125rem; margin: 2rem 0 .25rem; }
p { margin: .25rem 0; }
table { border-collapse: collapse; width: 100%; margin-top: .75rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem .25rem 0; font-weight: 400; }
th { width: 45%; }
td.said { white-space: nowrap; text-align: right; width: 1%; font-variant-numeric: tabular-nums; }
.bar { display: block; height: 1rem; margin-top: .25rem; border-radius: 3px; background: #8fa3c8; min-width: 2px; }
.changed .bar { background: #2450dc; }
.changed th { font-weight: 600; }
@media (max-width: 40rem) { tr { display: grid; grid-template-columns: 1fr auto; } th { grid-column: 1 / -1; width: auto; } }
@media print { .bar { print-color-adjust: exact; } }
</style>
</head>
<body>
<main>
<h1>{{.Title}}</h1>
<p>{{.Note}}</p>
{{range .Pages}}<section>
<h2>{{.Title}}</h2>
<p>{{.Head}}</p>
{{range .Parts}}<h3>{{.Title}}</h3>
{{range lines .Lead}}<p>{{.}}</p>
{{end}}<table>
{{range .Bars}}<tr{{if .Changed}} class="changed"{{end}}><th scope="row">{{.Label}}</th><td><span class="bar" style="width: {{percent .Share}}%" aria-hidden="true"></span></td><td class="said">{{.Said}}</td></tr>
{{end}}</table>
{{end}}</section>
{{end}}</main>
</body>
</html>
`))
