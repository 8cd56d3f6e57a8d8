package document

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"posad.city/kit/id"
)

func TestAnOfficialFindsADocumentOfTheirAgencyAndItsHolderSeesTheLook(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.withLists()
		d := r.issue(t, permit(anna))
		get := func(hat, path string) answer { t.Helper(); return r.as(t, hat, http.MethodGet, path, nil) }
		get("clerk", "/desk/documents").says(t, http.StatusOK, "Issued documents", "/desk/lists/guardians")
		found := get("clerk", "/desk/documents?q="+id.FormatNumber(d.Number))
		if found.status != http.StatusSeeOther || found.header.Get("Location") != "/desk/documents/"+d.ID.String() {
			t.Fatalf("%d %s", found.status, found.header.Get("Location"))
		}
		get("clerk", "/desk/documents/"+d.ID.String()).says(t, http.StatusOK, "Resident parking permit", "А417МО52", "Only the head")
		get("clerk", "/desk/documents/"+d.ID.String()+"/pdf").says(t, http.StatusOK, "%PDF-")
		if looks := r.looks(t, anna); len(looks) == 0 || !strings.HasPrefix(looks[0], "official document.look.result") {
			t.Errorf("looks: %v", looks)
		}
		get("clerk", "/desk/documents?q=12").says(t, http.StatusUnprocessableEntity, "neither a number nor a code")
		get("other", "/desk/documents?q="+d.Number).says(t, http.StatusUnprocessableEntity, "no document of this number")
		for _, hat := range []string{"other", "boris", "anna"} {
			for _, tail := range []string{"", "/pdf"} {
				if got := get(hat, "/desk/documents/"+d.ID.String()+tail); got.status < 400 {
					t.Errorf("%s%s: %d", hat, tail, got.status)
				}
			}
		}
		e := r.issue(t, entry(anna, "guardians", 1))
		get("clerk", "/desk/lists/guardians").says(t, http.StatusOK, "/desk/documents/"+e.ID.String(), id.FormatNumber(e.Number))
		if got := get("other", "/desk/lists/guardians"); got.status < 400 {
			t.Errorf("another agency reads the list: %d", got.status)
		}
	})
}

func TestTheHeadOfTheAgencyRevokes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		d := r.issue(t, permit(anna))
		path := "/desk/documents/" + d.ID.String()
		post := func(hat, reason string) answer {
			t.Helper()
			return r.as(t, hat, http.MethodPost, path+"/revoke", strings.NewReader(url.Values{"reason": {reason}}.Encode()), "Content-Type", "application/x-www-form-urlencoded")
		}
		for _, hat := range []string{"clerk", "other", "anna", ""} {
			if got := post(hat, "выдан по ошибке"); got.status < 400 && got.header.Get("Location") == path {
				t.Errorf("%q: %d", hat, got.status)
			}
		}
		post("boss", "  ").says(t, http.StatusUnprocessableEntity, "Write a reason")
		if got := must[Result](t)(r.Result(t.Context(), own, anna, d.ID)); !got.Revoked.IsZero() {
			t.Fatal("it is revoked already")
		}
		r.as(t, "boss", http.MethodGet, path, nil).says(t, http.StatusOK, "Reason for the holder", path+"/revoke")
		for range 2 { // pressed twice
			if got := post("boss", "выдан по ошибке"); got.status != http.StatusSeeOther {
				t.Fatalf("%d %s", got.status, got.body)
			}
		}
		got := must[Result](t)(r.Result(t.Context(), own, anna, d.ID))
		if got.Revoked.IsZero() || got.Reason.RU != "выдан по ошибке" {
			t.Errorf("%+v", got)
		}
		after := r.as(t, "boss", http.MethodGet, path, nil)
		after.says(t, http.StatusOK, "Revoked on", "выдан по ошибке")
		if strings.Contains(after.body, path+"/revoke") {
			t.Error("it can be revoked again")
		}
		r.drain(t)
		if r.heard[EventRevoked] != 1 {
			t.Errorf("heard: %v", r.heard)
		}
	})
}
