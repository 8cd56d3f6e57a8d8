package booking

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"posad.city/city/kitezh"
	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/module"
	"posad.city/core/notice"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	"posad.city/kit/web"
	"posad.city/ui"
)

var (
	ctx      = context.Background()
	anna     = id.Derived("person", "anna")
	boris    = id.Derived("person", "boris")
	misha    = id.Derived("person", "misha") // Anna's child
	igor     = id.Derived("person", "igor")  // an official
	annaAct  = personAct(anna)
	borisAct = personAct(boris)
	igorAct  = act.Act{Actor: act.Actor{Kind: act.Official, Person: igor, Agency: agency.ID("property"), Role: string(agency.Officer)}, Assurance: act.Verified, Channel: act.Desk}
	migrated = []store.Migrations{Migrations, vault.Migrations, jobs.Migrations, notice.Migrations}
)

func personAct(person id.ID) act.Act {
	return act.Act{Actor: act.Actor{Kind: act.Person, Person: person}, Holder: person, Assurance: act.Standard, Channel: act.Web, Lang: "ru"}
}

// office is a resource with one or more windows, on weekdays from nine to one and from two to six.
const office = `resource: office
agency: property
title: {ru: Приёмная, en: Reception}
address: {ru: "Купеческая ул., 5", en: "Kupecheskaya St, 5"}
bring: {ru: Паспорт, en: Passport}
places: 2
minutes: 30
hours:
  - {days: [monday, tuesday, wednesday, thursday, friday], from: "09:00", to: "13:00"}
  - {days: [monday, tuesday, wednesday, thursday, friday], from: "14:00", to: "18:00"}
closed: [2026-11-27]
ahead: 30
notice: 2
cancel: 3
`

// popular is the city's line of services that this city has not.
var popular = regexp.MustCompile(`(?m)^popular: .*\n`)

// cityWith is the demo city without services and registers, with the resources given as files.
func cityWith(resources ...string) *service.City {
	files := fstest.MapFS{}
	err := fs.WalkDir(kitezh.Files(), ".", func(name string, entry fs.DirEntry, err error) error {
		top, _, _ := strings.Cut(name, "/")
		if err != nil || entry.IsDir() || top == "services" || top == "registers" || top == "own-registers" || top == "charges" || top == "resources" || top == "messages" || top == "demo" || name == "lists.yaml" || name == "queries.yaml" {
			return err
		}
		content, err := fs.ReadFile(kitezh.Files(), name)
		if name == "city.yaml" {
			content = popular.ReplaceAll(content, nil)
		}
		files[name] = &fstest.MapFile{Data: content}
		return err
	})
	if err != nil {
		panic(err) // a test's own ground
	}
	for _, text := range resources {
		key, _, _ := strings.Cut(strings.TrimPrefix(text, "resource: "), "\n")
		files["resources/"+key+".yaml"] = &fstest.MapFile{Data: []byte(text)}
	}
	city, faults := service.LoadCity(files)
	if len(faults) > 0 {
		panic(faults) // a test's own ground
	}
	return city
}

var plainCity = sync.OnceValue(func() *service.City { return cityWith(office) })

// versions is Services with a version that a test may change.
type versions struct {
	now  atomic.Pointer[service.City]
	mu   sync.Mutex
	past map[service.Hash]*service.City
}

func (v *versions) Current() *service.City { return v.now.Load() }

func (v *versions) publish(city *service.City) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.past[city.Hash()] = city
	v.now.Store(city)
}

func (v *versions) Version(_ context.Context, hash service.Hash) (*service.City, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if city, ok := v.past[hash]; ok {
		return city, nil
	}
	return nil, service.ErrOld
}

// household stands for accounts.
type household struct{}

func (household) Person(_ context.Context, _ act.Act, _ string, person id.ID) (account.Person, error) {
	return account.Person{ID: person, Name: lang.Name{Family: "Смирнова", Given: "Анна"}}, nil
}

func (household) Names(_ context.Context, _ act.Act, _ string, people ...id.ID) (map[id.ID]lang.Name, error) {
	out := map[id.ID]lang.Name{}
	for _, p := range people {
		out[p] = lang.Name{Family: "Смирнова", Given: "Анна"}
	}
	return out, nil
}

var theTexts = sync.OnceValue(func() *lang.Catalogue {
	texts, err := lang.Load(New(Deps{}).Locales(), notice.New(notice.Deps{}).Locales(), ui.Locale, web.Locale)
	if err != nil {
		panic(err) // a test's own ground
	}
	return texts
})

var masterKey = sync.OnceValue(func() *vault.KEK {
	text := os.Getenv(crashKey)
	if text == "" {
		text = vault.NewKEKText()
	}
	kek, err := vault.ParseKEK(text)
	if err != nil {
		panic(err) // a test's own ground
	}
	return kek
})

// rig is the module with real neighbours on a fresh store. Its clock stands at Saturday, 21 November 2026, noon in Moscow.
type rig struct {
	*Module
	t     testing.TB
	store *store.Store
	clock *clock.Fixed
	queue *jobs.Queue
	told  *notice.Module
	city  *versions
	base  *module.Base
}

func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRig(t, s, c)) }, migrated...)
}

func one(t testing.TB) *rig {
	s, c := storetest.Open(t, migrated...)
	return newRig(t, s, c)
}

func newRig(t testing.TB, s *store.Store, c *clock.Fixed) *rig {
	t.Helper()
	r := &rig{t: t, store: s, clock: c, queue: jobs.NewQueue(s, jobs.Options{}), city: &versions{past: map[service.Hash]*service.City{}}}
	r.city.publish(plainCity())
	v, err := vault.Open(ctx, vault.Options{Store: s, KEK: masterKey(), Clock: c})
	r.must(err)
	r.base = &module.Base{Store: s, Vault: v, Clock: c, Jobs: r.queue, Texts: theTexts().Reporting(func(err error) { t.Error(err) }), Log: slog.New(slog.DiscardHandler)}
	zone := func() *time.Location { return r.city.Current().Days().Zone() }
	r.told = notice.New(notice.Deps{People: household{}, Address: "http://city.test", City: func(lang.Language) string { return "Kitezh" }, Zone: zone})
	r.Module = New(Deps{Services: r.city, Teller: r.told, People: household{}, Address: "http://city.test"})
	r.must(r.told.Provision(r.base))
	r.must(r.Module.Provision(r.base))
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// at is a moment in the city's zone: 2026-11-23 09:00.
func at(text string) time.Time {
	out, err := time.ParseInLocation("2006-01-02 15:04", text, plainCity().Days().Zone())
	if err != nil {
		panic(err) // a test's own constant
	}
	return out
}

func day(text string) calendar.Date { return calendar.MustDate(text) }

// book holds and confirms.
func (r *rig) book(person id.ID, start string) Booking {
	r.t.Helper()
	b, err := r.Hold(ctx, personAct(person), Hold{Person: person, Resource: "office", Start: at(start)})
	r.must(err)
	b, err = r.Confirm(ctx, personAct(person), b.ID)
	r.must(err)
	return b
}

func (r *rig) run() {
	r.t.Helper()
	_, err := r.queue.Drain(ctx)
	r.must(err)
}

// letters are the kinds of what a person was told, by name: the clock stands, so that they have no order in time.
func (r *rig) letters(person id.ID) []string {
	r.t.Helper()
	inbox, err := r.told.Inbox(ctx, personAct(person), person, id.ID{}, 50)
	r.must(err)
	var out []string
	for i := len(inbox.Messages) - 1; i >= 0; i-- {
		out = append(out, strings.TrimPrefix(inbox.Messages[i].Kind, "booking.tell."))
	}
	slices.Sort(out)
	return out
}

// jobOf is a job as the queue gives it to a handler.
func jobOf(handler string) jobs.Job { return jobs.Job{Handler: handler} }

func replace(text, old, fresh string) string { return strings.Replace(text, old, fresh, 1) }
