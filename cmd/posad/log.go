package main

import (
	"context"
	"errors"
	"flag"
	"os"

	"posad.city/app"
)

// logCommand checks the public log or recovers it.
func logCommand(set *flag.FlagSet) func(context.Context, []string) error {
	read := configFlags(set)
	spoken := langFlag(set)
	deep := set.Bool("deep", false, "open every row and compute its hash anew")
	return func(ctx context.Context, args []string) error {
		if len(args) != 1 || args[0] != "check" && args[0] != "recover" {
			return errors.New("name one: check or recover")
		}
		conf, err := read()
		if err != nil {
			return err
		}
		l, err := spoken()
		if err != nil {
			return err
		}
		said, err := app.Log(ctx, conf, app.LogCommand{Recover: args[0] == "recover", Deep: *deep, Lang: l})
		if err == nil {
			_, err = os.Stdout.WriteString(said)
		}
		return err
	}
}
