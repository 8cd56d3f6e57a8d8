package main

import (
	"context"
	"errors"
	"flag"
	"os"

	"posad.city/app"
	"posad.city/kit/clock"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/proof"
	"posad.city/kit/seal"
)

// verify checks a file of the city. Its flags name the files that a reader has from elsewhere. What each is, its content tells: the flags' names only say what
// to look for.
func verify(set *flag.FlagSet) func(context.Context, []string) error {
	var files []string
	add := func(name string) error {
		files = append(files, name)
		return nil
	}
	set.Func("keys", "the city's published keys, saved from /.well-known/posad-keys.json (or jwt-vc-issuer); may be given again", add)
	set.Func("roots", "the certificates of the city's authority, saved from /.well-known/posad-authority.pem", add)
	var believed app.Believed
	set.Func("witness", "of receipts: the key of a witness whom you believe, or a file with one or with a list (/log/witnesses); may be given again", believed.Add)
	set.IntVar(&believed.Quorum, "quorum", 0, "of receipts: how many of these witnesses must have confirmed it; 0: it is only told")
	set.Func("status", "a status list, saved from /credentials/status/…", add)
	spoken := langFlag(set)
	return func(_ context.Context, args []string) error {
		l, err := spoken()
		if err != nil {
			return err
		}
		if len(args) != 1 {
			return errors.New("name one file, for example receipt.posad.json")
		}
		texts, err := lang.Load(journal.Locale, proof.Locale)
		if err != nil {
			return err
		}
		err = verifyFile(args[0], files, believed, l, texts)
		return app.InWords(texts, l, err)
	}
}

func verifyFile(name string, known []string, believed app.Believed, l lang.Language, texts *lang.Catalogue) error {
	means := proof.Means{Now: new(clock.System).Now()}
	for _, one := range known {
		file, err := os.ReadFile(one)
		if err != nil {
			return err
		}
		if err := means.Add(file); err != nil {
			return errors.New(one + ": " + app.InWords(texts, l, err).Error())
		}
	}
	file, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	verdict, err := proof.Check(file, means)
	if err != nil {
		return err
	}
	text := func(key string, args ...any) string { return texts.Text(l, key, args...) }
	if verdict.Kind == proof.Receipt {
		if len(known) > 0 && len(means.Keys) == 0 {
			return proof.ErrKeysOther
		}
		return verifyReceipt(file, means.Keys, believed, text)
	}
	return verdict.Tell(os.Stdout, l, text)
}

// verifyReceipt prints the verdict on a receipt. One with the promise alone, whose term is past, is told of as such, after
// what it says; so is one that fewer witnesses have confirmed than the reader wants.
func verifyReceipt(file []byte, trusted []seal.KeySet, believed app.Believed, text func(string, ...any) string) error {
	report, err := journal.Verify(file, trusted...)
	if err != nil {
		return err
	}
	if err := report.Tell(os.Stdout, text); err != nil {
		return err
	}
	if len(believed.Witnesses) > 0 || believed.Quorum > 0 {
		enough, err := report.TellConfirmed(os.Stdout, believed.Witnesses, believed.Quorum, believed.Listed, text)
		if err != nil {
			return err
		}
		if !enough {
			return journal.ErrTooFew
		}
	}
	if report.Overdue(new(clock.System).Now()) {
		return journal.ErrOverdue
	}
	return nil
}
