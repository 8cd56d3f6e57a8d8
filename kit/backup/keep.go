package backup

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Copy is a whole copy in a folder.
type Copy struct {
	Name     string
	Manifest Manifest
}

// List tells which whole copies a folder has, the oldest first, by their manifests alone.
func List(dir string) ([]Copy, error) {
	list, err := (&folder{dir: dir}).names()
	if err != nil {
		return nil, err
	}
	var out []Copy
	for _, name := range list {
		file, err := os.ReadFile(filepath.Join(dir, copies, name, manifestFile))
		if err != nil {
			return out, fmt.Errorf("backup: %w", err)
		}
		m, err := ParseManifest(file)
		if err != nil {
			return out, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, Copy{name, m})
	}
	return out, nil
}

// prune removes all but the newest copies, and the files that none of the others lists.
func (f *folder) prune(keep int, p *pace) (int, error) {
	list, err := f.names()
	if err != nil || keep <= 0 || len(list) <= keep {
		return 0, err
	}
	old, left := list[:len(list)-keep], list[len(list)-keep:]
	for _, name := range old {
		path := filepath.Join(f.dir, copies, name)
		if err := os.Rename(path, path+half); err != nil {
			return 0, fmt.Errorf("backup: an old copy: %w", err)
		}
		if err := os.RemoveAll(path + half); err != nil {
			return 0, fmt.Errorf("backup: an old copy: %w", err)
		}
	}
	return len(old), f.sweep(left, p)
}

// sweep removes files that no copy lists, folder by folder.
func (f *folder) sweep(names []string, p *pace) error {
	var lists []*lister
	defer func() {
		for _, l := range lists {
			_ = l.close() // they were only read
		}
	}()
	for _, name := range names {
		file, err := os.Open(filepath.Join(f.dir, copies, name, listFile))
		if err != nil {
			return fmt.Errorf("backup: nothing was swept: %w", err)
		}
		lists = append(lists, newLister(file))
	}
	p.begin(StagePrune, 256)
	for n := range 256 {
		group := fmt.Sprintf("%02x", n)
		listed := map[string]bool{}
		for _, l := range lists {
			for l.next != nil && l.next.group() == group {
				listed[filepath.Base(l.next.where)] = true
				l.advance()
			}
			if l.err != nil {
				return fmt.Errorf("nothing more was swept: %w", l.err)
			}
		}
		if err := sweepGroup(filepath.Join(f.dir, "blobs", group), listed); err != nil {
			return err
		}
		if err := p.step(group, 1, 0); err != nil {
			return err
		}
	}
	p.end()
	return nil
}

func sweepGroup(dir string, listed map[string]bool) error {
	inside, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	for _, e := range inside {
		if listed[e.Name()] || !strings.HasSuffix(e.Name(), blobSuffix) {
			continue
		}
		if err := removed(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("backup: %w", err)
		}
	}
	return nil
}
