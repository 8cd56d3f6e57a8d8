package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"posad.city/city/kitezh"
	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/desk"
	"posad.city/core/mandate"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// DemoOptions are what the demo is run with.
type DemoOptions struct {
	Data     string
	Listen   string
	Database string            // postgres://…; empty: the embedded engine
	Ports    int               // first of five ports for the outside servers; 0: any free ones
	Outside  map[string]string // outside servers that run already, by name: agencies, bank, mail, post, scanner (without it files are not scanned); for crash runs
	Key      string            // key and secret of the outside servers that run already
}

// Demo runs Kitezh: its outside servers as processes of their own, its people, its definitions published and watched.
func Demo(ctx context.Context, o DemoOptions, log *slog.Logger, out io.Writer) error {
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if o.Key == "" {
		o.Key = randomKey()
	}
	outside, children, err := startOutside(ctx, o)
	defer stopAll(children, log)
	if err != nil {
		return err
	}
	conf := demoConfig(o, outside)
	paper, err := startHerald(ctx, filepath.Join(o.Data, "witness"), &conf, log)
	if err != nil {
		return err
	}
	defer paper.close(log)
	if conf, err = conf.Complete(); err != nil {
		return err
	}
	people, err := kitezh.Demo()
	if err != nil {
		return err
	}
	h, err := Open(ctx, conf, Options{Log: log})
	if err != nil {
		return err
	}
	if err := paper.trust(ctx, h); err != nil {
		return errors.Join(err, h.close())
	}
	return h.run(ctx, out, func(ctx context.Context) error {
		if err := h.settle(ctx, people, o); err != nil {
			return err
		}
		introduce(out, conf, people, outside, o)
		return nil
	})
}

func randomKey() string {
	b := make([]byte, 24)
	if _, err := rand.Read(b); err != nil {
		panic("app: the system's random source failed: " + err.Error()) // crypto/rand documents that this never returns an error
	}
	return hex.EncodeToString(b)
}

// startOutside runs the servers of the world outside and returns where they are.
func startOutside(ctx context.Context, o DemoOptions) (map[string]string, []*child, error) {
	if o.Outside != nil {
		return o.Outside, nil, nil
	}
	outside := map[string]string{}
	var children []*child
	for i, name := range []string{"post", "bank", "agencies", "scanner", "fiscal"} {
		listen := "127.0.0.1:0"
		if o.Ports > 0 {
			listen = net.JoinHostPort("127.0.0.1", strconv.Itoa(o.Ports+i))
		}
		args := []string{name, "--listen", listen, "--key", o.Key, "--secret", o.Key}
		if name == "bank" {
			args = append(args, "--state", filepath.Join(o.Data, "bank.jsonl"))
		}
		c, err := startChild(ctx, args...)
		if err != nil {
			return nil, children, err
		}
		children = append(children, c)
		for what, address := range c.address {
			outside[what] = address
		}
	}
	return outside, children, nil
}

func stopAll(children []*child, log *slog.Logger) {
	for _, c := range children {
		if err := c.stop(); err != nil {
			log.Warn("demo: an outside server did not stop", "error", err)
		}
	}
}

func demoConfig(o DemoOptions, outside map[string]string) Config {
	conf := Config{Data: o.Data, Database: o.Database, Listen: o.Listen, Demo: true}
	if host, port, err := net.SplitHostPort(o.Listen); err == nil && host == "127.0.0.1" && port != "0" {
		conf.Address = "http://localhost:" + port // browsers bind passkeys to a name, never to a number
	}
	conf.Mail = Mail{Server: outside["mail"], From: "portal@kitezh.example", TLS: "none"}
	conf.SMS = SMS{Gateway: outside["post"], Key: o.Key, Sender: "Kitezh"}
	conf.Bank = Bank{API: outside["bank"], Key: o.Key, Secret: o.Key}
	conf.Fiscal = FiscalOperator{API: outside["fiscal"], Key: o.Key}
	conf.Scanner = Scanner{Address: outside["scanner"]}
	conf.Agencies = map[string]Agency{}
	entries, err := fs.ReadDir(kitezh.Files(), "agencies")
	if err != nil {
		return conf // embedded: a test reads it
	}
	for _, entry := range entries {
		key := strings.TrimSuffix(entry.Name(), ".yaml")
		conf.Agencies[key] = Agency{Endpoint: outside["agencies"] + "/" + key, Key: o.Key, Hook: DemoHook(outside["agencies"]+"/"+key, o.Key)}
	}
	return conf
}

// DemoHook is where an agency of the demo takes messages about the city's own registers, by its address and the key that the
// outside servers were started with.
func DemoHook(agency, key string) AgencyHook {
	return AgencyHook{Address: agency + "/hooks", Secret: "whsec_" + base64.StdEncoding.EncodeToString(DemoHookKey(key))}
}

// DemoHookKey is what the demo signs its messages with, by the key of the servers that stand for the outside.
func DemoHookKey(key string) []byte {
	sum := sha256.Sum256([]byte("hooks " + key))
	return sum[:]
}

// settle makes the demo's folder of definitions, publishes it, and brings the people in. All of it may be done again.
func (h *House) settle(ctx context.Context, people kitezh.People, o DemoOptions) error {
	folder := filepath.Join(o.Data, "city")
	if err := copyMissing(kitezh.Files(), folder); err != nil {
		return err
	}
	city, faults := service.LoadCity(os.DirFS(folder))
	if len(faults) > 0 {
		return fmt.Errorf("demo: %s has faults:\n%w", folder, faults)
	}
	theirs, err := h.Modules.Service.ByOfficial(ctx)
	if err != nil {
		return err
	}
	if !theirs { // what officials published stays: the watcher brings the folder up to it, or says that it is behind
		if err := h.Modules.Service.Publish(ctx, h.command(), city); err != nil {
			return err
		}
	}
	if err := h.Enrol(ctx, people); err != nil {
		return err
	}
	if err := h.bills(ctx, people); err != nil {
		return err
	}
	if err := h.BeginCharity(ctx, people); err != nil {
		return err
	}
	if err := h.transportCards(ctx, people); err != nil {
		return err
	}
	if err := h.flats(ctx, people); err != nil {
		return err
	}
	h.watching.Go(func() { h.Modules.Service.Watch(ctx, os.DirFS(folder), h.watchingOf(folder)) })
	return nil
}

// watchingOf tells on the terminal how the folder stands, and lets what the studio publishes be written into it.
func (h *House) watchingOf(folder string) service.Watching {
	return service.Watching{
		Told: func(faults service.Faults) {
			if len(faults) == 0 {
				fmt.Fprintln(os.Stderr, "The folder of definitions is right and in force.")
				return
			}
			fmt.Fprintln(os.Stderr, "The folder of definitions has faults; the version before stays in force:")
			if err := faults.Print(os.Stderr, lang.English); err != nil {
				h.Base.Log.Warn("demo: faults", "error", err)
			}
		},
		Behind: func(number int64) {
			fmt.Fprintf(os.Stderr, "THE FOLDER %s IS BEHIND version %d, which officials published, and changes the same files: nothing of it is published.\n"+
				"Put what you changed into the files of that version (the studio's history exports it).\n", folder, number)
		},
		Put: func(path string, content []byte) error {
			name := filepath.Join(folder, filepath.FromSlash(path))
			fmt.Fprintln(os.Stderr, "Published in the studio, written into the folder:", name)
			if content == nil {
				return os.Remove(name)
			}
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				return err
			}
			return os.WriteFile(name, content, 0o644)
		},
	}
}

// copyMissing lays the embedded city into the folder unless one is there: what its people changed stays.
func copyMissing(files fs.FS, folder string) error {
	if _, err := os.Stat(filepath.Join(folder, "city.yaml")); err == nil {
		return nil
	}
	return fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == "demo" {
			return fs.SkipDir // the demo's people are no part of a city
		}
		to := filepath.Join(folder, filepath.FromSlash(path))
		if entry.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		content, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, content, 0o644)
	})
}

// Enrol brings people in with their accounts, families, roles and skills, which the published city names. Those who are
// there are left as they are.
func (h *House) Enrol(ctx context.Context, people kitezh.People) error {
	var list []account.Enrolment
	var families []mandate.Parenthood
	var officials []agency.Official
	var skilled []desk.Able
	for _, p := range people {
		if p.Account == nil && len(p.Parents) == 0 {
			continue // a resident whom only the registers know: they may register themselves
		}
		one := account.Enrolment{Person: p.ID(), Name: p.Name, Birth: p.Birth, SNILS: p.SNILS, Level: act.Standard}
		if p.Account != nil {
			one.Email, one.Phone, one.SignsIn, one.Password = p.Account.Email, p.Account.Phone, true, kitezh.Password
			one.Level = levels[p.Account.Level]
		}
		list = append(list, one)
		for _, parent := range p.Parents {
			if r, ok := people.ByKey(parent); !ok || r.Account == nil {
				continue
			}
			families = append(families, mandate.Parenthood{Parent: id.Derived("kitezh", parent), Child: p.ID(), Birth: p.Birth})
		}
		for _, role := range p.Roles {
			officials = append(officials, agency.Official{Person: p.ID(), Agency: agency.ID(role.Agency), Role: agency.Role(role.Role), Queues: role.Queues, Since: h.Clock.Now()})
			if len(role.Skills) > 0 {
				skilled = append(skilled, desk.Able{Agency: agency.ID(role.Agency), Person: p.ID(), Skills: role.Skills})
			}
		}
	}
	if err := h.Modules.Account.Enrol(ctx, list); err != nil {
		return fmt.Errorf("demo: people: %w", err)
	}
	if err := h.Modules.Mandate.Enrol(ctx, families); err != nil {
		return fmt.Errorf("demo: families: %w", err)
	}
	if err := h.Modules.Agency.Enrol(ctx, officials); err != nil {
		return fmt.Errorf("demo: officials: %w", err)
	}
	if err := h.Modules.Desk.Enrol(ctx, skilled); err != nil {
		return fmt.Errorf("demo: skills: %w", err)
	}
	return nil
}

var levels = map[string]act.Level{"basic": act.Basic, "standard": act.Standard, "verified": act.Verified}

// introduce tells who can sign in and where their mail is.
func introduce(out io.Writer, conf Config, people kitezh.People, outside map[string]string, o DemoOptions) {
	fmt.Fprintf(out, "\nKitezh, a demo city of Posad, is at %s\n", conf.Address)
	fmt.Fprintf(out, "\n  mail and SMS of everybody   %s\n  bank                        %s\n  agencies' registers         %s\n  definitions, published as you save them: %s\n",
		outside["post"], outside["bank"], outside["agencies"], filepath.Join(o.Data, "city"))
	fmt.Fprintf(out, "\nSign in by e-mail; the password of everybody is %s\n\n", kitezh.Password)
	for _, p := range people {
		if p.Account == nil || p.Story.IsZero() {
			continue
		}
		roles := ""
		for _, role := range p.Roles {
			roles += " [" + role.Role + " of " + role.Agency + "]"
		}
		fmt.Fprintf(out, "  %-28s %s%s\n  %-28s %s\n", p.Account.Email, p.Name.Full(lang.English), roles, "", p.Story.In(lang.English))
	}
	fmt.Fprintln(out)
}
