package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"posad.city/app"
)

// backupCommands make copies of a city and bring them back.
func backupCommands() []command {
	return []command{
		{name: "backup", args: "DIR|FILE.tar --data DIR", short: "copies the city while it runs", flags: backupCommand, long: `
posad backup DIR --data DATA copies the city into DIR while it runs: the database from one snapshot, then files, of which
only new ones are copied, then a signed manifest; and reads again what it wrote. With a name that ends with .tar it writes
one file. --keep N leaves the N newest copies. It may be cut off and run again. The master key is not in it: keep that apart.
posad backup verify DIR|FILE.tar [--copy NAME] [--keys FILE] reads a whole copy and names every file that is not as the
manifest says. posad backup list DIR lists the copies.`},
		{name: "restore", args: "DIR|FILE.tar --data DIR", short: "brings a copy back into an empty folder", flags: restoreCommand, long: `
Checks a copy (--copy NAME; the newest without it) and brings it back into an empty data folder and, with --database, an
empty database of either engine. It may be cut off and run again. Then it compares the public log with the published files
in the data folder, or with --log: a folder of published files, a file with a checkpoint, or the address of a copy of the
log (https://…/log). It names the acts that were lost. --keys names the city's published keys saved at another time. Put the
master key of that time and the newest erasure list in their places before the start.`},
	}
}

func backupCommand(set *flag.FlagSet) func(context.Context, []string) error {
	read := configFlags(set)
	spoken := langFlag(set)
	keep := set.Int("keep", 0, "how many copies stay in the folder; 0: all")
	share := set.Float64("share", 0, "of the time that is worked, 0 to 1, so that the city keeps answering; 0: a half")
	name := set.String("copy", "", "of verify: name of a copy; empty: the newest")
	keys := set.String("keys", "", "of verify: the city's published keys, saved from /.well-known/posad-keys.json")
	return func(ctx context.Context, args []string) error {
		l, err := spoken()
		if err != nil {
			return err
		}
		switch {
		case len(args) == 2 && args[0] == "verify":
			return app.VerifyBackup(ctx, args[1], *name, *keys, l, os.Stdout)
		case len(args) == 2 && args[0] == "list":
			return app.ListBackups(args[1], os.Stdout)
		case len(args) != 1:
			return errors.New("say where to: a folder of copies, or a file that ends with .tar")
		}
		conf, err := read()
		if err != nil {
			return err
		}
		to, err := filepath.Abs(args[0])
		if err != nil {
			return fmt.Errorf("backup: %w", err)
		}
		return app.Backup(ctx, conf, app.BackupCommand{To: to, Keep: *keep, Share: *share, Lang: l}, os.Stdout)
	}
}

func restoreCommand(set *flag.FlagSet) func(context.Context, []string) error {
	read := configFlags(set)
	spoken := langFlag(set)
	c := app.RestoreCommand{}
	set.StringVar(&c.Copy, "copy", "", "name of a copy; empty: the newest")
	set.StringVar(&c.Keys, "keys", "", "the city's published keys, saved from /.well-known/posad-keys.json")
	set.StringVar(&c.Log, "log", "", "what is known of the public log outside: a folder, a checkpoint's file, or an address")
	return func(ctx context.Context, args []string) error {
		if len(args) != 1 {
			return errors.New("name one folder of copies, or one file")
		}
		conf, err := read()
		if err != nil {
			return err
		}
		if c.Lang, err = spoken(); err != nil {
			return err
		}
		c.From = args[0]
		return app.Restore(ctx, conf, c, os.Stdout)
	}
}
