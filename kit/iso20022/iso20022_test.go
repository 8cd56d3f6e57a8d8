package iso20022

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/money"
)

var same = cmp.Options{cmp.AllowUnexported(calendar.Date{}), cmpopts.EquateEmpty()}

// schemas collects messages and has xmllint read them all at once, which is where its time goes.
type schemas struct {
	t      *testing.T
	folder string
	n      map[string]int
}

func newSchemas(t *testing.T) *schemas {
	t.Helper()
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skip("xmllint (package libxml2-utils) is not here: nothing compares messages with the schemas")
	}
	return &schemas{t: t, folder: t.TempDir(), n: map[string]int{}}
}

func (s *schemas) add(name string, message []byte) {
	s.n[name]++
	if err := os.WriteFile(filepath.Join(s.folder, fmt.Sprintf("%s-%d.xml", name, s.n[name])), message, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *schemas) check() {
	s.t.Helper()
	for name, n := range s.n {
		files, err := filepath.Glob(filepath.Join(s.folder, name+"-*.xml"))
		if err != nil || len(files) != n {
			s.t.Fatal(len(files), err)
		}
		args := append([]string{"--nonet", "--noout", "--schema", filepath.Join("testdata", "xsd", name+".xsd")}, files...)
		if out, err := exec.CommandContext(s.t.Context(), "xmllint", args...).CombinedOutput(); err != nil {
			lines := strings.Split(string(out), "\n")
			var faults []string
			for _, line := range lines {
				if !strings.HasSuffix(line, " validates") {
					faults = append(faults, line)
				}
			}
			s.t.Fatalf("%s: %v\n%s", name, err, strings.Join(faults[:min(len(faults), 10)], "\n"))
		}
	}
}

type statement struct {
	Head    Statement
	Entries []Entry
}

func writeStatements(t *rapid.T, h Header, all []statement) []byte {
	var out bytes.Buffer
	w, err := NewStatementWriter(&out, h)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if err := w.Begin(s.Head); err != nil {
			t.Fatal(err)
		}
		for _, e := range s.Entries {
			if err := w.Entry(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.End(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func readStatements(from io.Reader) (Header, []statement, error) {
	r, err := ReadStatements(from)
	if err != nil {
		return Header{}, nil, err
	}
	var out []statement
	for {
		head, err := r.NextStatement()
		if errors.Is(err, io.EOF) {
			return r.Header(), out, nil
		}
		if err != nil {
			return Header{}, nil, err
		}
		s := statement{Head: head}
		for {
			e, err := r.NextEntry()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return Header{}, nil, err
			}
			s.Entries = append(s.Entries, e)
		}
		out = append(out, s)
	}
}

// TestWhatIsWritten: whatever Check lets through is valid by the schema and is read back the same.
func TestWhatIsWritten(t *testing.T) {
	t.Parallel()
	s := newSchemas(t)
	rapid.Check(t, func(t *rapid.T) {
		h := Header{ID: references.Draw(t, "message"), Made: moments.Draw(t, "made")}
		var all []statement
		for range rapid.IntRange(1, 2).Draw(t, "statements") {
			all = append(all, statement{heads.Draw(t, "head"), several(entries, 0, 3).Draw(t, "entries")})
		}
		message := writeStatements(t, h, all)
		s.add(NameStatement, message)
		gotHeader, got, err := readStatements(bytes.NewReader(message))
		if diff := cmp.Diff(h, gotHeader); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
		if diff := cmp.Diff(all, got, same); diff != "" {
			t.Fatal(diff)
		}
		order := orders.Draw(t, "order")
		var out bytes.Buffer
		if err := order.Write(&out); err != nil {
			t.Fatal(err)
		}
		s.add(NameInitiation, bytes.Clone(out.Bytes()))
		gotOrder, err := ReadInitiation(&out)
		if diff := cmp.Diff(order, gotOrder, same); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
		answer := reports.Draw(t, "answer")
		out.Reset()
		if err := answer.Write(&out); err != nil {
			t.Fatal(err)
		}
		s.add(NameReport, bytes.Clone(out.Bytes()))
		gotAnswer, err := ReadReport(&out)
		if diff := cmp.Diff(answer, gotAnswer, same); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
	})
	s.check()
}

const statementHead = `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>m</MsgId><CreDtTm>2026-11-22T10:00:00</CreDtTm></GrpHdr>` +
	`<Stmt><Id>s</Id><Acct><Id><Othr><Id>407</Id></Othr></Id></Acct><Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="RUB">5</Amt><CdtDbtInd>DBIT</CdtDbtInd><Dt><Dt>2026-11-21</Dt></Dt></Bal>`
const statementTail = `</Stmt></BkToCstmrStmt></Document>`
const plainEntry = `<Ntry><Amt Ccy="RUB">10.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-21</Dt></BookgDt><BkTxCd/></Ntry>`

// TestWhatIsRefused: a statement that says two things, or what nobody can be sure of, is not read.
func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	replaced := func(old, with string) string {
		return statementHead + strings.Replace(plainEntry, old, with, 1) + statementTail
	}
	for name, message := range map[string]string{
		"nothing":                  "",
		"half":                     statementHead + plainEntry,
		"no document":              `<a/>`,
		"document type":            `<!DOCTYPE a [<!ENTITY b "c">]>` + statementHead + plainEntry + statementTail,
		"entity":                   replaced("10.50", "&b;"),
		"another version":          strings.Replace(statementHead, "camt.053.001.08", "camt.053.001.02", 1) + plainEntry + statementTail,
		"no namespace":             strings.Replace(statementHead, ` xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"`, "", 1) + plainEntry + statementTail,
		"an element of elsewhere":  replaced("<BkTxCd/>", `<BkTxCd/><x:Info xmlns:x="urn:x"/>`),
		"an instruction":           replaced("<BkTxCd/>", `<?php ?>`),
		"two sums":                 replaced("<BkTxCd/>", `<BkTxCd/><Amt Ccy="RUB">1</Amt>`),
		"two directions":           replaced("<BkTxCd/>", `<BkTxCd/><CdtDbtInd>DBIT</CdtDbtInd>`),
		"no direction":             replaced("<CdtDbtInd>CRDT</CdtDbtInd>", ""),
		"no sum":                   replaced(`<Amt Ccy="RUB">10.50</Amt>`, ""),
		"no status":                replaced("<Sts><Cd>BOOK</Cd></Sts>", ""),
		"a minus":                  replaced("10.50", "-10.50"),
		"a comma":                  replaced("10.50", "10,50"),
		"an exponent":              replaced("10.50", "1e3"),
		"half a kopeck":            replaced("10.50", "10.505"),
		"out of range":             replaced("10.50", "99999999999999999999"),
		"an unknown currency":      replaced("RUB", "XXX"),
		"no currency":              replaced(` Ccy="RUB"`, ""),
		"the currency twice":       replaced(` Ccy="RUB"`, ` Ccy="RUB" Ccy="EUR"`),
		"text between":             replaced("<BkTxCd/>", "<BkTxCd/>text"),
		"a day that is none":       replaced("2026-11-21", "2026-11-31"),
		"a control character":      replaced("<BkTxCd/>", "<BkTxCd/><AddtlNtryInf>a&#x7f;b</AddtlNtryInf>"),
		"a text too long":          replaced("<BkTxCd/>", "<BkTxCd/><AddtlNtryInf>"+strings.Repeat("я", 501)+"</AddtlNtryInf>"),
		"too deep":                 replaced("<BkTxCd/>", strings.Repeat("<a>", 50)+strings.Repeat("</a>", 50)),
		"something after":          statementHead + plainEntry + statementTail + "<a/>",
		"something in the root":    statementHead + plainEntry + "</Stmt></BkToCstmrStmt><b xmlns='x'/></Document>",
		"a sum within a sum":       replaced("10.50", "<Amt>1</Amt>"),
		"an account's two numbers": strings.Replace(statementHead, "<Othr>", "<IBAN>DE89370400440532013000</IBAN><Othr>", 1) + plainEntry + statementTail,
		"no balance":               statementHead[:strings.Index(statementHead, "<Bal>")] + plainEntry + statementTail,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := readStatements(strings.NewReader(message)); !errors.Is(err, ErrMessage) {
				t.Fatalf("want ErrMessage: %v", err)
			}
		})
	}
	for name, message := range map[string]string{
		"plain": statementHead + plainEntry + statementTail, "fraction of zeros": replaced("10.50", "10.50000"), "one digit": replaced("10.50", "10.5"),
		"a day with a zone": replaced("2026-11-21", "2026-11-21+03:00"), "a moment": replaced("<Dt>2026-11-21</Dt>", "<DtTm>2026-11-21T23:59:59+03:00</DtTm>"),
		"what nobody looks at": replaced("<BkTxCd/>", "<BkTxCd/><CardTx><Card><PlainCardData><PAN>1</PAN></PlainCardData></Card></CardTx>"), "a prefix": strings.NewReplacer("<?", "<?", "</", "</n:", "<", "<n:", "xmlns", "xmlns:n").Replace(statementHead + plainEntry + statementTail),
	} {
		_, all, err := readStatements(strings.NewReader(message))
		if err != nil || len(all) != 1 || len(all[0].Entries) != 1 {
			t.Fatalf("%s: %v %+v", name, err, all)
		}
		if e := all[0].Entries[0]; e.Amount != money.Roubles(1050) || !e.Credit || e.Day.String() != "2026-11-21" {
			t.Fatalf("%s: %+v", name, e)
		}
		if b, ok := all[0].Head.Balance(BalanceOpening); !ok || b.Amount != money.Roubles(-500) {
			t.Fatalf("%s: %+v", name, b)
		}
	}
}

// TestWhatIsNotWritten: nothing invalid leaves.
func TestWhatIsNotWritten(t *testing.T) {
	t.Parallel()
	good := Initiation{ID: "o", Made: time.Unix(1, 0), Groups: []Group{{
		ID: "g", Day: calendar.MustDate("2026-11-23"), DebtorAccount: Account{Number: "1"},
		Transfers: []Transfer{{ID: "a", Amount: money.Roubles(1), Creditor: Party{Name: "A"}, CreditorAccount: Account{Number: "2"}}, {ID: "b", Amount: money.Roubles(2), Creditor: Party{Name: "B"}, CreditorAccount: Account{Number: "3"}}},
	}}}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Initiation){
		"no id":              func(i *Initiation) { i.ID = "" },
		"an id too long":     func(i *Initiation) { i.ID = id.ID{1}.String() },
		"twice":              func(i *Initiation) { i.Groups[0].Transfers[1].ID = "a" },
		"no money":           func(i *Initiation) { i.Groups[0].Transfers[0].Amount = money.Roubles(0) },
		"less than none":     func(i *Initiation) { i.Groups[0].Transfers[0].Amount = money.Roubles(-5) },
		"two currencies":     func(i *Initiation) { i.Groups[0].Transfers[0].Amount.Currency = "EUR" },
		"nobody":             func(i *Initiation) { i.Groups[0].Transfers[0].Creditor.Name = "" },
		"no account":         func(i *Initiation) { i.Groups[0].Transfers[0].CreditorAccount.Number = "" },
		"a bad BIC":          func(i *Initiation) { i.Groups[0].DebtorBank.BIC = "abc" },
		"a control":          func(i *Initiation) { i.Groups[0].Transfers[0].Purpose = "a\nb" },
		"no payments":        func(i *Initiation) { i.Groups[0].Transfers = nil },
		"a sum out of range": func(i *Initiation) { i.Groups[0].Transfers[0].Amount.Minor = 1 << 62 },
	} {
		bad := good
		bad.Groups = []Group{good.Groups[0]}
		bad.Groups[0].Transfers = append([]Transfer{}, good.Groups[0].Transfers...)
		spoil(&bad)
		if err := bad.Write(io.Discard); !errors.Is(err, ErrCheck) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var out bytes.Buffer
	if err := good.Write(&out); err != nil {
		t.Fatal(err)
	}
	for old, with := range map[string]string{"<NbOfTxs>2": "<NbOfTxs>3", "<CtrlSum>0.03": "<CtrlSum>0.04", ">TRF<": ">CHK<"} {
		if _, err := ReadInitiation(strings.NewReader(strings.Replace(out.String(), old, with, 1))); !errors.Is(err, ErrMessage) {
			t.Errorf("%s: %v", with, err)
		}
	}
}

// TestReferences: an id fits into a reference and comes back.
func TestReferences(t *testing.T) {
	t.Parallel()
	want := id.Derived("a", "b")
	ref := Ref(want)
	if got, ok := ParseRef(ref); len(ref) > mostReference || !ok || got != want {
		t.Fatal(ref, got, ok)
	}
	for _, other := range []string{"", "x", want.String(), strings.Repeat("g", 32)} {
		if _, ok := ParseRef(other); ok {
			t.Errorf("%q is taken for an id", other)
		}
	}
}

// endless is a statement that never ends: entries as long as somebody reads.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	e.left--
	return copy(p, plainEntry), nil
}

// TestLargeStatement: entries come while the statement is read; one that never stops is stopped.
func TestLargeStatement(t *testing.T) {
	t.Parallel()
	r, err := ReadStatements(io.MultiReader(strings.NewReader(statementHead), &endless{left: 50_000}, strings.NewReader(statementTail)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.NextStatement(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		_, err := r.NextEntry()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 50_000 {
		t.Fatal(n)
	}
	if _, err := r.NextStatement(); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	long := io.MultiReader(strings.NewReader(statementHead+"<Ntry><AddtlNtryInf>"), strings.NewReader(strings.Repeat("a", partMost+1)))
	if _, _, err := readStatements(long); !errors.Is(err, ErrMessage) {
		t.Fatal(err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(statementHead + plainEntry + statementTail))
	var order bytes.Buffer
	good := Initiation{ID: "o", Groups: []Group{{ID: "g", Day: calendar.MustDate("2026-11-23"), DebtorAccount: Account{Number: "1"}, Transfers: []Transfer{{ID: "a", Amount: money.Roubles(1), Creditor: Party{Name: "A"}, CreditorAccount: Account{Number: "2"}}}}}}
	_ = good.Write(&order)
	f.Add(order.Bytes())
	var answer bytes.Buffer
	_ = Report{ID: "r", Original: "o", Groups: []GroupReport{{ID: "g", Payments: []PaymentReport{{EndToEnd: "a", Status: Rejected, Reason: Reason{Code: "AC01", Info: "no"}}}}}}.Write(&answer)
	f.Add(answer.Bytes())
	f.Fuzz(func(t *testing.T, message []byte) {
		// Whatever is read can be written again, and says the same then.
		if order, err := ReadInitiation(bytes.NewReader(message)); err == nil {
			var out bytes.Buffer
			if err := order.Write(&out); err != nil {
				t.Fatal(err)
			}
			again, err := ReadInitiation(&out)
			if err != nil || !again.Made.Equal(order.Made.Truncate(time.Millisecond)) {
				t.Fatal(err)
			}
			again.Made = order.Made
			if diff := cmp.Diff(order, again, same); diff != "" {
				t.Fatal(diff)
			}
		} else if !errors.Is(err, ErrMessage) {
			t.Fatal(err)
		}
		if _, err := ReadReport(bytes.NewReader(message)); err != nil && !errors.Is(err, ErrMessage) {
			t.Fatal(err)
		}
		if _, _, err := readStatements(bytes.NewReader(message)); err != nil && !errors.Is(err, ErrMessage) {
			t.Fatal(err)
		}
	})
}
