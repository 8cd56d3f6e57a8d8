package ledger_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"posad.city/core/ledger"
	acts "posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// The books under SIGKILL: a process of its own posts, reserves, posts what it reserved and gives it up, in sixteen hands, and
// says each movement only once it is done; it is killed at any moment, again and again. Afterwards the books are proved, and
// what was said is there.

// childEnv names the database of the process that is killed; roundEnv its round.
const (
	childEnv  = "POSAD_LEDGER_CHILD"
	roundEnv  = "POSAD_LEDGER_ROUND"
	roundsEnv = "POSAD_CRASH_ROUNDS" // how often; 10 when it is not set
)

var (
	crashBank  = ledger.Named("crash bank", money.RUB, ledger.Free)
	crashCity  = ledger.Named("crash city", money.RUB, ledger.Free)
	crashPurse = ledger.Named("crash purse", money.RUB, ledger.Credits)
	crashOwner = id.Derived("crash", "holder")
)

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		os.Exit(child(text))
	}
	os.Exit(m.Run())
}

// said is what the process says of a movement that is durable.
type said struct {
	Movement id.ID
	State    ledger.State
	Amount   int64
}

// child posts until it is killed.
func child(text string) int {
	var o store.Options
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return 1
	}
	o.Clock = new(clock.System)
	ctx := context.Background()
	s, err := store.Open(ctx, o, ledger.Migrations)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var mu sync.Mutex
	out := json.NewEncoder(os.Stdout)
	say := func(m ledger.Movement, state ledger.State) {
		mu.Lock()
		defer mu.Unlock()
		_ = out.Encode(said{m.ID, state, m.Lines[0].Amount.Minor}) // a reader that has left is the end
	}
	faults := make(chan error, 16)
	for hand := range 16 {
		go func() {
			for n := 0; ; n++ {
				if err := act(ctx, s, fmt.Sprintf("%s/%d/%d", os.Getenv(roundEnv), hand, n), say); err != nil {
					faults <- err
					return
				}
			}
		}()
	}
	fmt.Fprintln(os.Stderr, <-faults)
	return 1
}

// act does one thing by chance.
func act(ctx context.Context, s *store.Store, name string, say func(ledger.Movement, ledger.State)) error {
	m := ledger.Movement{ID: id.Derived("crash movement", name), Holder: crashOwner, Act: id.Derived("crash act", name), Lines: []ledger.Line{
		{Debit: crashBank, Credit: crashCity, Amount: money.Roubles(1 + rand.Int64N(100_000))},
	}}
	if rand.IntN(2) == 0 {
		m.Lines = append(m.Lines, ledger.Line{Debit: crashCity, Credit: crashPurse, Amount: money.Roubles(1 + rand.Int64N(100))})
	}
	write := func(fn func(*store.Tx, ledger.Movement) (bool, error), state ledger.State) error {
		err := s.Write(ctx, func(tx *store.Tx) error { _, err := fn(tx, m); return err })
		if err == nil {
			say(m, state)
		}
		return err
	}
	switch rand.IntN(4) {
	case 0:
		return write(ledger.Post, ledger.Posted)
	case 1:
		m.Lines = m.Lines[:1]
		stmts, err := ledger.PostStmts(m, new(clock.System).Now())
		if err == nil {
			err = s.Append(ctx, stmts...)
		}
		if err == nil {
			say(m, ledger.Posted)
		}
		return err
	case 2: // the purse gives, when it has
		m.Lines = []ledger.Line{{Debit: crashPurse, Credit: crashCity, Amount: money.Roubles(1 + rand.Int64N(2000))}}
		if err := write(ledger.Post, ledger.Posted); !errors.Is(err, ledger.ErrShort) {
			return err
		}
		return nil
	}
	if err := write(ledger.Reserve, ledger.Reserved); err != nil {
		return err
	}
	if rand.IntN(2) == 0 {
		return write(ledger.VoidReserved, ledger.Void)
	}
	return write(ledger.PostReserved, ledger.Posted)
}

func TestTheBooksHoldUnderKills(t *testing.T) {
	t.Parallel()
	rounds := 10
	if n, err := strconv.Atoi(os.Getenv(roundsEnv)); err == nil {
		rounds = n
	}
	if testing.Short() {
		rounds = 2
	}
	t.Run("sqlite", func(t *testing.T) { kills(t, store.Options{Dir: t.TempDir()}, rounds) })
	if os.Getenv(storetest.PostgresEnv) != "" {
		t.Run("postgres", func(t *testing.T) { kills(t, storetest.Postgres(t, store.Options{}), rounds) })
	}
}

func kills(t *testing.T, o store.Options, rounds int) {
	all := map[id.ID]said{}
	for round := range rounds {
		n := killed(t, o, round, all)
		if n == 0 {
			t.Fatalf("round %d: the process said nothing", round)
		}
		check(t, o, all)
	}
	t.Logf("%d rounds, %d movements said", rounds, len(all))
}

// killed runs the process, kills it after a moment by chance, and adds what it said. It returns how much that was.
func killed(t *testing.T, o store.Options, round int, all map[id.ID]said) int {
	t.Helper()
	o.Clock, o.Log = nil, nil
	text, err := json.Marshal(struct{ Dir, Postgres, Schema string }{o.Dir, o.Postgres, o.Schema})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(text), roundEnv+"="+strconv.Itoa(round))
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(pipe)
	count := 0
	for lines.Scan() {
		if count == 0 { // it is at work
			timer := time.AfterFunc(time.Duration(20+rand.IntN(280))*time.Millisecond, func() { _ = cmd.Process.Kill() })
			defer timer.Stop()
		}
		var one said
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			break // the last line was cut by the kill
		}
		all[one.Movement] = one
		count++
	}
	_ = cmd.Wait() // it was killed
	return count
}

// check proves the books and looks for everything that was said.
func check(t *testing.T, o store.Options, all map[id.ID]said) {
	t.Helper()
	o.Clock = new(clock.System)
	s, err := store.Open(t.Context(), o, ledger.Migrations)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }() // nothing is written
	proof, err := ledger.Prove(t.Context(), s, true)
	if err != nil || !proof.Sound() {
		t.Fatalf("the books are wrong: %+v %v", proof, err)
	}
	found := map[id.ID]ledger.Transfer{}
	err = s.Look(t.Context(), own(), "ledger.look.transfers", func(p *store.Personal) error {
		list, err := ledger.Of(p, crashOwner)
		for _, one := range list {
			if _, known := found[one.Movement]; !known {
				found[one.Movement] = one
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for movement, one := range all {
		got, ok := found[movement]
		switch {
		case !ok:
			t.Fatalf("%s was said to be %s and is not in the books", movement, one.State)
		case got.Amount.Minor != one.Amount, one.State != ledger.Reserved && got.State != one.State:
			t.Fatalf("%s was said to be %s of %d and is %s of %d", movement, one.State, one.Amount, got.State, got.Amount.Minor)
		}
	}
}

// own is the look of the one whose movements they are.
func own() acts.Act {
	return acts.Act{ID: id.Derived("crash", "look"), Actor: acts.Actor{Kind: acts.System}}
}
