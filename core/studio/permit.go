package studio

import (
	"context"
	"errors"
	"path"
	"regexp"
	"slices"
	"strings"

	"posad.city/core/agency"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// isAdmin tells whether the act is the city administrator's.
func isAdmin(a act.Act) bool {
	return a.Actor.Kind == act.Official && a.Actor.Role == string(agency.Admin) && a.Actor.Agency == agency.ID(agency.City)
}

// author makes sure that the actor may work here at all.
func author(a act.Act) error {
	if isAdmin(a) || a.Actor.Kind == act.Official && a.Actor.Role == string(agency.Head) {
		return nil
	}
	return ErrAuthor
}

// stillAuthor is author by the role that the official has now, inside the Write.
func stillAuthor(tx *store.Tx, a act.Act) error {
	o, err := agency.Find(tx, a.Actor.Agency, a.Actor.Person)
	if errors.Is(err, store.ErrNone) || err == nil && string(o.Role) != a.Actor.Role {
		return tx.Fail(ErrAuthor)
	}
	return err
}

// judged tells whether a head may look at a proposal of others and judge it: all that it changes is of services of the
// head's own agency.
func (m *Module) judged(ctx context.Context, a act.Act, c Change) (bool, error) {
	if c.State != Proposed && c.State != Published || a.Actor.Role != string(agency.Head) {
		return false, nil
	}
	from, err := m.deps.Services.Version(ctx, c.Base)
	if err != nil {
		return false, err
	}
	to, err := m.proposedCity(ctx, c)
	if errors.Is(err, ErrFaults) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	changes := service.Diff(from, to)
	return len(changes) > 0 && within(a.Actor.Agency, from, to, changes), nil
}

// owns tells whether the actor may do something with a change set.
func owns(a act.Act, c Change) bool { return isAdmin(a) || a.Actor.Agency == c.Agency }

// defines finds the key of the service that a file is about, as the file says it.
var defines = regexp.MustCompile(`(?m)^service:[ \t]*["']?([a-z0-9-]+)`)

// mayFile tells whether the actor may change a file of the city: an administrator any, a head those of their services.
// A new service's agency is checked when it is proposed.
func mayFile(a act.Act, city *service.City, files []service.SourceFile, name string) bool {
	if isAdmin(a) {
		return true
	}
	if dir := path.Dir(name); dir != "services" && dir != "messages" {
		return false
	}
	content, there := fileOf(files, name)
	if !there {
		return true
	}
	key := defines.FindSubmatch(content)
	if key == nil || city == nil {
		return false
	}
	s, ok := city.Service(string(key[1]))
	return ok && agency.ID(s.Agency) == a.Actor.Agency
}

// within tells whether all that changes is of services that an agency has before and after.
func within(office id.ID, from, to *service.City, changes []service.Change) bool {
	ofOffice := func(c *service.City, key string) bool {
		s, ok := c.Service(key)
		return !ok || agency.ID(s.Agency) == office
	}
	return !slices.ContainsFunc(changes, func(c service.Change) bool {
		return c.Service == "" || !ofOffice(from, c.Service) || !ofOffice(to, c.Service)
	})
}

// known are the paths that a city's folder has places for.
var known = regexp.MustCompile(`^(?:(?:city|calendar|topics|situations|places|lists|queries|synonyms|shortcuts|utilities|charity|rates)|content/news|(?:agencies|registers|own-registers|resources|charges|tariffs|services|messages|content/pages)/[a-z0-9][a-z0-9-]{0,79})\.yaml$`)

// rightPath tells whether a file may lie there.
func rightPath(name string, files []service.SourceFile) bool {
	if known.MatchString(name) {
		return true
	}
	_, there := fileOf(files, name)
	return there
}

func fileOf(files []service.SourceFile, name string) ([]byte, bool) {
	i, ok := slices.BinarySearchFunc(files, name, func(f service.SourceFile, want string) int { return strings.Compare(f.Path, want) })
	if !ok {
		return nil, false
	}
	return files[i].Content, true
}
