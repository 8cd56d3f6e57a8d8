package casework

import (
	"strings"
	"testing"
	"time"
)

// approved files a permit of Anna's and has Igor approve it.
func (d *counter) approved(plate string) (Ref, string) {
	d.t.Helper()
	ref := d.filed(anna, plate, nil)
	path := deskPath(ref.Number)
	for _, act := range [][]string{{"take"}, {"decide", "verdict", "approve"}} {
		fields := append([]string{"revision", d.revision(igor, path)}, act[1:]...)
		if got := d.post(igor, path+"/"+act[0], fields...); got.status != 303 {
			d.t.Fatalf("%s: %d: %s", act[0], got.status, got.body)
		}
		d.run(time.Second)
	}
	return ref, path
}

func TestTheDeskCorrectsADocument(t *testing.T) {
	eachCounter(t, func(t *testing.T, d *counter) {
		ref, path := d.approved("А417МО52")
		papers, err := d.papers.Results(ctx, annaAct, anna, ref.ID)
		d.must(err)
		line := papers[0].Facts[0]
		_, err = d.AskCorrection(ctx, annaAct, Mistake{Holder: anna, Case: ref.ID, Document: papers[0].ID, Fact: line.Key, Words: "В номере буква не та"})
		d.must(err)
		d.run(time.Second)
		d.get(vera, "/desk?owner=all&kind=correct").wants(t, 200, number(ref), "Исправить")
		d.get(igor, path).wants(t, 200, "В номере буква не та", "!Исправить документ")
		d.post(igor, path+"/take", "revision", d.revision(igor, path))
		d.get(igor, path).wants(t, 200, "Исправить документ", "Ответить, что ошибки нет", line.Value.RU)
		var seen struct {
			Can         []string         `json:"can"`
			Corrections []wireCorrection `json:"corrections"`
		}
		d.decode(d.get(igor, "/api/v1"+path), &seen)
		if len(seen.Corrections) != 1 || seen.Corrections[0].Task == nil || !strings.Contains(strings.Join(seen.Can, " "), "correct decline") {
			t.Errorf("by the API: %+v", seen)
		}
		d.post(igor, path+"/correct", "revision", d.revision(igor, path), "line", line.Key, "ru", "", "en", "B").wants(t, 422, "error-summary", `value="B"`)
		d.post(igor, path+"/correct", "revision", d.revision(igor, path), "line", "nothing", "ru", "А", "en", "B").wants(t, 422, "error-summary", `value="B"`)
		d.post(igor, path+"/correct", "revision", d.revision(igor, path), "line", line.Key, "ru", line.Value.RU, "en", line.Value.EN).wants(t, 422, "error-summary")
		if got := d.post(igor, path+"/correct", "revision", d.revision(igor, path), "line", line.Key, "ru", "А417МО51", "en", "A417MO51"); got.status != 303 || got.to != path {
			t.Fatalf("correcting: %d to %q: %s", got.status, got.to, got.body)
		}
		d.run(time.Second)
		d.get(igor, path).wants(t, 200, "Исправлено", "!Ответить, что ошибки нет")
		d.get(vera, "/desk?owner=all&kind=correct").wants(t, 200, "!"+number(ref))
	})
}

func TestTheDeskSaysThatThereIsNoMistake(t *testing.T) {
	eachCounter(t, func(t *testing.T, d *counter) {
		ref, path := d.approved("А417МО52")
		papers, err := d.papers.Results(ctx, annaAct, anna, ref.ID)
		d.must(err)
		_, err = d.AskCorrection(ctx, annaAct, Mistake{Holder: anna, Case: ref.ID, Document: papers[0].ID, Words: "Не та печать"})
		d.must(err)
		d.run(time.Second)
		d.post(igor, path+"/decline", "revision", d.revision(igor, path), "words", "Печать верна").wants(t, 403)
		d.post(igor, path+"/take", "revision", d.revision(igor, path))
		d.post(igor, path+"/decline", "revision", d.revision(igor, path), "words", " ").wants(t, 422, "error-summary", "Напишите текст")
		if got := d.json(igor, "/api/v1"+path+"/decline", `{"words": "Печать верна"}`); got.status != 200 {
			t.Fatalf("declining: %d: %s", got.status, got.body)
		}
		if c := d.read(ref); c.Corrections[0].State != "declined" || c.Corrections[0].Answer != "Печать верна" {
			t.Errorf("%+v", c.Corrections)
		}
	})
}

func TestTheHeadOpensACaseAnewAtTheDesk(t *testing.T) {
	eachCounter(t, func(t *testing.T, d *counter) {
		ref, path := d.approved("А417МО52")
		d.get(igor, path).wants(t, 200, "!Открыть дело заново")
		d.get(boss, path).wants(t, 200, "Открыть дело заново", "Почему дело решают заново")
		d.post(igor, path+"/reopen", "revision", d.revision(boss, path), "words", "Новые сведения").wants(t, 403)
		d.post(boss, path+"/reopen", "revision", d.revision(boss, path), "words", "").wants(t, 422, "error-summary", "Напишите текст")
		old := d.revision(boss, path)
		if got := d.post(boss, path+"/reopen", "revision", old, "words", "Новые сведения"); got.status != 303 || got.to != path {
			t.Fatalf("opening anew: %d to %q: %s", got.status, got.to, got.body)
		}
		d.run(time.Second)
		d.post(boss, path+"/reopen", "revision", old, "words", "Ещё раз").wants(t, 409)
		d.get(vera, path).wants(t, 200, "Взять в работу", "!Вы уже решали это дело")
		d.get(igor, path).wants(t, 200, "!Взять в работу", "Вы уже решали это дело")
		if c := d.read(ref); c.Round != 1 || c.Stage != Open {
			t.Errorf("round %d, %s", c.Round, c.Stage)
		}
		d.post(igor, path+"/take", "revision", d.revision(vera, path)).wants(t, 403)
	})
}
