package casework

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/document"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// json reads an answer of the API.
func (b *browser) json(path string, target any) {
	b.r.t.Helper()
	b.r.must(json.Unmarshal([]byte(b.says(path, 200)), target))
}

func TestWhoSignedSeesTheCaseAndNoMore(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.deps.Signers = numbers{"11223344595": boris}
		ref := r.open("sign-works", "two", anna)
		r.run(time.Minute)
		his, hers := r.browser("boris", "en"), r.browser("anna", "en")
		his.says(casePath(ref.Number), 404) // not before he has signed: until then the page is another
		his.says("/cases", 200, "Your signature is needed")
		r.signsWith(ref, service.Answers{"agrees": true})
		his.says("/cases", 200, "Works with neighbours", "you signed")
		page := his.says(casePath(ref.Number), 200, "Works with neighbours", "Your signature", "signed", "Do you agree", "Yes")
		for _, secret := range []string{"Навес", "Котова", "Withdraw the application", "Who looked"} {
			if strings.Contains(page, secret) {
				t.Errorf("the co-signer reads %q", secret)
			}
		}
		if got, text := his.send("POST", "/api/v1"+casePath(ref.Number)+"/withdraw", url.Values{}); got == 200 {
			t.Errorf("the co-signer withdraws: %s", text)
		}
		hers.says(casePath(ref.Number), 200, "Who signs with the applicant", "Белов Борис", "waits for the signature", "Co-signer · Application")

		seen := wireCase{}
		his.json("/api/v1"+casePath(ref.Number), &seen)
		if seen.Signature != SignSigned || len(seen.Timeline) != 0 || len(seen.Answers) != 1 || seen.Status != StatusSigning {
			t.Errorf("by the API: %+v", seen)
		}
		var list []wireLine
		his.json("/api/v1/cases", &list)
		if len(list) != 1 || list[0].Signature != SignSigned {
			t.Errorf("the list: %+v", list)
		}
		r.browser("oleg", "en").says(casePath(ref.Number), 404)
	})
}

func TestTheAPITellsWhatStandsBesideACase(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref, s := r.refuseWorks()
		appeal, err := r.appeals(ref)
		r.must(err)
		b := r.browser("anna", "en")
		var first, second wireCase
		b.json("/api/v1"+casePath(ref.Number), &first)
		b.json("/api/v1"+casePath(appeal.Number), &second)
		if len(first.Links) != 1 || !first.Links[0].Appeal || first.Links[0].Number != id.FormatNumber(appeal.Number) || second.About != id.FormatNumber(ref.Number) {
			t.Errorf("the appeal: %+v about %q", first.Links, second.About)
		}
		if len(first.Parts) != 3 || first.Parts[1].Opinion != service.OpinionObject || first.Parts[0].Agency == "" || len(first.Documents) != 1 {
			t.Errorf("parts %+v, documents %v", first.Parts, first.Documents)
		}
		_, err = r.Reopen(ctx, officer(boss, "housing", agency.Head), s, "Новые сведения")
		r.must(err)
		_, err = r.Take(ctx, officer(rita, "housing", agency.Officer), s)
		r.must(err)
		_, err = r.Extend(ctx, officer(rita, "housing", agency.Officer), s, Extending{Days: 2, Words: "Ждём проект"})
		r.must(err)
		r.run(60 * 24 * time.Hour)
		b.json("/api/v1"+casePath(ref.Number), &first)
		if first.Round != 1 || first.Extension == nil || first.Extension.Days != 2 || len(first.Consequences) != 3 || first.Consequences[2].Amount != 100_000 {
			t.Errorf("round %d, extension %+v, consequences %+v", first.Round, first.Extension, first.Consequences)
		}
	})
}

// infectedPapers have a virus in every file.
type infectedPapers struct {
	Papers
	files []document.File
}

func (p infectedPapers) Files(context.Context, act.Act, id.ID, id.ID) ([]document.File, error) {
	return p.files, nil
}

func TestADeletedFileIsShownWithWhatToDo(t *testing.T) {
	t.Parallel()
	r := one(t)
	ref := r.openWorks("agreed")
	r.deps.Papers = infectedPapers{r.papers, []document.File{
		{ID: id.Derived("file", "a"), Name: "справка.pdf", State: document.FileInfected}, {ID: id.Derived("file", "b"), Name: "план.pdf", State: document.FileClean},
	}}
	b := r.browser("anna", "en")
	page := b.says(casePath(ref.Number), 200, "A file was deleted", "справка.pdf", "an official asks you for it here")
	if strings.Contains(page, "план.pdf") {
		t.Error("a clean file is told of as deleted")
	}
	seen := wireCase{}
	b.json("/api/v1"+casePath(ref.Number), &seen)
	if len(seen.Deleted) != 1 || seen.Deleted[0] != "справка.pdf" {
		t.Errorf("by the API: %v", seen.Deleted)
	}
}
