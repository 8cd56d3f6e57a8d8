package document

import (
	"time"

	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// The events.
const (
	EventIssued  = "document.issued"
	EventRevoked = "document.revoked"
	EventEnded   = "document.ended" // its last day is over; a revoked one ends by EventRevoked alone

	EventChecked  = "document.checked"  // the virus scanner saw a file that had waited for it; the object is the file
	EventInfected = "document.infected" // it found a virus in it, and the bytes are gone
)

// Upload is a file on its way in.
type Upload struct {
	Holder   id.ID  // in whose account the case lies
	Purpose  id.ID  // the draft, which becomes the case
	Service  string // key of the service; a mandate for some services opens a file of those alone
	Field    string
	File     web.File
	Accept   []string // kinds as definitions name them: pdf, jpg, png, heic, docx, odt, txt; nil: pdf, jpg, png
	MaxBytes int64    // 0: 10 MiB
}

// File is an uploaded file as its row tells of it.
type File struct {
	Holder  id.ID
	ID      id.ID
	Purpose id.ID
	Field   string
	Name    string // as the sender called it
	Type    string // kind by content, as definitions name it: pdf, jpg ...
	Media   string // MIME type by content
	Size    int64  // bytes
	SHA256  [32]byte
	Made    time.Time
	Kept    bool // the application is in: it can't be removed
	State   FileState
	Pages   int   // of a PDF; 0: not known
	Preview id.ID // blob of its small picture; zero: none. OpenPreview reads it
}

// FileState is what the virus scanner said of a file.
type FileState string

// The states.
const (
	FileUnscanned FileState = ""         // the city had no scanner when it came
	FileWaits     FileState = "waiting"  // not checked yet: the scanner did not answer
	FileClean     FileState = "clean"    // checked
	FileInfected  FileState = "infected" // a virus was found and the bytes are deleted
)

// Answer is the file as an answer of a form.
func (f File) Answer() service.File {
	return service.File{ID: f.ID.String(), Name: f.Name, Type: f.Type, Size: f.Size}
}

// Fact is a line of a result. Key is what the code carries for a public fact: at most 16 bytes there, and the value at
// most 64; longer ones stand on the check page alone.
type Fact struct {
	Key   string    `json:"key"`
	Label lang.Text `json:"label"`
	Value lang.Text `json:"value"`
}

// Same is a text that is the same in every language: a plate, a name, an official's own words.
func Same(text string) lang.Text { return lang.Text{RU: text, EN: text} }

// NewResult is a document to be issued.
type NewResult struct {
	ID      id.ID // made once by the caller: the same result prepared and put again changes nothing
	Act     id.ID // whose doing it is, for the journal; zero: ID
	Holder  id.ID
	Case    id.ID
	Service string // key of the service
	Kind    string // key of the result in the definition, 1-32 bytes
	Agency  id.ID
	Office  lang.Text // the agency's name
	Signer  lang.Text // who answers for it: name and post; may be empty
	City    lang.Text // what the city is called
	Number  string    // ten digits of id.NewNumber; empty: made here
	Title   lang.Text
	Text    lang.Text     // what the document certifies
	Facts   []Fact        // lines without a value are left out
	Public  []string      // keys of the facts that the public check shows
	Parts   []Part        // further text, for example how to disagree
	From    calendar.Date // the first day it is good; zero: the day of issue
	Until   calendar.Date // the last day it is good; zero: it has no end
	Lang    lang.Language // of the PDF

	Form  Form
	List  string // for FormEntry: key of the city's list
	Opens string // for FormAccess: key of what it opens, as programs ask for it

	replaces string // number of the document in whose place it stands
}

// Form is what a result is beside a document.
type Form string

// The forms. Each has its paper.
const (
	FormDocument Form = ""        // a document and no more
	FormEntry    Form = "entry"   // a line of one of the city's lists; the paper is its extract
	FormAccess   Form = "access"  // a right that programs ask about
	FormRefusal  Form = "refusal" // a decision not to give what was asked for
)

// Part is a heading with text.
type Part struct {
	Heading lang.Text `json:"heading"`
	Text    lang.Text `json:"text"`
}

// Result is an issued document.
type Result struct {
	Holder  id.ID
	ID      id.ID
	Case    id.ID
	Service string
	Kind    string
	Agency  id.ID
	Office  lang.Text
	Signer  lang.Text
	Number  string // ten digits; id.FormatNumber shows it
	Title   lang.Text
	Text    lang.Text
	Facts   []Fact
	Public  []string
	From    calendar.Date
	Until   calendar.Date // zero: no end
	Lang    lang.Language // of the PDF
	Issued  time.Time
	Revoked time.Time // zero: it was not
	Reason  lang.Text // why it was revoked
	Token   string    // what the QR code holds behind /v/

	Form     Form
	List     string // of an entry
	Opens    string // of an access
	Replaces string // number of the document in whose place it stands; empty: none
	Replaced string // number of the document that stands in its place; empty: none
}

// Standing is how a document stands today, as the check says it.
type Standing string

// The standings.
const (
	Valid   Standing = "valid"
	Early   Standing = "early" // good from a later day
	Expired Standing = "expired"
	Revoked Standing = "revoked"
	NotOurs Standing = "not_ours" // the city issued no such document
	Altered Standing = "altered"  // the code or the document was changed after signing
)

// Standing tells how a document stands on a day.
func (r Result) Standing(today calendar.Date) Standing {
	return standing(!r.Revoked.IsZero(), r.From, r.Until, today)
}

func standing(revoked bool, from, until, today calendar.Date) Standing {
	switch {
	case revoked:
		return Revoked
	case !until.IsZero() && today.After(until):
		return Expired
	case today.Before(from):
		return Early
	}
	return Valid
}

// Revocation ends a result before its day.
type Revocation struct {
	Act    id.ID // for the journal; zero: made here
	Holder id.ID
	ID     id.ID
	Reason lang.Text // in plain words, for the holder; the public check tells the day alone

	replaced string // number of the document that stands in its place
}

// The faults of this module. Those of an upload carry the file's name in the sentence.
var (
	ErrNone    = fault.New(fault.Missing, "document.none")
	ErrKept    = fault.New(fault.Conflict, "document.kept") // the application is in: its files stay
	ErrEmpty   = fault.New(fault.Invalid, "document.file_empty")
	ErrLarge   = fault.New(fault.TooLarge, "document.file_large")
	ErrType    = fault.New(fault.Invalid, "document.file_type")
	ErrHEIC    = fault.New(fault.Invalid, "document.file_heic")
	ErrPicture = fault.New(fault.Invalid, "document.file_picture") // it can't be read as the picture that it begins as
	ErrPixels  = fault.New(fault.Invalid, "document.file_pixels")
	ErrBroken  = fault.New(fault.Invalid, "document.file_broken") // a PDF that can't be opened
	ErrLocked  = fault.New(fault.Invalid, "document.file_locked") // a PDF with a password

	ErrInfected  = fault.New(fault.Invalid, "document.file_infected")
	ErrScanner   = fault.New(fault.Unavailable, "document.file_scanner") // the scanner is silent, and the city takes nothing without it
	ErrUnchecked = fault.New(fault.Conflict, "document.file_unchecked")
	ErrDeleted   = fault.New(fault.Missing, "document.file_deleted")

	ErrHead   = fault.New(fault.Denied, "document.desk.head") // only the head of the agency revokes
	ErrReason = fault.New(fault.Invalid, "document.desk.reason_missing")

	ErrRevoked = fault.New(fault.Conflict, "document.revoked_already")

	// ErrNoCredential: it is a refusal, it was revoked, or its last day is over.
	ErrNoCredential = fault.New(fault.Conflict, "document.no_credential")
	ErrWalletKey    = fault.New(fault.Invalid, "document.wallet_key")
)

// The contract of the module, written out in its files. Acts that read carry the purpose of the case (Act.ForCase); a
// system act and the holder's own leave no look record.
//
//	New(d Deps) *Module
//	m.PrepareUpload(ctx, a act.Act, u Upload) (*PreparedUpload, error)     p.File() File     p.Put(tx) error
//	m.Files(ctx, a, holder, purpose) ([]File, error)                       oldest first
//	m.OpenFile(ctx, a, holder, file) (File, io.ReadCloser, error)          ErrNone, ErrUnchecked, ErrDeleted; OpenPreview too
//	m.SendFile(c *web.Context, holder, file) error                         after the caller's May: the bytes as an answer; SendPreview too
//	m.Remove(tx, holder, purpose, file) error                              ErrNone, ErrKept; the blob goes after the commit
//	m.Keep(tx, holder, purpose) error                                      the application is in
//	m.Discard(tx, holder, purpose) error                                   the draft is gone with its files; kept ones stay
//
//	m.PrepareResult(ctx, n NewResult) (*PreparedResult, error)             p.Result() Result p.Put(tx) error, store.ErrExists: prepare again
//	m.PrepareRefusal(ctx, r Refusal) (*PreparedResult, error)              the same for a refusal
//	m.PrepareCorrection(ctx, c Correction) (*PreparedCorrection, error)    p.Result() Result p.Put(tx) error: a new one, and the old one revoked
//	m.PrepareRevoke(ctx, r Revocation) (*PreparedRevoke, error)            p.Put(tx) error
//	m.Result(ctx, a, holder, result) (Result, error)                       ErrNone
//	m.Results(ctx, a, holder, caseID) ([]Result, error)                    newest first; zero case: all
//	m.OpenPDF(ctx, a, holder, result) (Result, io.ReadCloser, error)
//	m.SendPDF(c *web.Context, holder, result) error                        after the caller's May
//	m.Check(ctx, a, token) (Checked, error); m.CheckNumber(ctx, a, number) (Checked, error)
//	m.Entries(ctx, list, EntryQuery) (EntryPage, error)                    lines of a list: what everybody may read
//	m.Access(ctx, a, holder, opens) (Access, error)                        whether a right is good today
