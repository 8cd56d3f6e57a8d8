package service_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"posad.city/core/service"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// small is testdata/city with another title of its service.
func small(t testing.TB, title string) *service.City {
	t.Helper()
	files := fstest.MapFS{}
	root := filepath.Join("testdata", "city")
	err := filepath.WalkDir(root, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		rest, _ := filepath.Rel(root, name)
		text := strings.Replace(string(content), "title: {ru: Разрешение, en: Permit}", "title: {ru: Разрешение, en: "+title+"}", 1)
		files[filepath.ToSlash(rest)] = &fstest.MapFile{Data: []byte(text)}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	city, faults := service.LoadCity(files)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return city
}

// planner is a node with jobs, as the app has.
func planner(t *testing.T, s *store.Store, c *clock.Fixed) (*house, *jobs.Queue) {
	t.Helper()
	q := jobs.NewQueue(s, jobs.Options{})
	h := newHouseWith(t, s, c, q)
	return h, q
}

func TestAVersionIsPublishedAtItsMoment(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		one, _ := planner(t, s, c)
		first, second := small(t, "Permit"), small(t, "Licence")
		ctx := t.Context()
		if _, err := one.PublishWith(ctx, admin, first, service.Publication{Note: "the first"}); err != nil {
			t.Fatal(err)
		}
		if _, err := one.PublishWith(ctx, admin, second, service.Publication{At: c.Now()}); err != error(service.ErrPast) {
			t.Errorf("a plan for now: %v", err)
		}
		if _, err := one.PublishWith(ctx, admin, second, service.Publication{Note: strings.Repeat("я", 501)}); err != error(service.ErrNote) {
			t.Errorf("a long note: %v", err)
		}
		plan, err := one.PublishWith(ctx, admin, second, service.Publication{At: c.Now().Add(24 * time.Hour), Note: "in force tomorrow"})
		if err != nil || plan.IsZero() {
			t.Fatal(plan, err)
		}

		// Another process takes over: the plan lies in the store.
		other, queue := planner(t, s, c)
		drain := func() {
			t.Helper()
			if _, err := queue.Drain(ctx); err != nil {
				t.Fatal(err)
			}
			if err := other.Refresh(ctx); err != nil {
				t.Fatal(err)
			}
		}
		drain()
		if other.Current().Hash() != first.Hash() {
			t.Fatal("the planned version is current before its moment")
		}
		c.Move(24*time.Hour + time.Second)
		drain()
		if other.Current().Hash() != second.Hash() {
			t.Fatal("the moment came and nothing was switched")
		}
		list, err := other.Switches(ctx, 10)
		if err != nil || len(list) != 2 || list[0].Note != "in force tomorrow" || list[1].Note != "the first" || list[0].Kind != admin.Actor.Kind {
			t.Errorf("switches: %+v %v", list, err)
		}
		if plans, err := other.Plans(ctx, 10); err != nil || len(plans) != 1 || plans[0].State != service.PlanDone || plans[0].Closed.IsZero() {
			t.Errorf("plans: %+v %v", plans, err)
		}
		if err := other.CancelPlan(ctx, admin, plan); err != error(service.ErrPlan) {
			t.Errorf("a plan that is done is cancelled: %v", err)
		}
	}, service.Migrations, feed.Migrations, jobs.Migrations)
}

func TestACancelledPlanChangesNothing(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, service.Migrations, feed.Migrations, jobs.Migrations)
	h, queue := planner(t, s, c)
	ctx := t.Context()
	first := small(t, "Permit")
	if err := h.Publish(ctx, admin, first); err != nil {
		t.Fatal(err)
	}
	plan, err := h.PublishWith(ctx, admin, small(t, "Licence"), service.Publication{At: c.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.CancelPlan(ctx, admin, plan); err != nil {
		t.Fatal(err)
	}
	if err := h.CancelPlan(ctx, admin, id.Derived("plan", "none")); err != error(service.ErrPlan) {
		t.Errorf("a plan that is not there: %v", err)
	}
	c.Move(2 * time.Hour)
	if _, err := queue.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	if err := h.Refresh(ctx); err != nil || h.Current().Hash() != first.Hash() {
		t.Errorf("the cancelled plan was carried out: %v", err)
	}
}

func TestRollbackBringsAnEarlierVersionBack(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, service.Migrations, feed.Migrations, jobs.Migrations)
	h, _ := planner(t, s, c)
	ctx := t.Context()
	first, second, third := small(t, "Permit"), small(t, "Licence"), small(t, "Pass")
	if err := h.Publish(ctx, admin, first); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Rollback(ctx, admin, "", ""); err != error(service.ErrBack) {
		t.Errorf("there is nothing to go back to: %v", err)
	}
	for _, version := range []*service.City{second, third} {
		if err := h.Publish(ctx, admin, version); err != nil {
			t.Fatal(err)
		}
	}
	back, err := h.Rollback(ctx, admin, "", "the title was wrong")
	if err != nil || back != second.Hash() || h.Current().Hash() != second.Hash() {
		t.Fatalf("went back to %s, %v", back, err)
	}
	if hash, err := h.FindVersion(ctx, string(first.Hash())[:8]); err != nil || hash != first.Hash() {
		t.Errorf("found %s, %v", hash, err)
	}
	for _, bad := range []string{"", "abc", "ffffffffff"} {
		if _, err := h.FindVersion(ctx, bad); err != error(service.ErrOld) {
			t.Errorf("%q is found: %v", bad, err)
		}
	}
	if back, err = h.Rollback(ctx, admin, first.Hash(), ""); err != nil || h.Current().Hash() != first.Hash() {
		t.Fatalf("went back to %s, %v", back, err)
	}
	if _, err := h.Rollback(ctx, admin, "ffff", ""); err == nil {
		t.Error("went back to a version that was never published")
	}
	list, err := h.Switches(ctx, 10)
	if err != nil || len(list) != 5 || list[1].Note != "the title was wrong" {
		t.Errorf("switches: %+v %v", list, err)
	}
}
