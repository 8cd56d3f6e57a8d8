package studio

import (
	"errors"
	"testing"
)

// A head sees and approves the administrator's change of their own agency's service, and no other head does.
func TestAHeadApprovesWhatIsOfTheirServices(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		c := r.begin(alla)
		r.save(alla, c, "5 working days", "6 working days")
		r.get(vera, c.href()).wants(t, 404)
		r.propose(alla, c)
		r.get(gleb, c.href()).wants(t, 404)
		if _, err := r.Approve(ctx, as(gleb), c.ID, r.revision(c)); !errors.Is(err, ErrNone) {
			t.Errorf("another agency's head: %v", err)
		}
		r.get(vera, "/studio").wants(t, 200, c.Title, "Ждёт вашего решения")
		r.get(vera, c.href()).wants(t, 200, "/approve")
		if _, err := r.Approve(ctx, as(vera), c.ID, r.revision(c)); err != nil {
			t.Fatal(err)
		}
		r.get(vera, c.href()).wants(t, 200)
	})
}
