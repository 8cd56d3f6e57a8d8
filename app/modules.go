package app

import (
	"context"
	"time"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/mandate"
	"posad.city/core/module"
	"posad.city/core/mypage"
	"posad.city/core/pay"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// Modules are the city's blocks, each made with its neighbours.
type Modules struct {
	Agency  *agency.Module
	Account *account.Module
	Mandate *mandate.Module
	Pay     *pay.Module
	MyPage  *mypage.Module
}

// list is the order in which modules are provisioned and started: each stands on earlier ones.
func (m *Modules) list() []module.Module {
	return []module.Module{m.Agency, m.Account, m.Mandate, m.Pay, m.MyPage}
}
