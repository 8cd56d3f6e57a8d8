package service

import "posad.city/kit/web"

func (m *Module) routes(s *web.Server) {}
