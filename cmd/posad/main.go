// Command posad is a city's digital services in one program.
//
//	posad demo      runs the demo city with its agencies, bank and mailbox
//	posad serve     runs a city
//	posad check     checks a folder of definitions
//	posad publish   checks a folder and puts it into force
//	posad appoint   gives a person a role in an agency
//	posad jobs      lists jobs that were given up, or runs one again
//	posad diff      tells what changes between two versions of a city
//	posad versions  lists the published versions and what is planned
//	posad rollback  puts an earlier version into force again
//	posad talk      fills in an application by conversation
//	posad simulate  tries many cases on another version
//	posad replay    decides a case again from what was kept
//	posad exchange  shows and checks what went over the wire
//	posad backup    copies the city while it runs
//	posad restore   brings a copy back into an empty folder
//	posad verify    checks what the city gave, with no server
//	posad version   tells the version
//
// posad help COMMAND tells more of each.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// command is one verb of the program. run gets what is left of the arguments after its flags.
type command struct {
	name, args, short, long string
	hidden                  bool
	flags                   func(*flag.FlagSet) func(ctx context.Context, args []string) error
}

// errUsage says that the arguments were wrong and that the help was shown already.
var errUsage = errors.New("usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	switch {
	case errors.Is(err, errUsage), errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "posad:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "--help"}, args[0]) {
		return help(args)
	}
	c, ok := find(strings.TrimPrefix(args[0], "--"))
	if !ok {
		fmt.Fprintf(os.Stderr, "posad: there is no command %q; posad help lists them\n", args[0])
		return errUsage
	}
	set := flag.NewFlagSet("posad "+c.name, flag.ContinueOnError)
	set.Usage = func() { usage(set, c) }
	do := c.flags(set)
	// Flags may stand before and after the arguments, as people type them.
	var rest []string
	for left := args[1:]; ; {
		if err := set.Parse(left); err != nil {
			return errUsage
		}
		if set.NArg() == 0 {
			break
		}
		rest = append(rest, set.Arg(0))
		left = set.Args()[1:]
	}
	return do(ctx, rest)
}

func find(name string) (command, bool) {
	at := slices.IndexFunc(commands(), func(c command) bool { return c.name == name })
	if at < 0 {
		return command{}, false
	}
	return commands()[at], true
}

func usage(set *flag.FlagSet, c command) {
	fmt.Fprintf(os.Stderr, "posad %s %s\n\n%s\n\n", c.name, c.args, strings.TrimSpace(c.long))
	set.PrintDefaults()
}

func help(args []string) error {
	if len(args) > 1 {
		c, ok := find(args[1])
		if !ok {
			return fmt.Errorf("there is no command %q", args[1])
		}
		set := flag.NewFlagSet("posad "+c.name, flag.ContinueOnError)
		c.flags(set)
		usage(set, c)
		return nil
	}
	fmt.Print("Posad: a city's digital services in one program.\n\nCommands:\n\n")
	for _, c := range commands() {
		if !c.hidden {
			fmt.Printf("  %-9s %-28s %s\n", c.name, c.args, c.short)
		}
	}
	fmt.Print("\nStart with `posad demo`: it runs Kitezh, an invented city, with people to sign in as.\n`posad help COMMAND` tells more of each.\n")
	return nil
}
