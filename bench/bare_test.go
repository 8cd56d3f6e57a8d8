package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"posad.city/core/casework"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// bare is the least that does the same work with the same durability: prepared statements straight on the driver, group
// commit by hand, nothing checked, nobody asked.
type bare struct {
	lite *bareLite
	pg   *barePg
}

// The texts of the prototypes; on PostgreSQL the marks are the same.
const (
	bareInsert = `INSERT INTO draft_line (holder, id, applicant, service, saved) VALUES ($1, $2, $1, $3, $4)`
	barePoint  = `SELECT number, holder, id FROM case_number WHERE number = $1`
	bareList   = `SELECT holder, id, number, service, applicant, revision, stage, status, due, submitted, moved FROM case_line WHERE holder = $1 ORDER BY holder, id DESC LIMIT 20`
	bareQueue  = `SELECT agency, id, holder, applicant, queue, official, service, number, status, district, note, due, submitted, revision FROM desk_line
 WHERE agency = $1 AND queue IN ('letters') ORDER BY agency, due, id LIMIT 50`
	bareLook = `INSERT INTO look (person, hour, actor, agency, purpose_kind, purpose, what, id, at, actor_kind, role, mandate, channel, request)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (person, hour, actor, agency, purpose_kind, purpose, what) DO NOTHING`
)

func openBare(ctx context.Context, t *town) (*bare, error) {
	if t.engine == "postgres" {
		pg, err := openBarePg(ctx, t.database)
		return &bare{pg: pg}, err
	}
	lite, err := openBareLite(filepath.Join(t.dir, "db", "posad.db"))
	return &bare{lite: lite}, err
}

func (b *bare) write(args []any) error {
	if b.pg != nil {
		_, err := b.pg.pool.Exec(context.Background(), bareInsert, pgValues(args)...)
		return err
	}
	return b.lite.commit([]statement{{bareInsert, args}})
}

func (b *bare) append(args []any) error {
	return b.put(bareInsert, args)
}

// put is a row of any table, in a gathered commit.
func (b *bare) put(text string, args []any) error {
	if b.pg != nil {
		return b.pg.commit([]statement{{text, args}})
	}
	return b.lite.commit([]statement{{text, args}})
}

// all runs statements of one caller in a gathered commit.
func (b *bare) all(stmts []statement) error {
	if b.pg != nil {
		return b.pg.commit(stmts)
	}
	return b.lite.commit(stmts)
}

// make makes tables and indexes for the prototype alone.
func (b *bare) make(t testing.TB, statements ...string) {
	t.Helper()
	for _, text := range statements {
		var err error
		if b.pg != nil {
			_, err = b.pg.pool.Exec(context.Background(), text)
		} else {
			if strings.HasPrefix(text, "CREATE TABLE") {
				text += " WITHOUT ROWID"
			}
			err = liteRun(b.lite.writer, text, nil, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (b *bare) point(number string) error {
	if b.pg != nil {
		var found string
		var holder, caseID [16]byte
		return b.pg.pool.QueryRow(context.Background(), barePoint, number).Scan(&found, &holder, &caseID)
	}
	return b.lite.read(barePoint, []any{number}, 1, func(s *sqlite.Stmt) {
		var holder, caseID id.ID
		_ = s.ColumnText(0)
		s.ColumnBytes(1, holder[:])
		s.ColumnBytes(2, caseID[:])
	})
}

func (b *bare) list(person id.ID) error {
	var lines []casework.Line
	if b.pg != nil {
		return b.pg.read(bareList, []any{person}, 20, func(r pgx.Rows) error {
			var l casework.Line
			var holder, caseID, applicant [16]byte
			err := r.Scan(&holder, &caseID, &l.Number, &l.Service, &applicant, &l.Revision, &l.Stage, &l.Status, &l.Due, &l.Submitted, &l.Moved)
			l.Holder, l.ID, l.Applicant = holder, caseID, applicant
			lines = append(lines, l)
			return err
		})
	}
	return b.lite.read(bareList, []any{person}, 20, func(s *sqlite.Stmt) {
		l := casework.Line{Number: s.ColumnText(2), Service: s.ColumnText(3), Revision: s.ColumnInt64(5), Stage: casework.Stage(s.ColumnText(6)),
			Status: casework.Status(s.ColumnText(7)), Due: time.UnixMicro(s.ColumnInt64(8)), Submitted: time.UnixMicro(s.ColumnInt64(9)), Moved: time.UnixMicro(s.ColumnInt64(10))}
		s.ColumnBytes(0, l.Holder[:])
		s.ColumnBytes(1, l.ID[:])
		s.ColumnBytes(4, l.Applicant[:])
		lines = append(lines, l)
	})
}

// queue reads an official's list and, when records are wanted, writes one for each person.
func (b *bare) queue(a act.Act, records bool) error {
	var lines []casework.QueueLine
	var err error
	if b.pg != nil {
		err = b.pg.read(bareQueue, []any{office}, queueRows, func(r pgx.Rows) error {
			var l casework.QueueLine
			var agency, caseID, holder, applicant [16]byte
			err := r.Scan(&agency, &caseID, &holder, &applicant, &l.Queue, &l.Official, &l.Service, &l.Number, &l.Status, &l.District, &l.Note, &l.Due, &l.Submitted, &l.Revision)
			l.Agency, l.ID, l.Holder, l.Applicant = agency, caseID, holder, applicant
			lines = append(lines, l)
			return err
		})
	} else {
		err = b.lite.read(bareQueue, []any{office}, queueRows, func(s *sqlite.Stmt) {
			l := casework.QueueLine{Queue: s.ColumnText(4), Official: s.ColumnText(5), Service: s.ColumnText(6), Number: s.ColumnText(7), Status: casework.Status(s.ColumnText(8)),
				District: s.ColumnText(9), Note: s.ColumnText(10), Due: time.UnixMicro(s.ColumnInt64(11)), Submitted: time.UnixMicro(s.ColumnInt64(12)), Revision: s.ColumnInt64(13)}
			for i, to := range []*id.ID{&l.Agency, &l.ID, &l.Holder, &l.Applicant} {
				s.ColumnBytes(i, to[:])
			}
			lines = append(lines, l)
		})
	}
	if err != nil || !records {
		return err
	}
	return b.look(a, lines)
}

func (b *bare) look(a act.Act, lines []casework.QueueLine) error {
	now := time.Now().UTC()
	seen := map[id.ID]bool{}
	var out []statement
	for _, l := range lines {
		if seen[l.Holder] {
			continue
		}
		seen[l.Holder] = true
		out = append(out, statement{bareLook, []any{l.Holder, now.Unix() / 3600, a.Actor.Person, a.Actor.Agency, a.Purpose.Kind, a.Purpose.ID, "bench.look", id.New(now), now,
			string(a.Actor.Kind), a.Actor.Role, id.ID{}, string(a.Channel), a.Request}})
	}
	if b.pg != nil {
		return b.pg.commit(out)
	}
	return b.lite.commit(out)
}

// statement is a text with its arguments.
type statement struct {
	text string
	args []any
}

// waiting is a caller whose statements wait for a commit.
type waiting struct {
	stmts []statement
	done  chan error
}

// gather takes what waits, up to a bound, and a little longer while there is a crowd.
func gather(queue chan waiting, first waiting, wait time.Duration) []waiting {
	batch := []waiting{first}
	var timeout <-chan time.Time
	for len(batch) < 256 {
		select {
		case w := <-queue:
			batch = append(batch, w)
			continue
		default:
		}
		if len(batch) == 1 || len(batch) >= writers || wait == 0 {
			break
		}
		if timeout == nil {
			timeout = time.After(wait)
		}
		select {
		case w := <-queue:
			batch = append(batch, w)
		case <-timeout:
			return batch
		}
	}
	return batch
}

// bareLite is the prototype on SQLite: one writer, eight readers. The city's store is idle while it runs.
type bareLite struct {
	readers chan *sqlite.Conn
	writer  *sqlite.Conn
	queue   chan waiting
}

func openBareLite(path string) (*bareLite, error) {
	b := &bareLite{readers: make(chan *sqlite.Conn, readers), queue: make(chan waiting, 1024)}
	for range readers + 1 {
		c, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
		if err != nil {
			return nil, err
		}
		for _, pragma := range []string{"PRAGMA synchronous = FULL", "PRAGMA mmap_size = 0", "PRAGMA cache_size = -16000", "PRAGMA wal_autocheckpoint = 0"} {
			if err := sqlitex.ExecuteTransient(c, pragma, nil); err != nil {
				return nil, errors.Join(err, c.Close())
			}
		}
		c.SetBusyTimeout(10 * time.Second)
		if b.writer == nil {
			b.writer = c
		} else {
			b.readers <- c
		}
	}
	go b.loop()
	return b, nil
}

func (b *bareLite) commit(stmts []statement) error {
	w := waiting{stmts, make(chan error, 1)}
	b.queue <- w
	return <-w.done
}

func (b *bareLite) loop() {
	for first := range b.queue {
		batch := gather(b.queue, first, 2*time.Millisecond)
		err := b.transact(batch)
		for _, w := range batch {
			w.done <- err
		}
	}
}

func (b *bareLite) transact(batch []waiting) error {
	if err := liteRun(b.writer, "BEGIN IMMEDIATE", nil, nil); err != nil {
		return err
	}
	for _, w := range batch {
		for _, s := range w.stmts {
			if err := liteRun(b.writer, s.text, s.args, nil); err != nil {
				return errors.Join(err, liteRun(b.writer, "ROLLBACK", nil, nil))
			}
		}
	}
	return liteRun(b.writer, "COMMIT", nil, nil)
}

func (b *bareLite) read(text string, args []any, want int, each func(*sqlite.Stmt)) error {
	text = strings.Replace(text, "= $1", "= +$1", 1) // SQLite prepares an ordered list anew for every plain mark that is bound
	c := <-b.readers
	defer func() { b.readers <- c }()
	found := 0
	err := liteRun(c, text, args, func(s *sqlite.Stmt) { found++; each(s) })
	return counted(found, want, err)
}

func liteRun(c *sqlite.Conn, text string, args []any, each func(*sqlite.Stmt)) error {
	stmt, err := c.Prepare(text)
	if err != nil {
		return err
	}
	for i, arg := range args {
		switch x := arg.(type) {
		case id.ID:
			stmt.BindBytes(i+1, x[:])
		case string:
			stmt.BindText(i+1, x)
		case int64:
			stmt.BindInt64(i+1, x)
		case []byte:
			stmt.BindBytes(i+1, x)
		case time.Time:
			stmt.BindInt64(i+1, x.UnixMicro())
		default:
			return fmt.Errorf("a %T", arg)
		}
	}
	for {
		more, err := stmt.Step()
		if err != nil {
			return errors.Join(err, stmt.Reset())
		}
		if !more {
			return stmt.Reset()
		}
		each(stmt)
	}
}

// barePg is the prototype on PostgreSQL: a pool of the store's size, and batches of what waits in one round trip.
type barePg struct {
	pool  *pgxpool.Pool
	queue chan waiting
}

func openBarePg(ctx context.Context, address string) (*barePg, error) {
	return openBarePgBy(ctx, address, 4)
}

// openBarePgBy makes one whose batches go by so many connections at once.
func openBarePgBy(ctx context.Context, address string, loops int) (*barePg, error) {
	conf, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	conf.MaxConns = 24
	conf.ConnConfig.RuntimeParams["enable_seqscan"] = "off"
	conf.ConnConfig.RuntimeParams["jit"] = "off"
	pool, err := pgxpool.NewWithConfig(ctx, conf)
	if err != nil {
		return nil, err
	}
	if _, err := pool.Exec(ctx, "ANALYZE"); err != nil { // what the server's own housekeeping does within minutes
		return nil, err
	}
	b := &barePg{pool: pool, queue: make(chan waiting, 1024)}
	for range loops {
		go b.loop()
	}
	return b, nil
}

func (b *barePg) commit(stmts []statement) error {
	w := waiting{stmts, make(chan error, 1)}
	b.queue <- w
	return <-w.done
}

func (b *barePg) loop() {
	for first := range b.queue {
		batch := gather(b.queue, first, 0)
		round := new(pgx.Batch)
		for _, w := range batch {
			for _, s := range w.stmts {
				round.Queue(s.text, pgValues(s.args)...)
			}
		}
		err := b.pool.SendBatch(context.Background(), round).Close()
		for _, w := range batch {
			w.done <- err
		}
	}
}

// pgValues makes arguments that pgx binds in PostgreSQL's binary form.
func pgValues(args []any) []any {
	out := make([]any, len(args))
	for i, arg := range args {
		if x, ok := arg.(id.ID); ok {
			arg = [16]byte(x)
		}
		out[i] = arg
	}
	return out
}

func (b *barePg) read(text string, args []any, want int, each func(pgx.Rows) error) error {
	rows, err := b.pool.Query(context.Background(), text, pgValues(args)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	found := 0
	for rows.Next() {
		found++
		if err := each(rows); err != nil {
			return err
		}
	}
	return counted(found, want, rows.Err())
}
