package desk

import (
	"strings"
	"testing"
	"time"

	"posad.city/core/casework"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

func TestManyCasesByThePages(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		_, numbers := r.letters(2)
		shown := id.FormatNumber(numbers[0])
		r.get(boss, "/desk").wants(t, 200, "Другие действия", "/desk/bulk/choose", "Взять следующее", "desk.")
		r.post(boss, "/desk/bulk/choose").wants(t, 303)
		to := r.post(boss, "/desk/bulk/choose", "case", numbers[0], "case", numbers[1])
		to.wants(t, 303)
		if !strings.HasPrefix(to.to, "/desk/bulk?case=") {
			t.Fatalf("goes to %s", to.to)
		}
		r.get(boss, to.to).wants(t, 200, "Выбрано 2 дела", "Котова Вера", "!Северова", "Продлить срок")
		r.get(igor, to.to).wants(t, 200, "Белов Игорь", "!Котова Вера")
		r.post(boss, "/desk/bulk/preview", "case", numbers[0], "verb", "dance").wants(t, 422, "Выберите, что сделать")
		r.post(boss, "/desk/bulk/preview", "case", numbers[0], "verb", "ask", "question", "").wants(t, 422)
		r.post(boss, "/desk/bulk/preview", "case", numbers[0], "case", numbers[1], "verb", "assign", "to", vera.String()).
			wants(t, 200, shown, "Перейдёт к сотруднику: Котова Вера", "Сделать с 2 делами", "Смирнова\u00a0А.\u00a0И.")
		key := id.New(r.clock.Now())
		r.post(boss, "/desk/bulk/begin", "case", numbers[0], "verb", "ask", "question", "Где {дыра} во дворе?", "key", key.String()).
			wants(t, 422, "Где {дыра} во дворе?", "Выбрано 1 дело") // what was typed stays
		for range 2 { // pressed twice
			r.post(boss, "/desk/bulk/begin", "case", numbers[0], "case", numbers[1], "verb", "assign", "to", vera.String(), "key", key.String()).wants(t, 303)
		}
		r.get(boss, "/desk/bulk/"+key.String()).wants(t, 200, "Выполняется", "0 из 2")
		r.run(time.Second)
		r.get(boss, "/desk/bulk/"+key.String()).wants(t, 200, "Готово: 2 дела", "2 из 2", "Отменить можно до")
		r.get(igor, "/desk/bulk/"+key.String()).wants(t, 404)
		r.post(boss, "/desk/bulk/"+key.String()+"/undo").wants(t, 303)
		r.run(time.Second)
		r.get(boss, "/desk/bulk/"+key.String()).wants(t, 200, "Отменено: всё как было", "!Отменить можно до")
	})
}

func TestTheHeadSharesAQueueOut(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		_, numbers := r.letters(4)
		r.get(boss, "/desk/team").wants(t, 200, "Белов Игорь", "Распределить очередь", "не назначено 4", "Решено за 4 недели", "По дням")
		r.get(boss, "/desk/team?edit="+vera.String()).wants(t, 200, "Чем занимается Котова Вера", `name="person" value="`+vera.String())
		r.get(igor, "/desk/team").wants(t, 200, "Белов Игорь", "!Распределить очередь", "Задать отсутствие")
		r.post(igor, "/desk/team/spread", "queue", "letters").wants(t, 403)
		plan := r.post(boss, "/desk/team/spread", "queue", "letters")
		plan.wants(t, 200, "Белов Игорь", "Котова Вера", "Сделать с 4 делами")
		fields := []string{"verb", "assign", "key", id.New(r.clock.Now()).String()}
		shares, err := r.PlanSpread(ctx, as(boss), "letters")
		r.must(err)
		for _, s := range shares {
			fields = append(fields, "case", s.Number, "each", s.Number+":"+s.To.String())
		}
		r.post(boss, "/desk/bulk/begin", fields...).wants(t, 303)
		r.run(time.Second)
		has := map[id.ID]int{}
		for _, number := range numbers {
			has[r.stands(r.ref(number)).Official]++
		}
		if has[igor] != 2 || has[vera] != 2 {
			t.Errorf("igor has %d, vera has %d", has[igor], has[vera])
		}
	})
}

func TestATextIsInsertedWithOnePress(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.letter("zarechye")
		r.post(boss, "/desk/templates", "kind", "question", "title_ru", "Где", "title_en", "Where", "text_ru", "{name}, где это? Дело {number}.", "text_en", "Where?").wants(t, 303)
		r.post(boss, "/desk/templates", "kind", "question", "title_ru", "Где", "title_en", "Where", "text_ru", "{phone}", "text_en", "Where?").wants(t, 422, "фигурных скобках")
		r.get(igor, "/desk/templates").wants(t, 200, "Где", "!Добавить текст")
		_, err := r.cases.Take(ctx, as(igor), casework.Step{Holder: anna, Case: ref.ID})
		r.must(err)
		all, err := r.AllTemplates(ctx, housing)
		r.must(err)
		path := "/desk/cases/" + id.FormatNumber(ref.Number)
		r.get(igor, path).wants(t, 200, "Вставить готовый текст", path+"?do=ask&amp;text="+all[0].ID.String()+"#ask", "!где это? Дело")
		r.get(igor, path+"?do=ask&text="+all[0].ID.String()).wants(t, 200, "Анна Игоревна, где это? Дело "+id.FormatNumber(ref.Number)+".")
		r.get(igor, path+"/print").wants(t, 200, "Напечатано", "Что известно", "!Вставить готовый текст")
	})
}

func TestOthersAreKeptOut(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for _, path := range []string{"/desk/team", "/desk/templates", "/desk/closed?q=x", "/desk/bulk?case=1", "/desk/keys"} {
			r.get(anna, path).wants(t, 403)
		}
		r.post(anna, "/desk/next").wants(t, 403)
		r.post(igor, "/desk/team/scope", "person", igor.String()).wants(t, 403)
		r.post(igor, "/desk/next").wants(t, 303)
		r.get(igor, "/desk/keys").wants(t, 200, "Клавиши", "data-desk-keys")
		r.get(igor, "/desk/closed?q=Смирнова").wants(t, 200, "Ничего не нашли")
	})
}

func TestTheSameByJSON(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		_, numbers := r.letters(2)
		call := func(who id.ID, method, path, body string) answered {
			return r.send(who, method, "/api/v1/desk/"+path, "application/json", body)
		}
		call(igor, "GET", "team", "").wants(t, 200, `"Белов"`, `"absences":[]`)
		call(boss, "PUT", "team/"+igor.String(), `{"skills":[],"districts":["severny"]}`).wants(t, 204)
		call(igor, "POST", "next", `{}`).wants(t, 404)
		call(vera, "POST", "next", `{}`).wants(t, 200, id.FormatNumber(numbers[0]))
		call(boss, "POST", "bulk/preview", `{"verb":"release","cases":["`+numbers[0]+`","`+numbers[1]+`"]}`).wants(t, 200, `"goes":2`)
		key := id.New(r.clock.Now()).String()
		call(boss, "POST", "bulk", `{"key":"`+key+`","verb":"release","cases":["`+numbers[0]+`"]}`).wants(t, 202, `"state":"waits"`)
		r.run(time.Second)
		call(boss, "GET", "bulk/"+key, "").wants(t, 200, `"state":"done"`, `"undoable":true`)
		call(boss, "POST", "bulk/"+key+"/undo", `{}`).wants(t, 204)
		r.run(time.Second)
		if r.stands(r.ref(numbers[0])).Official != vera {
			t.Error("undoing did not restore")
		}
		call(boss, "POST", "spread", `{"queue":"letters"}`).wants(t, 200, `"to":"`+vera.String())
		call(boss, "GET", "charts", "").wants(t, 200, `"Days":[`)
		call(boss, "PUT", "templates", `{"kind":"refusal","title":{"ru":"Нет","en":"No"},"text":{"ru":"Нет","en":"No"}}`).wants(t, 200, `"revision":1`)
		call(igor, "GET", "templates", "").wants(t, 200, `"Нет"`)
		call(igor, "GET", "closed?q=x", "").wants(t, 200, "[]")
		today := theCity().Days().Today(r.clock.Now()).String()
		call(igor, "POST", "absences", `{"person":"`+igor.String()+`","substitute":"`+vera.String()+`","since":"`+today+`","until":"`+today+`"}`).wants(t, 201, today)
	})
}

func TestEveryReasonHasItsWords(t *testing.T) {
	t.Parallel()
	for _, verb := range Verbs {
		for _, key := range []string{"desk.verb.", "desk.verb_hint.", "desk.will."} {
			has(t, key+string(verb))
		}
	}
	for state := range caseTones {
		has(t, "desk.state."+string(state))
	}
	for _, f := range []string{ErrHead.ID, ErrNoWorker.ID, casework.ErrAway.ID, casework.ErrUnfit.ID, casework.ErrElsewhere.ID, casework.ErrMoved.ID, casework.ErrNotYours.ID, ErrText.ID, ErrHole.ID, ErrTwice.ID} {
		has(t, f)
	}
}

func has(t *testing.T, key string) {
	t.Helper()
	if theTexts().Text(lang.Russian, key) == key {
		t.Errorf("no words for %s", key)
	}
}
