package notice

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/core/notice/internal/store"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/sim/post"
)

func TestAStepIsToldInTheAccountAndByLetterOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		first := r.tell(decided(anna, "casework.decided/one/7"))
		r.tell(decided(anna, "casework.decided/one/7")) // the same event, told twice
		if n, err := r.Unread(t.Context(), anna); n != 1 || err != nil {
			t.Fatalf("%d unread: %v", n, err)
		}
		r.drain()
		r.drain()
		err := r.store.Look(t.Context(), self(anna), "test", func(p *store.Personal) error {
			rows, err := noticedb.DeliveriesSince(p, anna, id.ID{}, 10)
			if len(rows) != 1 {
				t.Errorf("%d deliveries of one notice", len(rows))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		letters := r.post.Mail("")
		if len(letters) != 1 || letters[0].Times != 1 || letters[0].To != annaMail {
			t.Fatalf("letters: %+v", letters)
		}
		letter := letters[0]
		if letter.Subject != "Решение по заявлению 1234-567-890" || !strings.Contains(letter.Text, "Здравствуйте, Анна Ивановна!") ||
			!strings.Contains(letter.Text, "Действует до 21 ноября 2027.") || !strings.Contains(letter.Text, "https://kitezh.example/cases/"+caseOne.String()) {
			t.Errorf("letter: %s\n%s", letter.Subject, letter.Text)
		}
		if !strings.Contains(letter.HTML, `href="https://kitezh.example/cases/`+caseOne.String()+`"`) || strings.Contains(letter.HTML, "<table") || strings.Contains(letter.HTML, "<script") {
			t.Errorf("HTML: %s", letter.HTML)
		}
		message := r.message(anna, first)
		if message.Title.EN != "Decision on application 1234-567-890" || len(message.Sent) != 1 || message.Sent[0].State != Handed || message.Reached.IsZero() || !message.Read.IsZero() {
			t.Errorf("message: %+v", message)
		}
		if !strings.Contains(letter.MessageID, message.Sent[0].ID.String()) || message.Sent[0].Receipt != letter.MessageID {
			t.Errorf("the letter %s has the receipt %s", letter.MessageID, message.Sent[0].Receipt)
		}
		if len(r.heard) != 0 {
			t.Errorf("events of a notice that starts no term: %v", r.heard)
		}
	})
}

func TestWhoHasNoEmailGetsAnSMSInTheirLanguage(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.tell(decided(boris, "k"))
	r.drain()
	got := r.post.SMS("+79167654321")
	if len(got) != 1 || got[0].Sender != "Kitezh" || got[0].Text != "Kitezh: Decision on application 1234-567-890. https://kitezh.example/cases/"+caseOne.String() {
		t.Errorf("%+v", got)
	}
}

func TestALetterSentTwiceAfterACrashIsOneLetter(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.crash.dies = 1
		one := r.tell(decided(anna, "k"))
		r.post.SetFaults(post.Faults{DropNext: 1}) // and before that the answer is lost on the way
		r.exhaust()
		letters := r.post.Mail("")
		if len(letters) != 1 || letters[0].Times != 3 || letters[0].Differs {
			t.Fatalf("%d letters, %+v", len(letters), letters)
		}
		if message := r.message(anna, one); message.Sent[0].State != Handed || len(message.Sent) != 1 {
			t.Errorf("%+v", message.Sent)
		}
	})
}

func TestALostAnswerOfTheGatewayIsOneSMS(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.post.SetFaults(post.Faults{LoseNext: 2})
	one := r.tell(decided(boris, "k"))
	r.exhaust()
	if got := r.post.SMS(""); len(got) != 1 || got[0].Times != 3 {
		t.Fatalf("%+v", got)
	}
	if sent := r.message(boris, one).Sent; sent[0].State != Handed || !strings.HasPrefix(sent[0].Receipt, "sms-") || sent[0].Tries != 3 {
		t.Errorf("%+v", sent)
	}
}

func TestARefusedAddressIsReplacedByTheNextChannel(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.post.SetFaults(post.Faults{RefuseTo: []string{annaMail}})
		n := decided(anna, "k")
		n.Starts = true
		one := r.tell(n)
		r.exhaust()
		sent := r.message(anna, one).Sent
		if len(sent) != 2 || sent[0].Channel != Email || sent[0].Failure != Refused || sent[0].Code != 550 || sent[1].Channel != SMS || sent[1].State != Handed || sent[1].Instead != sent[0].ID {
			t.Fatalf("%+v", sent)
		}
		if len(r.post.SMS(annaPhone)) != 1 || r.heard[EventReached] != 1 || r.heard[EventUnreached] != 0 {
			t.Errorf("SMS %+v, events %v", r.post.SMS(""), r.heard)
		}
		if bad, err := r.BadAddresses(t.Context(), self(anna), anna); err != nil || !bad[Email] || bad[SMS] {
			t.Errorf("bad addresses %v: %v", bad, err)
		}
		if dead, err := r.queue.Dead(t.Context(), jobSend, time.Time{}, 10); err != nil || len(dead) != 0 {
			t.Errorf("one bad address made a dead job: %v, %v", dead, err)
		}
	})
}

func TestAProviderThatIsDownIsTriedAgainAndThenLoud(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.post.SetFaults(post.Faults{MailNext: 1000})
		one := r.tell(decided(anna, "k"))
		start := r.clock.Now()
		r.exhaust()
		sent := r.message(anna, one).Sent
		if len(sent) != 2 || sent[0].State != Failed || sent[0].Failure != Temporary || sent[0].Tries != SendTries || sent[1].State != Handed {
			t.Fatalf("%+v", sent)
		}
		if took := r.clock.Now().Sub(start); took < 2*time.Hour || took > 8*time.Hour {
			t.Errorf("given up after %v", took)
		}
		dead, err := r.queue.Dead(t.Context(), jobSend, time.Time{}, 10)
		if err != nil || len(dead) != 1 || dead[0].Object != sent[0].ID {
			t.Fatalf("dead jobs %v: %v", dead, err)
		}
		if !strings.Contains(r.logged(), "level=ERROR") || !strings.Contains(r.logged(), "a provider has failed") {
			t.Error("the log is silent")
		}
		if n := r.counted("email", "notice", "temporary"); n != SendTries {
			t.Errorf("%v failures counted", n)
		}
		r.post.SetFaults(post.Faults{})
		if ok, err := r.queue.Retry(t.Context(), dead[0].ID); !ok || err != nil {
			t.Fatal(ok, err)
		}
		r.exhaust()
		if sent := r.message(anna, one).Sent; sent[0].State != Handed || sent[0].Failure != "" || len(r.post.Mail(annaMail)) != 1 {
			t.Errorf("after the operator's retry: %+v", sent)
		}
	})
}

func TestALetterThatTheProviderRefusesIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.post.SetFaults(post.Faults{MailNext: 1, MailCode: 554, SMSNext: 1, SMSCode: 403})
	n := decided(anna, "k")
	n.Starts = true
	one := r.tell(n)
	r.exhaust()
	sent := r.message(anna, one).Sent
	if len(sent) != 2 || sent[0].Failure != Permanent || sent[0].Tries != 1 || sent[1].Failure != Permanent || sent[1].Code != 403 {
		t.Fatalf("%+v", sent)
	}
	if r.heard[EventUnreached] != 1 || r.heard[EventReached] != 0 {
		t.Errorf("events %v", r.heard)
	}
	if err := r.Read(t.Context(), self(anna), anna, one); err != nil {
		t.Fatal(err)
	}
	r.drain()
	if r.heard[EventReached] != 1 {
		t.Error("the person has read it, and it did not reach them")
	}
}

func TestATermIsToldOnceThatItReached(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		n := decided(anna, "k")
		n.Starts = true
		one := r.tell(n)
		for range 2 {
			if err := r.Read(t.Context(), self(anna), anna, one); err != nil {
				t.Fatal(err)
			}
		}
		r.exhaust()
		if r.heard[EventReached] != 1 || r.heard[EventUnreached] != 0 {
			t.Errorf("events %v", r.heard)
		}
		n.To, n.Holder = vera, id.ID{} // no address at all
		r.tell(n)
		r.exhaust()
		if r.heard[EventUnreached] != 1 {
			t.Errorf("nobody was told that a person can't be reached: %v", r.heard)
		}
	})
}

func TestInboxPagesAndReading(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		for _, key := range []string{"a", "b", "c", "d", "e"} {
			n := decided(anna, key)
			n.Title, n.Text = lang.Text{RU: key + " {number}", EN: key}, lang.Text{RU: "Текст", EN: "Text"}
			if key == "b" {
				n.Case = id.Derived("case", "two")
			}
			r.clock.Move(time.Second)
			r.tell(n)
		}
		r.tell(decided(boris, "a"))
		var seen []string
		var mark id.ID
		for {
			list, err := r.Inbox(t.Context(), self(anna), anna, mark, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, message := range list.Messages {
				seen = append(seen, message.Title.RU)
			}
			if mark = list.Next; mark.IsZero() {
				break
			}
		}
		want := []string{"e 1234-567-890", "d 1234-567-890", "c 1234-567-890", "b 1234-567-890", "a 1234-567-890"}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Error(diff)
		}
		for i, step := range []func() error{
			func() error { return r.ReadOfCase(t.Context(), self(anna), anna, caseOne) },
			func() error { return r.ReadAll(t.Context(), self(anna), anna) },
		} {
			if err := step(); err != nil {
				t.Fatal(err)
			}
			if n, err := r.Unread(t.Context(), anna); n != 1-i || err != nil {
				t.Errorf("step %d: %d unread: %v", i, n, err)
			}
		}
		if n, _ := r.Unread(t.Context(), boris); n != 1 {
			t.Errorf("a neighbour's messages were touched: %d", n)
		}
		if err := r.Read(t.Context(), self(anna), anna, id.Derived("x", "none")); !errors.Is(err, ErrNone) {
			t.Errorf("reading what is not there: %v", err)
		}
	})
}

func TestWhatIsSwitchedOffIsNotSentButForTerms(t *testing.T) {
	t.Parallel()
	r := one(t)
	if err := r.SetWishes(t.Context(), self(anna), anna, []Wish{{Topic: Cases}, {Topic: Money, Email: true, SMS: true}}); err != nil {
		t.Fatal(err)
	}
	r.tell(decided(anna, "quiet"))
	r.drain()
	if len(r.post.Mail(""))+len(r.post.SMS("")) != 0 {
		t.Error("a topic that is off was sent")
	}
	bill := decided(anna, "bill")
	bill.Topic = Money
	r.tell(bill)
	r.drain()
	if len(r.post.Mail("")) != 1 || len(r.post.SMS("")) != 1 {
		t.Errorf("by both: %d letters, %d SMS", len(r.post.Mail("")), len(r.post.SMS("")))
	}
	term := decided(anna, "term")
	term.Starts = true
	r.tell(term)
	r.drain()
	if len(r.post.Mail("")) != 2 {
		t.Error("a notice that starts a term was not sent")
	}
	if err := r.SetWishes(t.Context(), self(anna), anna, []Wish{{Topic: "weather"}}); !errors.Is(err, ErrTopic) {
		t.Errorf("an unknown topic: %v", err)
	}
}

func TestErasureLeavesNothingToTell(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.tell(decided(anna, "before"))
	if err := r.store.Write(t.Context(), func(tx *store.Tx) error { return r.base.Vault.Erase(tx, anna) }); err != nil {
		t.Fatal(err)
	}
	r.tell(decided(anna, "after"))
	r.exhaust()
	if len(r.post.Mail(""))+len(r.post.SMS("")) != 0 {
		t.Error("an erased person was written to")
	}
	if list, err := r.Inbox(t.Context(), self(anna), anna, id.ID{}, 10); err != nil || len(list.Messages) != 0 {
		t.Errorf("%+v: %v", list, err)
	}
}

func TestPrepareRefusesWhatCannotBeTold(t *testing.T) {
	t.Parallel()
	r := one(t)
	for name, spoil := range map[string]func(*Notice){
		"nobody": func(n *Notice) { n.To = id.ID{} }, "no key": func(n *Notice) { n.Key = "" }, "long key": func(n *Notice) { n.Key = strings.Repeat("k", 201) },
		"no words": func(n *Notice) { n.Kind = "casework.unknown" }, "no kind": func(n *Notice) { n.Kind = "" }, "other host": func(n *Notice) { n.Path = "//evil.example" },
		"scheme": func(n *Notice) { n.Path = "javascript:alert(1)" }, "topic": func(n *Notice) { n.Topic = "weather" },
		"empty title": func(n *Notice) { n.Title = lang.Text{RU: " \n", EN: "x"} },
	} {
		n := decided(anna, "k")
		spoil(&n)
		if _, err := r.Prepare(t.Context(), n); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestWordsOfPeopleMakeNoHeaderAndNoTag(t *testing.T) {
	t.Parallel()
	r := one(t)
	n := decided(anna, "k")
	n.Params = map[string]any{"number": "1\r\nBcc: all@example.org", "until": "<script>alert(1)</script>"}
	r.tell(n)
	r.drain()
	letters := r.post.Mail("")
	if len(letters) != 1 || letters[0].Subject != "Решение по заявлению 1 Bcc: all@example.org" || strings.Contains(letters[0].HTML, "<script") {
		t.Errorf("%+v", letters)
	}
}

func TestAStolenDatabaseShowsNoWordAndNoAddress(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := clock.At(storetest.Start)
	s, err := store.Open(t.Context(), store.Options{Dir: dir, Clock: c, RunTwice: true}, needs()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	r := newRig(t, s, c)
	r.tell(decided(anna, "k"))
	r.post.SetFaults(post.Faults{RefuseTo: []string{annaMail}})
	r.exhaust()
	var code string
	r.enter(annaPhone, func() string { code = digits(r.post.SMS(annaPhone)[0].Text); return code })
	all := ""
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		all += string(content)
		return err
	})
	if err != nil || !strings.Contains(all, "casework.decided") {
		t.Fatalf("the database was not read: %v", err)
	}
	for _, secret := range []string{"anna", "smirnova", "79161234567", "9161234567", "Смирнова", "Анна", "1234-567-890", "Решение", "Разрешение", "permit", code} {
		if secret == "" || strings.Contains(all, secret) {
			t.Errorf("the database shows %q", secret)
		}
	}
	for _, address := range []string{"anna", strings.TrimPrefix(annaPhone, "+7")} {
		if strings.Contains(r.logged(), address) {
			t.Errorf("the log shows %q", address)
		}
	}
}

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

func digits(text string) string { return sixDigits.FindString(text) }

func TestCodesComeByMailAndBySMS(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		if r.enter(annaMail, func() string { return digits(r.post.Mail(annaMail)[0].Text) }) == "" {
			t.Error("no session by mail")
		}
		letter := r.post.Mail(annaMail)[0]
		if !strings.Contains(letter.Text, "действует 10 минут") || strings.Contains(letter.Subject, digits(letter.Text)) {
			t.Errorf("%s\n%s", letter.Subject, letter.Text)
		}
		if r.enter("+79167654321", func() string { return digits(r.post.SMS("+79167654321")[0].Text) }) == "" {
			t.Error("no session by SMS")
		}
	})
}

func TestCodesThatCannotGoAreGivenUpAtOnce(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.post.SetFaults(post.Faults{RefuseTo: []string{annaMail}, SMSNext: 1})
	one := id.Derived("job", "one")
	refused := r.SendCode(t.Context(), annaMail, "email", "123456", lang.Russian, one)
	if !fatal(refused) {
		t.Errorf("a refused address: %v", refused)
	}
	if later := r.SendCode(t.Context(), annaPhone, "phone", "123456", lang.Russian, one); later == nil || fatal(later) {
		t.Errorf("a gateway that is down: %v", later)
	}
	for range 2 {
		if err := r.SendCode(t.Context(), annaPhone, "phone", "123456", lang.Russian, one); err != nil {
			t.Error(err)
		}
	}
	if got := r.post.SMS(annaPhone); len(got) != 1 || got[0].Times != 2 {
		t.Errorf("%+v", got)
	}
}

// fatal tells whether an error is jobs.Fatal, which has no public face: a Fatal of nothing has its type.
func fatal(err error) bool {
	return err != nil && cmp.Equal(typeOf(err), typeOf(jobs.Fatal(errors.New("x"))))
}

func TestFirstChannelsAreThoseThatArePossibleAndWanted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at, w := contact{}, wishes{Cases: {}}
		for _, channel := range Channels() {
			if rapid.Bool().Draw(t, "has "+string(channel)) {
				at[channel] = "address"
			}
			if rapid.Bool().Draw(t, "said "+string(channel)) {
				w[Cases][channel] = rapid.Bool().Draw(t, "wants "+string(channel))
			}
		}
		starts := rapid.Bool().Draw(t, "starts")
		got := first(at, w, Cases, starts)
		wanted, seen := false, map[Channel]bool{}
		for _, channel := range Channels() {
			wanted = wanted || w.wants(Cases, channel)
		}
		for _, channel := range got {
			if at[channel] == "" || seen[channel] {
				t.Fatalf("%v of %v", got, at)
			}
			seen[channel] = true
		}
		switch {
		case !wanted && !starts && len(got) != 0:
			t.Fatalf("nothing is wanted, and %v is sent", got)
		case (wanted || starts) && len(at) > 0 && len(got) == 0:
			t.Fatalf("%v could be reached and is not", at)
		}
		for _, channel := range Channels() {
			if at[channel] != "" && w.wants(Cases, channel) && !seen[channel] {
				t.Fatalf("%s is wanted and possible, and not in %v", channel, got)
			}
		}
	})
}

func FuzzOneLine(f *testing.F) {
	f.Add("a\r\nBcc: b")
	f.Fuzz(func(t *testing.T, text string) {
		got := oneLine(text)
		if strings.ContainsAny(got, "\r\n\x00\u2028") || got != oneLine(got) {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func FuzzLeaver(f *testing.F) {
	s, c := storetest.Open(f, needs()...)
	r := newRig(f, s, c)
	f.Add(r.leaveToken(anna, Cases))
	f.Add("x.y.z")
	f.Fuzz(func(t *testing.T, token string) {
		person, topic, err := r.leaver(token)
		if err == nil && (person != anna && token == "" || token != r.leaveToken(person, topic)) {
			t.Errorf("%q is taken for %s, %s", token, person, topic)
		}
	})
}
