package utility

import (
	"posad.city/core/page"
	"posad.city/kit/web"
)

func (m *Module) routes(_ *web.Server, _ *page.Site) {}
