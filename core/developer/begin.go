package developer

import (
	"fmt"
	"strings"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/web"
	"posad.city/ui"
)

// beginView is the page for programs' authors.
type beginView struct {
	Steps  []Step
	Verify string
}

// Step is one step of the way in, with a command that a test runs as it stands: $KEY is a sandbox key, and a step may take
// what an earlier one answered.
type Step struct {
	Key  string // locale key, after developer.begin
	Code string
}

// Steps are the five minutes in the sandbox, for a city at an address.
func Steps(address string) []Step {
	curl := func(lines ...string) string { return "curl -sS " + strings.Join(lines, " \\\n  ") }
	auth := `-H "Authorization: Bearer $KEY"`
	return []Step{
		{Key: "key", Code: "KEY=posad_test_…"},
		{Key: "issue", Code: curl(auth, `-H "Content-Type: application/json"`, `-H "Idempotency-Key: first-bill"`,
			`-d '{"kind":"other","number":"1","by":"inn","value":"7707083893","amount":150000,"title_ru":"Проба","title_en":"A trial"}'`,
			address+"/api/v1/agency/charges")},
		{Key: "endpoint", Code: curl(auth, `-H "Content-Type: application/json"`,
			`-d '{"name":"First","url":"https://hooks.example.org/posad","types":["charge.paid","pay.taken","pay.failed"]}'`, address+apiHooks)},
		{Key: "pay", Code: curl(auth, `-H "Content-Type: application/json"`, `-H "Idempotency-Key: first-payment"`, `-d "{\"charge\":\"$CHARGE\"}"`, address+apiSandbox)},
		{Key: "deliveries", Code: curl(auth, address+apiHooks+"/$ENDPOINT/deliveries")},
	}
}

// verify is how a receiver checks a message, with nothing but openssl.
const verify = `# SECRET is whsec_…; ID, TIME and SIGNATURE are the headers webhook-id, webhook-timestamp, webhook-signature
KEY_HEX=$(printf %s "${SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \n')
WANT=$(printf '%s.%s.%s' "$ID" "$TIME" "$BODY" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY_HEX" -binary | base64)
case " $SIGNATURE " in *" v1,$WANT "*) echo good ;; *) echo bad ;; esac`

// Verify is that example, for the test that runs it.
func Verify() string { return verify }

func (m *Module) showBegin(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	o := page.Options{Title: c.T("developer.begin.title"), Description: c.T("developer.begin.lead")}
	return m.base.Pages.Render(c, o, beginPage(c, beginView{Steps(m.deps.Address), verify}))
}

func magicRows(c *web.Context) []ui.SummaryRow {
	var out []ui.SummaryRow
	for _, one := range Magics() {
		out = append(out, ui.SummaryRow{Name: fmt.Sprintf("…,%02d ₽", one.Digits), Value: c.T("developer.magic." + one.Key)})
	}
	return append(out, ui.SummaryRow{Name: c.T("developer.magic.other"), Value: c.T("developer.magic.taken")})
}
