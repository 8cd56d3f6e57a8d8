package service

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"posad.city/kit/calendar"
)

// checker finds everything wrong in decoded data. It never stops at the first fault; what depends on something that is
// already wrong is passed over, so that one slip gives one fault.
type checker struct {
	city     *City
	sources  map[string]*source
	faults   Faults
	doubts   Faults
	book     *AddressBook
	calendar *calendar.City
}

// run checks the city and, when its own data is right, every service with its rules and examples.
func (c *checker) run() {
	c.profile()
	c.days()
	c.agencies()
	c.registers()
	c.lists()
	c.places()
	c.content()
	c.queries()
	c.popular()
	c.synonyms()
	c.utilities()
	c.charity()
	c.charges()
	c.city.compiled = compiled{rules: map[string]*Rules{}, addresses: c.book, days: c.calendar}
	for i := range c.city.Services {
		before := len(c.faults)
		s := &serviceChecker{checker: c, service: &c.city.Services[i], from: "service/" + c.city.Services[i].Key}
		s.run()
		if len(c.faults) == before {
			c.city.compiled.rules[s.service.Key] = s.rules
		}
	}
}

// compileOnly makes what a version of the city needs to be served, its calendar, addresses and rules, and tells only what
// can't be made.
func (c *checker) compileOnly() Faults {
	c.days()
	if c.calendar == nil {
		return c.faults
	}
	c.places()
	c.faults = nil
	c.city.compiled.rules, c.city.compiled.addresses, c.city.compiled.days = map[string]*Rules{}, c.book, c.calendar
	for i := range c.city.Services {
		s := &serviceChecker{checker: c, service: &c.city.Services[i], from: "service/" + c.city.Services[i].Key}
		s.scope, s.records = scopeOf(s.city, s.service), recordScopes(s.city, s.service)
		s.compile()
		c.city.compiled.rules[s.service.Key] = s.rules
	}
	return slices.DeleteFunc(c.faults, func(f Fault) bool { return !strings.HasPrefix(f.Kind, "rule_") && f.Kind != "fee_not_money" })
}

// tell adds a fault at a path of the file that from names.
func (c *checker) tell(from, path, kind string, params ...string) {
	s := c.sources[from]
	if s == nil { // a published version has no files
		s = &source{name: from}
	}
	if doubtful[kind] {
		c.doubts = append(c.doubts, s.fault(s.at(path), kind, params...))
		return
	}
	c.faults = append(c.faults, s.fault(s.at(path), kind, params...))
}

// reference tells when a key names nothing.
func (c *checker) reference(from, path, what, key string, known []string) bool {
	if slices.Contains(known, key) {
		return true
	}
	c.tell(from, path, "unknown_reference", "what", what, "key", key, "known", strings.Join(known, ", "), "near", nearest(key, known))
	return false
}

// keys tells bad and repeated keys of a list. path is the list's, name the key's own name in an item.
func (c *checker) keys(from, path, name string, joiner byte, keys []string) {
	for i, key := range keys {
		at := join(join(path, strconv.Itoa(i)), name)
		if !keyed(key, joiner) {
			c.tell(from, at, "bad_key", "key", key, "joiner", string(joiner))
		}
		if first := slices.Index(keys, key); first < i {
			c.tell(from, at, "duplicate_key", "key", key, "first", "№ "+strconv.Itoa(first+1))
		}
	}
}

func (c *checker) profile() {
	p := &c.city.Profile
	if !keyed(p.Key, '-') {
		c.tell("city", "key", "bad_key", "key", p.Key, "joiner", "-")
	}
	if _, err := time.LoadLocation(p.Zone); err != nil || p.Zone == "Local" {
		c.tell("city", "zone", "bad_zone", "value", p.Zone)
	}
}

// days checks the calendar and makes it.
func (c *checker) days() {
	before := len(c.faults)
	data := calendar.Data{Zone: c.city.Profile.Zone, Opens: c.city.Calendar.Opens, Closes: c.city.Calendar.Closes}
	for _, pair := range [][2]string{{"opens", data.Opens}, {"closes", data.Closes}} {
		if _, err := time.Parse("15:04", pair[1]); err != nil || len(pair[1]) != 5 {
			c.tell("calendar", pair[0], "bad_time", "value", pair[1])
		}
	}
	for i, year := range c.city.Calendar.Years {
		at := "years." + strconv.Itoa(i)
		for j, h := range year.Holidays {
			data.Holidays = append(data.Holidays, c.holiday(at+".holidays."+strconv.Itoa(j), h, year.Year)...)
		}
		for j, day := range year.Working {
			data.Working = append(data.Working, c.date("calendar", at+".working."+strconv.Itoa(j), day, year.Year))
		}
		for j, day := range year.Short {
			data.Short = append(data.Short, c.date("calendar", at+".short."+strconv.Itoa(j), day, year.Year))
		}
		if i > 0 && year.Year != c.city.Calendar.Years[i-1].Year+1 {
			c.tell("calendar", at+".year", "bad_date", "value", strconv.Itoa(year.Year))
		}
	}
	if len(c.faults) > before || len(c.city.Calendar.Years) == 0 {
		return
	}
	data.From = c.date("calendar", "years", yearEdge(c.city.Calendar.Years[0].Year, "01-01"), 0)
	data.Until = c.date("calendar", "years", yearEdge(c.city.Calendar.Years[len(c.city.Calendar.Years)-1].Year, "12-31"), 0)
	made, err := calendar.NewCity(data)
	if err != nil {
		c.tell("calendar", "", "bad_calendar", "message", err.Error())
		return
	}
	c.calendar = made
}

func yearEdge(year int, day string) string { return fmt.Sprintf("%04d-%s", year, day) }

// holiday lists its days; at most two weeks in a row.
func (c *checker) holiday(path string, h Holiday, year int) []calendar.Date {
	from := c.date("calendar", path+".from", h.From, year)
	to := c.date("calendar", path+".to", orElse(h.To, h.From), year)
	if from.IsZero() || to.IsZero() {
		return nil
	}
	if to.Before(from) || from.DaysUntil(to) > 14 {
		c.tell("calendar", path+".to", "bad_date", "value", h.To)
		return nil
	}
	var out []calendar.Date
	for day := from; !day.After(to); day = day.AddDays(1) {
		out = append(out, day)
	}
	return out
}

func orElse(value, other string) string {
	if value == "" {
		return other
	}
	return value
}

// date reads a day; year is the one it must be in, 0 for any.
func (c *checker) date(from, path, text string, year int) calendar.Date {
	day, err := calendar.ParseDate(text)
	if err != nil || year != 0 && day.Year() != year {
		c.tell(from, path, "bad_date", "value", text)
		return calendar.Date{}
	}
	return day
}

// investigationMost is how many days at most an investigation may hide its looks.
const investigationMost = 180

func (c *checker) agencies() {
	known := keysOf(c.city.Agencies, func(a *Agency) string { return a.Key })
	for i := range c.city.Agencies {
		a := &c.city.Agencies[i]
		from := "agency/" + a.Key
		if !keyed(a.Key, '-') {
			c.tell(from, "agency", "bad_key", "key", a.Key, "joiner", "-")
		}
		c.keys(from, "queues", "key", '-', keysOf(a.Queues, func(q *Queue) string { return q.Key }))
		if a.Appeals != "" {
			c.reference(from, "appeals", "agency", a.Appeals, known)
		}
		if n := a.Investigations; n != nil && (n.Days < 1 || n.Days > investigationMost) {
			c.tell(from, "investigations.days", "bad_delay", "value", strconv.Itoa(n.Days), "most", strconv.Itoa(investigationMost))
		}
	}
}

func (c *checker) lists() {
	c.keys("topics", "", "key", '-', keysOf(c.city.Topics, func(t *Topic) string { return t.Key }))
	c.keys("situations", "", "key", '-', keysOf(c.city.Situations, func(s *Situation) string { return s.Key }))
	c.keys("shortcuts", "", "key", '-', shortcutKeys(c.city))
	services := keysOf(c.city.Services, func(s *Service) string { return s.Key })
	for i, key := range shortcutKeys(c.city) {
		if slices.Contains(services, key) {
			c.tell("shortcuts", strconv.Itoa(i)+".key", "duplicate_key", "key", key, "first", "services/"+key+".yaml")
		}
	}
}

func shortcutKeys(city *City) []string {
	return keysOf(city.Shortcuts, func(s *Shortcut) string { return s.Key })
}

func (c *checker) content() {
	topics := keysOf(c.city.Topics, func(t *Topic) string { return t.Key })
	c.keys("news", "", "key", '-', keysOf(c.city.News, func(n *News) string { return n.Key }))
	for i, n := range c.city.News {
		at := strconv.Itoa(i)
		c.date("news", at+".date", n.Date, 0)
		if n.Topic != "" {
			c.reference("news", at+".topic", "topic", n.Topic, topics)
		}
	}
}
