package iso20022

import (
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

const rootStatement = "BkToCstmrStmt"

// StatementWriter writes a message of statements: Begin, Entry as often as there are, End; then Close. After an error it
// writes nothing more and says the same error.
type StatementWriter struct {
	w     *writer
	begun bool // within a statement
	any   bool // there was one
}

// NewStatementWriter begins a message; it does not close what it writes to. ErrCheck.
func NewStatementWriter(to io.Writer, h Header) (*StatementWriter, error) {
	if err := reference("message", h.ID); err != nil {
		return nil, err
	}
	out := &StatementWriter{w: newWriter(to)}
	out.w.begin(NameStatement, rootStatement)
	out.w.open("GrpHdr")
	out.w.text("MsgId", h.ID)
	out.w.text("CreDtTm", moment(h.Made))
	out.w.close("GrpHdr")
	return out, out.w.err
}

// Begin begins a statement. ErrCheck.
func (s *StatementWriter) Begin(head Statement) error {
	if s.begun {
		return fmt.Errorf("%w: the statement before has no end", ErrCheck)
	}
	if err := head.Check(); err != nil {
		return err
	}
	s.begun, s.any = true, true
	w := s.w
	w.raw("\n")
	w.open("Stmt")
	w.text("Id", head.ID)
	if head.Sequence > 0 {
		w.text("ElctrncSeqNb", strconv.FormatInt(head.Sequence, 10))
	}
	if !head.Made.IsZero() {
		w.text("CreDtTm", moment(head.Made))
	}
	if !head.Since.IsZero() {
		w.open("FrToDt")
		w.text("FrDtTm", moment(head.Since))
		w.text("ToDtTm", moment(head.Until))
		w.close("FrToDt")
	}
	w.account("Acct", head.Account, true)
	for _, b := range head.Balances {
		w.open("Bal", "Tp", "CdOrPrtry")
		w.text("Cd", b.Code)
		w.close("CdOrPrtry", "Tp")
		w.amount("Amt", b.Amount)
		w.direction(b.Amount.Minor >= 0)
		w.day("Dt", b.Day)
		w.close("Bal")
	}
	return w.err
}

// Entry writes a line of the statement. ErrCheck.
func (s *StatementWriter) Entry(e Entry) error {
	if !s.begun {
		return fmt.Errorf("%w: an entry outside a statement", ErrCheck)
	}
	if err := e.Check(); err != nil {
		return err
	}
	w := s.w
	w.raw("\n")
	w.open("Ntry")
	w.text("NtryRef", e.Ref)
	w.amount("Amt", e.Amount)
	w.direction(e.Credit)
	if e.Reversal {
		w.text("RvslInd", "true")
	}
	w.open("Sts")
	w.text("Cd", e.Status)
	w.close("Sts")
	w.day("BookgDt", e.Day)
	w.day("ValDt", e.Value)
	w.text("AcctSvcrRef", e.BankRef)
	w.code(e.Code, true)
	w.fees(e.Fees)
	if e.Batch != nil || len(e.Parts) > 0 {
		w.open("NtryDtls")
		w.batch(e.Batch)
		for _, t := range e.Parts {
			w.transaction(t)
		}
		w.close("NtryDtls")
	}
	w.text("AddtlNtryInf", e.Info)
	w.close("Ntry")
	return w.err
}

// End ends the statement.
func (s *StatementWriter) End() error {
	if !s.begun {
		return fmt.Errorf("%w: no statement was begun", ErrCheck)
	}
	s.begun = false
	s.w.close("Stmt")
	return s.w.err
}

// Close ends the message, which must have had a statement.
func (s *StatementWriter) Close() error {
	if s.begun || !s.any {
		return fmt.Errorf("%w: a message needs a statement, ended", ErrCheck)
	}
	return s.w.end(rootStatement)
}

// code writes the bank's code of an entry; the standard wants the element around it always there.
func (w *writer) code(code string, always bool) {
	if code == "" && !always {
		return
	}
	w.open("BkTxCd")
	if code != "" {
		w.open("Prtry")
		w.text("Cd", code)
		w.close("Prtry")
	}
	w.close("BkTxCd")
}

func (w *writer) fees(fees []Fee) {
	if len(fees) == 0 {
		return
	}
	w.open("Chrgs")
	for _, f := range fees {
		w.open("Rcrd")
		w.amount("Amt", f.Amount)
		w.direction(f.Credit)
		w.text("ChrgInclInd", strconv.FormatBool(f.Included))
		w.close("Rcrd")
	}
	w.close("Chrgs")
}

func (w *writer) batch(b *Batch) {
	if b == nil {
		return
	}
	w.open("Btch")
	w.text("MsgId", b.Message)
	w.text("PmtInfId", b.Payment)
	if b.Count > 0 {
		w.text("NbOfTxs", strconv.FormatInt(b.Count, 10))
	}
	if b.Amount.Currency != "" {
		w.amount("TtlAmt", b.Amount)
	}
	w.close("Btch")
}

func (w *writer) transaction(t Transaction) {
	w.open("TxDtls")
	if t.Refs != (Refs{}) {
		w.open("Refs")
		w.text("MsgId", t.Refs.Message)
		w.text("AcctSvcrRef", t.Refs.BankRef)
		w.text("PmtInfId", t.Refs.Payment)
		w.text("InstrId", t.Refs.Instruction)
		w.text("EndToEndId", t.Refs.EndToEnd)
		w.text("TxId", t.Refs.Transaction)
		w.close("Refs")
	}
	w.amount("Amt", t.Amount)
	w.direction(t.Credit)
	w.code(t.Code, false)
	w.fees(t.Fees)
	w.parties(t)
	if t.DebtorBank != (Bank{}) || t.CreditorBank != (Bank{}) {
		w.open("RltdAgts")
		if t.DebtorBank != (Bank{}) {
			w.bank("DbtrAgt", t.DebtorBank)
		}
		if t.CreditorBank != (Bank{}) {
			w.bank("CdtrAgt", t.CreditorBank)
		}
		w.close("RltdAgts")
	}
	w.purpose(t.Purpose)
	if t.Returned != "" {
		w.open("RtrInf", "Rsn")
		w.text("Cd", t.Returned)
		w.close("Rsn", "RtrInf")
	}
	w.text("AddtlTxInf", t.Info)
	w.close("TxDtls")
}

func (w *writer) parties(t Transaction) {
	if t.Debtor == (Party{}) && t.Creditor == (Party{}) && t.DebtorAccount == (Account{}) && t.CreditorAccount == (Account{}) {
		return
	}
	side := func(name string, p Party, account string, a Account) {
		if p != (Party{}) {
			w.open(name, "Pty")
			w.party(p)
			w.close("Pty", name)
		}
		if a != (Account{}) {
			w.account(account, a, false)
		}
	}
	w.open("RltdPties")
	side("Dbtr", t.Debtor, "DbtrAcct", t.DebtorAccount)
	side("Cdtr", t.Creditor, "CdtrAcct", t.CreditorAccount)
	w.close("RltdPties")
}

// purpose writes what a payment is for in pieces that the standard lets stand. A piece ends where a word does, so that
// reading, which puts a space between pieces, gives the same text.
func (w *writer) purpose(text string) {
	if text == "" {
		return
	}
	w.open("RmtInf")
	for text != "" {
		piece := text
		if utf8.RuneCountInString(text) > purposePart {
			piece = cutWords(text, purposePart)
		}
		w.text("Ustrd", piece)
		text = text[len(piece):]
		for len(text) > 0 && text[0] == ' ' {
			text = text[1:]
		}
	}
	w.close("RmtInf")
}

// cutWords is the longest beginning of a text that ends where a word does; one of a single long word is cut within it.
func cutWords(text string, most int) string {
	end, space, n := 0, 0, 0
	for i, r := range text {
		if n == most {
			end = i
			if r == ' ' {
				return text[:i]
			}
			break
		}
		if r == ' ' {
			space = i
		}
		n++
	}
	if space > 0 {
		return text[:space]
	}
	return text[:end]
}
