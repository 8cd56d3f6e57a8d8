package factor

import (
	"net/url"

	"posad.city/core/page"
	"posad.city/kit/fault"
	"posad.city/kit/web"
	"posad.city/ui"
)

// field is a question of these pages: its words have keys of its name.
func field(c *web.Context, faults []fault.Field, name, key string) ui.Field {
	out := ui.Field{Name: name, Label: c.T("factor.field." + key), Hint: c.T("factor.hint." + key)}
	out.Error = page.FaultText(c, faults, name)
	return out
}

// withBack is the list of ways that a page came from, with the place to go to after it: one of sign-in, or, for a person
// who is signed in, the one where they show themselves once more.
func withBack(c *web.Context, path, signed, back string) string {
	if !c.Person().IsZero() {
		path = signed
	}
	return path + "?" + url.Values{"back": {back}}.Encode()
}

func doneHref(back string) string {
	if back == "/" || back == "" {
		return securityPath
	}
	return back
}
