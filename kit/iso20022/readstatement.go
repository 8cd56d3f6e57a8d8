package iso20022

import (
	"encoding/xml"
	"fmt"
	"io"
)

// StatementReader reads a message of statements: NextStatement until io.EOF, and within each NextEntry until io.EOF.
type StatementReader struct {
	r      *reader
	header Header
	ahead  *xml.StartElement // begun and not read yet
	inside bool
	over   error // io.EOF or the fault after which nothing is read
}

// ReadStatements begins to read a message. ErrMessage. Reading goes on as entries are asked for.
func ReadStatements(from io.Reader) (*StatementReader, error) {
	r, err := open(from, NameStatement, rootStatement)
	if err != nil {
		return nil, early(err)
	}
	start, err := r.child()
	if err != nil {
		return nil, early(err)
	}
	if start == nil || start.Name.Local != "GrpHdr" {
		return nil, fmt.Errorf("%w: <GrpHdr> is missing", ErrMessage)
	}
	n, err := r.node(start, depthMost)
	if err != nil {
		return nil, early(err)
	}
	f := &fields{n: n}
	f.must("MsgId")
	f.must("CreDtTm")
	out := &StatementReader{r: r, header: Header{ID: f.text(mostReference, "MsgId"), Made: f.moment("CreDtTm")}}
	return out, f.err
}

// early makes the end of a message that should have gone on a fault.
func early(err error) error {
	if err == io.EOF { //nolint:errorlint // it is the bare io.EOF that would be taken for a good end
		return fmt.Errorf("%w: it ends too early", ErrMessage)
	}
	return err
}

// Header is the message's head.
func (s *StatementReader) Header() Header { return s.header }

// NextStatement reads the head of the next statement, passing over entries of the one before that nobody asked for; io.EOF
// after the last. A message without a statement is ErrMessage.
func (s *StatementReader) NextStatement() (Statement, error) {
	for s.inside {
		if _, err := s.NextEntry(); err != nil && err != io.EOF { //nolint:errorlint // NextEntry returns it bare
			return Statement{}, err
		}
	}
	if s.over != nil {
		return Statement{}, s.over
	}
	out, err := s.statement()
	if err != nil {
		s.over = err
	}
	return out, err
}

func (s *StatementReader) statement() (Statement, error) {
	for {
		start, err := s.r.child()
		if err != nil {
			return Statement{}, early(err)
		}
		if start == nil {
			return Statement{}, s.last()
		}
		if start.Name.Local == "Stmt" {
			s.inside = true
			return s.head()
		}
		if err := s.r.skip(start); err != nil {
			return Statement{}, err
		}
	}
}

// last makes sure that the message ends where its root does; io.EOF.
func (s *StatementReader) last() error {
	if start, err := s.r.child(); err != nil || start != nil {
		return fmt.Errorf("%w: something beside <%s>", ErrMessage, rootStatement)
	}
	if err := s.r.end(); err != nil {
		return err
	}
	return io.EOF
}

// head reads a statement up to its first entry.
func (s *StatementReader) head() (Statement, error) {
	n := &node{name: "Stmt"}
	for {
		s.r.renew()
		start, err := s.r.child()
		if err != nil {
			return Statement{}, early(err)
		}
		if start == nil {
			s.inside = false
			break
		}
		if start.Name.Local == "Ntry" {
			s.ahead = start
			break
		}
		if len(n.children) == headMost {
			return Statement{}, fmt.Errorf("%w: a statement's head has too much", ErrMessage)
		}
		child, err := s.r.node(start, depthMost)
		if err != nil {
			return Statement{}, early(err)
		}
		n.children = append(n.children, child)
	}
	return readHead(n)
}

// headMost is how many elements stand before a statement's entries: balances above all.
const headMost = 1000

func readHead(n *node) (Statement, error) {
	f := &fields{n: n}
	f.must("Id")
	f.must("Acct")
	out := Statement{
		ID: f.text(mostReference, "Id"), Sequence: f.count("ElctrncSeqNb"), Made: f.moment("CreDtTm"), Since: f.moment("FrToDt", "FrDtTm"), Until: f.moment("FrToDt", "ToDtTm"),
		Account: f.account("Acct"), Info: f.text(mostInfo, "AddtlStmtInf"),
	}
	for _, balance := range f.all("Bal") {
		b := &fields{n: balance}
		one := Balance{Code: b.text(mostReference, "Tp", "CdOrPrtry", "Cd"), Amount: b.amount("Amt"), Day: b.day("Dt")}
		if one.Code == "" {
			one.Code = b.text(mostReference, "Tp", "CdOrPrtry", "Prtry")
		}
		if !b.credit("CdtDbtInd") {
			one.Amount.Minor = -one.Amount.Minor
		}
		if one.Code == "" || one.Day.IsZero() {
			b.fail(fmt.Errorf("%w: a balance without a code or a day", ErrMessage))
		}
		f.fail(b.err)
		out.Balances = append(out.Balances, one)
	}
	if len(out.Balances) == 0 {
		f.fail(fmt.Errorf("%w: a statement without a balance", ErrMessage))
	}
	return out, f.err
}

// NextEntry reads the statement's next entry; io.EOF after the last.
func (s *StatementReader) NextEntry() (Entry, error) {
	if s.over != nil {
		return Entry{}, s.over
	}
	if !s.inside {
		return Entry{}, io.EOF
	}
	out, found, err := s.entry()
	switch {
	case err != nil:
		s.over, s.inside = err, false
		return Entry{}, err
	case !found:
		s.inside = false
		return Entry{}, io.EOF
	}
	return out, nil
}

func (s *StatementReader) entry() (Entry, bool, error) {
	for {
		s.r.renew()
		start := s.ahead
		s.ahead = nil
		if start == nil {
			var err error
			if start, err = s.r.child(); err != nil || start == nil {
				return Entry{}, false, early(err)
			}
		}
		if start.Name.Local != "Ntry" {
			if err := s.r.skip(start); err != nil {
				return Entry{}, false, err
			}
			continue
		}
		n, err := s.r.node(start, depthMost)
		if err != nil {
			return Entry{}, false, early(err)
		}
		out, err := readEntry(n)
		return out, true, err
	}
}

func readEntry(n *node) (Entry, error) {
	f := &fields{n: n}
	out := Entry{
		Ref: f.text(mostReference, "NtryRef"), Amount: f.amount("Amt"), Credit: f.credit("CdtDbtInd"), Reversal: f.flag("RvslInd"), Status: f.text(mostReference, "Sts", "Cd"),
		Day: f.day("BookgDt"), Value: f.day("ValDt"), BankRef: f.text(mostReference, "AcctSvcrRef"), Code: f.code(), Fees: f.fees(), Info: f.text(mostInfo, "AddtlNtryInf"),
	}
	if out.Status == "" {
		out.Status = f.text(mostReference, "Sts", "Prtry")
	}
	if out.Status == "" {
		f.fail(fmt.Errorf("%w: an entry without a status", ErrMessage))
	}
	for _, details := range f.all("NtryDtls") {
		d := &fields{n: details}
		if batch := d.one("Btch"); batch != nil {
			if out.Batch != nil {
				d.fail(fmt.Errorf("%w: two batches in an entry", ErrMessage))
			}
			out.Batch = d.batch(batch)
		}
		for _, one := range d.all("TxDtls") {
			t, err := readTransaction(one, out)
			d.fail(err)
			out.Parts = append(out.Parts, t)
		}
		f.fail(d.err)
	}
	return out, f.err
}

func (f *fields) batch(n *node) *Batch {
	b := &fields{n: n}
	out := &Batch{Message: b.text(mostReference, "MsgId"), Payment: b.text(mostReference, "PmtInfId"), Count: b.count("NbOfTxs")}
	if b.one("TtlAmt") != nil {
		out.Amount = b.amount("TtlAmt")
	}
	f.fail(b.err)
	return out
}

// code is what the bank calls an entry: its own code, or the standard's three in one.
func (f *fields) code() string {
	if own := f.text(mostReference, "BkTxCd", "Prtry", "Cd"); own != "" {
		return own
	}
	out := f.text(4, "BkTxCd", "Domn", "Cd")
	for _, path := range [][]string{{"BkTxCd", "Domn", "Fmly", "Cd"}, {"BkTxCd", "Domn", "Fmly", "SubFmlyCd"}} {
		if more := f.text(4, path...); more != "" {
			out += "/" + more
		}
	}
	return out
}

func (f *fields) fees() []Fee {
	charges := f.one("Chrgs")
	if charges == nil {
		return nil
	}
	var out []Fee
	for _, record := range (&fields{n: charges}).all("Rcrd") {
		r := &fields{n: record}
		fee := Fee{Amount: r.amount("Amt"), Included: r.flag("ChrgInclInd")}
		if r.one("CdtDbtInd") != nil {
			fee.Credit = r.credit("CdtDbtInd")
		}
		if fee.Amount.Minor > 0 {
			out = append(out, fee)
		}
		f.fail(r.err)
	}
	return out
}

// readTransaction reads one payment of an entry; what it does not say is the entry's.
func readTransaction(n *node, e Entry) (Transaction, error) {
	f := &fields{n: n}
	out := Transaction{
		Refs: Refs{
			Message: f.text(mostReference, "Refs", "MsgId"), BankRef: f.text(mostReference, "Refs", "AcctSvcrRef"), Payment: f.text(mostReference, "Refs", "PmtInfId"),
			Instruction: f.text(mostReference, "Refs", "InstrId"), EndToEnd: f.text(mostReference, "Refs", "EndToEndId"), Transaction: f.text(mostReference, "Refs", "TxId"),
		},
		Amount: e.Amount, Credit: e.Credit, Code: f.code(), Fees: f.fees(),
		Debtor: f.party("RltdPties", "Dbtr"), DebtorAccount: f.account("RltdPties", "DbtrAcct"), DebtorBank: f.bank("RltdAgts", "DbtrAgt"),
		Creditor: f.party("RltdPties", "Cdtr"), CreditorAccount: f.account("RltdPties", "CdtrAcct"), CreditorBank: f.bank("RltdAgts", "CdtrAgt"),
		Purpose: f.texts(purposePart, f.one("RmtInf"), "Ustrd"), Info: f.text(mostInfo, "AddtlTxInf"), Returned: f.text(4, "RtrInf", "Rsn", "Cd"),
	}
	if f.one("Amt") != nil {
		out.Amount = f.amount("Amt")
	}
	if f.one("CdtDbtInd") != nil {
		out.Credit = f.credit("CdtDbtInd")
	}
	return out, f.err
}
