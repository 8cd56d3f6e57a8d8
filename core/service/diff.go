package service

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"posad.city/kit/lang"
)

// Change is one difference between two versions of a city, for pages, commands and programs.
type Change struct {
	Service string       `json:"service,omitempty"` // key; empty: the city's own data
	Kind    ChangeKind   `json:"kind"`
	What    string       `json:"what"`           // what sort of thing: question, fee, step, ...; its words are service.diff.what.WHAT
	Path    string       `json:"path,omitempty"` // in the definition, things of lists by their keys: form.fields.plate.optional
	Thing   Text         `json:"thing,omitzero"` // what the thing is called
	Key     string       `json:"key,omitempty"`  // what of it changed, as the format calls it; empty: the thing as a whole
	From    Text         `json:"from,omitzero"`  // as it was, in words
	To      Text         `json:"to,omitzero"`    // as it is
	Words   []WordChange `json:"words,omitempty"`
}

// ChangeKind is what became of a thing.
type ChangeKind string

// The kinds of change.
const (
	ChangeAdded   ChangeKind = "added"
	ChangeRemoved ChangeKind = "removed"
	ChangeValue   ChangeKind = "changed"
	ChangeMoved   ChangeKind = "moved"   // the order of a list
	ChangeWords   ChangeKind = "words"   // texts alone: one change for all of a service
	ChangeOutcome ChangeKind = "outcome" // an example of the earlier version comes out otherwise
)

// WordChange is one text that says it otherwise.
type WordChange struct {
	Path string `json:"path"`
	From Text   `json:"from"`
	To   Text   `json:"to"`
}

// ServiceHash names the content of one service: two versions of a city have a service unchanged exactly when its hash is
// the same. It covers the definition with its notices, not the registers that it asks.
func ServiceHash(s *Service) Hash {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		return "" // definitions come from YAML or JSON, so that they always marshal
	}
	return hashOf(bytes.TrimSuffix(out.Bytes(), []byte("\n")))
}

// Diff tells what changed from one version of a city to another: the city's own data first, then its services by key.
// What a service changes in words alone is one change. Equal versions give none. It is pure.
func Diff(from, to *City) []Change {
	if from.Hash() == to.Hash() {
		return nil
	}
	out := diffCity(from, to)
	for _, key := range serviceKeys(from, to) {
		was, before := from.Service(key)
		is, after := to.Service(key)
		switch {
		case !before:
			out = append(out, Change{Service: key, Kind: ChangeAdded, What: "service", Thing: is.Title})
		case !after:
			out = append(out, Change{Service: key, Kind: ChangeRemoved, What: "service", Thing: was.Title})
		case ServiceHash(was) != ServiceHash(is):
			out = append(out, diffService(from, to, was, is)...)
		}
	}
	return out
}

func serviceKeys(from, to *City) []string {
	title := func(s *Service) string { return s.Key }
	keys := append(keysOf(from.Services, title), keysOf(to.Services, title)...)
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Changed lists the keys of the services that the changes are about, each once.
func Changed(changes []Change) []string {
	var out []string
	for _, c := range changes {
		if c.Service != "" && !slices.Contains(out, c.Service) {
			out = append(out, c.Service)
		}
	}
	return out
}

// In says the change in the language, in one line.
func (c Change) In(l lang.Language) string {
	catalogue, err := words()
	if err != nil {
		return string(c.Kind)
	}
	say := func(key string, params map[string]string) string {
		return catalogue.TextWith(l, "service.diff."+key, params)
	}
	named := func(prefix, key string) string {
		if catalogue.Has("service.diff." + prefix + "." + key) {
			return say(prefix+"."+key, nil)
		}
		return key
	}
	subject := named("what", c.What)
	if thing := c.Thing.In(l); thing != "" {
		subject = say("named", map[string]string{"what": subject, "thing": oneLine(thing)})
	}
	params := map[string]string{"subject": subject, "from": oneLine(c.From.In(l)), "to": oneLine(c.To.In(l))}
	if c.Key != "" {
		params["subject"] = say("part", map[string]string{"subject": subject, "part": named("key", c.Key)})
	}
	switch {
	case c.Kind == ChangeWords:
		return say("words", map[string]string{"count": lang.Number(l, int64(len(c.Words)))})
	case c.Kind == ChangeValue && params["from"] == "" && params["to"] == "":
		return say("changed", params)
	case c.Kind == ChangeValue && params["from"] == "":
		return say("set", params)
	case c.Kind == ChangeValue && params["to"] == "":
		return say("unset", params)
	case c.Kind == ChangeValue:
		return say("became", params)
	}
	return say(string(c.Kind), params)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
