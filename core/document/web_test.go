package document

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/seal"
)

func (a answer) says(t *testing.T, status int, words ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, not %d", a.status, status)
	}
	for _, w := range words {
		if !strings.Contains(a.body, w) {
			t.Errorf("does not say %q:\n%s", w, a.body)
		}
	}
}

func TestAPersonSeesTheirDocumentsAndTheirChilds(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.family(t)
	mine, child, foreign := r.issue(t, permit(anna)), r.issue(t, permit(misha)), r.issue(t, permit(boris))
	get := r.browser(t, "anna")
	list := get("/documents")
	list.says(t, http.StatusOK, "/documents/"+mine.ID.String(), "/documents/"+child.ID.String(), "misha", "Not valid yet")
	if strings.Contains(list.body, foreign.ID.String()) {
		t.Error("a stranger's document is in the list")
	}
	for _, d := range []Result{mine, child} {
		path := "/documents/" + d.ID.String()
		get(path).says(t, http.StatusOK, "Resident parking permit", "А417МО52", id.FormatNumber(d.Number), "/v/"+d.Token)
		pdf := get(path + "/pdf")
		pdf.says(t, http.StatusOK, "%PDF-")
		if pdf.header.Get("Content-Type") != "application/pdf" || !strings.HasSuffix(strings.TrimSpace(pdf.body), "%%EOF") {
			t.Errorf("PDF: %v, %d bytes", pdf.header, len(pdf.body))
		}
		get(path+"/code").says(t, http.StatusOK, "<svg")
		if _, err := journal.Verify([]byte(get(path + "/receipt").body)); err != nil {
			t.Errorf("receipt: %v", err)
		}
	}
	for _, tail := range []string{"", "/pdf", "/code", "/receipt"} {
		get("/documents/"+foreign.ID.String()+tail).says(t, http.StatusNotFound)
	}
	get("/documents/"+id.Derived("result", "none").String()).says(t, http.StatusNotFound)
	if looks := strings.Join(r.looks(t, misha), "\n"); !strings.Contains(looks, "person document.look.result ") {
		t.Errorf("the parent's look at the child is not recorded: %s", looks)
	}
	if got := r.browser(t, "")("/documents"); got.status != http.StatusSeeOther && got.status != http.StatusUnauthorized {
		t.Errorf("nobody signed in: %d", got.status)
	}
}

func TestTheAPITellsTheSame(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.family(t)
	mine, foreign := r.issue(t, permit(anna)), r.issue(t, permit(boris))
	get := r.browser(t, "anna")
	var list []wireDocument
	if err := json.Unmarshal([]byte(get("/api/v1/documents").body), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].ID != mine.ID || list[0].Standing != Early || len(list[0].Facts) != 3 || list[0].Until == nil {
		t.Errorf("list: %+v", list)
	}
	get("/api/v1/documents/"+mine.ID.String()).says(t, http.StatusOK, mine.Number)
	get("/api/v1/documents/"+mine.ID.String()+"/pdf").says(t, http.StatusOK, "%PDF-")
	get("/api/v1/documents/"+foreign.ID.String()).says(t, http.StatusNotFound)
	anybody := r.browser(t, "")
	anybody("/api/v1/check/"+mine.Token).says(t, http.StatusOK, `"standing":"early"`, `"signed":true`, "А417МО52")
	anybody("/api/v1/check/junk").says(t, http.StatusOK, `"standing":"not_ours"`)
	if got := anybody("/api/v1/check/" + mine.Number); got.status != http.StatusOK || strings.Contains(got.body, "А417МО52") {
		t.Errorf("by number: %s", got.body)
	}
	keys, err := seal.ParseKeySet([]byte(anybody("/.well-known/posad-keys.json").body))
	if err != nil {
		t.Fatal(err)
	}
	if token, _, err := seal.OpenToken(mine.Token, keys); err != nil || token.Document != mine.ID {
		t.Errorf("the published keys do not open the code: %v", err)
	}
}

func TestAnybodyChecksADocument(t *testing.T) {
	t.Parallel()
	r := one(t)
	d := r.issue(t, permit(anna))
	get := r.browser(t, "")
	get("/check").says(t, http.StatusOK, "Check a document")
	get("/check?q="+id.FormatNumber(d.Number)).says(t, http.StatusOK, "The document is not valid yet", "Resident parking permit", "scan its code")
	get("/check?q=1234-567").says(t, http.StatusUnprocessableEntity, "neither a number nor a code")
	moved := get("/check?q=https://kitezh.example/v/" + strings.ToLower(d.Token))
	if moved.status != http.StatusSeeOther || moved.header.Get("Location") != "/v/"+d.Token {
		t.Errorf("a scanned address leads to %d %q", moved.status, moved.header.Get("Location"))
	}
	page := get("/v/" + d.Token)
	page.says(t, http.StatusOK, "The document is not valid yet", "А417МО52", "Zarechye", "Department of Transport")
	if strings.Contains(page.body, "Смирнова") {
		t.Error("the public check tells a fact that is not public")
	}
	get("/v/"+d.Token[:len(d.Token)-9]).says(t, http.StatusOK, "The city issued no such document")
	for _, s := range []Standing{Valid, Early, Expired, Revoked, NotOurs, Altered} {
		for _, key := range []string{"document.standing.", "document.check.title_", "document.check.text_"} {
			if !r.base.Texts.Has(key + string(s)) {
				t.Errorf("%s%s has no words", key, s)
			}
		}
	}
}

func TestPeopleGetBackWhatTheySentAndNobodyElses(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.family(t)
	f := r.kept(t, "договор.pdf", pdfBytes)
	got := r.browser(t, "anna")("/uploads/" + f.ID.String())
	got.says(t, http.StatusOK, "the secret of the attachment")
	if !strings.Contains(got.header.Get("Content-Disposition"), "filename") {
		t.Errorf("headers: %v", got.header)
	}
	r.browser(t, "boris")("/uploads/"+f.ID.String()).says(t, http.StatusNotFound)
}

func FuzzUnderstand(f *testing.F) {
	f.Add("1234-567-890")
	f.Add("https://kitezh.example/v/AEHXA")
	f.Fuzz(func(t *testing.T, text string) {
		got := understand(text)
		if got.number != "" && len(got.number) != id.NumberDigits || strings.ContainsAny(got.code, "/?\r\n \\") || got.wrong && got.code+got.number != "" {
			t.Errorf("%q was understood as %+v", text, got)
		}
	})
}
