package account

import (
	"testing"

	"posad.city/core/agency"
)

func TestTheRoleSaysWhereWorkBegins(t *testing.T) {
	t.Parallel()
	city, transport := agency.ID(agency.City), agency.ID("transport")
	for role, want := range map[agency.Role]string{agency.Admin: "/admin/officials", agency.Officer: "/desk", agency.Head: "/desk", agency.Clerk: "/desk"} {
		roles := []agency.Official{{Agency: transport, Role: agency.Head}, {Agency: city, Role: role}}
		if got := workplaceOf(roles, city); got != want {
			t.Errorf("%s of the city: %s", role, got)
		}
		if got := workplaceOf(roles, transport); got != "/desk" {
			t.Errorf("of an agency: %s", got)
		}
	}
}
