package autopay

import "posad.city/kit/web"

func (m *Module) routes(*web.Server) {}
