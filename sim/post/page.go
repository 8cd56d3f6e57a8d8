package post

import (
	"encoding/json"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Handler is the page, the JSON faces and the SMS gateway.
func (p *Post) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /v1/messages/{id}", p.takeSMS)
	mux.HandleFunc("GET /{$}", p.showAll)
	mux.HandleFunc("GET /mail/{id}", p.showLetter)
	mux.HandleFunc("GET /mail/{id}/raw", p.showRaw)
	mux.HandleFunc("GET /api/mail", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, p.Mail(r.URL.Query().Get("to")))
	})
	mux.HandleFunc("GET /api/sms", func(w http.ResponseWriter, r *http.Request) { answer(w, http.StatusOK, p.SMS(r.URL.Query().Get("to"))) })
	mux.HandleFunc("DELETE /api/mail", p.emptied(p.clearMail))
	mux.HandleFunc("DELETE /api/sms", p.emptied(p.clearSMS))
	mux.HandleFunc("POST /control", p.control)
	return mux
}

func (p *Post) emptied(clear func(string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		clear(r.URL.Query().Get("to"))
		w.WriteHeader(http.StatusNoContent)
	}
}

func (p *Post) control(w http.ResponseWriter, r *http.Request) {
	var f Faults
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyMost))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	p.SetFaults(f)
	answer(w, http.StatusOK, f)
}

// item is a letter or an SMS as the page lists it.
type item struct {
	Mail    bool
	ID      string
	To      string
	Subject string
	Parts   []part
	At      time.Time
	Times   int
}

// part is a piece of a text; with a link when it is an address.
type part struct {
	Text string
	Link string
}

var address = regexp.MustCompile(`https?://[^\s<>"]+`)

// parts makes the addresses in a text links. A stop or bracket at the end belongs to the sentence.
func parts(text string) []part {
	var out []part
	for {
		at := address.FindStringIndex(text)
		if at == nil {
			return append(out, part{Text: text})
		}
		link := strings.TrimRight(text[at[0]:at[1]], ".,;:!?)»")
		out = append(out, part{Text: text[:at[0]]}, part{Text: link, Link: link})
		text = text[at[0]+len(link):]
	}
}

// shownMost is how many things the page lists.
const shownMost = 200

func (p *Post) items(to string) []item {
	var out []item
	for _, m := range p.Mail(to) {
		out = append(out, item{Mail: true, ID: m.ID, To: m.To, Subject: m.Subject, Parts: parts(strings.TrimSpace(m.Text)), At: m.At, Times: m.Times})
	}
	for _, s := range p.SMS(to) {
		out = append(out, item{ID: s.ID, To: s.To, Parts: parts(s.Text), At: s.At, Times: s.Times})
	}
	slices.SortStableFunc(out, func(a, b item) int { return b.At.Compare(a.At) })
	return out[:min(len(out), shownMost)]
}

func (p *Post) showAll(w http.ResponseWriter, r *http.Request) {
	to := strings.TrimSpace(r.URL.Query().Get("to"))
	head(w)
	err := listPage.Execute(w, map[string]any{"W": wordsFor(r), "To": to, "Items": p.items(to)})
	if err != nil {
		p.log.Warn("post: page", "error", err)
	}
}

func head(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
}

func (p *Post) letter(id string) (Mail, bool) {
	list := p.Mail("")
	i := slices.IndexFunc(list, func(m Mail) bool { return m.ID == id })
	if i < 0 {
		return Mail{}, false
	}
	return list[i], true
}

// showLetter shows a letter's HTML as a mail program would: no scripts, nothing loaded, in an origin of its own.
func (p *Post) showLetter(w http.ResponseWriter, r *http.Request) {
	m, ok := p.letter(r.PathValue("id"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	head(w)
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-top-navigation-by-user-activation allow-popups allow-popups-to-escape-sandbox")
	if m.HTML == "" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(m.Text)) // the reader has gone
		return
	}
	_, _ = w.Write([]byte(m.HTML)) // the reader has gone
}

// showRaw is the letter as it came over the wire.
func (p *Post) showRaw(w http.ResponseWriter, r *http.Request) {
	m, ok := p.letter(r.PathValue("id"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	head(w)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(m.raw) // the reader has gone
}

var words = map[string]map[string]string{
	"ru": {
		"lang": "ru", "title": "Почта и СМС", "about": "Сюда приходят все письма и СМС демонстрационного города. Наружу ничего не уходит.", "to": "Адрес или телефон", "find": "Показать",
		"all": "Показать все", "refresh": "Обновить", "empty": "Пока ничего не пришло.", "mail": "Письмо", "sms": "СМС", "letter": "Письмо как в почте", "raw": "Исходный текст", "times": "пришло раз:",
		"other": "English", "switch": "en",
	},
	"en": {
		"lang": "en", "title": "Mail and SMS", "about": "Every letter and SMS of the demo city comes here. Nothing goes out.", "to": "Address or phone", "find": "Show",
		"all": "Show all", "refresh": "Refresh", "empty": "Nothing has come yet.", "mail": "Letter", "sms": "SMS", "letter": "As a mail program shows it", "raw": "Source", "times": "times it came:",
		"other": "Русский", "switch": "ru",
	},
}

// wordsFor chooses the language: as the address says, else as the browser wishes.
func wordsFor(r *http.Request) map[string]string {
	if chosen, ok := words[r.URL.Query().Get("lang")]; ok {
		return chosen
	}
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "en") {
		return words["en"]
	}
	return words["ru"]
}

var listPage = template.Must(template.New("post").Parse(`<!DOCTYPE html>
<html lang="{{.W.lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>{{.W.title}}</title>
<style>
:root{--ink:#131829;--dim:#545c72;--back:#f4f6fb;--sheet:#fff;--line:#dadee8;--link:#2450dc}
@media(prefers-color-scheme:dark){:root{--ink:#eef1f8;--dim:#b4bccf;--back:#10141f;--sheet:#1a2030;--line:#3a4358;--link:#9db4ff}}
body{margin:0;font:17px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--back)}
main{max-width:46rem;margin:0 auto;padding:2rem 1rem}h1{font-size:1.75rem;margin:0}a{color:var(--link)}
p.about,.meta{color:var(--dim)}.top{display:flex;justify-content:space-between;align-items:baseline;gap:1rem;flex-wrap:wrap}
form{display:flex;gap:.5rem;flex-wrap:wrap;align-items:end;margin:1rem 0 1.5rem}label{display:block;font-weight:600}
input{font:inherit;padding:.5rem .75rem;min-height:44px;box-sizing:border-box;border:2px solid var(--dim);border-radius:8px;background:var(--sheet);color:var(--ink);width:18rem;max-width:100%}
button{font:inherit;font-weight:600;min-height:44px;padding:0 1.25rem;border:0;border-radius:8px;background:#2450dc;color:#fff;cursor:pointer}
a:focus-visible,button:focus-visible,input:focus-visible{outline:3px solid #ff6b4a;outline-offset:2px}
article{background:var(--sheet);border:1px solid var(--line);border-radius:14px;padding:1.25rem;margin:0 0 1rem}h2{font-size:1.15rem;margin:.25rem 0 .5rem}
.meta{margin:0;font-size:.9rem}.text{white-space:pre-wrap;overflow-wrap:anywhere;margin:.5rem 0}
</style></head><body><main>
<div class="top"><h1>{{.W.title}}</h1><a href="?lang={{.W.switch}}&amp;to={{.To}}" lang="{{.W.switch}}">{{.W.other}}</a></div>
<p class="about">{{.W.about}}</p>
<form method="get"><input type="hidden" name="lang" value="{{.W.lang}}"><div><label for="to">{{.W.to}}</label><input id="to" name="to" value="{{.To}}"></div><button>{{.W.find}}</button></form>
<p><a href="?lang={{.W.lang}}&amp;to={{.To}}">{{.W.refresh}}</a>{{if .To}} · <a href="?lang={{.W.lang}}">{{.W.all}}</a>{{end}}</p>
{{$w := .W}}{{range .Items}}<article>
<p class="meta">{{if .Mail}}{{$w.mail}}{{else}}{{$w.sms}}{{end}} · {{.To}} · <time datetime="{{.At.Format "2006-01-02T15:04:05Z07:00"}}">{{.At.Format "02.01.2006 15:04:05"}} UTC</time>{{if gt .Times 1}} · {{$w.times}} {{.Times}}{{end}}</p>
{{if .Mail}}<h2>{{.Subject}}</h2>{{end}}
<p class="text">{{range .Parts}}{{if .Link}}<a href="{{.Link}}">{{.Text}}</a>{{else}}{{.Text}}{{end}}{{end}}</p>
{{if .Mail}}<p class="meta"><a href="/mail/{{.ID}}">{{$w.letter}}</a> · <a href="/mail/{{.ID}}/raw">{{$w.raw}}</a></p>{{end}}
</article>{{else}}<p>{{.W.empty}}</p>{{end}}
</main></body></html>`))
