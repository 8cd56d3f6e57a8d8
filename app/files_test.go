package app_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"posad.city/app"
	"posad.city/app/apptest"
	"posad.city/kit/scan"
)

// The demo's scanner is run as the demo runs it, and the demo's configuration leads to it.
func TestTheDemoScansFiles(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	said, say := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := app.Sim(ctx, "scanner", app.SimOptions{Listen: "127.0.0.1:0"}, nil, say)
		ended <- err
		_ = say.CloseWithError(err)
	}()
	line := make([]byte, 100)
	n, err := said.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	address, ok := strings.CutPrefix(strings.TrimSpace(string(line[:n])), "ready scanner=")
	if !ok {
		t.Fatalf("it says %q", line[:n])
	}
	conf := app.DemoConfig(app.DemoOptions{}, map[string]string{"scanner": address})
	if conf.Scanner.Address != address || conf.Scanner.Required {
		t.Fatalf("the demo's scanner is %+v", conf.Scanner)
	}
	asked, err := scan.New(conf.Scanner.Address, 0)
	if err != nil {
		t.Fatal(err)
	}
	for want, data := range map[bool][]byte{true: scan.EICAR(), false: picture} {
		if got, err := asked.Scan(ctx, data); err != nil || got.Infected != want {
			t.Errorf("of %q it says %+v %v", data, got, err)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAFileWithAVirusIsRefusedInAForm(t *testing.T) {
	t.Parallel()
	w := &world{House: apptest.Open(t), t: t, people: map[string]*member{}, keys: map[string]*member{}}
	anna := w.of("anna", "")
	draft := w.begin(anna, "city-appeal", nil)
	at := "/api/v1/drafts/" + draft + "/files"
	got := anna.program.Upload(at, map[string]string{"field": "files"}, "file", "знак.png", slices.Concat(picture, scan.EICAR()))
	if got.Status != http.StatusOK || !strings.Contains(got.Body, "file_infected") { // the draft as it stands, with the question's fault
		t.Errorf("the virus: %d %s", got.Status, got.Body[max(0, len(got.Body)-600):])
	}
	if got := anna.program.Upload(at, map[string]string{"field": "files"}, "file", "знак.png", picture); got.Status != http.StatusCreated {
		t.Errorf("a clean photograph: %d %s", got.Status, got.Body)
	}
}
