package charity

import (
	"encoding/json"
	"fmt"
	"time"

	"posad.city/core/ledger"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/systems/charity/internal/store"
)

// FundState is how a fund stands with the city.
type FundState string

// The states of a fund.
const (
	FundAsked     FundState = "asked"     // waits to be verified
	FundOpen      FundState = "open"      // verified and published: takes gifts
	FundSuspended FundState = "suspended" // published with the reason; takes no gifts and pays nothing out
	FundRefused   FundState = "refused"
	FundEnded     FundState = "ended" // its page and books stay
)

// Public tells whether everybody may read of a fund.
func (s FundState) Public() bool { return s == FundOpen || s == FundSuspended || s == FundEnded }

// Fund is a charity fund.
type Fund struct {
	ID        id.ID // of the organisation
	State     FundState
	Title     lang.Text
	OGRN, INN string
	Category  string // what it mostly does
	Asked     time.Time
	Since     time.Time // when it was first published; zero: never
	Revision  int64
	FundBody
}

// FundBody is what a fund says of itself. Everybody reads it.
type FundBody struct {
	About   lang.Text `json:"about,omitzero"`
	People  []Member  `json:"people"`
	Bank    Bank      `json:"bank"`
	Address lang.Text `json:"address,omitzero"`
	Site    string    `json:"site,omitempty"`
	Email   string    `json:"email,omitempty"`
	Phone   string    `json:"phone,omitempty"`
}

// Member is somebody whom a fund names as one of its people.
type Member struct {
	Name lang.Text `json:"name,omitzero"`
	Role lang.Text `json:"role,omitzero"`
}

// Bank is where a fund's money goes.
type Bank struct {
	Account       string `json:"account"`       // 20 digits
	Correspondent string `json:"correspondent"` // 20 digits
	BIC           string `json:"bic"`           // 9 digits
	Name          string `json:"name"`
}

// AppealState is how far an appeal is.
type AppealState string

// The states of an appeal.
const (
	AppealDraft    AppealState = "draft"
	AppealAsked    AppealState = "asked" // an official is to check it
	AppealRefused  AppealState = "refused"
	AppealOpen     AppealState = "open"
	AppealReached  AppealState = "reached"  // the target is there and more is not taken
	AppealEnded    AppealState = "ended"    // its last day is over
	AppealReported AppealState = "reported" // everything that was given was paid out and reported
	AppealStopped  AppealState = "stopped"  // an official has stopped it
)

// Public tells whether everybody may read of an appeal.
func (s AppealState) Public() bool {
	switch s {
	case AppealOpen, AppealReached, AppealEnded, AppealReported, AppealStopped:
		return true
	}
	return false
}

// Over is where gifts above an appeal's target go. The appeal says it before anybody gives.
type Over string

// The rules.
const (
	OverSimilar Over = "similar" // to the fund's other open appeals of the category, then to its own aims
	OverStays   Over = "stays"   // the appeal takes them until its last day
)

// Appeal is what a fund collects for.
type Appeal struct {
	Fund, ID id.ID
	State    AppealState
	Category string
	District string // empty: the whole city
	Target   int64  // minor units
	Until    calendar.Date
	Over     Over
	Picture  id.ID // zero: none
	Made     time.Time
	Opened   time.Time
	Closed   time.Time
	Revision int64
	AppealBody
}

// AppealBody is the text of an appeal.
type AppealBody struct {
	Title lang.Text    `json:"title,omitzero"`
	Story lang.Text    `json:"story,omitzero"`
	Alt   lang.Text    `json:"alt,omitzero"` // what the picture shows
	Lines []BudgetLine `json:"lines"`
}

// BudgetLine is one of the things that an appeal's money is for.
type BudgetLine struct {
	Key    string    `json:"key"`
	Title  lang.Text `json:"title,omitzero"`
	Amount int64     `json:"amount"` // minor units
}

// Line is the budget line of a key.
func (b AppealBody) Line(key string) (BudgetLine, bool) {
	for _, l := range b.Lines {
		if l.Key == key {
			return l, true
		}
	}
	return BudgetLine{}, false
}

// Purse is the money of one aim: an appeal's, or a fund's own, where Appeal is the fund. Minor units.
type Purse struct {
	Fund, Appeal id.ID
	Given        int64 // without what went back
	Gifts        int64
	Asked        int64 // payouts that wait for the city
	Paid         int64
	Told         int64 // reported
	Place        int64
	Came         int64 // ever, with what went back; read of one purse alone
}

// Free is what a new payout may ask for.
func (p Purse) Free() int64 { return p.Given - p.Paid - p.Asked }

// EntryKind is a kind of movement in a fund's books.
type EntryKind string

// The kinds.
const (
	EntryGift   EntryKind = "gift"
	EntryBack   EntryKind = "back" // a gift went back to its giver
	EntryPayout EntryKind = "payout"
	EntryReturn EntryKind = "return" // a payout came back to the fund
)

// Entry is a movement in a fund's public books.
type Entry struct {
	ID     id.ID
	Part   int64
	Kind   EntryKind
	Appeal id.ID
	Place  int64
	Amount int64
	Line   string
	At     time.Time
	Day    calendar.Date
	Shown  string
}

// PayoutState is how far a payout is.
type PayoutState string

// The states of a payout.
const (
	PayoutAsked     PayoutState = "asked"
	PayoutPaid      PayoutState = "paid"
	PayoutRefused   PayoutState = "refused"
	PayoutTakenBack PayoutState = "taken_back"
	PayoutReturned  PayoutState = "returned" // the bank sent it back: the money is the fund's again
)

// Payout is money that a fund spends on an aim.
type Payout struct {
	Fund, ID, Appeal id.ID
	Line             string // of the appeal's budget; empty for a fund's own aims
	Amount           int64
	State            PayoutState
	Asked            time.Time
	Decided          time.Time
	Revision         int64
	PayoutBody
}

// PayoutBody says to whom money goes and for what. Everybody reads it once it is paid.
type PayoutBody struct {
	To      lang.Text `json:"to,omitzero"`
	ToINN   string    `json:"to_inn,omitempty"`
	Account string    `json:"account,omitempty"` // for the bank alone
	BIC     string    `json:"bic,omitempty"`
	What    lang.Text `json:"what,omitzero"`
	Beyond  string    `json:"beyond,omitempty"` // why it is more than its line of the budget has; empty: it is not
}

// Report is what a fund tells of an appeal. One without lines is news.
type Report struct {
	Fund, ID, Appeal id.ID
	At               time.Time
	Amount           int64
	ReportBody
}

// ReportBody is the text of a report.
type ReportBody struct {
	Text  lang.Text    `json:"text,omitzero"`
	Lines []ReportLine `json:"lines,omitempty"`
	Files []Paper      `json:"files,omitempty"`
}

// ReportLine is what was bought for a line of the budget.
type ReportLine struct {
	Line   string    `json:"line"`
	What   lang.Text `json:"what,omitzero"`
	Amount int64     `json:"amount"`
}

// Paper is a document of a report.
type Paper struct {
	ID   id.ID  `json:"id"`
	Name string `json:"name"`
}

// Decision is an official act about a fund, an appeal or a payout.
type Decision struct {
	ID, Object       id.ID
	Kind             string // what was decided: fund_published, appeal_refused …
	Reason           string
	Official, Agency id.ID
	At               time.Time
}

// GiftState is how far a gift is.
type GiftState string

// The states of a gift.
const (
	GiftPromised GiftState = "promised" // not paid yet
	GiftGiven    GiftState = "given"
	GiftBack     GiftState = "back"    // went back to its giver
	GiftDropped  GiftState = "dropped" // was never paid
)

// Gift is a gift as its giver sees it.
type Gift struct {
	Giver, ID, Fund, Appeal id.ID
	Amount                  int64
	State                   GiftState
	Monthly                 id.ID
	Made, Given             time.Time
	Code                    string // of its page
	Shown                   string // the name that everybody sees; empty: none
}

// Bounds.
const (
	GiftLeast   = 10_00        // kopecks
	GiftMost    = 1_000_000_00 // kopecks; a larger gift is made by a contract with the fund
	LinesMost   = 12           // of a budget
	nameMost    = 60           // characters of a shown name
	fundsMost   = 500          // of a page of them
	appealsMost = 2000
	listMost    = 200
)

// Account is the ledger's account of a fund: the income of the payee of its gifts.
func Account(fund id.ID) ledger.Account {
	return ledger.Named("income "+fund.String(), money.RUB, ledger.Free)
}

// The faults of this module.
var (
	ErrNone     = fault.New(fault.Missing, "charity.none")
	ErrClosed   = fault.New(fault.Conflict, "charity.closed")        // the fund takes no gifts now
	ErrChanged  = fault.New(fault.Conflict, "charity.changed")       // somebody was first
	ErrState    = fault.New(fault.Conflict, "charity.state_fault")   // the state does not allow it
	ErrShort    = fault.New(fault.Conflict, "charity.short")         // the purse has less
	ErrSpent    = fault.New(fault.Conflict, "charity.spent")         // the gift was paid out
	ErrTwo      = fault.New(fault.Denied, "charity.two_people")      // who asked can't approve
	ErrForm     = fault.New(fault.Invalid, "charity.form")           // with fields
	ErrFile     = fault.New(fault.Invalid, "charity.file_fault")     // not a picture or a PDF
	ErrNotSeen  = fault.New(fault.Unavailable, "charity.scan_fault") // the file could not be looked into
	ErrNoDesk   = fault.New(fault.Denied, "charity.no_desk")
	ErrBank     = fault.New(fault.Unavailable, "charity.bank_silent")
	ErrNotYours = fault.New(fault.Denied, "charity.not_yours")
)

func fundOf(row charitydb.CharityFund) (Fund, error) {
	out := Fund{
		ID: row.Fund, State: FundState(row.State), OGRN: row.Ogrn, INN: row.Inn, Category: row.Category, Asked: row.Asked, Since: row.Since, Revision: row.Revision,
	}
	return out, read(row.Fund, pair{row.Title, &out.Title}, pair{row.Body, &out.FundBody})
}

func appealOf(row charitydb.CharityAppeal) (Appeal, error) {
	out := Appeal{
		Fund: row.Fund, ID: row.ID, State: AppealState(row.State), Category: row.Category, District: row.District, Target: row.Target,
		Over: Over(row.Over), Picture: row.Picture, Made: row.Made, Opened: row.Opened, Closed: row.Closed, Revision: row.Revision,
	}
	var err error
	if out.Until, err = calendar.ParseDate(row.Until); err != nil {
		return out, fmt.Errorf("charity: appeal %s: %w", row.ID, err)
	}
	return out, read(row.ID, pair{row.Body, &out.AppealBody})
}

func purseOf(row charitydb.CharityPurse) Purse {
	return Purse{Fund: row.Fund, Appeal: row.Appeal, Given: row.Given, Gifts: row.Gifts, Asked: row.Asked, Paid: row.Paid, Told: row.Told, Place: row.Place, Came: row.Came}
}

func entryOf(row charitydb.CharityEntry) (Entry, error) {
	day, err := calendar.ParseDate(row.Day)
	if err != nil {
		return Entry{}, fmt.Errorf("charity: entry %s: %w", row.ID, err)
	}
	return Entry{
		ID: row.ID, Part: row.Part, Kind: EntryKind(row.Kind), Appeal: row.Appeal, Place: row.Place, Amount: row.Amount, Line: row.Line,
		At: row.At, Day: day, Shown: row.Shown,
	}, nil
}

func payoutOf(row charitydb.CharityPayout) (Payout, error) {
	out := Payout{
		Fund: row.Fund, ID: row.ID, Appeal: row.Appeal, Line: row.Line, Amount: row.Amount, State: PayoutState(row.State),
		Asked: row.Asked, Decided: row.Decided, Revision: row.Revision,
	}
	return out, read(row.ID, pair{row.Body, &out.PayoutBody})
}

func reportOf(row charitydb.CharityReport) (Report, error) {
	out := Report{Fund: row.Fund, ID: row.ID, Appeal: row.Appeal, At: row.At, Amount: row.Amount}
	return out, read(row.ID, pair{row.Body, &out.ReportBody})
}

// pair is JSON and where it goes.
type pair struct {
	from string
	into any
}

func read(of id.ID, pairs ...pair) error {
	for _, p := range pairs {
		if err := json.Unmarshal([]byte(p.from), p.into); err != nil {
			return fmt.Errorf("charity: row %s: %w", of, err)
		}
	}
	return nil
}

func write(v any) string {
	out, err := json.Marshal(v)
	if err != nil {
		panic("charity: a value of this package is no JSON: " + err.Error()) // texts, numbers and ids alone
	}
	return string(out)
}
