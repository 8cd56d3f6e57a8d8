package app_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"posad.city/app"
	"posad.city/app/apptest"
	"posad.city/kit/backup"
	"posad.city/kit/clock"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// freight sends a freight pass and gives its number.
func freight(t *testing.T, h *apptest.House, c *apptest.Client, day int) string {
	t.Helper()
	var draft struct{ ID string }
	h.Must(c.Send(http.MethodPost, "/api/v1/services/freight-pass/drafts", map[string]any{}).JSON(&draft))
	c.Send(http.MethodPatch, "/api/v1/drafts/"+draft.ID, map[string]any{"answers": map[string]any{
		"acting": "person", "plate": "К505ТТ52", "to": "Паромная ул., 5, кв. 12", "day": h.Today(day), "time": "day",
	}})
	var sent struct{ Number string }
	got := c.Send(http.MethodPost, "/api/v1/drafts/"+draft.ID+"/submit", map[string]any{"consent": true})
	h.Must(got.JSON(&sent))
	if sent.Number == "" {
		t.Fatalf("it was not sent: %d %s", got.Status, got.Body)
	}
	return sent.Number
}

// A city is copied, goes on, is lost, and comes back: what was in the copy is there, and what is missing is named by the
// log that others saw.
func TestARestoredCityKnowsWhatItLost(t *testing.T) {
	t.Parallel()
	h := apptest.Open(t)
	anna := h.Program(h.Resident("anna"))
	kept := freight(t, h, anna, 3)
	log := h.Modules.Transparency.Log()
	h.Must(log.Round(t.Context()))
	to := filepath.Join(t.TempDir(), "copies")
	made, err := h.MakeBackup(t.Context(), to, 0, 1, nil)
	h.Must(err)
	if made.Manifest.Log == nil || made.Manifest.Log.Size == 0 {
		t.Fatal("the copy knows nothing of the log")
	}
	missing := freight(t, h, anna, 4)
	h.Must(log.Round(t.Context()))
	lost := log.Published().Size - made.Manifest.Log.Size
	if lost < 1 {
		t.Fatal("the second application is not in the log")
	}
	again := h.Config
	again.Data = t.TempDir()
	master, err := os.ReadFile(h.Config.MasterKey)
	h.Must(err)
	again.MasterKey = filepath.Join(again.Data, "master.key")
	h.Must(os.WriteFile(again.MasterKey, master, 0o600))
	var said bytes.Buffer
	h.Must(app.Restore(t.Context(), again, app.RestoreCommand{From: to, Log: h.Config.Address + "/log", Lang: "en"}, &said))
	for _, want := range []string{fmt.Sprintf("%d published acts are not in this copy", lost), "opens the city's keys", "posad log recover", "The city is back"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("it does not say %q: %s", want, said.String())
		}
	}
	list, err := os.ReadFile(filepath.Join(again.Data, "lost-acts.txt"))
	if err != nil || strings.Count(string(list), "\n") != int(lost) || !strings.HasPrefix(string(list), fmt.Sprint(made.Manifest.Log.Size)+" ") {
		t.Errorf("the list of lost acts: %s %v", list, err)
	}
	restored(t, h, again, kept, missing)
}

// Every table of every module comes back row for row, into either engine.
func TestTheWholeSchemaComesBackAsItWas(t *testing.T) {
	t.Parallel()
	t.Run("from sqlite", func(t *testing.T) { t.Parallel(); wholeSchema(t, apptest.Open(t)) })
	if os.Getenv(storetest.PostgresEnv) != "" {
		t.Run("from postgres", func(t *testing.T) { t.Parallel(); wholeSchema(t, apptest.OpenPostgres(t)) })
	}
}

func wholeSchema(t *testing.T, h *apptest.House) {
	freight(t, h, h.Program(h.Resident("anna")), 3)
	h.Run()
	to := filepath.Join(t.TempDir(), "city.tar")
	made, err := h.MakeBackup(t.Context(), to, 0, 1, nil)
	h.Must(err)
	if len(made.Manifest.Tables) < 100 {
		t.Fatalf("the house has only %d tables", len(made.Manifest.Tables))
	}
	places := map[string]store.Options{"sqlite": {Dir: filepath.Join(t.TempDir(), "db")}}
	if os.Getenv(storetest.PostgresEnv) != "" {
		places["postgres"] = storetest.Postgres(t, store.Options{})
	}
	for engine, into := range places {
		o := backup.RestoreOptions{From: to, Into: into, Blobs: filepath.Join(t.TempDir(), "blobs"), Modules: h.Schemas()}
		_, err := backup.Restore(t.Context(), o)
		h.Must(err)
		st, err := store.Open(t.Context(), into, h.Schemas()...)
		h.Must(err)
		again, err := backup.Make(t.Context(), backup.MakeOptions{
			Store: st, Modules: h.Schemas(), Blobs: o.Blobs, Seal: h.Base.Seal, Clock: h.Clock, Program: "test", To: filepath.Join(t.TempDir(), "again"),
		})
		h.Must(err)
		h.Must(st.Close())
		if diff := cmp.Diff(tableSums(made.Manifest), tableSums(again.Manifest)); diff != "" {
			t.Errorf("into %s: %s", engine, diff)
		}
		if was, is := made.Manifest.Files, again.Manifest.Files; was.Count != is.Count || was.Bytes != is.Bytes || was.List.SHA256 != is.List.SHA256 {
			t.Errorf("into %s: the files were %+v and are %+v", engine, was, is)
		}
	}
}

func tableSums(m backup.Manifest) map[string]string {
	out := map[string]string{}
	for _, t := range m.Tables {
		out[t.Name] = fmt.Sprint(t.Rows, " ", t.Sum)
	}
	return out
}

// restored opens the restored city, and recovers its log.
func restored(t *testing.T, h *apptest.House, conf app.Config, kept, missing string) {
	t.Helper()
	got, err := app.Open(t.Context(), conf, app.Options{Clock: h.Clock})
	h.Must(err)
	defer func() { h.Must(got.Stop(t.Context())) }()
	for number, want := range map[string]bool{kept: true, missing: false} {
		if _, err := got.Modules.Casework.Find(t.Context(), number); (err == nil) != want {
			t.Errorf("case %s: %v", number, err)
		}
	}
	log := got.Modules.Transparency.Log()
	h.Clock.Move(time.Minute) // past the lease of the node that was lost
	h.Must(log.Recover(t.Context()))
	h.Must(log.Round(t.Context()))
	if was, is := h.Modules.Transparency.Log().Published(), log.Published(); is == nil || is.Root != was.Root || is.Size != was.Size {
		t.Errorf("the recovered log is %+v, published was %+v", is, was)
	}
}

func TestACityCopiesItself(t *testing.T) {
	t.Parallel()
	conf := app.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", Backup: app.BackupPlan{Folder: filepath.Join(t.TempDir(), "copies"), Every: time.Hour, Keep: 2}}
	conf, err := conf.Complete()
	if err != nil {
		t.Fatal(err)
	}
	c := new(clock.System)
	h, err := app.Open(t.Context(), conf, app.Options{Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := h.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	if age := meter(t, h, "posad_backup_age_seconds"); age != "+Inf" || h.LateBackup(time.Minute) || !h.LateBackup(3*time.Hour) {
		t.Errorf("before the first copy its age is %s", age)
	}
	for range 3 {
		if _, err := h.Base.Jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.Move(time.Hour)
	}
	list, err := backup.List(conf.Backup.Folder)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d copies, %v", len(list), err)
	}
	if age := meter(t, h, "posad_backup_age_seconds"); !strings.HasPrefix(age, "36") || h.LateBackup(0) {
		t.Errorf("an hour after the last copy its age is %s", age)
	}
	c.Move(2 * time.Hour)
	if !h.LateBackup(0) {
		t.Error("a copy of three hours ago is not late")
	}
}

// meter is what /metrics shows of a meter without labels.
func meter(t *testing.T, h *app.House, name string) string {
	t.Helper()
	families, err := h.Base.Metrics.(prometheus.Gatherer).Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return strings.TrimSpace(fmt.Sprint(f.GetMetric()[0].GetGauge().GetValue()))
		}
	}
	t.Fatalf("there is no %s", name)
	return ""
}

func TestAPlanOfBackupsIsChecked(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	for name, plan := range map[string]app.BackupPlan{
		"no folder":           {Every: time.Hour},
		"a relative folder":   {Folder: "copies"},
		"inside the data":     {Folder: filepath.Join(data, "copies")},
		"too often":           {Folder: "/backup", Every: time.Second},
		"nothing is kept":     {Folder: "/backup", Keep: -1},
		"more than the time":  {Folder: "/backup", Share: 2},
		"the data folder too": {Folder: data},
	} {
		if _, err := (app.Config{Data: data, Backup: plan}).Complete(); err == nil || !strings.Contains(err.Error(), "backup") {
			t.Errorf("%s: %v", name, err)
		}
	}
	got, err := (app.Config{Data: data, Backup: app.BackupPlan{Folder: "/backup/city"}}).Complete()
	if err != nil || got.Backup.Every != 24*time.Hour || got.Backup.Keep != 7 {
		t.Errorf("the defaults: %+v, %v", got.Backup, err)
	}
}
