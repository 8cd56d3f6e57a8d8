package service_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/store/storetest"
)

// What officials publish comes into the watched folder; where its author changed the same file, nothing is undone.
func TestTheFolderUndoesNobodysPublication(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, service.Migrations, feed.Migrations)
	h := newHouse(t, s, c).open()
	dir := copyOf(t)
	behind := make(chan int64, 10)
	go h.Watch(t.Context(), os.DirFS(dir), service.Watching{
		Told:   func(service.Faults) {},
		Behind: func(number int64) { behind <- number },
		Put:    func(path string, content []byte) error { return os.WriteFile(filepath.Join(dir, path), content, 0o644) },
	})
	wait := func(what string, there func() bool) {
		t.Helper()
		for range 300 {
			if there() {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Fatalf("%s: not in 30 s", what)
	}
	file := filepath.Join(dir, "services", "city-appeal.yaml")
	holds := func(words string) bool {
		content, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(content), words)
	}
	official := func(words string) {
		t.Helper()
		other := t.TempDir()
		if err := os.CopyFS(other, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(other, "services", "city-appeal.yaml"), append(content, []byte(words)...), 0o644); err != nil {
			t.Fatal(err)
		}
		city, faults := service.LoadCity(os.DirFS(other))
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		a := act.Act{ID: id.New(c.Now()), Actor: act.Actor{Kind: act.Official, Person: id.Derived("person", "boris"), Agency: service.Account(), Role: "admin"}, Channel: act.Desk}
		if err := h.Publish(t.Context(), a, city); err != nil {
			t.Fatal(err)
		}
	}
	wait("the folder is published", func() bool { return h.Current() != nil })
	time.Sleep(300 * time.Millisecond)
	official("\n# by two officials\n")
	wait("the officials' words are in the folder", func() bool { return holds("by two officials") })
	if h.FolderBehind() != 0 {
		t.Error("the folder is told as behind")
	}
	edit := func(words string) {
		t.Helper()
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(content, []byte(words)...), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	inForce := func(words string) bool {
		for _, f := range h.Current().Files() {
			if strings.Contains(string(f.Content), words) {
				return true
			}
		}
		return false
	}
	edit("\n# by the author\n")
	wait("the author goes on", func() bool { return inForce("by the author") && inForce("by two officials") })
	time.Sleep(300 * time.Millisecond)
	official("\n# officials again\n")
	edit("\n# author at the same time\n")
	select {
	case number := <-behind:
		if number == 0 || h.FolderBehind() != number {
			t.Errorf("behind %d, told %d", h.FolderBehind(), number)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the folder does not say that it is behind")
	}
	if !inForce("officials again") || inForce("author at the same time") {
		t.Error("the officials' version was undone")
	}
}
