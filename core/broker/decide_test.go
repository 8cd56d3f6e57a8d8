package broker

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/lang"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name string
		s    situation
		want step
	}{
		{"a stranger", situation{Match: matchNone}, stepFirst},
		{"a known person", situation{Known: true, Match: matchSame}, stepEnter},
		{"a known person whom the city knows less", situation{Known: true, Match: matchOpen}, stepEnter},
		{"a known person with another number", situation{Known: true, Match: matchDiffers}, stepDiffers},
		{"step-up", situation{Signed: true, Known: true, Mine: true, Match: matchSame}, stepEnter},
		{"step-up with another's", situation{Signed: true, Known: true, Match: matchNone}, stepTaken},
		{"a new subject of one signed in", situation{Signed: true, Match: matchSame}, stepLink},
		{"the same, unsure", situation{Signed: true, Match: matchNone}, stepLink},
		{"the same, open", situation{Signed: true, Match: matchOpen}, stepLink},
		{"the same, another person", situation{Signed: true, Match: matchDiffers}, stepDiffers},
		{"connected already", situation{Signed: true, Known: true, Mine: true, Add: true, Match: matchNone}, stepHave},
		{"connected already, may be confirmed", situation{Signed: true, Known: true, Mine: true, Add: true, Match: matchOpen}, stepTake},
	} {
		if got := decide(one.s); got != one.want {
			t.Errorf("%s: %s, want %s", one.name, got, one.want)
		}
	}
}

// TestDecideOpensNothingToStrangers holds what must be true of every situation.
func TestDecideOpensNothingToStrangers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := situation{
			Signed: rapid.Bool().Draw(t, "signed"), Known: rapid.Bool().Draw(t, "known"), Add: rapid.Bool().Draw(t, "add"),
			Match: rapid.SampledFrom([]match{matchNone, matchSame, matchOpen, matchDiffers}).Draw(t, "match"),
		}
		s.Mine = s.Known && s.Signed && rapid.Bool().Draw(t, "mine")
		got := decide(s)
		if got == stepEnter && (!s.Known || s.Match == matchDiffers || s.Signed && !s.Mine) {
			t.Fatalf("%+v lets in", s)
		}
		if (got == stepLink || got == stepTake) && !s.Signed {
			t.Fatalf("%+v connects for nobody", s)
		}
		if !s.Known && !s.Signed && got != stepFirst {
			t.Fatalf("%+v tells strangers apart: %s", s, got)
		}
	})
}

func TestCompare(t *testing.T) {
	t.Parallel()
	whole := found{Level: act.Verified, Family: "Смирнова", Given: "Анна", Patronymic: "Ивановна", Birth: "1986-04-05", SNILS: annaSNILS}
	confirmed := account.Person{Name: annaName, Birth: calendar.MustDate("1986-04-05"), SNILS: annaSNILS, Level: act.Standard}
	basic := account.Person{Name: lang.Name{Family: "СМИРНОВА", Given: "анна"}, Level: act.Basic}
	with := func(change func(*found)) found { out := whole; change(&out); return out }
	for _, one := range []struct {
		name   string
		person account.Person
		found  found
		known  bool
		want   match
	}{
		{"the same", confirmed, whole, false, matchSame},
		{"no patronymic", confirmed, with(func(f *found) { f.Patronymic = "" }), false, matchSame},
		{"another patronymic", confirmed, with(func(f *found) { f.Patronymic = "Петровна" }), false, matchDiffers},
		{"another family name, new", confirmed, with(func(f *found) { f.Family = "Петрова" }), false, matchDiffers},
		{"another family name, known", confirmed, with(func(f *found) { f.Family = "Петрова" }), true, matchSame},
		{"another number, known", confirmed, with(func(f *found) { f.SNILS = "08765430300" }), true, matchDiffers},
		{"another number and nothing else", confirmed, found{Level: act.Verified, SNILS: "08765430300"}, true, matchDiffers},
		{"another birth date, known", confirmed, with(func(f *found) { f.Birth = "1986-04-06" }), true, matchDiffers},
		{"no number", confirmed, with(func(f *found) { f.SNILS = "" }), false, matchNone},
		{"a provider that vouches for nobody", confirmed, with(func(f *found) { f.Level, f.SNILS = act.Basic, "08765430300" }), false, matchNone},
		{"known less", basic, whole, false, matchOpen},
		{"another name", basic, with(func(f *found) { f.Given = "Мария" }), false, matchDiffers},
		{"nothing known", account.Person{Level: act.Basic}, whole, false, matchOpen},
		{"confirmed without a number", account.Person{Name: annaName, Birth: confirmed.Birth, Level: act.Standard}, whole, false, matchNone},
		{"ё", account.Person{Name: lang.Name{Family: "Ёлкина-Сова", Given: "Алёна"}, Level: act.Basic},
			with(func(f *found) { f.Family, f.Given = "Елкина Сова", "Алена" }), false, matchOpen},
	} {
		if got := compare(one.person, one.found, one.known); got != one.want {
			t.Errorf("%s: %s, want %s", one.name, got, one.want)
		}
	}
	for m, want := range map[match]act.Level{matchSame: act.Verified, matchNone: act.Standard, matchOpen: act.Standard} {
		if got := sure(whole, m); got != want {
			t.Errorf("%s makes sure of %d, want %d", m, got, want)
		}
	}
}

func TestTwoFactors(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		strong  bool
		methods []string
		want    bool
	}{
		{true, nil, true}, {true, []string{"mfa"}, true}, {true, []string{"pwd"}, false}, {true, []string{"pwd", "otp"}, true},
		{true, []string{"otp", "sms"}, false}, {true, []string{"fpt", "hwk"}, true}, {true, []string{"made-up", "other"}, false},
		{false, []string{"mfa"}, false}, {false, nil, false},
	} {
		if got := (Provider{Strong: one.strong}).twoFactors(one.methods); got != one.want {
			t.Errorf("%v %v: %v", one.strong, one.methods, got)
		}
	}
}

func TestClaimsByNameAndPointer(t *testing.T) {
	t.Parallel()
	var claims map[string]any
	text := `{"https://id.example/snils":"112-233-445 95","person":{"names":[{"family/name":" Смирнова "}]},"n":5,"deep":{"a":{"b":"x"}}}`
	if err := json.Unmarshal([]byte(text), &claims); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"https://id.example/snils": "112-233-445 95", "/person/names/0/family~1name": "Смирнова", "/deep/a/b": "x", "/deep/a": "", "n": "",
		"": "", "/": "", "/person/names/1": "", "/person/names/-1": "", "person": "", "//": "",
	} {
		if got := textIn(claims, name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestClaimsThatAreNoData(t *testing.T) {
	t.Parallel()
	p := Provider{Key: "bank", Level: act.Verified, Claims: StandardClaims}
	got := p.read(map[string]any{
		"family_name": "<b>Смирнова</b>", "given_name": strings.Repeat("А", 101), "birthdate": "0000-04-05", "snils": "112-233-445 96",
		"email": "anna@example.org", "phone_number": "+79161234567", "phone_number_verified": "true",
	}, tokenClaims{})
	want := found{Provider: "bank", Level: act.Verified, Phone: "+79161234567"}
	if got != want {
		t.Errorf("took %+v", got)
	}
}

func FuzzClaims(f *testing.F) {
	f.Add(`{"family_name":"Смирнова","given_name":"Анна","birthdate":"1986-04-05","snils":"112-233-445 95","email":"a@b.c","email_verified":true}`, "/a/0/b")
	f.Add(`{"a":[{"b":"x"}]}`, "/a/0/b")
	f.Fuzz(func(t *testing.T, text, name string) {
		var claims map[string]any
		if json.Unmarshal([]byte(text), &claims) != nil {
			return
		}
		p := Provider{Level: act.Verified, Claims: StandardClaims}
		p.Claims.Family = name
		got := p.read(claims, tokenClaims{})
		for _, part := range []string{got.Family, got.Given, got.Patronymic} {
			if !utf8.ValidString(part) || utf8.RuneCountInString(part) > nameMost || strings.ContainsAny(part, "<>\"&\x00\n") {
				t.Fatalf("took %q for a name", part)
			}
		}
		if _, ok := account.ParseSNILS(got.SNILS); got.SNILS != "" && !ok {
			t.Fatalf("took %q for a number", got.SNILS)
		}
		if _, err := calendar.ParseDate(got.Birth); got.Birth != "" && err != nil {
			t.Fatalf("took %q for a date", got.Birth)
		}
	})
}

func FuzzSettings(f *testing.F) {
	f.Add("bank", "https://id.example.org", "city", "family_name")
	f.Add("Bank", "http://id.example.org?x#y", " ", "a b")
	f.Fuzz(func(t *testing.T, key, issuer, client, claim string) {
		p := Provider{Key: key, Issuer: issuer, Client: client, TitleRu: "Банк", TitleEn: "Bank", Level: act.Basic, Claims: ClaimNames{Family: claim}}
		if len(p.check(false)) > 0 {
			return
		}
		if strings.ContainsAny(key, "/?#%. ") || !strings.HasPrefix(issuer, "https://") || strings.ContainsAny(issuer, "?#@ \n") && !strings.Contains(issuer, "/@") || client == "" {
			t.Fatalf("took %q %q %q", key, issuer, client)
		}
	})
}

func FuzzResponse(f *testing.F) {
	f.Add("code", "https://id.example.org", "")
	f.Add("", "", "access_denied")
	f.Fuzz(func(t *testing.T, code, issuer, fault string) {
		r := response{Code: code, Issuer: issuer, Error: fault}
		if r.check("https://id.example.org", true) == nil && (code == "" || issuer != "https://id.example.org" || fault != "" || len(code) > codeMost) {
			t.Fatalf("took %+v", r)
		}
	})
}

func TestNewcomer(t *testing.T) {
	t.Parallel()
	whole := found{Level: act.Verified, Family: "Смирнова", Given: "Анна", Birth: "1986-04-05", SNILS: annaSNILS}
	if got := newcomer(whole, account.NewWay{}, lang.Russian); !got.Whole || got.Level != act.Verified || got.Identity.SNILS != annaSNILS {
		t.Errorf("of a provider that vouches: %+v", got)
	}
	for name, change := range map[string]func(*found){
		"a provider that vouches for nobody": func(f *found) { f.Level = act.Basic },
		"no number":                          func(f *found) { f.SNILS = "" },
		"no birth date":                      func(f *found) { f.Birth = "" },
	} {
		f := whole
		change(&f)
		got := newcomer(f, account.NewWay{}, lang.Russian)
		if got.Whole || got.Level != act.Basic || got.Identity.SNILS != "" || !got.Identity.Birth.IsZero() || got.Identity.Name.Family == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
