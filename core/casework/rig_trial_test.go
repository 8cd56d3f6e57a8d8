package casework

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"posad.city/city/kitezh"
)

// trialCity is the demo city with services that use what few of its own do; they lie in testdata.
type trialCity struct{ fs.FS }

func trialFiles() fs.FS { return trialCity{kitezh.Files()} }

var trials = os.DirFS("testdata")

// Open implements fs.FS.
func (c trialCity) Open(name string) (fs.File, error) {
	if f, err := trials.Open(name); err == nil && strings.HasSuffix(name, ".yaml") {
		return f, nil
	}
	return c.FS.Open(name)
}

// ReadDir implements fs.ReadDirFS.
func (c trialCity) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(c.FS, name)
	more, missing := fs.ReadDir(trials, name)
	if missing != nil && !errors.Is(missing, fs.ErrNotExist) {
		return nil, missing
	}
	for _, e := range more {
		if !e.IsDir() {
			list = append(list, e)
		}
	}
	return list, err
}
