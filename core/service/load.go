package service

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// LoadCity reads a city folder, checks all of it and compiles its rules. It returns a City, or every fault found; one of
// the two is nil. The folder:
//
//	city.yaml calendar.yaml topics.yaml situations.yaml places.yaml
//	agencies/*.yaml registers/*.yaml own-registers/*.yaml services/*.yaml messages/SERVICE.yaml resources/*.yaml lists.yaml queries.yaml synonyms.yaml shortcuts.yaml
//	charges/*.yaml rates.yaml
//	utilities.yaml tariffs/*.yaml charity.yaml
//	content/news.yaml content/pages/*.yaml
//
// Any other YAML file is a fault, except under demo/, which the city does not read.
func LoadCity(files fs.FS) (*City, Faults) {
	l := &loader{city: &City{}, sources: map[string]*source{}}
	l.walk(files)
	return l.load()
}

// LoadFiles is LoadCity of files that lie elsewhere: in a request, in a kept version. A path is relative to the folder and
// has slashes; one that LoadCity would not read is a fault.
func LoadFiles(files []SourceFile) (*City, Faults) {
	l := &loader{city: &City{}, sources: map[string]*source{}, files: sortedFiles(files)}
	return l.load()
}

// load checks the files and makes the city of them, which keeps them.
func (l *loader) load() (*City, Faults) {
	l.decode()
	l.notices()
	if len(l.faults) > 0 {
		return nil, l.faults.sorted()
	}
	l.sort()
	c := &checker{city: l.city, sources: l.sources}
	c.run()
	if len(c.faults) > 0 {
		return nil, c.faults.sorted()
	}
	if faults := l.city.seal(); len(faults) > 0 {
		return nil, faults
	}
	l.city.compiled.doubts = c.doubts.sorted()
	l.city.compiled.files = l.files
	return l.city, nil
}

type loader struct {
	files   []SourceFile
	city    *City
	sources map[string]*source // by the kind and key of what the file defines: service/parking-permit
	faults  Faults
	worded  []messages
}

// messages is messages/SERVICE.yaml: the city's own words for a service's notices.
type messages struct {
	Service string   `json:"service" need:"1" about:"Key of the service"`
	Notices []Notice `json:"notices" need:"1" about:"Words by step"`
}

// walk reads the folder's files, in the order of their paths.
func (l *loader) walk(files fs.FS) {
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if passedOver(name) {
				return fs.SkipDir
			}
			return nil
		}
		if !isYAML(name) {
			return nil
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			l.faults = append(l.faults, Fault{File: name, Kind: "file_unreadable", Params: map[string]string{"most": "4"}})
			return nil
		}
		l.files = append(l.files, SourceFile{Path: name, Content: content})
		return nil
	})
	if err != nil {
		l.faults = append(l.faults, Fault{File: ".", Kind: "file_unreadable", Params: map[string]string{"most": "4"}})
	}
	l.files = sortedFiles(l.files)
}

// passedOver tells whether a folder is none of the city's: the demo's own data and what is hidden.
func passedOver(folder string) bool {
	return folder == "demo" || strings.HasPrefix(path.Base(folder), ".") && folder != "."
}

func isYAML(name string) bool { return path.Ext(name) == ".yaml" || path.Ext(name) == ".yml" }

// needed are the files that no city goes without.
var needed = []string{"city.yaml", "calendar.yaml", "topics.yaml", "situations.yaml", "places.yaml"}

func (l *loader) decode() {
	for _, f := range l.files {
		l.file(f.Path, f.Content)
	}
	for _, need := range needed {
		there := slices.ContainsFunc(l.files, func(f SourceFile) bool { return f.Path == need })
		unreadable := slices.ContainsFunc(l.faults, func(f Fault) bool { return f.File == need && f.Kind == "file_unreadable" })
		if !there && !unreadable {
			l.faults = append(l.faults, Fault{File: need, Kind: "file_missing", Params: map[string]string{"file": need}})
		}
	}
}

func (l *loader) file(name string, content []byte) {
	switch dir := path.Dir(name); {
	case name == "city.yaml":
		l.single(name, content, "city", &l.city.Profile)
	case name == "calendar.yaml":
		l.single(name, content, "calendar", &l.city.Calendar)
	case name == "topics.yaml":
		l.single(name, content, "topics", &l.city.Topics)
	case name == "situations.yaml":
		l.single(name, content, "situations", &l.city.Situations)
	case name == "places.yaml":
		l.single(name, content, "places", &l.city.Places)
	case name == "lists.yaml":
		l.single(name, content, "lists", &l.city.Lists)
	case name == "queries.yaml":
		l.single(name, content, "queries", &l.city.Queries)
	case name == "synonyms.yaml":
		l.single(name, content, "synonyms", &l.city.Synonyms)
	case name == "shortcuts.yaml":
		l.single(name, content, "shortcuts", &l.city.Shortcuts)
	case name == "rates.yaml":
		l.single(name, content, "rates", &l.city.Rates)
	case name == "content/news.yaml":
		l.single(name, content, "news", &l.city.News)
	case name == "charity.yaml":
		l.city.Charity = &Charity{}
		l.single(name, content, "charity", l.city.Charity)
	case name == "utilities.yaml":
		l.city.Utilities = &Utilities{}
		l.single(name, content, "utilities", l.city.Utilities)
	case dir == "tariffs":
		one(l, name, content, "tariff", &l.city.Tariffs, func(t *Tariff) string { return t.Key })
	case dir == "agencies":
		one(l, name, content, "agency", &l.city.Agencies, func(a *Agency) string { return a.Key })
	case dir == "registers":
		one(l, name, content, "register", &l.city.Registers, func(r *Register) string { return r.Key })
	case dir == "own-registers":
		one(l, name, content, "own-register", &l.city.OwnRegisters, func(r *OwnRegister) string { return r.Key })
	case dir == "resources":
		one(l, name, content, "resource", &l.city.Resources, func(r *Resource) string { return r.Key })
	case dir == "charges":
		one(l, name, content, "charge", &l.city.Charges, func(k *ChargeKind) string { return k.Key })
	case dir == "services":
		one(l, name, content, "service", &l.city.Services, func(s *Service) string { return s.Key })
	case dir == "messages":
		one(l, name, content, "messages", &l.worded, func(m *messages) string { return m.Service })
	case dir == "content/pages":
		one(l, name, content, "page", &l.city.Pages, func(p *Page) string { return p.Key })
	default:
		l.faults = append(l.faults, Fault{File: name, Kind: "file_unknown", Params: map[string]string{"file": name}})
	}
}

func (l *loader) single(name string, content []byte, kind string, into any) {
	s, faults := decode(name, content, into)
	l.sources[kind] = s
	l.faults = append(l.faults, faults...)
}

// one decodes a file that defines one thing of a kind and adds it to the list.
func one[T any](l *loader, name string, content []byte, kind string, list *[]T, key func(*T) string) {
	var item T
	s, faults := decode(name, content, &item)
	l.faults = append(l.faults, faults...)
	if len(faults) > 0 {
		return
	}
	id := kind + "/" + key(&item)
	if first, taken := l.sources[id]; taken {
		l.faults = append(l.faults, s.fault(s.at(kind), "duplicate_key", "key", key(&item), "first", first.name))
		return
	}
	l.sources[id] = s
	*list = append(*list, item)
}

// notices puts the words of messages/ to their services.
func (l *loader) notices() {
	for _, m := range l.worded {
		s := l.sources["messages/"+m.Service]
		service, ok := l.city.Service(m.Service)
		if !ok {
			l.faults = append(l.faults, s.fault(s.at("service"), "unknown_reference", "what", "service", "key", m.Service, "known", "", "near", nearest(m.Service, keysOf(l.city.Services, func(s *Service) string { return s.Key }))))
			continue
		}
		service.Notices = append(service.Notices, m.Notices...)
	}
}

// sort puts what came from folders into the order of keys, so that names of files do not matter to the hash.
func (l *loader) sort() {
	byKey(l.city.Agencies, func(a *Agency) string { return a.Key })
	byKey(l.city.Registers, func(r *Register) string { return r.Key })
	byKey(l.city.OwnRegisters, func(r *OwnRegister) string { return r.Key })
	byKey(l.city.Services, func(s *Service) string { return s.Key })
	byKey(l.city.Resources, func(r *Resource) string { return r.Key })
	byKey(l.city.Tariffs, func(t *Tariff) string { return t.Key })
	byKey(l.city.Charges, func(k *ChargeKind) string { return k.Key })
	byKey(l.city.Pages, func(p *Page) string { return p.Key })
}

func byKey[T any](list []T, key func(*T) string) {
	slices.SortFunc(list, func(a, b T) int { return strings.Compare(key(&a), key(&b)) })
}

func keysOf[T any](list []T, key func(*T) string) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = key(&list[i])
	}
	return out
}
