package web

import (
	"net/url"
	"slices"
	"time"
)

// View is how a person wants pages to look. It lies in a cookie, so that it holds before and after sign-in. Every field
// is one of its values in the comment; the empty one is the default, which comes first.
type View struct {
	Theme   string // "" (as the device), light, dark
	Scheme  string // "" (usual colours), white, black, blue, sepia: the large-type view
	Scale   string // "" (100), 150, 200
	Images  string // "" (on), off
	Spacing string // "" (normal), wide
	Face    string // "" (sans), serif
}

var viewValues = map[string][]string{
	"theme": {"light", "dark"}, "scheme": {"white", "black", "blue", "sepia"}, "scale": {"150", "200"},
	"images": {"off"}, "spacing": {"wide"}, "face": {"serif"},
}

func (v *View) fields() map[string]*string {
	return map[string]*string{
		"theme": &v.Theme, "scheme": &v.Scheme, "scale": &v.Scale, "images": &v.Images, "spacing": &v.Spacing, "face": &v.Face,
	}
}

// View is what the person chose in this browser; anything unknown in the cookie is the default.
func (c *Context) View() View {
	values, err := url.ParseQuery(c.cookie(cookieView))
	if err != nil {
		return View{}
	}
	var out View
	for name, field := range out.fields() {
		*field = values.Get(name)
	}
	return out.known()
}

// SetView keeps the choice for a year.
func (c *Context) SetView(v View) {
	values := url.Values{}
	v = v.known()
	for name, field := range v.fields() {
		if *field != "" {
			values.Set(name, *field)
		}
	}
	c.setCookie(cookieView, values.Encode(), 365*24*time.Hour)
}

func (v View) known() View {
	for name, field := range v.fields() {
		if !slices.Contains(viewValues[name], *field) {
			*field = ""
		}
	}
	return v
}
