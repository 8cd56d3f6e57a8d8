package service_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/store/storetest"
)

// watched is a folder that its author edits while officials publish, in a house that watches it.
type watched struct {
	t      *testing.T
	house  *house
	clock  *clock.Fixed
	dir    string
	behind chan int64
}

const watchedFile = "services/city-appeal.yaml"

func watch(t *testing.T) watched {
	t.Helper()
	s, c := storetest.Open(t, service.Migrations, feed.Migrations)
	w := watched{t: t, house: newHouse(t, s, c).open(), clock: c, dir: copyOf(t), behind: make(chan int64, 10)}
	go w.house.Watch(t.Context(), os.DirFS(w.dir), service.Watching{
		Told:   func(service.Faults) {},
		Behind: func(number int64) { w.behind <- number },
		Put: func(path string, content []byte) error {
			return os.WriteFile(filepath.Join(w.dir, path), content, 0o644)
		},
	})
	w.wait("the folder is published", func() bool { return w.house.Current() != nil })
	time.Sleep(300 * time.Millisecond)
	return w
}

func (w watched) wait(what string, there func() bool) {
	w.t.Helper()
	for range 300 {
		if there() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	w.t.Fatalf("%s: not in 30 s", what)
}

// edit adds words to the file in a folder.
func (w watched) edit(dir, words string) {
	w.t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(watchedFile))
	content, err := os.ReadFile(file)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(file, append(content, []byte(words)...), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// official publishes the folder with the words, past it.
func (w watched) official(words string) {
	w.t.Helper()
	other := w.t.TempDir()
	if err := os.CopyFS(other, os.DirFS(w.dir)); err != nil {
		w.t.Fatal(err)
	}
	w.edit(other, words)
	city, faults := service.LoadCity(os.DirFS(other))
	if len(faults) > 0 {
		w.t.Fatal(faults)
	}
	boris := act.Actor{Kind: act.Official, Person: id.Derived("person", "boris"), Agency: service.Account(), Role: "admin"}
	if err := w.house.Publish(w.t.Context(), act.Act{ID: id.New(w.clock.Now()), Actor: boris, Channel: act.Desk}, city); err != nil {
		w.t.Fatal(err)
	}
}

// holds tells whether the folder's file has the words.
func (w watched) holds(words string) bool {
	content, err := os.ReadFile(filepath.Join(w.dir, filepath.FromSlash(watchedFile)))
	return err == nil && strings.Contains(string(content), words)
}

func (w watched) inForce(words string) bool {
	return slices.ContainsFunc(w.house.Current().Files(), func(f service.SourceFile) bool { return strings.Contains(string(f.Content), words) })
}

// What officials publish comes into the watched folder, and its author goes on from there.
func TestWhatOfficialsPublishComesIntoTheFolder(t *testing.T) {
	t.Parallel()
	w := watch(t)
	w.official("\n# by two officials\n")
	w.wait("the officials' words are in the folder", func() bool { return w.holds("by two officials") })
	if w.house.FolderBehind() != 0 {
		t.Error("the folder is told as behind")
	}
	w.edit(w.dir, "\n# by the author\n")
	w.wait("the author goes on", func() bool { return w.inForce("by the author") && w.inForce("by two officials") })
}

// Where the author changed the same file, nothing is undone: the folder says that it is behind.
func TestTheFolderUndoesNobodysPublication(t *testing.T) {
	t.Parallel()
	w := watch(t)
	w.official("\n# by officials\n")
	w.edit(w.dir, "\n# author at the same time\n")
	select {
	case number := <-w.behind:
		if number == 0 || w.house.FolderBehind() != number {
			t.Errorf("behind %d, told %d", w.house.FolderBehind(), number)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the folder does not say that it is behind")
	}
	if !w.inForce("by officials") || w.inForce("author at the same time") {
		t.Error("the officials' version was undone")
	}
}
