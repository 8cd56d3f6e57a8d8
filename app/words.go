package app

import (
	"errors"

	"posad.city/kit/fault"
	"posad.city/kit/lang"
)

// Version is the program's version; releases are tagged with it.
const Version = "0.1.0"

// InWords turns a fault into its sentence for a terminal; any other error stays as it is.
func InWords(texts *lang.Catalogue, l lang.Language, err error) error {
	var f *fault.Fault
	if !errors.As(err, &f) || !texts.Has(f.ID) {
		return err
	}
	return errors.New(texts.TextWith(l, f.ID, f.Params))
}
