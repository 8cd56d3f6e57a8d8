package document

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"posad.city/kit/credential"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/pdf/sign"
	"posad.city/kit/proof"
	"posad.city/kit/vault"
)

// stand is what a verifier finds out who has the credential and the city's open addresses.
func stand(t *testing.T, r *rig, text string) (credential.Verified, credential.Standing) {
	t.Helper()
	anybody := r.browser(t, "")
	keys := must[credential.KeySet](t)(credential.ParseMetadata([]byte(anybody("/.well-known/jwt-vc-issuer").body)))
	got := must[credential.Verified](t)(credential.Verify(text, keys, credential.Demand{At: r.clock.Now()}))
	answer := anybody(strings.TrimPrefix(got.Status.List, r.deps.Address))
	if answer.header.Get("Content-Type") != credential.StatusMediaType || answer.header.Get("Cache-Control") != "public, max-age=60" {
		t.Errorf("the list comes as %v", answer.header)
	}
	list := must[credential.StatusList](t)(credential.ParseStatus(answer.body, got.Status.List, keys, r.clock.Now()))
	return got, must[credential.Standing](t)(list.At(got.Status.Index))
}

func TestADocumentGoesIntoAWallet(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		n := permit(anna)
		r.family(t)
		n.From = r.today()
		issued, other := r.issue(t, n), r.issue(t, func() NewResult { o := permit(anna); o.ID, o.From = id.Derived("result", "other"), r.today(); return o }())
		path := "/documents/" + issued.ID.String()
		get := r.browser(t, "anna")
		get(path).says(t, http.StatusOK, path+"/credential")
		file := get(path + "/credential")
		file.says(t, http.StatusOK)
		got, standing := stand(t, r, file.body)
		if standing != credential.Valid || got.Claims["document_number"] != id.FormatNumber(issued.Number) || got.Type != "https://kitezh.example/credentials/"+issued.Kind {
			t.Errorf("%v: %+v", standing, got)
		}
		for _, f := range issued.Facts {
			if got.Claims[f.Key] != f.Value.In(issued.Lang) {
				t.Errorf("%s is %v, on paper %s", f.Key, got.Claims[f.Key], f.Value.In(issued.Lang))
			}
		}
		again, _ := stand(t, r, get(path+"/credential").body)
		beside, _ := stand(t, r, get("/documents/"+other.ID.String()+"/credential").body)
		if *again.Status != *got.Status || *beside.Status == *got.Status {
			t.Errorf("places: %v, again %v, of another document %v", *got.Status, *again.Status, *beside.Status)
		}
		p := must[*PreparedRevoke](t)(r.PrepareRevoke(t.Context(), Revocation{Holder: anna, ID: issued.ID, Reason: lang.Text{RU: "Переезд", EN: "Moved"}}))
		r.write(t, p.Put)
		r.clock.Move(listFresh)
		if _, standing := stand(t, r, file.body); standing != credential.Revoked {
			t.Errorf("after the revocation it is %v", standing)
		}
		get(path+"/credential").says(t, http.StatusConflict)
		if page := get(path); strings.Contains(page.body, path+"/credential") {
			t.Error("the page offers what was revoked")
		}
	})
}

func TestACredentialIsForWhoeverMaySeeTheDocument(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.family(t)
	foreign := "/documents/" + r.issue(t, permit(boris)).ID.String() + "/credential"
	r.browser(t, "anna")(foreign).says(t, http.StatusNotFound)
	r.browser(t, "anna")("/api/v1"+foreign).says(t, http.StatusNotFound)
	if got := r.browser(t, "")(foreign); got.status != http.StatusSeeOther && got.status != http.StatusUnauthorized {
		t.Errorf("nobody signed in: %d", got.status)
	}
	for _, list := range []string{"0", "99", "x", "-1"} {
		r.browser(t, "")("/credentials/status/"+list).says(t, http.StatusNotFound)
	}
}

func TestManyAtOnceGetOnePlace(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		issued := r.issue(t, permit(anna))
		places := make([]int64, 6)
		var all sync.WaitGroup
		for i := range places {
			all.Go(func() {
				row, err := r.placeOf(t.Context(), anna, issued.ID)
				if err != nil {
					t.Error(err)
				}
				places[i] = row.Place
			})
		}
		all.Wait()
		for _, place := range places {
			if place != places[0] {
				t.Errorf("places %v", places)
			}
		}
	})
}

// A document that is revoked while its credential is made has no place that stands.
func TestARevokedDocumentIsGivenNoPlace(t *testing.T) {
	t.Parallel()
	r := one(t)
	issued := r.issue(t, permit(anna))
	p := must[*PreparedRevoke](t)(r.PrepareRevoke(t.Context(), Revocation{Holder: anna, ID: issued.ID, Reason: lang.Text{RU: "x", EN: "x"}}))
	r.write(t, p.Put)
	if _, err := r.placeOf(t.Context(), anna, issued.ID); !errors.Is(err, ErrNoCredential) {
		t.Errorf("a place: %v", err)
	}
}

func TestABoundCredentialNamesTheWalletsKey(t *testing.T) {
	t.Parallel()
	r := one(t)
	path := "/api/v1/documents/" + r.issue(t, func() NewResult { n := permit(anna); n.From = r.today(); return n }()).ID.String() + "/credential"
	signer := must[vault.Secret](t)(r.base.Vault.Secrets(vault.Papers)[0], nil) // any key of the curve will do
	public, err := signer.CurvePublic()
	if err != nil {
		t.Fatal(err)
	}
	key := must[credential.JWK](t)(credential.JWKOf(public))
	body := must[[]byte](t)(json.Marshal(wireBind{Key: wireKey{Type: key.Type, Curve: key.Curve, X: key.X, Y: key.Y}}))
	got := r.as(t, "anna", http.MethodPost, path, strings.NewReader(string(body)), "Content-Type", "application/json")
	got.says(t, http.StatusOK)
	if one, _ := stand(t, r, got.body); one.Holder == nil || one.Holder.X != key.X {
		t.Errorf("bound to %+v", one.Holder)
	}
	bad := r.as(t, "anna", http.MethodPost, path, strings.NewReader(`{"key":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}}`), "Content-Type", "application/json")
	bad.says(t, http.StatusUnprocessableEntity)
}

// The PDF, as programs that read PDF see it: one signature over all of it, by a root that the city publishes.
func TestThePaperIsSigned(t *testing.T) {
	t.Parallel()
	r := one(t)
	issued := r.issue(t, permit(anna))
	_, from, err := r.OpenPDF(t.Context(), own, anna, issued.ID)
	if err != nil {
		t.Fatal(err)
	}
	file := must[[]byte](t)(io.ReadAll(from))
	_ = from.Close()
	with := proof.Means{Now: r.clock.Now()}
	for _, published := range []string{"/.well-known/posad-authority.pem", "/.well-known/posad-keys.json"} {
		if err := with.Add([]byte(r.browser(t, "")(published).body)); err != nil {
			t.Fatal(err)
		}
	}
	if verdict, err := proof.Check(file, with); err != nil || len(verdict.Facts) == 0 {
		t.Errorf("posad verify says %v of a paper of the city: %+v", err, verdict)
	}
	var roots []*x509.Certificate
	for rest := []byte(r.browser(t, "")("/.well-known/posad-authority.pem").body); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		roots = append(roots, must[*x509.Certificate](t)(x509.ParseCertificate(block.Bytes)))
	}
	if got := must[sign.Signed](t)(sign.Verify(file, roots, r.clock.Now())); got.Leaf.Subject.CommonName != "kitezh: papers 1" {
		t.Errorf("signed by %s", got.Leaf.Subject)
	}
	file[len(file)/2] ^= 1
	if _, err := sign.Verify(file, roots, r.clock.Now()); err == nil {
		t.Error("a changed file is taken")
	}
}
