package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"

	"posad.city/app"
	"posad.city/core/service"
	"posad.city/kit/lang"
)

// simulation are the flags of posad simulate.
type simulation struct {
	cases, days int
	seed        uint64
	only, html  string
	json        bool
}

func simulate(set *flag.FlagSet) func(context.Context, []string) error {
	read, language := configFlags(set), langFlag(set)
	var s simulation
	set.IntVar(&s.cases, "cases", 0, "how many cases of each service to make; 0: take kept ones out of --data")
	set.IntVar(&s.days, "days", 365, "how many days back kept cases were sent")
	set.Uint64Var(&s.seed, "seed", 1, "which cases are made: the same seed makes the same")
	set.StringVar(&s.only, "service", "", "key of one service; left out: all that differ")
	set.StringVar(&s.html, "html", "", "file for the report as a page")
	set.BoolVar(&s.json, "json", false, "for programs")
	return func(ctx context.Context, args []string) error {
		l, err := language()
		if err != nil {
			return err
		}
		two, err := openSides(ctx, set, read, l, args)
		if err != nil {
			return err
		}
		keys, err := s.services(two)
		if err != nil {
			return err
		}
		list, err := s.run(ctx, two, keys)
		if err != nil {
			return err
		}
		return s.tell(l, list)
	}
}

// services are the keys to simulate.
func (s simulation) services(two sides) ([]string, error) {
	keys := service.SimServices(two.from, two.to)
	if s.only != "" {
		_, before := two.from.Service(s.only)
		_, after := two.to.Service(s.only)
		if !before || !after {
			return nil, fmt.Errorf("the versions do not both have a service %q", s.only)
		}
		return []string{s.only}, nil
	}
	if len(keys) == 0 {
		return nil, errors.New("no service differs between the two versions")
	}
	return keys, nil
}

func (s simulation) run(ctx context.Context, two sides, keys []string) ([]service.Simulation, error) {
	if s.cases < 0 || s.cases > 10_000_000 {
		return nil, errors.New("cases: 1 to 10000000")
	}
	if s.cases > 0 {
		return s.made(two, keys)
	}
	if !two.stored {
		return nil, errors.New("say where the cases are, --data DIR, or have them made, --cases 1000")
	}
	defer fmt.Fprintln(os.Stderr)
	return app.Simulate(ctx, two.conf, app.SimulateCommand{From: two.from.Bytes(), To: two.to.Bytes(), Services: keys, Days: s.days}, progress)
}

func (s simulation) made(two sides, keys []string) ([]service.Simulation, error) {
	var out []service.Simulation
	for _, key := range keys {
		one, err := service.Simulate(two.from, two.to, key, service.Generate(two.from, key, s.cases, s.seed), func(done int) {
			if done%1000 == 0 || done == s.cases {
				progress(key, done)
			}
		})
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	fmt.Fprintln(os.Stderr)
	return out, nil
}

// progress writes over its own line, so that it stands in no one's way.
func progress(key string, done int) { fmt.Fprintf(os.Stderr, "\r%-40s %d", key, done) }

func (s simulation) tell(l lang.Language, list []service.Simulation) error {
	if s.html != "" {
		file, err := os.Create(s.html)
		if err != nil {
			return err
		}
		if err := errors.Join(service.SimulationHTML(file, l, list...), file.Close()); err != nil {
			return err
		}
	}
	if s.json {
		return printJSON(list)
	}
	slices.SortStableFunc(list, func(a, b service.Simulation) int { return b.Changed - a.Changed })
	for i, one := range list {
		if i > 0 {
			fmt.Println()
		}
		if err := one.Print(os.Stdout, l); err != nil {
			return err
		}
	}
	return nil
}

func replay(set *flag.FlagSet) func(context.Context, []string) error {
	read, language := configFlags(set), langFlag(set)
	asJSON := set.Bool("json", false, "for programs")
	return func(ctx context.Context, args []string) error {
		l, err := language()
		if err != nil {
			return err
		}
		if len(args) != 1 {
			return errors.New("name one case by its number")
		}
		conf, err := read()
		if err != nil {
			return err
		}
		got, err := app.Replay(ctx, conf, app.ReplayCommand{Number: args[0], Lang: l})
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(got)
		}
		fmt.Print(got.In(l))
		return nil
	}
}
