package reconcile

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/iso20022"
	"posad.city/kit/money"
)

// Statement is a statement of the city's account.
type Statement struct {
	ID               id.ID
	Account          string
	BankID           string
	Sequence         int64
	Since, Until     calendar.Date
	Opening, Closing int64 // minor units
	Currency         money.Currency
	Lines            int64
	Came, Went       int64    // both at or above zero
	Digest           [32]byte // of the lines
	Source           string   // SourceUpload, SourceBank
	Official         id.ID    // who gave it; zero: the bank
	Loaded           time.Time
	Done             bool
}

// Where a statement came from.
const (
	SourceUpload = "upload"
	SourceBank   = "bank"
)

// Details are what the bank says of a line beside its sum, sealed.
type Details struct {
	Name      string `json:"n,omitempty"` // who paid, or was paid
	TaxNumber string `json:"t,omitempty"`
	Account   string `json:"a,omitempty"`
	BIC       string `json:"b,omitempty"`
	Member    string `json:"m,omitempty"`
	Bank      string `json:"k,omitempty"`
	Purpose   string `json:"p,omitempty"`
	Info      string `json:"i,omitempty"`
	Returned  string `json:"r,omitempty"`
}

// read is a line of a statement as it was read.
type read struct {
	Line
	number  int64
	code    string
	fee     bool
	details Details
}

// statementMost is the largest file; linesMost how many lines the statements in it may have together.
const (
	statementMost = 64 << 20
	linesMost     = 500_000
)

// sheet is a statement with its lines, read and added up.
type sheet struct {
	Statement
	lines []read
}

// readSheets reads a file of statements of one account and makes sure that their lines make their balances. ErrFile, ErrAccount,
// ErrSums.
func readSheets(file []byte, account Own) ([]sheet, error) {
	r, err := iso20022.ReadStatements(bytes.NewReader(file))
	if err != nil {
		return nil, ErrFile.Because(err)
	}
	var out []sheet
	total := 0
	for {
		head, err := r.NextStatement()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, ErrFile.Because(err)
		}
		s, err := sheetOf(head, account)
		if err != nil {
			return nil, err
		}
		if err := s.readLines(r); err != nil {
			return nil, err
		}
		if total += len(s.lines); total > linesMost {
			return nil, ErrFile.Because(fmt.Errorf("reconcile: more than %d lines", linesMost))
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, ErrFile.Because(errors.New("reconcile: a file without a statement"))
	}
	return out, nil
}

func sheetOf(head iso20022.Statement, account Own) (sheet, error) {
	opening, first := head.Balance(iso20022.BalanceOpening)
	closing, last := head.Balance(iso20022.BalanceClosing)
	switch {
	case account.Number == "" || head.Account.Number != account.Number:
		return sheet{}, ErrAccount
	case !first || !last || opening.Amount.Currency != account.Currency || closing.Amount.Currency != account.Currency || closing.Day.Before(opening.Day):
		return sheet{}, ErrSums.Because(errors.New("reconcile: its balances are missing, or in another currency"))
	}
	return sheet{Statement: Statement{
		ID: id.Derived("bank statement", account.Number+" "+closing.Day.String()+" "+head.ID), Account: account.Number, BankID: head.ID, Sequence: head.Sequence,
		Since: opening.Day, Until: closing.Day, Opening: opening.Amount.Minor, Closing: closing.Amount.Minor, Currency: account.Currency,
	}}, nil
}

// readLines reads what is booked; the sums must be those of the balances.
func (s *sheet) readLines(r *iso20022.StatementReader) error {
	for n := int64(1); ; n++ {
		e, err := r.NextEntry()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return ErrFile.Because(err)
		}
		if e.Status != iso20022.Booked {
			continue
		}
		if e.Amount.Currency != s.Currency {
			return ErrSums.Because(fmt.Errorf("reconcile: entry %d is in %s", n, e.Amount.Currency))
		}
		if err := s.add(e, n); err != nil {
			return err
		}
	}
	sum := s.Opening
	for _, l := range s.lines {
		if l.Amount > 0 {
			s.Came += l.Amount
		} else {
			s.Went -= l.Amount
		}
		next := sum + l.Amount
		if (next > sum) != (l.Amount > 0) {
			return ErrSums.Because(errors.New("reconcile: the sum is out of range"))
		}
		sum = next
	}
	s.Lines = int64(len(s.lines))
	s.boundFees()
	if sum != s.Closing {
		return ErrSums.Because(fmt.Errorf("reconcile: %d and its lines make %d, the bank says %d", s.Opening, sum, s.Closing))
	}
	return s.sign()
}

// Fees count as such without anybody's word up to feeLeast and a share of what came, in hundredths: both are far above what banks
// take. Whatever is more lies among what nobody has explained.
const (
	feeLeast = 10_000_00
	feeShare = 3
)

func (s *sheet) boundFees() {
	left := feeLeast + s.Came/100*feeShare
	for i := range s.lines {
		l := &s.lines[i]
		switch {
		case !l.fee:
		case -l.Amount > left:
			l.fee = false
		default:
			left += l.Amount
		}
	}
}

// sign is the digest of the lines: the same statement given again has the same, however its file is written.
func (s *sheet) sign() error {
	sum := sha256.New()
	for _, l := range s.lines {
		plain, err := json.Marshal(struct {
			Line    Line
			Code    string
			Details Details
		}{l.Line, l.code, l.details})
		if err != nil {
			return fmt.Errorf("reconcile: statement: %w", err)
		}
		sum.Write(plain)
	}
	sum.Sum(s.Digest[:0])
	return nil
}

// add unfolds an entry: each payment of a batch is a line, and so is what the bank kept of it.
func (s *sheet) add(e iso20022.Entry, n int64) error {
	whole := signed(e.Amount, e.Credit)
	if whole == 0 && len(e.Parts) == 0 {
		return nil
	}
	if len(e.Parts) == 0 {
		s.put(e, iso20022.Transaction{Code: e.Code, Refs: iso20022.Refs{BankRef: e.BankRef}, Info: e.Info}, whole, n, 0)
		return nil
	}
	left := whole
	for i, p := range e.Parts {
		if p.Amount.Currency != s.Currency {
			return ErrSums.Because(fmt.Errorf("reconcile: entry %d has a payment in %s", n, p.Amount.Currency))
		}
		amount := signed(p.Amount, p.Credit)
		left -= amount
		s.put(e, p, amount, n, i)
	}
	kept := int64(0)
	for _, f := range e.Fees {
		if f.Included {
			kept -= signed(f.Amount, !f.Credit)
		}
	}
	if left != kept {
		return ErrSums.Because(fmt.Errorf("reconcile: the payments of entry %d do not make its sum: %d is left, the bank kept %d", n, left, -kept))
	}
	if kept != 0 {
		s.put(e, iso20022.Transaction{Code: codeFee}, kept, n, len(e.Parts))
	}
	return nil
}

// codeFee is the code of a line that this package makes of what the bank kept of an entry.
const codeFee = "FEE"

func signed(a money.Amount, credit bool) int64 {
	if credit {
		return a.Minor
	}
	return -a.Minor
}

func (s *sheet) put(e iso20022.Entry, p iso20022.Transaction, amount, n int64, i int) {
	if amount == 0 {
		return
	}
	code := p.Code
	if code == "" {
		code = e.Code
	}
	day := e.Day
	if day.IsZero() {
		day = s.Until
	}
	who, account, bank := p.Debtor, p.DebtorAccount, p.DebtorBank
	if amount < 0 {
		who, account, bank = p.Creditor, p.CreditorAccount, p.CreditorBank
	}
	l := read{
		Line: Line{
			ID: id.Derived("bank line", s.ID.String()+" "+strconv.FormatInt(n, 10)+" "+strconv.Itoa(i)), Reference: p.Refs.EndToEnd, BankReference: p.Refs.BankRef,
			Amount: amount, Currency: string(s.Currency), Day: day,
		},
		number: int64(len(s.lines)) + 1, code: code, fee: amount < 0 && isFee(code),
		details: Details{
			Name: who.Name, TaxNumber: who.TaxNumber, Account: account.Number, BIC: bank.BIC, Member: bank.Member, Bank: bank.Name,
			Purpose: p.Purpose, Info: p.Info, Returned: p.Returned,
		},
	}
	if l.BankReference == "" && len(e.Parts) == 1 {
		l.BankReference = e.BankRef
	}
	l.Plain = amount > 0 && (l.details.Name != "" || l.details.Account != "") && l.details.Returned == ""
	s.lines = append(s.lines, l)
}

// isFee tells whether a code is one of the bank's own fees: its own, or the last part of one of the standard's.
func isFee(code string) bool {
	for part := range strings.SplitSeq(code, "/") {
		switch part {
		case codeFee, "FEES", "CHRG", "COMM":
			return true
		}
	}
	return false
}
