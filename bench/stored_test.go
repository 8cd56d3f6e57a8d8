package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"posad.city/kit/backup"
	"posad.city/kit/store"
)

// A city that stays from run to run (POSAD_BENCH_KEEP) is loaded once, on SQLite. PostgreSQL has the same city by a copy and a
// restore of it, which is how an operator changes engines: a million cases come in minutes where loading them takes hours.

// twin brings the city of the same size that is kept on SQLite to PostgreSQL, when there is one and this one is not loaded.
func (t *town) twin(ctx context.Context) error {
	mark := filepath.Join(t.dir, "loaded")
	from := filepath.Join(t.kept, "sqlite"+t.name)
	if t.kept == "" || t.engine != "postgres" || there(mark) || !there(filepath.Join(from, "loaded")) {
		return nil
	}
	database, err := keptDatabase(ctx, keptName(t.name))
	if err != nil {
		return err
	}
	other := storedTowns["sqlite"+t.name]
	if other == nil {
		if other, err = buildOf("sqlite", t.size); err != nil {
			return err
		}
		storedTowns["sqlite"+t.name] = other
	}
	copies := filepath.Join(folder, "twin"+t.name)
	if _, err := other.MakeBackup(ctx, copies, 1, 1, told("copy")); err != nil {
		return err
	}
	_, err = backup.Restore(ctx, backup.RestoreOptions{
		From: copies, Into: store.Options{Postgres: database}, Blobs: filepath.Join(t.dir, "blobs"), Modules: other.Schemas(), Tell: told("restore"),
	})
	if err = errors.Join(err, os.RemoveAll(copies)); err != nil {
		return err
	}
	key, err := os.ReadFile(filepath.Join(from, "master.key"))
	if err == nil {
		err = os.WriteFile(filepath.Join(t.dir, "master.key"), key, 0o600)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(mark, nil, 0o600)
}

// numbersMost is how many cases of a kept city are asked for by their numbers.
const numbersMost = 100_000

var someNumbers = store.NewQuery("bench.Numbers", `SELECT number FROM case_number ORDER BY number LIMIT $1`)

// learn reads the numbers of a kept city's cases.
func (t *town) learn(ctx context.Context) error {
	return t.Base.Store.Read(ctx, func(r *store.Snapshot) error {
		t.numbers = nil
		return r.Query(someNumbers, func(row *store.Row) error { t.numbers = append(t.numbers, row.Text(0)); return nil }, int64(numbersMost))
	})
}

func there(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// loadNow is how busy the machine is.
func loadNow() string {
	text, _ := os.ReadFile("/proc/loadavg") // none: nothing to say
	return strings.TrimSpace(string(text))
}
