package studio

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

func TestFromTheListToAPublishedVersion(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.get(alla, "/studio").wants(t, 200, "services/permit.yaml", "Новый набор изменений", "Сейчас никто ничего не меняет")
		to := r.post(alla, "/studio/changes", "title", "Срок")
		to.wants(t, 303)
		set := to.to
		file := set + "/file?path=" + escape(permit)
		r.get(alla, file).wants(t, 200, `id="f-text"`, "term: 5 working days", "Сохранить и проверить", "form.steps[].fields[].type")
		which, err := id.Parse(set[len("/studio/changes/"):])
		r.must(err)
		e := r.text(Change{ID: which}, permit, "5 working days", "five working days")
		crlf := bytes.ReplaceAll(e.Text, []byte("\n"), []byte("\r\n"))
		r.post(alla, set+"/file", "path", permit, "text", string(crlf), "seen", "0", "base", string(e.Base), "do", "save").wants(t, 303)
		r.get(alla, file).wants(t, 200, "Найдено ошибок: 1", permit+":", "line=", "Вернуть как в силе")
		r.get(alla, file+"&line=3").wants(t, 200, `id="at"`, "is-here")
		r.get(alla, set).wants(t, 200, "Найдено ошибок: 1", "!Предложить к публикации")
		r.post(alla, set+"/propose", "revision", number(r.revision(Change{ID: which})), "note", "Зачем").wants(t, 409, "Сначала исправьте ошибки")
		e = r.text(Change{ID: which}, permit, "five working days", "6 working days")
		r.post(alla, set+"/file", "path", permit, "text", string(e.Text), "seen", number(e.Seen), "base", string(e.Base)).wants(t, 303)
		r.get(alla, set).wants(t, 200, "Ошибок нет", "было", "Предложить к публикации")
		r.get(alla, set+"/preview?service=permit&in=en").wants(t, 200, "6\u00a0working days", `lang="en"`)
		r.get(alla, set+"/preview?service=permit&in=ru").wants(t, 200, "6\u00a0рабочих дней")
		revision := number(r.revision(Change{ID: which}))
		r.post(alla, set+"/propose", "revision", revision, "note", "").wants(t, 422, "что и зачем меняется")
		r.post(alla, set+"/propose", "revision", revision, "note", "Больше времени на ответ").wants(t, 303)
		revision = number(r.revision(Change{ID: which}))
		r.get(alla, set).wants(t, 200, "Больше времени на ответ", "!Одобрить и опубликовать", "Забрать на доработку")
		r.post(alla, set+"/approve", "revision", revision).wants(t, 409, "Своё изменение одобрить нельзя")
		r.get(boris, set).wants(t, 200, "Одобрить и опубликовать")
		r.post(boris, set+"/approve", "revision", revision).wants(t, 303)
		s, _ := r.services.Current().Service("permit")
		if s.Term.String() != "6 working days" {
			t.Errorf("the term in force is %s", s.Term)
		}
		r.get(boris, "/studio/history").wants(t, 200, "Больше времени на ответ", "предложил(а) Зорина Алла, одобрил(а) Титов Борис", "№ 2", "№ 1")
		r.get(boris, "/studio").wants(t, 200, "предложил(а) Зорина Алла, одобрил(а) Титов Борис")
		r.get(alla, set).wants(t, 200, "Опубликовано")
	})
}

// TestWhatIsPublishedHereIsWhatPublishMakes: same bytes out, same version from them.
func TestWhatIsPublishedHereIsWhatPublishMakes(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		c := r.begin(alla)
		r.save(alla, c, "term: 5 working days", "term: 6 working days   # по просьбе жителей\n")
		w, err := r.Workspace(ctx, c.ID)
		r.must(err)
		r.propose(alla, c)
		_, err = r.Approve(ctx, as(boris), c.ID, r.revision(c))
		r.must(err)
		hash := r.services.Current().Hash()
		files, own, err := r.services.Sources(ctx, hash)
		r.must(err)
		if !own || service.TreeOf(files) != w.Tree {
			t.Error("the files that came back are not those that were saved")
		}
		archive := r.get(alla, "/studio/versions/"+string(hash)+"/export")
		archive.wants(t, 200)
		out, err := unpack([]byte(archive.body))
		r.must(err)
		if service.TreeOf(out) != w.Tree {
			t.Error("the archive has other bytes")
		}
		again, faults := service.LoadFiles(out)
		if len(faults) > 0 || again.Hash() != hash {
			t.Errorf("the export is another version: %v", faults)
		}
	})
}

func TestWhoMay(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.get(resident, "/studio").wants(t, 404)
		r.get(clerk, "/studio").wants(t, 403)
		r.post(clerk, "/studio/changes", "title", "Нет").wants(t, 403)
		r.get(vera, "/studio").wants(t, 200)
		c := r.begin(alla)
		r.get(vera, c.href()).wants(t, 404)
		r.post(vera, "/studio/history/rollback", "version", string(smallCity().Hash()), "note", "x").wants(t, 403)
		own := r.begin(vera)
		r.get(gleb, own.href()).wants(t, 404)
		err := r.Save(ctx, as(vera), own.ID, r.text(own, "city.yaml", "key:", "key: "))
		if !errors.Is(err, ErrFile) {
			t.Errorf("a head changes the city's own data: %v", err)
		}
		r.must(r.store.Write(ctx, func(tx *store.Tx) error {
			_, err := r.staff.Drop(tx, agency.ID("transport"), vera)
			return err
		}))
		if _, err := r.Begin(ctx, as(vera), "Поздно"); !errors.Is(err, ErrAuthor) {
			t.Errorf("a role that is over still works: %v", err)
		}
	})
}

func TestTwoAuthorsLoseNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		c := r.begin(alla)
		one, two := r.text(c, permit, "5 working days", "6 working days"), r.text(c, permit, "5 working days", "7 working days")
		r.must(r.Save(ctx, as(alla), c.ID, one))
		got := r.post(boris, c.href("/file"), "path", permit, "text", string(two.Text), "seen", number(two.Seen), "base", string(two.Base))
		got.wants(t, 409, "7 working days", "6 working days", "Зорина Алла", "Ваш текст цел")
		w, err := r.Workspace(ctx, c.ID)
		r.must(err)
		if text, _ := fileOf(w.Files, permit); !bytes.Equal(text, one.Text) {
			t.Error("the second save wrote over the first")
		}
		seen, _ := w.SavedOf(permit)
		r.post(boris, c.href("/file"), "path", permit, "text", string(two.Text), "seen", number(seen.Revision), "base", string(two.Base)).wants(t, 303)
		events, err := r.Events(ctx, c.ID)
		r.must(err)
		kept := 0
		for _, e := range events {
			if _, text, err := r.SourceOf(ctx, c.ID, e.Number); err == nil && (bytes.Equal(text, one.Text) || bytes.Equal(text, two.Text)) {
				kept++
			}
		}
		if kept != 2 {
			t.Errorf("the history has %d of the two texts", kept)
		}
	})
}

func TestAnotherPublicationIsNotUndone(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		first, second := r.begin(alla), r.begin(boris)
		r.save(alla, first, "5 working days", "6 working days")
		r.save(boris, second, "5 working days", "7 working days")
		r.propose(alla, first)
		r.propose(boris, second)
		_, err := r.Approve(ctx, as(boris), first.ID, r.revision(first))
		r.must(err)
		if _, err := r.Approve(ctx, as(alla), second.ID, r.revision(second)); !errors.Is(err, ErrMoved) {
			t.Fatalf("a stale proposal was published: %v", err)
		}
		r.must(r.Withdraw(ctx, as(boris), second.ID, r.revision(second)))
		if err := r.Propose(ctx, as(boris), second.ID, Proposal{Revision: r.revision(second), Note: "x"}); !errors.Is(err, ErrBehind) {
			t.Fatalf("it is behind: %v", err)
		}
		r.get(boris, second.href()).wants(t, 200, "Опубликован другим")
		r.get(boris, second.href("/file?path=", escape(permit))).wants(t, 200, "6 working days", "7 working days", "Теперь в силе")
		r.must(r.Save(ctx, as(boris), second.ID, r.text(second, permit, "7 working days", "8 working days")))
		r.propose(boris, second)
		_, err = r.Approve(ctx, as(alla), second.ID, r.revision(second))
		r.must(err)
	})
}

func TestTwoPersonsAtLeast(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		c := r.begin(alla)
		r.save(boris, c, "5 working days", "6 working days")
		r.propose(alla, c)
		for _, who := range []id.ID{alla, boris} {
			if _, err := r.Approve(ctx, as(who), c.ID, r.revision(c)); !errors.Is(err, ErrOwn) {
				t.Errorf("%s approved their own work: %v", names[who].Given, err)
			}
		}
		merged := as(alla)
		merged.Actor.Person, merged.Also = id.Derived("person", "twin"), []id.ID{boris}
		if _, err := r.Approve(ctx, merged, c.ID, r.revision(c)); err == nil {
			t.Error("somebody under another id approved their own work")
		}
	})
}

func TestAPlanAndGoingBack(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		was := r.services.Current().Hash()
		c := r.begin(alla)
		r.save(alla, c, "5 working days", "6 working days")
		r.must(r.Propose(ctx, as(alla), c.ID, Proposal{Revision: r.revision(c), Note: "С понедельника", Starts: r.clock.Now().Add(time.Hour)}))
		out, err := r.Approve(ctx, as(boris), c.ID, r.revision(c))
		r.must(err)
		if out.Plan.IsZero() || r.services.Current().Hash() != was {
			t.Fatal("it did not wait")
		}
		r.get(alla, "/studio/history").wants(t, 200, "С понедельника", "Запланировано")
		r.clock.Move(2 * time.Hour)
		_, err = r.queue.Drain(ctx)
		r.must(err)
		r.must(r.services.Refresh(ctx))
		if r.services.Current().Hash() == was {
			t.Fatal("the plan was not carried out")
		}
		r.get(alla, "/studio/versions/"+string(was)).wants(t, 200, "Вернуться к этой версии")
		r.post(alla, "/studio/history/rollback", "version", string(was), "note", "").wants(t, 422)
		r.post(alla, "/studio/history/rollback", "version", string(was), "note", "Ошибка в сроке").wants(t, 303)
		if r.services.Current().Hash() != was {
			t.Error("it did not go back")
		}
		r.get(alla, "/studio/history").wants(t, 200, "Ошибка в сроке")
	})
}

func TestASimulationCounts(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		c := r.begin(alla)
		r.save(alla, c, "5 working days", "6 working days")
		to := r.post(alla, c.href("/simulate"), "service", "permit", "kind", "made", "count", "300")
		to.wants(t, 303)
		r.get(alla, to.to).wants(t, 200, "Считаем")
		_, err := r.queue.Drain(ctx)
		r.must(err)
		r.get(alla, to.to).wants(t, 200, "300", "studio-chart")
		r.post(alla, c.href("/simulate"), "service", "nothing", "kind", "made", "count", "300").wants(t, 422, "Выберите услугу")
		r.get(alla, "/api/v1/studio/changes/"+c.ID.String()).wants(t, 200, `"words":[`)
	})
}

func TestAHeadChangesTheirOwnServices(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		c := r.begin(vera)
		r.save(vera, c, "5 working days", "6 working days")
		r.propose(vera, c)
		if _, err := r.Approve(ctx, as(gleb), c.ID, r.revision(c)); !errors.Is(err, ErrNone) {
			t.Errorf("another agency's head approved: %v", err)
		}
		_, err := r.Approve(ctx, as(boris), c.ID, r.revision(c))
		r.must(err)
		mine := r.begin(gleb)
		text := r.text(mine, permit, "service: permit", "service: second")
		text.Path, text.Base = "services/second.yaml", ""
		r.must(r.Save(ctx, as(gleb), mine.ID, text))
		if err := r.Propose(ctx, as(gleb), mine.ID, Proposal{Revision: r.revision(mine), Note: "x"}); !errors.Is(err, ErrFile) {
			t.Errorf("a head adds a service to another agency: %v", err)
		}
		if err := r.Save(ctx, as(gleb), mine.ID, r.text(mine, permit, "6 working days", "9 working days")); !errors.Is(err, ErrFile) {
			t.Errorf("a head changes another agency's service: %v", err)
		}
	})
}

func TestBounds(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		c := r.begin(alla)
		for path, want := range map[string]error{"../evil.yaml": ErrPath, "services/../x.yaml": ErrPath, "services/A.yaml": ErrPath, "other/x.yaml": ErrPath, "services/x.yml": ErrPath, "services/new.yaml": nil} {
			if err := r.Save(ctx, as(alla), c.ID, Edit{Path: path, Text: []byte("service: new")}); !errors.Is(err, want) {
				t.Errorf("%s: %v", path, err)
			}
		}
		for text, want := range map[string]error{string(make([]byte, 10)): ErrText, "\xff": ErrText, string(bytes.Repeat([]byte("#"), FileMost+1)): ErrLarge, string(bytes.Repeat([]byte("#"), FileMost)): nil} {
			if err := r.Save(ctx, as(alla), c.ID, Edit{Path: "services/big.yaml", Text: []byte(text)}); !errors.Is(err, want) {
				t.Errorf("%d bytes: %v", len(text), err)
			}
		}
	})
}

func TestUploadIsAllOrNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		c := r.begin(alla)
		e := r.text(c, permit, "5 working days", "6 working days")
		w, err := r.Workspace(ctx, c.ID)
		r.must(err)
		files := []service.SourceFile{{Path: permit, Content: e.Text}, {Path: "services/bad.yaml", Content: []byte{0}}}
		if _, err := r.Upload(ctx, as(alla), c.ID, r.revision(c), files); !errors.Is(err, ErrText) {
			t.Error(err)
		}
		if now, _ := r.Workspace(ctx, c.ID); len(now.Saved) != 0 {
			t.Error("half of an upload was kept")
		}
		n, err := r.Upload(ctx, as(alla), c.ID, r.revision(c), append(files[:1:1], w.Files[0]))
		if err != nil || n != 1 {
			t.Errorf("%d files, %v", n, err)
		}
		if _, err := r.Upload(ctx, as(alla), c.ID, 1, files[:1]); !errors.Is(err, ErrChanged) {
			t.Errorf("an upload over a change set that went on: %v", err)
		}
	})
}
