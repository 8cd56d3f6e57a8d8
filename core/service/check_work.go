package service

import (
	"slices"
	"strconv"
)

// workers checks who works at a step: agencies, queues and skills.
func (s *serviceChecker) workers(path string, t *Task) {
	if t.Agency != "" {
		s.reference(s.from, path+".agency", "agency", t.Agency, keysOf(s.city.Agencies, func(a *Agency) string { return a.Key }))
	}
	s.skill(path+".skill", orElse(t.Agency, s.service.Agency), t.Skill)
	for i := range t.Parts {
		p := &t.Parts[i]
		at := path + ".parts." + strconv.Itoa(i)
		key := orElse(p.Agency, s.service.Agency)
		agency, ok := s.city.Agency(key)
		if !ok {
			s.reference(s.from, at+".agency", "agency", key, keysOf(s.city.Agencies, func(a *Agency) string { return a.Key }))
			continue
		}
		s.reference(s.from, at+".queue", "queue", p.Queue, keysOf(agency.Queues, func(q *Queue) string { return q.Key }))
		s.skill(at+".skill", key, p.Skill)
	}
}

func (s *serviceChecker) skill(path, agency, key string) {
	if found, ok := s.city.Agency(agency); ok && key != "" {
		s.reference(s.from, path, "skill", key, keysOf(found.Skills, func(k *Skill) string { return k.Key }))
	}
}

// partNames checks that each opinion has a name of its own in the service: rules call it opinions.KEY.
func (s *serviceChecker) partNames() {
	first := map[string]string{}
	for i := range s.service.Steps {
		for j := range s.service.Steps[i].Parts {
			key := s.service.Steps[i].Parts[j].Key
			path := "steps." + strconv.Itoa(i) + ".parts." + strconv.Itoa(j) + ".key"
			if !keyed(key, '_') {
				s.fault(path, "bad_key", "key", key, "joiner", "_")
			}
			if was, taken := first[key]; taken {
				s.fault(path, "duplicate_key", "key", key, "first", was)
			}
			first[key] = s.service.Steps[i].Key
		}
	}
}

// resultHome checks where a result goes that is more than a document.
func (s *serviceChecker) resultHome() {
	r := &s.service.Result
	switch {
	case r.Kind == "entry" && r.List == "":
		s.fault("result", "missing_key", "key", "list")
	case r.Kind == "access" && r.Opens == "":
		s.fault("result", "missing_key", "key", "opens")
	}
	if r.List != "" && r.Kind != "entry" {
		s.fault("result.list", "key_not_for_type", "key", "list", "type", orElse(r.Kind, "document"))
	} else if r.List != "" {
		s.reference(s.from, "result.list", "list", r.List, keysOf(s.city.Lists, func(l *List) string { return l.Key }))
	}
	if r.Opens != "" && r.Kind != "access" {
		s.fault("result.opens", "key_not_for_type", "key", "opens", "type", orElse(r.Kind, "document"))
	} else if r.Opens != "" && !keyed(r.Opens, '-') {
		s.fault("result.opens", "bad_key", "key", r.Opens, "joiner", "-")
	}
}

// consequences checks what happens by itself when the term is missed.
func (s *serviceChecker) consequences() {
	for i := range s.service.Late {
		c := &s.service.Late[i]
		path := "late." + strconv.Itoa(i)
		if c.Queue != "" && c.Do != "escalate" {
			s.fault(path+".queue", "key_not_for_type", "key", "queue", "type", c.Do)
		} else if agency, ok := s.city.Agency(s.service.Agency); ok && c.Queue != "" {
			s.reference(s.from, path+".queue", "queue", c.Queue, keysOf(agency.Queues, func(q *Queue) string { return q.Key }))
		}
		switch {
		case c.Do == "apologise" && c.Words.IsZero():
			s.fault(path, "missing_key", "key", "words")
		case c.Do != "apologise" && !c.Words.IsZero():
			s.fault(path+".words", "key_not_for_type", "key", "words", "type", c.Do)
		}
	}
}

// life checks renewal, what one has already, and appeals by a service.
func (s *serviceChecker) life() {
	d := s.service
	if r := d.Renewal; r != nil {
		if _, ok := ParseSpan(r.From); !ok || d.Result.Valid == "" {
			s.fault("renewal.from", "bad_span", "value", r.From)
		}
		for i, key := range r.Again {
			s.reference(s.from, "renewal.again."+strconv.Itoa(i), "field", key, d.fieldKeys())
		}
	}
	if d.Already != nil {
		for i, path := range d.Already.Same {
			if _, ok := s.scope[path]; !ok {
				s.unknownValue("already.same."+strconv.Itoa(i), "known_unknown_value", path)
			}
		}
	}
	if d.Appeal == nil || d.Appeal.Service == "" {
		return
	}
	// A general service, such as a letter to the city, hears appeals too; one about a case under way does not.
	if other, ok := s.city.Service(d.Appeal.Service); ok && other.About == "case" {
		s.fault("appeal.service", "appeal_not_about", "service", other.Key)
	}
}

// bookings checks the resources of which people book a time.
func (c *checker) bookings() {
	agencies := keysOf(c.city.Agencies, func(a *Agency) string { return a.Key })
	for i := range c.city.Resources {
		r := &c.city.Resources[i]
		from := "resource/" + r.Key
		if !keyed(r.Key, '-') {
			c.tell(from, "resource", "bad_key", "key", r.Key, "joiner", "-")
		}
		c.reference(from, "agency", "agency", r.Agency, agencies)
		c.between(from, "places", r.Places, 1, 1000)
		c.between(from, "minutes", r.Minutes, 5, 480)
		c.between(from, "ahead", r.Ahead, 1, 180)
		c.between(from, "notice", r.Notice, 0, 24*max(r.Ahead, 1))
		c.between(from, "cancel", r.Cancel, 0, 24*max(r.Ahead, 1))
		for j, day := range r.Closed {
			c.date(from, "closed."+strconv.Itoa(j), day, 0)
		}
		c.hours(from, r)
	}
}

func (c *checker) between(from, path string, value, least, most int) {
	if value < least || value > most {
		c.tell(from, path, "bad_count", "key", path, "value", strconv.Itoa(value), "least", strconv.Itoa(least), "most", strconv.Itoa(most))
	}
}

// hours checks that each stretch of hours has room for an appointment and that no two of a day overlap.
func (c *checker) hours(from string, r *Resource) {
	taken := map[string][][2]int{}
	for i, h := range r.Hours {
		path := "hours." + strconv.Itoa(i)
		begins, okFrom := minuteOf(h.From)
		ends, okTo := minuteOf(h.To)
		if !okFrom {
			c.tell(from, path+".from", "bad_time", "value", h.From)
		}
		if !okTo {
			c.tell(from, path+".to", "bad_time", "value", h.To)
		}
		if !okFrom || !okTo {
			continue
		}
		if ends-begins < r.Minutes {
			c.tell(from, path+".to", "bad_hours", "from", h.From, "to", h.To)
			continue
		}
		for j, day := range h.Days {
			if slices.ContainsFunc(taken[day], func(other [2]int) bool { return begins < other[1] && other[0] < ends }) {
				c.tell(from, path+".days."+strconv.Itoa(j), "hours_overlap", "day", day)
			}
			taken[day] = append(taken[day], [2]int{begins, ends})
		}
	}
}

// minuteOf is the minute of the day that 09:30 names.
func minuteOf(text string) (int, bool) {
	if len(text) != 5 || text[2] != ':' {
		return 0, false
	}
	hour, errHour := strconv.Atoi(text[:2])
	minute, errMinute := strconv.Atoi(text[3:])
	ok := errHour == nil && errMinute == nil && hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59
	return hour*60 + minute, ok
}

// ownLists checks the registers that the city keeps itself, and the skills of its officials.
func (c *checker) ownLists() {
	c.keys("lists", "", "key", '-', keysOf(c.city.Lists, func(l *List) string { return l.Key }))
	agencies := keysOf(c.city.Agencies, func(a *Agency) string { return a.Key })
	for i, l := range c.city.Lists {
		c.reference("lists", strconv.Itoa(i)+".agency", "agency", l.Agency, agencies)
	}
	for i := range c.city.Agencies {
		a := &c.city.Agencies[i]
		c.keys("agency/"+a.Key, "skills", "key", '-', keysOf(a.Skills, func(k *Skill) string { return k.Key }))
	}
}
