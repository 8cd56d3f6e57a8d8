package bench

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// peers are the databases' own tools on the same database in the same run: sqlite3's .backup, and a copy of that file with its
// integrity check as a restore; pg_dump in its own packed form, and pg_restore in two processes. They know nothing of
// files, of the public log, or of sums, and bring one engine's copy back into that engine alone. 0: the tool is not here.
type peers struct {
	Tool    string
	Make    span
	Bytes   int64
	Restore span
}

func (t *town) peers(b *testing.B, dir string) peers {
	b.Helper()
	if t.engine == "postgres" {
		return t.dumped(b, filepath.Join(dir, "peer.dump"))
	}
	out := peers{Tool: "sqlite3 .backup; cp and PRAGMA integrity_check"}
	if _, err := exec.LookPath("sqlite3"); err != nil {
		return peers{}
	}
	copied, back := filepath.Join(dir, "peer.db"), filepath.Join(dir, "peer-back.db")
	out.Make = seconds(b, "sqlite3 .backup", func() error {
		return run1("sqlite3", filepath.Join(t.dir, "db", "posad.db"), ".backup '"+copied+"'")
	})
	out.Bytes = sizeOf(copied)
	out.Restore = seconds(b, "cp and integrity_check", func() error {
		if err := run1("cp", copied, back); err != nil {
			return err
		}
		if err := run1("sync", back); err != nil {
			return err
		}
		return run1("sqlite3", back, "PRAGMA integrity_check")
	})
	removeAll(b, copied, back)
	return out
}

func (t *town) dumped(b *testing.B, file string) peers {
	b.Helper()
	out := peers{Tool: "pg_dump -Fc; pg_restore -j 2"}
	if _, err := exec.LookPath("pg_dump"); err != nil {
		return peers{}
	}
	out.Make = seconds(b, "pg_dump", func() error { return run1("pg_dump", "-Fc", "-f", file, t.database) })
	out.Bytes = sizeOf(file)
	into, drop, err := emptyDatabase(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	out.Restore = seconds(b, "pg_restore", func() error { return run1("pg_restore", "-j", "2", "--no-owner", "-d", into, file) })
	if err := drop(); err != nil {
		b.Fatal(err)
	}
	removeAll(b, file)
	return out
}

func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

func removeAll(b *testing.B, paths ...string) {
	b.Helper()
	for _, path := range paths {
		if err := os.RemoveAll(path); err != nil {
			b.Fatal(err)
		}
	}
}
