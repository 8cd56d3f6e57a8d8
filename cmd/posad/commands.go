package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"posad.city/app"
	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/vault"
)

// commands lists the program's verbs in the order of help.
func commands() []command {
	return slices.Concat(cityCommands(), []command{talkCommand()}, versionCommands(), backupCommands(), lastCommands())
}

func cityCommands() []command {
	return []command{
		{name: "demo", args: "[--data DIR] [--listen ADDR]", short: "runs the demo city Kitezh", flags: demo, long: `
Runs Kitezh, an invented city, on the embedded engine: the portal, the agencies' registers, a bank and a mailbox, each a
server of its own, in one process tree. It prints who can sign in and where their mail is read, and one line
"ready http://…" when everything answers. SIGTERM stops it cleanly. The folder keeps the city between runs; definitions
in DIR/city are published as soon as they are saved.`},
		{name: "serve", args: "--data DIR [--config FILE]", short: "runs a city", flags: serve, long: `
Runs a city with no demo people. Without --database it keeps everything in DIR; with --database postgres://… the rows lie
there and uploads and keys in DIR. --config names a YAML file; docs/operator/configuration.md lists its keys. Definitions
come by posad publish.`},
		{name: "check", args: "DIR", short: "checks a folder of definitions", flags: check, long: `
Reads a city folder and tells every fault with its file, line and column and what to do about it. The exit status is 0
only when there is none. What may be right and mostly is not is told too, as worth a look.`},
		{name: "publish", args: "DIR [--at TIME] --data DIR", short: "checks a folder and puts it into force", flags: publish, long: `
Checks a city folder and publishes it as a new immutable version: into the process that runs on --data, or, when none
runs, into its database. Open cases keep the version that they began with. --at 2026-12-01T00:00 puts it into force at that
moment of the city's time, on every node, even if the city was stopped meanwhile; posad versions lists and cancels plans.`},
		{name: "appoint", args: "CONTACT --role ROLE --agency KEY --data DIR", short: "gives a person a role in an agency", flags: appoint, long: `
Gives the person who signs in by CONTACT (an e-mail or a phone) a role in an agency: clerk, officer, head, or admin in the
agency city. This is how a new city gets its first administrator, who appoints the others on the page /admin/officials.
The person must have signed in once.`},
		{name: "enrol", args: "FILE --data DIR", short: "brings in the people of an older system", flags: enrol, long: `
Brings in the people of a list, one JSON object a line: key (what the older system calls the person, for ever), family,
given, patronymic, birth (1986-04-05), snils, phone, email, level (basic, standard or verified). Whoever has a phone or an
e-mail can sign in by a code at once. A second run changes nobody who is there. On the embedded engine stop the city first.`},
		{name: "jobs", args: "[--retry ID] --data DIR", short: "lists jobs that were given up, or runs one again", flags: jobs, long: `
Lists the jobs that failed so often that Posad gave them up: a letter whose server was down for hours, a document that
could not be made. Mend the cause, then run a job again with --retry and its id.`},
		{name: "keys", args: "[--rotate PURPOSE] --data DIR", short: "lists the city's keys, or makes a new one", flags: keys, long: `
Lists the city's own keys. With --rotate holders|seals|journal|sessions|authority|papers|credentials|exchange it makes a new key of that purpose, which every
node uses two minutes later; older ones go on opening and verifying. For holders it then moves every holder's key to the new
one and tells how far it is; it may be cut off and begun again. Nobody is signed out and nothing stands still.`},
		{name: "verify", args: "FILE [--keys FILE]… [--roots FILE] [--witness KEY]…", short: "checks what the city gave, with no server", flags: verify, long: `
Tells what a file is and checks it, alone and with the server off: a receipt (NAME.posad.json), a document as PDF, the file
inside it, the code on paper (as text), a credential for a wallet, a status list, a signed message (NAME.asice), key sets and
certificates. It says what is proved, by which key and when, and what is not. What a file brings itself only shows that it is
whole; save from the city's site, at another time, /.well-known/posad-keys.json and jwt-vc-issuer (--keys, as often as
needed), posad-authority.pem (--roots), and a credential's list (--status). Of a receipt it tells which witnesses of the
public log have confirmed it, of those whom you name (--witness); with --quorum N fewer are a failure. The exit status is 0
only for a good file; 1 otherwise, also for a receipt whose promise is overdue and for a credential that was revoked.`},
		{name: "books", args: "prove|day DAY|balance [DAY] --data DIR", short: "proves the city's books, or tells a day's income or balances", flags: books, long: `
Proves the city's books now, as each night does: balances against transfers, charges against the books, sums of income against
accounts, the bank against its statement. Every difference has a name; the exit status is 0 only when there is none. day
tells a day's income by agency and kind, balance what lies on the accounts now, or at the end of a day.`},
		{name: "log", args: "check|recover|witness …", short: "checks or recovers the city's public log, or watches one", flags: logCommand, long: `
check --data DIR goes through the whole public log and names every row, place and tile that is not as it was published, and
what witnesses outside say; --deep opens every row as well and computes its hash anew; --since FILE compares it with a
checkpoint of an earlier day. The exit status is 0 only when there is no fault. recover is for after a restore that lost acts
which were published: it gives the acts that are there their published places, keeps the leaves of the lost ones, and checks
the log; then the city goes on publishing. It works in a running city too.
check --since FILE --log https://city/log --keys posad-keys.json [--witness KEY]… is for anybody outside, with no data of the
city: it tells whether the log that is shown now continues the one that was shown then, and names a fork.
witness runs a witness of logs, for whoever watches a city: make --name NAME --data DIR makes its key, trust KEY --data DIR
has it sign for a log whose verifier key this is, and with --data DIR --listen HOST:PORT alone it serves (C2SP tlog-witness).`},
		{name: "exchange", args: "log|export|check --data DIR", short: "shows and checks what went over the wire", flags: exchangeCommand, long: `
log --about PERSON lists what the city asked registers about a person and what it was asked: an id, the time, the other
side, the register, for which application or under which agreement, the outcome. PERSON is an e-mail or a phone that they
sign in with, or their id; they see that it was looked at. export TRY FILE.asice --about PERSON writes the question of such
a line, or with --answer the answer, as a signed container, and prints the file's name; posad verify, and others' tools,
check it. check goes over all signed batches, opens each message and names each row that is not as it was signed; it tells
how far it is, and the exit status is 0 only when there is none.`},
		{name: "search", args: "DIR [--misses]", short: "measures how well a city's search works", flags: searchQuality, long: `
Asks the search of a city folder every query of its queries.yaml and prints the shares whose first result is right
(success@1) and of which one of the first three is (success@3): whole, by language, and of those set aside. --misses lists
what went wrong, but never of those set aside.`},
	}
}

func lastCommands() []command {
	return []command{
		{name: "version", short: "tells the version", flags: version, long: `Tells the version of the program and of Go.`},
		{name: "sim", args: "agencies|bank|fiscal|post|scanner", short: "runs one of the demo's outside servers", flags: sim, hidden: true, long: `Runs one small server of the world outside; posad demo starts them itself.`},
	}
}

func language() lang.Language {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := os.Getenv(name); value != "" {
			if strings.HasPrefix(value, "ru") {
				return lang.Russian
			}
			return lang.English
		}
	}
	return lang.English
}

// configFlags are the flags that demo, serve and publish share.
func configFlags(set *flag.FlagSet) func() (app.Config, error) {
	file := set.String("config", "", "YAML file of the configuration")
	data := set.String("data", "", "folder of the city's data")
	database := set.String("database", "", "postgres://… address; empty: the embedded engine in --data")
	listen := set.String("listen", "", "host:port to serve on")
	address := set.String("address", "", "the portal's address as people type it")
	return func() (app.Config, error) {
		conf, err := app.ReadConfig(*file)
		if err != nil {
			return conf, err
		}
		for given, key := range map[*string]*string{data: &conf.Data, database: &conf.Database, listen: &conf.Listen, address: &conf.Address} {
			if *given != "" {
				*key = *given
			}
		}
		return conf.Complete()
	}
}

func logger(level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: l}))
}

func demo(set *flag.FlagSet) func(context.Context, []string) error {
	data := set.String("data", "var/demo", "folder of the demo's data")
	listen := set.String("listen", "127.0.0.1:8080", "host:port of the portal")
	database := set.String("database", "", "postgres://… address; empty: the embedded engine")
	ports := set.Int("sims", 0, "first of five ports for the mailbox's page, the bank, the agencies, the virus scanner and the fiscal operator; 0: any free ones")
	level := set.String("log", "warn", "debug, info, warn or error")
	outside := set.String("outside", "", "outside servers that run already, for crash runs: agencies=URL,bank=URL,post=URL,mail=HOST:PORT,scanner=HOST:PORT")
	key := set.String("key", "", "key and secret of those servers")
	return func(ctx context.Context, _ []string) error {
		o := app.DemoOptions{Data: *data, Listen: *listen, Database: *database, Ports: *ports, Key: *key}
		for pair := range strings.SplitSeq(*outside, ",") {
			if name, address, ok := strings.Cut(pair, "="); ok {
				if o.Outside == nil {
					o.Outside = map[string]string{}
				}
				o.Outside[name] = address
			}
		}
		return app.Demo(ctx, o, logger(*level), os.Stdout)
	}
}

func serve(set *flag.FlagSet) func(context.Context, []string) error {
	read := configFlags(set)
	return func(ctx context.Context, _ []string) error {
		conf, err := read()
		if err != nil {
			return err
		}
		return app.Serve(ctx, conf, logger(conf.Log), os.Stdout)
	}
}

func enrol(set *flag.FlagSet) func(context.Context, []string) error {
	read := configFlags(set)
	return func(ctx context.Context, args []string) error {
		if len(args) != 1 {
			return errors.New("name one list of people")
		}
		conf, err := read()
		if err != nil {
			return err
		}
		return app.EnrolFile(ctx, conf, args[0], os.Stdout)
	}
}

func keys(set *flag.FlagSet) func(context.Context, []string) error {
	read := configFlags(set)
	rotate := set.String("rotate", "", "holders, seals, journal, sessions, authority, papers, credentials or exchange")
	return func(ctx context.Context, _ []string) error {
		conf, err := read()
		if err != nil {
			return err
		}
		return app.Keys(ctx, conf, app.KeysCommand{Rotate: vault.Purpose(*rotate)}, os.Stdout)
	}
}

func check(*flag.FlagSet) func(context.Context, []string) error {
	return func(_ context.Context, args []string) error {
		city, err := load(args)
		if err != nil {
			return err
		}
		if err := city.Doubts().Print(os.Stderr, language()); err != nil {
			return err
		}
		fmt.Printf("%d services, no faults, version %s\n", len(city.Services), city.Hash())
		if doubts := len(city.Doubts()); doubts > 0 {
			fmt.Printf("%d places are worth a look\n", doubts)
		}
		return nil
	}
}

var errFaults = errors.New("there are faults")

func load(args []string) (*service.City, error) {
	if len(args) != 1 {
		return nil, errors.New("name one folder of definitions")
	}
	if _, err := os.Stat(args[0]); err != nil {
		return nil, err
	}
	city, faults := service.LoadCity(os.DirFS(args[0]))
	if len(faults) > 0 {
		if err := faults.Print(os.Stderr, language()); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %d", errFaults, len(faults))
	}
	return city, nil
}

func publish(set *flag.FlagSet) func(context.Context, []string) error {
	read := configFlags(set)
	at := set.String("at", "", "from which moment it is in force, in the city's time: 2026-12-01T00:00; left out: at once")
	note := set.String("note", "", "why, for the list of versions")
	return func(ctx context.Context, args []string) error {
		conf, err := read()
		if err != nil {
			return err
		}
		city, err := load(args)
		if err != nil {
			return err
		}
		if *at != "" || *note != "" {
			return publishLater(ctx, conf, city, *at, *note)
		}
		if err := app.Publish(ctx, conf, city); err != nil {
			return err
		}
		fmt.Printf("published %d services, version %s\n", len(city.Services), city.Hash())
		return nil
	}
}

func appoint(set *flag.FlagSet) func(context.Context, []string) error {
	read := configFlags(set)
	role := set.String("role", "admin", "clerk, officer, head or admin")
	agency := set.String("agency", "city", "key of the agency")
	return func(ctx context.Context, args []string) error {
		if len(args) != 1 {
			return errors.New("name one e-mail or phone")
		}
		conf, err := read()
		if err != nil {
			return err
		}
		if err := app.Appoint(ctx, conf, app.Appointment{Contact: args[0], Role: *role, Agency: *agency}); err != nil {
			return err
		}
		fmt.Println("appointed")
		return nil
	}
}

func jobs(set *flag.FlagSet) func(context.Context, []string) error {
	read := configFlags(set)
	var retry id.ID
	set.TextVar(&retry, "retry", id.ID{}, "id of the job to run again")
	return func(ctx context.Context, _ []string) error {
		conf, err := read()
		if err != nil {
			return err
		}
		said, err := app.Jobs(ctx, conf, app.JobsCommand{Retry: retry})
		fmt.Print(said)
		return err
	}
}

func version(*flag.FlagSet) func(context.Context, []string) error {
	return func(context.Context, []string) error {
		info, ok := debug.ReadBuildInfo()
		if !ok {
			return errors.New("the program was built without its build information")
		}
		fmt.Println("posad", app.Version, info.GoVersion)
		return nil
	}
}

func sim(set *flag.FlagSet) func(context.Context, []string) error {
	listen := set.String("listen", "127.0.0.1:0", "host:port")
	key := set.String("key", "", "key that the city sends")
	secret := set.String("secret", "", "secret of the bank's messages")
	state := set.String("state", "", "file in which the bank keeps its books")
	return func(ctx context.Context, args []string) error {
		if len(args) != 1 {
			return errors.New("name one: agencies, bank, fiscal, post or scanner")
		}
		return app.Sim(ctx, args[0], app.SimOptions{Listen: *listen, Key: *key, Secret: *secret, State: *state}, logger("warn"), os.Stdout)
	}
}
