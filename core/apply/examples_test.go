package apply_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"maps"
	"mime/multipart"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/apply"
	"posad.city/core/form"
	"posad.city/core/mandate"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/pdf"
	"posad.city/kit/store/storetest"
)

// example is one of the definition's examples in a house of its own: its day, its people, its registers.
type example struct {
	*rig
	d     *service.Service
	e     *service.Example
	b     *browser
	child service.Child
	firm  id.ID                     // for which one applies, where the service is for an organisation
	files map[string][]service.File // by question
}

func newExample(t *testing.T, city *service.City, d *service.Service, e *service.Example) *example {
	t.Helper()
	s, c := storetest.Open(t, needs...)
	day := calendar.MustDate(e.Today)
	c.Move(time.Date(day.Year(), day.Month(), day.Day(), 9, 0, 0, 0, time.UTC).Sub(c.Now()))
	x := &example{rig: newRig(t, s, c, city), d: d, e: e}
	x.rig.answer = x.register
	level := act.Basic
	switch {
	case d.Assurance == "verified":
		level = act.Verified
	case e.Applicant.Verified:
		level = act.Standard
	}
	applicant := x.enrolAt("applicant", e.Applicant, level)
	for key, answer := range e.Answers {
		x.notice(key, answer)
	}
	if x.child.ID != "" {
		x.rig.child(applicant, x.child)
	}
	if d.For == "organisation" {
		x.firm = id.Derived("organisation", "1")
		x.mandates.ProvideCompanies(companies{x.firm: "ООО «Ромашка»"})
		x.gives(x.firm, applicant, mandate.Company)
	}
	if d.About != "" {
		x.cases.past = []apply.Past{earlier("parking-permit", apply.Past{Decided: c.Now().Add(-time.Hour)})}
	}
	if x.b = x.signIn("applicant"); level == act.Verified {
		x.b.showMore("applicant")
	}
	return x
}

// notice prepares what an answer needs: a child in the account, a vehicle in the register, a file to send.
func (x *example) notice(key string, answer any) {
	content := must[[]byte](x.t)(json.Marshal(answer))
	f, ok := x.d.Field(key)
	if !ok {
		x.t.Fatalf("the example answers %s, which nobody asks", key)
	}
	switch f.Type {
	case service.TypeChild:
		if err := json.Unmarshal(content, &x.child); err != nil {
			x.t.Fatal(err)
		}
		if _, err := id.Parse(x.child.ID); err != nil {
			x.child.ID = id.Derived("person", x.child.ID).String()
		}
	case service.TypeVehicle:
		var v service.Vehicle
		if err := json.Unmarshal(content, &v); err == nil && v.Own {
			x.vehicles = append(x.vehicles, v)
		}
	case service.TypeFile:
		var list []service.File
		if err := json.Unmarshal(content, &list); err != nil {
			x.t.Fatal(err)
		}
		if x.files == nil {
			x.files = map[string][]service.File{}
		}
		x.files[key] = list
	}
}

// register answers as the example's facts say; what they do not say fails.
func (x *example) register(register string, _ map[string]string) (any, bool) {
	for i := range x.d.Certificates {
		if c := &x.d.Certificates[i]; c.Register == register {
			values, ok := x.e.Facts[c.Key]
			return values, ok
		}
	}
	return nil, false
}

// eachExample runs the first example of each service that is sent, and the first that meets an obstacle: every example goes
// through the faces of core/form; here it is the way that is tried, in a house of its own.
func eachExample(t *testing.T, run func(t *testing.T, x *example)) {
	t.Helper()
	city := kitezhCity()
	for i := range city.Services {
		d := &city.Services[i]
		seen := map[bool]bool{}
		for j := range d.Examples {
			e := &d.Examples[j]
			if stopped := e.Expect.Obstacle != ""; seen[stopped] {
				continue
			} else {
				seen[stopped] = true
			}
			t.Run(d.Key+"/"+e.Key, func(t *testing.T) {
				t.Parallel()
				run(t, newExample(t, city, d, e))
			})
		}
	}
}

// answers are the example's, with the child that really is in the account.
func (x *example) answers() map[string]any {
	out := maps.Clone(x.e.Answers)
	for key := range out {
		f, _ := x.d.Field(key)
		if f.Type == service.TypeChild {
			out[key] = map[string]any{
				"id": x.child.ID, "birth": x.child.Birth, "snils": x.child.SNILS,
				"name": map[string]any{"surname": x.child.Name.Surname, "given": x.child.Name.Given, "patronymic": x.child.Name.Patronymic},
			}
		}
	}
	return out
}

// typed is what a person types into the controls of the fields, by the names of the controls.
func (x *example) typed() map[string][]string {
	in := form.Input{
		City: kitezhCity(), Service: x.d, Lang: lang.Russian, Today: calendar.MustDate(x.e.Today), Vehicles: x.vehicles, Files: slices.Concat(slices.Collect(maps.Values(x.files))...),
		Children: []service.Child{x.child}, Answers: x.answers(), Facts: service.Facts{}, Applicant: x.e.Applicant, Slots: x.slots(),
	}
	for key, values := range x.e.Facts {
		in.Facts[key] = service.Fact{State: service.FactKnown, Day: in.Today, Values: values}
	}
	out := map[string][]string{}
	for _, step := range x.d.Form.Steps {
		in.Step = step.Key
		for _, f := range must[form.View](x.t)(form.Show(in)).Fields {
			typedInto(out, f)
		}
	}
	return out
}

func typedInto(out map[string][]string, f form.FieldView) {
	for _, c := range f.Controls {
		out[c.Name] = []string{c.Value}
	}
	for _, o := range f.Options {
		if o.Chosen {
			out[f.Key] = append(out[f.Key], o.Value)
		}
	}
	for _, entry := range f.Entries {
		for _, inner := range entry.Fields {
			typedInto(out, inner)
		}
	}
}

// slots are the times that the example's answers name, as free ones.
func (x *example) slots() map[string][]form.SlotOption {
	out := map[string][]form.SlotOption{}
	for key, answer := range x.e.Answers {
		if f, _ := x.d.Field(key); f.Type != service.TypeSlot {
			continue
		}
		var slot service.Slot
		if err := json.Unmarshal(must[[]byte](x.t)(json.Marshal(answer)), &slot); err != nil {
			x.t.Fatal(err)
		}
		out[key] = []form.SlotOption{{ID: slot.ID, Start: slot.Start, End: slot.End, Day: calendar.MustDate(slot.Day), Text: service.Text{RU: slot.Text, EN: slot.TextEN}, Left: 1}}
	}
	return out
}

// contents are small files that are what they say.
var contents = map[string][]byte{"pdf": smallPDF(), "jpg": picture(func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) }), "png": picture(png.Encode)}

func picture(encode func(io.Writer, image.Image) error) []byte {
	var out bytes.Buffer
	if err := encode(&out, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func smallPDF() []byte {
	out, err := pdf.Render(pdf.Document{Title: "Бумага", Lang: "ru"})
	if err != nil {
		panic(err)
	}
	return out
}

// outcome is what a face of the form came to.
type outcome struct {
	Sent     bool
	Answers  map[string]any
	Facts    []string
	Obstacle bool
}

func (x *example) outcome() outcome {
	out := outcome{Sent: len(x.cases.sent) > 0}
	if !out.Sent {
		return out
	}
	s := x.cases.sent[0]
	out.Answers = plainFiles(x.d, s.Inputs.Answers)
	for key, fact := range s.Inputs.Facts {
		out.Facts = append(out.Facts, key+" "+string(fact.State))
	}
	slices.Sort(out.Facts)
	return out
}

// plainFiles leaves of each file what two runs share.
func plainFiles(d *service.Service, answers map[string]any) map[string]any {
	out := maps.Clone(answers)
	for key, answer := range out {
		f, _ := d.Field(key)
		if f != nil && f.Type == service.TypeSlot { // each house holds a time under a name of its own, and words the place
			object, _ := answer.(map[string]any)
			out[key] = object["start"]
		}
		if f == nil || f.Type != service.TypeFile {
			continue
		}
		var names []any
		list, _ := answer.([]any)
		for _, item := range list {
			object, _ := item.(map[string]any)
			names = append(names, fmt.Sprint(object["name"], " ", object["type"]))
		}
		out[key] = names
	}
	return out
}

// want is what the example must come to: all its answers, and nothing sent where an obstacle stands.
func (x *example) check(got outcome) {
	x.t.Helper()
	if got.Sent != (x.e.Expect.Obstacle == "") {
		x.t.Fatalf("sent: %v; the example expects the obstacle %q", got.Sent, x.e.Expect.Obstacle)
	}
	if !got.Sent {
		return
	}
	want := plainFiles(x.d, x.answers())
	for key, answer := range want {
		if diff := cmp.Diff(answer, got.Answers[key]); diff != "" {
			x.t.Errorf("%s:\n%s", key, diff)
		}
	}
	s := x.cases.sent[0]
	if s.Holder != s.Applicant && s.Holder.String() != x.child.ID && s.Holder != x.firm {
		x.t.Errorf("the case lies with %s", s.Holder)
	}
	if (x.d.For == "child" || x.d.For == "organisation") != (s.Holder != s.Applicant) || (s.Holder != s.Applicant) == s.Mandate.IsZero() {
		x.t.Errorf("for %s: holder %s, applicant %s, mandate %s", x.d.For, s.Holder, s.Applicant, s.Mandate)
	}
	if s.Definition != kitezhCity().Hash() || s.Inputs.Today.String() != x.e.Today {
		x.t.Errorf("definition %s, today %s", s.Definition, s.Inputs.Today)
	}
}

// TestEveryExampleThroughPagesAndAPI goes the whole way twice: in a browser without JavaScript (card, form, check, sent) and
// by JSON. Both faces come to what the example says, and to the same.
func TestEveryExampleThroughPagesAndAPI(t *testing.T) {
	t.Parallel()
	eachExample(t, func(t *testing.T, x *example) {
		byPages := x.byPages()
		x.check(byPages)
		y := newExample(t, kitezhCity(), x.d, x.e)
		byAPI := y.byAPI()
		y.check(byAPI)
		if diff := cmp.Diff(byPages, byAPI); diff != "" {
			t.Errorf("pages and API differ:\n%s", diff)
		}
	})
}

// start begins the application on its pages.
func (x *example) start() answer {
	x.t.Helper()
	start := x.b.get("/services/"+x.d.Key+"/apply").form(x.t, "/apply")
	if x.d.For == "child" {
		start.values.Set("child", x.child.ID)
	}
	if x.d.About != "" {
		start.values.Set("about", x.cases.past[0].Number)
	}
	return x.b.post(start.action, start.values)
}

func (x *example) byPages() outcome {
	x.t.Helper()
	at := x.start()
	typed := x.typed()
	for range 2*len(x.d.Form.Steps) + 2 {
		if !strings.Contains(at.path, "/steps/") {
			break
		}
		from := at
		at = x.fill(at, typed)
		if at.path == from.path && x.stopped(at) {
			return x.outcome()
		}
		if at.status != 200 {
			x.t.Fatalf("%s: %d: %s", at.path, at.status, at.shown())
		}
	}
	if !strings.HasSuffix(at.path, "/check") {
		x.t.Fatalf("the form ends at %s: %s", at.path, at.shown())
	}
	if x.e.Expect.Obstacle != "" {
		if strings.Contains(at.body, `name="consent"`) {
			x.t.Error("an application with an obstacle can be sent")
		}
		return x.outcome()
	}
	last := at.form(x.t, "/check")
	if no := x.b.post(last.action, last.values); no.status != 422 || len(x.cases.sent) > 0 {
		x.t.Fatalf("sent without consent: %d", no.status)
	}
	last.values.Set("consent", "yes")
	for range 2 { // pressed twice
		at = x.b.post(last.action, last.values)
		if at.status != 200 || !strings.HasSuffix(at.path, "/sent") {
			x.t.Fatalf("sending: %d %s %s", at.status, at.path, at.shown())
		}
	}
	if len(x.cases.sent) != 1 || !strings.Contains(at.body, id.FormatNumber(numberOf(x.cases.sent[0].ID))) {
		x.t.Errorf("%d cases; the page does not tell the number", len(x.cases.sent))
	}
	return x.outcome()
}

// stopped tells whether a page says the obstacle that the example expects, before the form is through.
func (x *example) stopped(at answer) bool {
	i := slices.IndexFunc(x.d.Obstacles, func(o service.Obstacle) bool { return o.Key == x.e.Expect.Obstacle })
	return i >= 0 && strings.Contains(html.UnescapeString(at.body), x.d.Obstacles[i].Because.RU)
}

// fill types the example's answers into the controls of the page's form and posts it.
func (x *example) fill(at answer, typed map[string][]string) answer {
	x.t.Helper()
	f := at.form(x.t, "/steps/")
	for name, values := range typed {
		group, _, inside := strings.Cut(name, ".")
		if f.names[name] || inside && f.names[group+".count"] { // a group takes more entries than the page shows at first
			f.values[name] = values
		}
	}
	if f.kind != "multipart/form-data" {
		return x.b.post(f.action, f.values)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range f.values {
		for _, value := range values {
			if err := w.WriteField(name, value); err != nil {
				x.t.Fatal(err)
			}
		}
	}
	for field := range f.files {
		if len(f.values[field]) > 0 {
			continue // sent with an earlier post of the page
		}
		x.attach(w, field, field)
	}
	if err := w.Close(); err != nil {
		x.t.Fatal(err)
	}
	return x.b.send("POST", f.action, w.FormDataContentType(), &body)
}

// attach writes the example's files of a question.
func (x *example) attach(w *multipart.Writer, field, name string) {
	x.t.Helper()
	list, _ := x.e.Answers[field].([]any)
	for _, item := range list {
		object, _ := item.(map[string]any)
		header := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="%s"; filename="%s"`, name, object["name"])}}
		part := must2(x.t, w.CreatePart, header)
		if _, err := part.Write(contents[fmt.Sprint(object["type"])]); err != nil {
			x.t.Fatal(err)
		}
	}
}

type wireDraft struct {
	ID      id.ID
	Holder  id.ID
	Faults  []struct{ Field, Code, Detail string }
	Missing []struct{ Step, Field string }
	Can     []string
	Answers map[string]any
	Steps   []struct {
		Key, State string
		Questions  []struct{ Key, Type string }
		Known      []struct{ Key, Value string }
	}
	Obstacle *struct{ Key string }
}

func (x *example) byAPI() outcome {
	x.t.Helper()
	body := map[string]any{}
	if x.d.For == "child" {
		body["child"] = x.child.ID
	}
	if x.d.For == "organisation" {
		body["for"] = x.firm
	}
	if x.d.About != "" {
		body["about"] = x.cases.past[0].Number
	}
	var d wireDraft
	if got := x.b.call("POST", "/api/v1/services/"+x.d.Key+"/drafts", body, &d); got.status != 201 {
		x.t.Fatalf("begin: %d %s", got.status, got.shown())
	}
	at := "/api/v1/drafts/" + d.ID.String()
	known := map[string]bool{}
	for _, step := range d.Steps {
		for _, k := range step.Known {
			known[k.Key] = true
		}
	}
	answers := map[string]any{}
	for key, answer := range x.answers() {
		if f, _ := x.d.Field(key); f.Type != service.TypeFile && !known[key] {
			answers[key] = answer
		}
	}
	if got := x.b.call("PATCH", at, map[string]any{"answers": answers}, &d); got.status != 200 || len(d.Faults) > 0 {
		x.t.Fatalf("answers: %d %s", got.status, got.shown())
	}
	x.uploadByAPI(at, &d)
	if x.e.Expect.Obstacle != "" {
		if d.Obstacle == nil || d.Obstacle.Key != x.e.Expect.Obstacle {
			x.t.Errorf("obstacle: %v", d.Obstacle)
		}
		if got := x.b.call("POST", at+"/submit", map[string]any{"consent": true}, nil); got.status != 403 {
			x.t.Errorf("submitted against an obstacle: %d %s", got.status, got.shown())
		}
		return x.outcome()
	}
	if !slices.Contains(d.Can, "submit") {
		x.t.Fatalf("can %v; missing %v", d.Can, d.Missing)
	}
	var first, second struct{ Number string }
	x.b.call("POST", at+"/submit", map[string]any{"consent": true}, &first)
	x.b.call("POST", at+"/submit", map[string]any{"consent": true}, &second)
	if first.Number == "" || first != second || len(x.cases.sent) != 1 {
		x.t.Errorf("submitted twice: %v %v, %d cases", first, second, len(x.cases.sent))
	}
	return x.outcome()
}

func (x *example) uploadByAPI(at string, d *wireDraft) {
	x.t.Helper()
	for i := range x.d.Form.Steps {
		for _, f := range x.d.Form.Steps[i].Fields {
			list, _ := x.e.Answers[f.Key].([]any)
			if f.Type != service.TypeFile || len(list) == 0 {
				continue
			}
			var body bytes.Buffer
			w := multipart.NewWriter(&body)
			if err := w.WriteField("field", f.Key); err != nil {
				x.t.Fatal(err)
			}
			x.attach(w, f.Key, "file")
			if err := w.Close(); err != nil {
				x.t.Fatal(err)
			}
			got := x.b.send("POST", at+"/files", w.FormDataContentType(), &body)
			*d = wireDraft{}
			if err := json.Unmarshal([]byte(got.body), d); err != nil || got.status != 201 || len(d.Faults) > 0 {
				x.t.Fatalf("upload: %d %s", got.status, got.shown())
			}
		}
	}
}

func must2[A, B any](t testing.TB, f func(A) (B, error), a A) B {
	t.Helper()
	return must[B](t)(f(a))
}
