package transparency

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"posad.city/kit/journal"
	"posad.city/kit/tlog"
)

func TestThePageTellsHowTheLogStands(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		if status, body := r.get("/log"); status != 200 || !strings.Contains(body, "Журнал только начинается") {
			t.Errorf("before: %d", status)
		}
		entered := r.enter(3)
		r.round()
		status, body := r.get("/log")
		for _, want := range []string{"Журнал города", "kitezh.test/log", standard(r.log.Published().Root), "ноября — 3"} {
			if status != 200 || !strings.Contains(body, want) {
				t.Errorf("%d, without %q", status, want)
			}
		}
		leaf := encoded(entered[1].Leaf)
		for _, typed := range []string{leaf, hex.EncodeToString(entered[1].Leaf[:]), " " + leaf[:20] + "\n" + leaf[20:]} {
			if status, body := r.get("/log" + query("leaf", typed)); status != 200 || !strings.Contains(body, "Лист стоит в журнале") {
				t.Errorf("%q: %d", typed, status)
			}
		}
		if status, body := r.get("/log" + query("leaf", encoded([32]byte{1}))); status != 200 || !strings.Contains(body, "Ни у одного акта города такого листа нет") {
			t.Errorf("an unknown leaf: %d", status)
		}
		if status, body := r.get("/log" + query("leaf", "nonsense")); status != 422 || !strings.Contains(body, "Это не лист") {
			t.Errorf("no leaf: %d", status)
		}
	})
}

func TestAReceiptIsCheckedOnThePage(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.round()
		e := r.enter(1)[0]
		promise := r.receipt(e.ID)
		if status, body := r.give(promise); status != 200 || !strings.Contains(body, "Пока её там нет") || !strings.Contains(body, "1234-567-890") {
			t.Errorf("a promise: %d", status)
		}
		r.clock.Move(late)
		if status, body := r.give(promise); status != 200 || !strings.Contains(body, "город нарушил обещание") {
			t.Errorf("a broken promise: %d", status)
		}
		r.round()
		for name, file := range map[string][]byte{"the old file": promise, "a new file": r.receipt(e.ID)} {
			if status, body := r.give(file); status != 200 || !strings.Contains(body, "Место 0, счёт с нуля, всего записей 1") {
				t.Errorf("%s: %d", name, status)
			}
		}
		forged := strings.Replace(string(promise), "1234-567-890", "1234-567-891", 1)
		if status, body := r.give([]byte(forged)); status != 422 || !strings.Contains(body, "Расписку изменили") {
			t.Errorf("a forged one: %d", status)
		}
		if status, _ := r.give(nil); status != 422 {
			t.Errorf("no file: %d", status)
		}
	})
}

// TestAMonitorFollowsTheLog reads the log by its public paths alone, as a program that knows nothing of Posad.
func TestAMonitorFollowsTheLog(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.enter(5)
		r.round()
		_, old := r.get("/log/checkpoint")
		r.enter(300)
		r.round()
		_, note := r.get("/log/checkpoint")
		set, err := r.base.Seal.Keys()
		if err != nil {
			t.Fatal(err)
		}
		before, _, err := tlog.Open(old, journal.PublicKeys(set))
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := tlog.Open(note, journal.PublicKeys(set))
		if err != nil || c.Size != 305 || before.Size != 5 {
			t.Fatalf("%v, %v, %v", before, c, err)
		}
		read := func(tiles []tlog.Tile) ([][]byte, error) {
			var out [][]byte
			for _, tile := range tiles {
				status, body := r.get("/log/" + tile.Path())
				if status != 200 {
					t.Errorf("%s: %d", tile.Path(), status)
				}
				out = append(out, []byte(body))
			}
			return out, nil
		}
		path, root, err := tlog.Consist(c, before.Size, read)
		if err != nil || root != before.Root || tlog.Consistent(before, c, path) != nil {
			t.Errorf("the log is not the one before: %v", err)
		}
		_, bundle := r.get("/log/tile/entries/001.p/49")
		entries, err := tlog.ParseBundle([]byte(bundle))
		if err != nil || len(entries) != 49 {
			t.Fatal(err)
		}
		var got wireInclusion
		_, body := r.get("/api/v1/log/inclusion" + query("leaf", encoded(entries[7])))
		if err := json.Unmarshal([]byte(body), &got); err != nil || got.Index != 263 {
			t.Fatalf("%v, %s", err, body)
		}
		proof, err := tlog.ParseProof(got.Proof)
		if err != nil || proof.Leads(entries[7], c) != nil {
			t.Errorf("the proof: %v", err)
		}
		var grown wireConsistency
		_, body = r.get("/api/v1/log/consistency" + query("from", "5"))
		if err := json.Unmarshal([]byte(body), &grown); err != nil || grown.OldRoot != standard(before.Root) || grown.To != 305 {
			t.Errorf("%v, %s", err, body)
		}
		for path, want := range map[string]int{
			"/log/tile/0/002": 404, "/log/tile/0/001.p/50": 404, "/log/tile/x": 404, "/log/tile/0/000": 200, "/log/tile/0/001.p/3": 200, "/log/tile/1/000.p/1": 200,
			"/api/v1/log": 200, "/api/v1/log/inclusion": 422, "/api/v1/log/inclusion?leaf=" + encoded([32]byte{9}): 404,
			"/api/v1/log/consistency": 422, "/api/v1/log/consistency?from=0": 422, "/api/v1/log/consistency?from=7&to=306": 422,
			"/api/v1/log/consistency?from=9&to=8": 422, "/api/v1/log/consistency?from=305&to=305": 200,
		} {
			if status, _ := r.get(path); status != want {
				t.Errorf("%s: %d, want %d", path, status, want)
			}
		}
	})
}

func FuzzUnderstand(f *testing.F) {
	f.Add(encoded([32]byte{1, 2, 3}))
	f.Add(strings.Repeat("ab", 32))
	f.Fuzz(func(t *testing.T, text string) {
		leaf, err := understand(text)
		if err != nil {
			return
		}
		if again, err := understand(encoded(leaf)); err != nil || again != leaf {
			t.Errorf("%q is two leaves", text)
		}
	})
}
