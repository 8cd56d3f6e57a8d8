package account

import (
	"errors"

	"posad.city/kit/fault"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// named wraps a handler whose request names a thing by an id: one that is not there, or not the person's, is missing, and
// no fault of the house.
func named(handler web.Handler) web.Handler {
	return func(c *web.Context) error {
		err := handler(c)
		if f := (*fault.Fault)(nil); errors.Is(err, store.ErrNone) && !errors.As(err, &f) {
			return fault.New(fault.Missing, "web.missing").Because(err)
		}
		return err
	}
}
