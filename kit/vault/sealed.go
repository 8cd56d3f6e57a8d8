package vault

import (
	"errors"
	"log/slog"
)

// Sealed is a value that only its holder's key opens. Its bytes are what a SEALED column keeps; nil is SQL's NULL.
// However it is printed, logged or formatted, nothing of it is shown, and it cannot be put into JSON.
type Sealed []byte

// Keyed is the keyed hash of a text, for exact search in a KEYED column; nil is SQL's NULL. It shows as little as Sealed.
type Keyed []byte

// ErrJSON is returned when a sealed or keyed value is put into JSON: that is always a mistake of the program.
var ErrJSON = errors.New("vault: a sealed value has no place in JSON; open it first")

const (
	sealedShown = "(sealed)"
	keyedShown  = "(keyed)"
)

// String shows nothing of the value.
func (Sealed) String() string { return sealedShown }

// GoString shows nothing of the value.
func (Sealed) GoString() string { return sealedShown }

// LogValue shows nothing of the value.
func (Sealed) LogValue() slog.Value { return slog.StringValue(sealedShown) }

// MarshalJSON refuses.
func (Sealed) MarshalJSON() ([]byte, error) { return nil, ErrJSON }

// MarshalText refuses, which covers YAML, XML and the keys of maps.
func (Sealed) MarshalText() ([]byte, error) { return nil, ErrJSON }

// String shows nothing of the value.
func (Keyed) String() string { return keyedShown }

// GoString shows nothing of the value.
func (Keyed) GoString() string { return keyedShown }

// LogValue shows nothing of the value.
func (Keyed) LogValue() slog.Value { return slog.StringValue(keyedShown) }

// MarshalJSON refuses.
func (Keyed) MarshalJSON() ([]byte, error) { return nil, ErrJSON }

// MarshalText refuses.
func (Keyed) MarshalText() ([]byte, error) { return nil, ErrJSON }
