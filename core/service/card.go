package service

import (
	"github.com/a-h/templ"

	"posad.city/kit/web"
)

// Card is what the public page of a service shows, for a city that is not published yet: the author's preview.
func Card(c *web.Context, city *City, s *Service) templ.Component {
	return templ.Join(cardPage(c, city, s), cardAside(c, city, s))
}
