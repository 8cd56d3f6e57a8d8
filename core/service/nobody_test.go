package service_test

import (
	"context"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// nobody is a house without accounts.
type nobody struct{}

func (nobody) Find(context.Context, web.TokenHash) (web.Session, error) {
	return web.Session{}, web.ErrNoSession
}
func (nobody) Touch(context.Context, id.ID, time.Time) {}
func (nobody) Relate(context.Context, act.Act, act.Object, string) (web.Tie, error) {
	return web.Tie{Relation: act.Unsigned}, nil
}
