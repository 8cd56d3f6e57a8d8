package app

import (
	"context"
	"fmt"

	"posad.city/core/document"
	"posad.city/core/notice"
	"posad.city/kit/scan"
	"posad.city/kit/store"
)

// Scanner looks into the files that people send; see kit/scan.
type Scanner struct {
	Address  string `yaml:"address"`  // host:port or unix:/path of clamd; empty: files are not scanned
	Required bool   `yaml:"required"` // no file is taken while the scanner is silent; else it waits, and officials can't open it
}

// scanner is nil when none is configured.
func (c Config) scanner() (scan.Scanner, error) {
	if c.Scanner.Address == "" {
		return nil, nil
	}
	out, err := scan.New(c.Scanner.Address, 0)
	if err != nil {
		return nil, fmt.Errorf("configuration: scanner: %w", err)
	}
	return out, nil
}

// infected tells people of a file that was deleted because of a virus.
type infected struct{ notices *notice.Module }

// PrepareInfected implements document.Teller.
func (t infected) PrepareInfected(ctx context.Context, i document.Infected) (func(*store.Tx) error, error) {
	p, err := t.notices.Prepare(ctx, notice.Notice{
		Key: "document.infected/" + i.File.String(), To: i.To, Holder: i.Holder, Case: i.Case, Kind: "document.infected",
		Params: map[string]any{"name": i.Name}, Path: "/cases",
	})
	if err != nil {
		return nil, err
	}
	return p.Put, nil
}
