package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"posad.city/app"
	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// versionCommands are the verbs of versions, in the order of help.
func versionCommands() []command {
	return []command{
		{name: "diff", args: "A B [--json] [--data DIR]", short: "tells what changes between two versions of a city", flags: diff, long: `
Tells in words what changes from A to B, service by service: questions, fees as the examples come out, steps, decision rows,
grounds, terms, results; texts alone are one line. Each of A and B is a folder, a version's file, the beginning of a
published version's hash, or "current"; the last two need --data. With --data it also tells how many open cases and drafts
keep which version of a service that changes; nobody is named. --json gives the same to programs.`},
		{name: "versions", args: "[--cancel PLAN] --data DIR", short: "lists the published versions and what is planned", flags: versions, long: `
Lists the versions that were in force, the newest first, with when, by whom and why, and those that are planned for a
moment to come. --cancel takes a plan back.`},
		{name: "rollback", args: "[HASH] [--note TEXT] --data DIR", short: "puts an earlier version into force again", flags: rollback, long: `
Makes an earlier version current again: the one whose hash begins with HASH, or the one before the current. It is a new
line in the list of versions; open cases keep the version that they began with.`},
		{name: "export", args: "[HASH] DIR --data DIR", short: "writes a published version's files into a folder", flags: export, long: `
Writes the files of the version whose hash begins with HASH, or of the current one, into DIR, which must be empty or not
there: byte for byte as they were published, remarks and all. A version that was published without its files is written out
anew and means the same; the command says so.`},
		{name: "simulate", args: "A B [--cases N | --data DIR]", short: "tries many cases on another version", flags: simulate, long: `
Runs cases of every service that differs between A and B (named as in posad diff) through both: which decisions change,
what people pay, terms, how many cases come to each desk, which questions they never answered. Without --cases it takes
the decided cases of the last --days days out of the city of --data; each person whose case is read finds the look in
their account. --cases N makes N cases of each service instead, out of its examples by --seed. The report is counts alone:
a chart in the terminal, --json, or a page by --html FILE.`},
		{name: "replay", args: "NUMBER [--json] --data DIR", short: "decides a case again from what was kept", flags: replay, long: `
Takes the version, the inputs and the rules' environment that a decided case keeps, whatever is in force today, decides it
again and tells whether the same comes out. The look is recorded for the person whose case it is.`},
	}
}

// langFlag is the language of what is said; the terminal's when it is left out.
func langFlag(set *flag.FlagSet) func() (lang.Language, error) {
	given := set.String("lang", "", "ru or en; left out: the terminal's")
	return func() (lang.Language, error) {
		switch {
		case *given == "":
			return language(), nil
		case lang.Known(*given):
			return lang.Language(*given), nil
		}
		return "", fmt.Errorf("there is no language %q: ru or en", *given)
	}
}

// dataGiven tells whether a command was given a city that keeps versions.
func dataGiven(set *flag.FlagSet) bool {
	found := false
	set.Visit(func(f *flag.Flag) { found = found || f.Name == "data" || f.Name == "config" || f.Name == "database" })
	return found
}

// sides opens two versions by their names.
type sides struct {
	from, to *service.City
	conf     app.Config
	stored   bool // a city with a database was named
}

func openSides(ctx context.Context, set *flag.FlagSet, read func() (app.Config, error), l lang.Language, args []string) (sides, error) {
	if len(args) != 2 {
		return sides{}, errors.New("name two versions: a folder, a file or the beginning of a hash each")
	}
	out := sides{stored: dataGiven(set)}
	if out.stored {
		conf, err := read()
		if err != nil {
			return out, err
		}
		out.conf = conf
	}
	var err error
	if out.from, err = out.open(ctx, args[0], l); err != nil {
		return out, err
	}
	out.to, err = out.open(ctx, args[1], l)
	return out, err
}

func (s sides) open(ctx context.Context, name string, l lang.Language) (*service.City, error) {
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return load([]string{name})
	case err == nil:
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		return service.Open(content)
	case strings.ContainsAny(name, `/\.`):
		return nil, err
	case !s.stored:
		return nil, fmt.Errorf("there is no folder %q; for a published version add --data DIR", name)
	}
	return app.StoredVersion(ctx, s.conf, name, l)
}

func diff(set *flag.FlagSet) func(context.Context, []string) error {
	read, language := configFlags(set), langFlag(set)
	asJSON := set.Bool("json", false, "for programs")
	return func(ctx context.Context, args []string) error {
		l, err := language()
		if err != nil {
			return err
		}
		two, err := openSides(ctx, set, read, l, args)
		if err != nil {
			return err
		}
		changes := service.Diff(two.from, two.to)
		var touched []service.Touched
		if two.stored {
			kept, err := app.KeptVersions(ctx, two.conf)
			if err != nil {
				return err
			}
			touched = service.TouchedBy(changes, kept.Cases, kept.Drafts)
		}
		if *asJSON {
			return printJSON(map[string]any{"from": two.from.Hash(), "to": two.to.Hash(), "changes": changes, "touched": touched})
		}
		return service.PrintDiff(os.Stdout, l, two.to, changes, touched)
	}
}

func printJSON(value any) error {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

func versions(set *flag.FlagSet) func(context.Context, []string) error {
	read, language := configFlags(set), langFlag(set)
	var cancel id.ID
	set.TextVar(&cancel, "cancel", id.ID{}, "id of the plan to take back")
	return func(ctx context.Context, _ []string) error {
		l, err := language()
		if err != nil {
			return err
		}
		return sayVersions(ctx, read, app.VersionsCommand{Cancel: cancel, Lang: l})
	}
}

func rollback(set *flag.FlagSet) func(context.Context, []string) error {
	read, language := configFlags(set), langFlag(set)
	note := set.String("note", "", "why, for the list of versions")
	return func(ctx context.Context, args []string) error {
		l, err := language()
		if err != nil {
			return err
		}
		if len(args) > 1 {
			return errors.New("name one version, or none for the one before the current")
		}
		return sayVersions(ctx, read, app.VersionsCommand{Rollback: true, Hash: strings.Join(args, ""), Note: *note, Lang: l})
	}
}

func sayVersions(ctx context.Context, read func() (app.Config, error), c app.VersionsCommand) error {
	conf, err := read()
	if err != nil {
		return err
	}
	said, err := app.Versions(ctx, conf, c)
	if err != nil {
		return err
	}
	fmt.Print(said)
	return nil
}

// publishLater publishes with a note or at a moment, which is one of the city's own zone.
func publishLater(ctx context.Context, conf app.Config, city *service.City, at, note string) error {
	p := app.Publishing{City: city.Bytes(), Note: note, Files: city.Files()}
	if at != "" {
		moment, err := time.ParseInLocation("2006-01-02T15:04", at, city.Days().Zone())
		if err != nil {
			return fmt.Errorf("%q is not a moment: write 2026-12-01T00:00, in the city's time", at)
		}
		p.At = moment
	}
	said, err := app.PublishAt(ctx, conf, p)
	if err != nil {
		return err
	}
	if said != "" {
		fmt.Printf("%d services, version %s\n%s", len(city.Services), city.Hash(), said)
		return nil
	}
	fmt.Printf("published %d services, version %s\n", len(city.Services), city.Hash())
	return nil
}

func export(set *flag.FlagSet) func(context.Context, []string) error {
	read, language := configFlags(set), langFlag(set)
	return func(ctx context.Context, args []string) error {
		conf, err := read()
		if err != nil {
			return err
		}
		l, err := language()
		if err != nil {
			return err
		}
		if len(args) != 1 && len(args) != 2 {
			return errors.New("name the folder to write into, after the beginning of a version's hash or alone")
		}
		to := args[len(args)-1]
		if there, err := os.ReadDir(to); err == nil && len(there) > 0 {
			return fmt.Errorf("%s is not empty", to)
		}
		got, err := app.Export(ctx, conf, app.VersionsCommand{Hash: strings.Join(args[:len(args)-1], ""), Lang: l})
		if err != nil {
			return err
		}
		if err := writeFolder(to, got.Files); err != nil {
			return err
		}
		fmt.Printf("%d files, version %s\n", len(got.Files), got.Hash)
		if !got.Own {
			fmt.Println("it was published without its files: they are written out anew and mean the same")
		}
		return nil
	}
}

// writeFolder writes the files under a folder and nowhere else.
func writeFolder(to string, files []service.SourceFile) error {
	for _, f := range files {
		if !filepath.IsLocal(filepath.FromSlash(f.Path)) {
			return fmt.Errorf("%q lies outside the folder", f.Path)
		}
		name := filepath.Join(to, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.Content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
