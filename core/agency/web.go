package agency

import "posad.city/kit/web"

func (m *Module) routes(_ *web.Server) {}
