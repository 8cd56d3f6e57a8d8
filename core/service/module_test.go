package service_test

import (
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"posad.city/city/kitezh"
	"posad.city/core/agency"
	"posad.city/core/module"
	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/web"
	"posad.city/ui"
)

var admin = act.Act{ID: id.Derived("act", "publish"), Actor: act.Actor{Kind: act.System}, Channel: act.Command}

// house is a node of the city with the module alone.
type house struct {
	*service.Module
	t      testing.TB
	base   *module.Base
	server *httptest.Server
}

func newHouse(t testing.TB, s *store.Store, c *clock.Fixed) *house {
	t.Helper()
	return newHouseWith(t, s, c, nil)
}

func newHouseWith(t testing.TB, s *store.Store, c *clock.Fixed, queue *jobs.Queue) *house {
	t.Helper()
	m := service.New(service.Deps{})
	texts, err := lang.Load(ui.Locale, page.Locale, web.Locale, m.Locales())
	if err != nil {
		t.Fatal(err)
	}
	texts = texts.Reporting(func(err error) { t.Error(err) })
	log := slog.New(slog.DiscardHandler)
	pages := page.New()
	server, err := web.New(web.Config{BaseURL: "http://posad.test", PerAddress: 100_000}, web.Deps{
		Texts: texts, Clock: c, Log: log, ErrorPage: pages.FaultPage, Breach: func(operation, what string) { t.Errorf("%s: %s", operation, what) },
	})
	if err != nil {
		t.Fatal(err)
	}
	out := &house{Module: m, t: t, base: &module.Base{Store: s, Clock: c, Feed: feed.Open(s, log), Web: server, Pages: pages, Texts: texts, Log: log, Jobs: queue}}
	if err := m.Provision(out.base); err != nil {
		t.Fatal(err)
	}
	return out
}

// open finishes the edge of the house.
func (h *house) open() *house {
	h.t.Helper()
	h.base.Web.Provide(web.Deps{Sessions: nobody{}, Relator: nobody{}})
	handler, err := h.base.Web.Handler()
	if err != nil {
		h.t.Fatal(err)
	}
	h.server = httptest.NewServer(handler)
	h.t.Cleanup(h.server.Close)
	return h
}

func (h *house) get(path, language string) (int, string) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.server.URL+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	req.Host = "posad.test"
	req.Header.Set("Accept-Language", language)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // read to its end below
	body, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func city(t testing.TB) *service.City {
	t.Helper()
	out, faults := service.LoadCity(kitezh.Files())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return out
}

func published(t *testing.T) *house {
	t.Helper()
	s, c := storetest.Open(t, service.Migrations, feed.Migrations)
	h := newHouse(t, s, c).open()
	if err := h.Publish(t.Context(), admin, city(t)); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestNodesSwitchTogetherAndKeepOldVersions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		one, other := newHouse(t, s, c), newHouse(t, s, c)
		if one.Current() != nil || one.Zone() != time.UTC || one.Clock() != nil {
			t.Fatal("there is a city before the first version")
		}
		if _, err := one.City(); err == nil || err != error(service.ErrCity) {
			t.Fatalf("without a version: %v", err)
		}
		first := city(t)
		publish := func(h *house, version *service.City) {
			t.Helper()
			if err := h.Publish(t.Context(), admin, version); err != nil {
				t.Fatal(err)
			}
		}
		publish(one, first)
		publish(one, first) // again: nothing happens
		if one.Current().Hash() != first.Hash() {
			t.Error("the publishing node does not serve the version")
		}
		if err := other.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if other.Current() == nil || other.Current().Hash() != first.Hash() || other.Current() == first {
			t.Error("another node does not serve the version from the store")
		}
		second := changed(t, "Запись в первый класс", "Приём в первый класс")
		publish(other, second)
		if err := one.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if one.Current().Hash() != second.Hash() {
			t.Error("the first node stays behind")
		}
		old, err := one.Version(t.Context(), first.Hash())
		if err != nil || old.Hash() != first.Hash() {
			t.Errorf("the old version: %v", err)
		}
		if again, err := one.Version(t.Context(), first.Hash()); err != nil || again != old {
			t.Errorf("the old version is opened twice: %v", err)
		}
		if _, err := one.Version(t.Context(), "0000"); err == nil {
			t.Error("a version that was never published is given")
		}
		publish(one, first) // back to the first
		list, err := one.Switches(t.Context(), 10)
		if err != nil || len(list) != 3 || list[0].Number != 3 || list[0].Hash != first.Hash() || list[1].Hash != second.Hash() {
			t.Errorf("switches: %v %v", list, err)
		}
	}, service.Migrations, feed.Migrations)
}

func TestANodeHearsOfASwitchByItself(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, service.Migrations, feed.Migrations)
	one, other := newHouse(t, s, c), newHouse(t, s, c)
	if err := other.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := one.Publish(t.Context(), admin, city(t)); err != nil {
		t.Fatal(err)
	}
	if err := other.base.Feed.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 500 {
		if other.Current() != nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := other.Stop(t.Context()); err != nil || other.Current() == nil {
		t.Fatalf("the other node heard nothing: %v", err)
	}
}

// copyOf writes the demo city into a folder of its own.
func copyOf(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, kitezh.Files()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// changed is the demo city with a text replaced everywhere in its services.
func changed(t testing.TB, from, to string) *service.City {
	t.Helper()
	dir := copyOf(t)
	err := filepath.WalkDir(filepath.Join(dir, "services"), func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(name, []byte(strings.ReplaceAll(string(content), from, to)), 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	out, faults := service.LoadCity(os.DirFS(dir))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return out
}

// A fifth service, added as one file, is offered with no restart; a broken file changes nothing and is told.
func TestAServiceAddedAsOneFileAppears(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, service.Migrations, feed.Migrations)
	h := newHouse(t, s, c).open()
	dir := copyOf(t)
	told := make(chan service.Faults, 10)
	go h.Watch(t.Context(), os.DirFS(dir), service.Watching{Told: func(f service.Faults) { told <- f }})
	wait := func(what string, there func() bool) {
		t.Helper()
		for range 150 {
			if there() {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Fatalf("%s: not in 15 s", what)
	}
	wait("the folder is published", func() bool { return h.Current() != nil })
	if faults := <-told; len(faults) > 0 {
		t.Fatalf("a right folder is told as wrong: %v", faults)
	}
	content, err := os.ReadFile(filepath.Join(dir, "services", "city-appeal.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	fifth := strings.Replace(string(content), "service: city-appeal", "service: park-idea", 1)
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "services", "park-idea.yaml"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Replace(fifth, "topic: city", "topic: nowhere", 1))
	select {
	case faults := <-told:
		if len(faults) == 0 || faults[0].File != "services/park-idea.yaml" || faults[0].Line == 0 {
			t.Errorf("the fault has no place: %v", faults)
		}
	case <-time.After(15 * time.Second):
		t.Fatal("a broken file is not told")
	}
	if _, ok := h.Current().Service("park-idea"); ok {
		t.Error("a broken service is offered")
	}
	write(fifth)
	wait("the fifth service", func() bool { _, ok := h.Current().Service("park-idea"); return ok })
	if status, body := h.get("/services/park-idea", "ru"); status != 200 || !strings.Contains(body, "/services/park-idea/apply") {
		t.Errorf("its card: %d", status)
	}
}

func TestEveryPublicPageStandsInBothLanguages(t *testing.T) {
	t.Parallel()
	h := published(t)
	_, sitemap := h.get("/sitemap.xml", "ru")
	paths := regexp.MustCompile(`<loc>http://posad.test([^<]*)</loc>`).FindAllStringSubmatch(sitemap, -1)
	if len(paths) < 30 {
		t.Fatalf("%d pages in the sitemap: %s", len(paths), sitemap)
	}
	for _, found := range paths {
		for _, language := range []string{"ru", "en"} {
			status, body := h.get(found[1], language)
			if status != 200 || !strings.Contains(body, `<html lang="`+language+`"`) || strings.Count(body, "<h1") != 1 {
				t.Errorf("%s in %s: %d, %d headings", found[1], language, status, strings.Count(body, "<h1"))
			}
			if language == "en" {
				noCyrillic(t, found[1], body)
			}
		}
	}
}

var outOfText = regexp.MustCompile(`(?s)<svg.*?</svg>|lang="ru"[^>]*>.*?<|А 123 ВС 52|placeholder="[^"]*"`)

// noCyrillic fails when an English page says something in Russian. Plates are Cyrillic in every language.
func noCyrillic(t *testing.T, path, body string) {
	t.Helper()
	if at := regexp.MustCompile(`[А-Яа-яЁё]{2,}[^<]{0,40}`).FindString(outOfText.ReplaceAllString(body, "")); at != "" && !strings.Contains(at, "Русский") {
		t.Errorf("%s says in Russian: %q", path, at)
	}
}

func TestTheCardSaysEverything(t *testing.T) {
	t.Parallel()
	h := published(t)
	c := h.Current()
	for i := range c.Services {
		s := &c.Services[i]
		_, body := h.get("/services/"+s.Key, "ru")
		texts := []string{s.Title.RU, s.Summary.RU, s.Who.RU, s.Result.Title.RU, s.Appeal.Where.RU, "/services/" + s.Key + "/apply"}
		for _, g := range s.Grounds {
			texts = append(texts, g.Words.RU, g.Law.RU)
		}
		for _, certificate := range s.Certificates {
			texts = append(texts, certificate.Needed.RU)
		}
		for _, text := range texts {
			if !strings.Contains(body, templEscape(text)) {
				t.Errorf("%s: the card does not say %q", s.Key, text)
			}
		}
		if !strings.Contains(body, `"@type":"GovernmentService"`) {
			t.Errorf("%s: the card has no structured data", s.Key)
		}
		var wire struct {
			Key, Version string
			Form         []struct{ Fields []struct{ Key string } }
		}
		status, answer := h.get("/api/v1/services/"+s.Key, "ru")
		if err := json.Unmarshal([]byte(answer), &wire); err != nil || status != 200 || wire.Key != s.Key || wire.Version != string(c.Hash()) || len(wire.Form) != len(s.Form.Steps) {
			t.Errorf("%s: %d %v %s", s.Key, status, err, answer)
		}
	}
}

func templEscape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;").Replace(text)
}

func TestSearchFindsAndSaysWhy(t *testing.T) {
	t.Parallel()
	h := published(t)
	for query, href := range map[string]string{
		"парковка у дома": "/services/parking-permit", "gfhrjdrf": "/services/parking-permit", "first class": "/services/school-first-class",
		"яма на дороге": "/services/city-appeal", "пропуск на грузовик": "/services/freight-pass",
	} {
		found, total, err := h.Search(query, "", lang.Russian, 5)
		if err != nil || total == 0 || found[0].Href != href {
			t.Errorf("%q: %v %v", query, found, err)
		}
		if query == "gfhrjdrf" && len(found) > 0 && len(found[0].Why) == 0 {
			t.Error("a search in the wrong layout does not say how it was understood")
		}
	}
	if status, body := h.get("/search?q=%D0%B6%D0%B6%D0%B6%D1%84%D1%84%D1%84", "ru"); status != 200 || !strings.Contains(body, "8 800 555-04-17") || !strings.Contains(body, "/services/") {
		t.Errorf("nothing found: %d", status)
	}
	if _, body := h.get("/search?q=%3Cscript%3Ealert(1)%3C/script%3E", "ru"); strings.Contains(body, "<script>alert") {
		t.Error("a query breaks out of the page")
	}
	status, body := h.get("/search/suggest?q=%D0%BF%D0%B0%D1%80%D0%BA", "ru")
	if status != 200 || !strings.Contains(body, "/services/parking-permit") || strings.Contains(body, "<html") {
		t.Errorf("suggestions: %d %s", status, body)
	}
}

func TestWithoutAVersionPagesSaySo(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, service.Migrations, feed.Migrations)
	h := newHouse(t, s, c).open()
	if status, body := h.get("/services", "en"); status != 503 || !strings.Contains(body, "posad publish FOLDER") {
		t.Errorf("%d %s", status, body)
	}
}

func TestUnknownThingsAreMissing(t *testing.T) {
	t.Parallel()
	h := published(t)
	for _, path := range []string{"/services/none", "/topics/none", "/situations/none", "/news/none", "/agencies/none", "/city/none", "/api/v1/services/none"} {
		if status, _ := h.get(path, "en"); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestAgenciesByTheirIDs(t *testing.T) {
	t.Parallel()
	h := published(t)
	a, ok := h.AgencyByID(agency.ID("transport"))
	if !ok || a.Key != "transport" || h.AgencyName(agency.ID("transport"), lang.English) != a.Short.EN || h.AgencyName(id.Derived("agency", "none"), lang.English) != "" {
		t.Errorf("%v %v", a, ok)
	}
	if named := h.Agencies(lang.Russian); len(named) != len(h.Current().Agencies) {
		t.Errorf("%v", named)
	}
	if h.Zone().String() != "Europe/Moscow" || h.Today().String() != "2026-11-21" {
		t.Errorf("%s %s", h.Zone(), h.Today())
	}
	if status, css := h.get("/brand.css", "ru"); status != 200 || !strings.Contains(css, "--c-brand:#2450DC;") {
		t.Errorf("brand: %d %s", status, css)
	}
}
