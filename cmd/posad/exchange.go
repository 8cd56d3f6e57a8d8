package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"posad.city/app"
	"posad.city/kit/id"
)

// exchangeCommand shows and checks the log of messages.
func exchangeCommand(set *flag.FlagSet) func(context.Context, []string) error {
	read := configFlags(set)
	spoken := langFlag(set)
	about := set.String("about", "", "whose messages: an e-mail, a phone or an id")
	answer := set.Bool("answer", false, "of export: the answer; left out: the question")
	var before id.ID
	set.TextVar(&before, "before", id.ID{}, "of log: those before this one")
	return func(ctx context.Context, args []string) error {
		c := app.ExchangeCommand{About: *about, Before: before, Answer: *answer}
		file, err := exchangeArguments(&c, args)
		if err != nil {
			return err
		}
		conf, err := read()
		if err != nil {
			return err
		}
		if c.Lang, err = spoken(); err != nil {
			return err
		}
		if c.Do == "check" {
			return app.ExchangeCheck(ctx, conf, c, os.Stdout)
		}
		said, err := app.Exchange(ctx, conf, c)
		switch {
		case err != nil:
			return err
		case file == "":
			_, err = os.Stdout.WriteString(said)
			return err
		}
		if err := os.WriteFile(file, []byte(said), 0o600); err != nil {
			return err
		}
		fmt.Println(file)
		return nil
	}
}

// exchangeArguments reads what is to be done, and the file to write.
func exchangeArguments(c *app.ExchangeCommand, args []string) (string, error) {
	switch {
	case len(args) == 1 && args[0] == "check":
		c.Do = "check"
		return "", nil
	case c.About == "" && len(args) > 0 && (args[0] == "log" || args[0] == "export"):
		return "", errors.New("name the person: --about E-MAIL, PHONE or ID")
	case len(args) == 1 && args[0] == "log":
		c.Do = "log"
		return "", nil
	case len(args) == 3 && args[0] == "export":
		try, err := id.Parse(args[1])
		if err != nil {
			return "", fmt.Errorf("%q is no id of the log: posad exchange log lists them", args[1])
		}
		c.Do, c.Try = "export", try
		return args[2], nil
	}
	return "", errors.New("name one: log, export TRY FILE.asice, or check")
}
