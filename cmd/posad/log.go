package main

import (
	"context"
	"errors"
	"flag"
	"os"

	"posad.city/app"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/proof"
)

// logFlags are the flags of the commands of the public log beside those of the configuration.
type logFlags struct {
	deep        bool
	since, from string
	keys        []string
	name        string
	believed    app.Believed
}

// logCommand checks the public log, recovers it, compares it from outside, or runs a witness.
func logCommand(set *flag.FlagSet) func(context.Context, []string) error {
	read := configFlags(set)
	spoken := langFlag(set)
	var f logFlags
	set.BoolVar(&f.deep, "deep", false, "open every row and compute its hash anew")
	set.StringVar(&f.since, "since", "", "of check: a file with a checkpoint of an earlier day, saved from /log/checkpoint")
	set.StringVar(&f.from, "log", "", "of check, from outside: the log's address, https://city/log, or a folder with a copy of it")
	set.Func("keys", "of check, from outside: the city's published keys, saved from /.well-known/posad-keys.json; may be given again", func(name string) error {
		f.keys = append(f.keys, name)
		return nil
	})
	set.Func("witness", "of check, from outside: the key of a witness whom you believe, or a file with one or with a list (/log/witnesses); may be given again", f.believed.Add)
	set.IntVar(&f.believed.Quorum, "quorum", 0, "of check, from outside: how many of these witnesses must have confirmed it; 0: it is only told")
	set.StringVar(&f.name, "name", "", "of witness make: the witness's name for ever, such as university.example/witness")
	return func(ctx context.Context, args []string) error {
		l, err := spoken()
		if err != nil {
			return err
		}
		switch {
		case len(args) > 0 && args[0] == "witness":
			return witnessCommand(ctx, args[1:], set.Lookup("data").Value.String(), set.Lookup("listen").Value.String(), f.name)
		case len(args) != 1 || args[0] != "check" && args[0] != "recover":
			return errors.New("name one: check, recover or witness")
		case f.from != "":
			return watchLog(ctx, f, l)
		}
		c := app.LogCommand{Recover: args[0] == "recover", Deep: f.deep, Lang: l}
		if f.since != "" {
			if c.Since, err = textOf(f.since); err != nil {
				return err
			}
		}
		conf, err := read()
		if err != nil {
			return err
		}
		return said(app.Log(ctx, conf, c))
	}
}

// watchLog compares a log from outside with a checkpoint of an earlier day.
func watchLog(ctx context.Context, f logFlags, l lang.Language) error {
	texts, err := lang.Load(journal.Locale, proof.Locale)
	if err != nil {
		return err
	}
	if f.since == "" {
		return errors.New("give a checkpoint of an earlier day: --since FILE, saved from /log/checkpoint")
	}
	w := app.LogWatch{From: f.from, Believed: f.believed, Lang: l}
	if w.Since, err = textOf(f.since); err != nil {
		return err
	}
	var means proof.Means
	for _, name := range f.keys {
		file, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := means.Add(file); err != nil {
			return errors.New(name + ": " + app.InWords(texts, l, err).Error())
		}
	}
	w.Keys = means.Keys
	return said(app.WatchLog(ctx, w, texts))
}

// witnessCommand makes a witness, has it sign for a log, or runs it.
func witnessCommand(ctx context.Context, args []string, folder, listen, name string) error {
	if folder == "" {
		return errors.New("give the witness's own folder: --data DIR")
	}
	switch {
	case len(args) == 1 && args[0] == "make" && name != "":
		return app.WitnessMake(folder, name, os.Stdout)
	case len(args) == 2 && args[0] == "trust":
		return app.WitnessTrust(folder, args[1], os.Stdout)
	case len(args) == 0 && listen != "":
		return app.WitnessServe(ctx, folder, listen, logger("info"), os.Stdout)
	}
	return errors.New("one of: posad log witness make --name NAME --data DIR; posad log witness trust KEY --data DIR; posad log witness --data DIR --listen HOST:PORT")
}

func textOf(name string) (string, error) {
	file, err := os.ReadFile(name)
	return string(file), err
}

func said(text string, err error) error {
	if err == nil {
		_, err = os.Stdout.WriteString(text)
	}
	return err
}
