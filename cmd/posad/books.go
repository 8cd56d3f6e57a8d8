package main

import (
	"context"
	"flag"
	"fmt"

	"posad.city/app"
)

// books proves the city's books, or tells a day's income or the balances.
func books(set *flag.FlagSet) func(context.Context, []string) error {
	read := configFlags(set)
	spoken := langFlag(set)
	return func(ctx context.Context, args []string) error {
		if len(args) < 1 || len(args) > 2 {
			return fmt.Errorf("name one: prove, day DAY or balance [DAY]: %w", errUsage)
		}
		l, err := spoken()
		if err != nil {
			return err
		}
		conf, err := read()
		if err != nil {
			return err
		}
		c := app.BooksCommand{Verb: args[0], Lang: l}
		if len(args) == 2 {
			c.Day = args[1]
		}
		return said(app.BooksOf(ctx, conf, c))
	}
}
