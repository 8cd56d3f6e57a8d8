package service

// Service is one definition: everything that a page, the JSON API, a desk, a printed form or an assistant needs to
// offer the service and to carry a case through it. It is read-only after loading; share it freely.
type Service struct {
	Key    string `json:"service" need:"1" about:"Name of the service for ever: Latin letters, digits and hyphens"`
	Agency string `json:"agency" need:"1" about:"Key of the agency that answers for the service"`

	Title   Text   `json:"title" need:"1" about:"What it is called"`
	Summary Text   `json:"summary" need:"1" about:"What it gives, in one or two sentences"`
	AskedAs Words  `json:"asked-as" need:"1" about:"The words that people search by, as they say them"`
	Icon    string `json:"icon,omitempty" about:"Name of an icon of the design system"`

	Topic      string   `json:"topic" need:"1" about:"Key of the topic"`
	Situations []string `json:"situations,omitempty" about:"Keys of the life situations in which it is wanted"`
	Audience   []string `json:"audience" need:"1" one:"residents|parents|traders|organisations|everyone" about:"Whom it is for"`

	For       string     `json:"for" need:"1" one:"person|child|trader|organisation" about:"In whose account the case lies: the applicant, their child (by a parent's mandate), a sole trader or an organisation"`
	Concerned []string   `json:"concerned,omitempty" one:"applicant|child" about:"Whom the case is about, when not only the one in whose account it lies"`
	Assurance string     `json:"assurance" need:"1" one:"basic|standard|verified" about:"The least level of sign-in"`
	Who       Text       `json:"who" need:"1" about:"Who may apply, in plain words"`
	Obstacles []Obstacle `json:"obstacles,omitempty" about:"When one may not apply, why, and what one can do instead"`

	Form         Form          `json:"form" need:"1" about:"What the applicant is asked"`
	Certificates []Certificate `json:"certificates,omitempty" about:"What the city asks registers itself"`
	Fees         []Fee         `json:"fees,omitempty" about:"What it costs; left out: free. Those whose rules hold are added up in one bill"`
	Steps        []Task        `json:"steps" need:"1" about:"The steps of a case, a finite graph; the first one listed comes first"`
	Decision     *Table        `json:"decision,omitempty" about:"The table that decides, or advises the official"`
	Term         Term          `json:"term" need:"1" about:"By when the applicant has the decision, from submission"`
	Extension    *Extension    `json:"extension,omitempty" about:"How the term may be made longer, once; left out: it may not"`
	Late         []Consequence `json:"late,omitempty" about:"What happens by itself when the term is missed"`
	Grounds      []Ground      `json:"grounds,omitempty" about:"Every ground on which the service can be refused"`
	Appeal       *Appeal       `json:"appeal,omitempty" about:"How to disagree with a decision"`
	Result       Result        `json:"result" need:"1" about:"What the applicant gets"`
	Order        *Order        `json:"order,omitempty" about:"How the order of the waiting list is decided and explained"`
	Renewal      *Renewal      `json:"renewal,omitempty" about:"How the result is renewed with everything filled in; left out: one applies anew"`
	Already      *Already      `json:"already,omitempty" about:"How a second application for the same thing is recognised; left out: as many as one likes"`
	About        string        `json:"about,omitempty" one:"decision|case" about:"The case is about another one of the same person: decision, an appeal against it, decided by somebody else; case, any of theirs. Left out: about none"`
	Reminders    []Reminder    `json:"reminders,omitempty" about:"What the applicant is reminded of later"`
	Notices      []Notice      `json:"notices,omitempty" about:"The city's own words for notices of this service"`
	Examples     []Example     `json:"examples" need:"1" about:"Cases with their expected outcome; check runs them"`
}

// Obstacle is a reason why somebody may not apply. When is a rule; true means that the obstacle stands.
type Obstacle struct {
	Key     string `json:"key" need:"1" about:"Name of the obstacle"`
	When    Rule   `json:"when" need:"1" about:"Rule: true when one may not apply"`
	Because Text   `json:"because" need:"1" about:"You can't, because ..."`
	Instead Text   `json:"instead" need:"1" about:"... but you can"`
}

// Form is the questions, in steps.
type Form struct {
	Minutes int    `json:"minutes,omitempty" about:"How long it takes to fill, minutes"`
	Steps   []Step `json:"steps" need:"1" about:"Pages of the form, in order"`
}

// Step is a page of the form. A step whose When is false, or all of whose fields are hidden, is not shown.
type Step struct {
	Key    string  `json:"key" need:"1" about:"Name of the step, unique in the service"`
	Title  Text    `json:"title" need:"1" about:"Heading of the page"`
	Lead   Text    `json:"lead,omitzero" about:"A sentence under the heading"`
	When   Rule    `json:"when,omitempty" about:"Rule: asked only when true"`
	Fields []Field `json:"fields" need:"1" about:"Questions of the step"`

	Eligibility bool   `json:"eligibility,omitempty" about:"Asked before the form and without sign-in: may one apply at all? Comes first"`
	By          string `json:"by,omitempty" one:"applicant|co-signer" about:"Who fills it: the applicant, or each of those who sign with them, in their own account after the applicant has sent the form. Left out: applicant"`
}

// Type is what a field asks for. Its canonical JSON form is told in core/form.
type Type string

// The types of field.
const (
	TypeName     Type = "name"      // a person's name in parts
	TypeBirth    Type = "birth"     // a date of birth
	TypePhone    Type = "phone"     // a Russian or foreign telephone number
	TypeEmail    Type = "email"     // an e-mail address
	TypeAddress  Type = "address"   // an address of the city's register, with a flat
	TypeSNILS    Type = "snils"     // insurance number, checksum verified
	TypePlate    Type = "plate"     // a Russian vehicle plate
	TypeINN      Type = "inn"       // taxpayer's number, checksums verified
	TypeMoney    Type = "money"     // an amount in minor units
	TypeNumber   Type = "number"    // a whole number
	TypeDate     Type = "date"      // a civil date
	TypeText     Type = "text"      // one line
	TypeLongText Type = "long-text" // several lines with a limit
	TypeChoice   Type = "choice"    // one of the options
	TypeChoices  Type = "choices"   // some of the options
	TypeYesNo    Type = "yes-no"    // yes or no
	TypeFile     Type = "file"      // files
	TypeChild    Type = "child"     // one of the applicant's children by mandate
	TypeVehicle  Type = "vehicle"   // one of the applicant's vehicles, or another by its plate
	TypePerson   Type = "person"    // another person: name, date of birth and SNILS, by which the city finds whom it asks to co-sign
	TypeSlot     Type = "slot"      // an appointment: a free time of a bookable resource, held while the form is filled
	TypeGroup    Type = "group"     // the same questions several times: a list of entries
)

// Field is one question.
type Field struct {
	Key       string       `json:"key" need:"1" about:"Name of the field: Latin letters, digits and underscores; rules call it answers.KEY"`
	Type      Type         `json:"type" need:"1" one:"name|birth|phone|email|address|snils|plate|inn|money|number|date|text|long-text|choice|choices|yes-no|file|child|vehicle|person|slot|group" about:"What is asked for"`
	Label     Text         `json:"label" need:"1" about:"The question"`
	Hint      Text         `json:"hint,omitzero" about:"A hint under the question"`
	Optional  bool         `json:"optional,omitempty" about:"May be left empty"`
	When      Rule         `json:"when,omitempty" about:"Rule: asked only when true"`
	Known     string       `json:"known,omitempty" about:"A value that the city knows already, for example applicant.phone or facts.residence.address; the field is filled with it and its source is shown"`
	Fixed     bool         `json:"fixed,omitempty" about:"When the known value is there it can't be changed and is not asked"`
	Options   []Option     `json:"options,omitempty" about:"For choice and choices"`
	Min       string       `json:"min,omitempty" about:"Least number, amount (100.00 RUB), date (2026-11-21, today, today-30), length of a text or number of entries of a group"`
	Max       string       `json:"max,omitempty" about:"Greatest number, amount, date, length of a text or number of entries of a group"`
	Accept    []string     `json:"accept,omitempty" one:"pdf|jpg|png|heic|docx|odt|txt" about:"Kinds of file; for file"`
	MaxSize   int          `json:"max-size,omitempty" about:"Largest file, megabytes; for file"`
	MaxFiles  int          `json:"max-files,omitempty" about:"How many files; for file"`
	InsteadOf string       `json:"instead-of,omitempty" about:"Key of the certificate that this paper stands in for, where the register may not hold it; the reason must be told in the hint"`
	Checks    []FieldCheck `json:"checks,omitempty" about:"Rules that the answer must meet"`
	Keyed     bool         `json:"keyed,omitempty" about:"Officials find cases by this answer"`
	Value     Rule         `json:"value,omitempty" about:"Rule: the answer is computed and shown, not asked; for number, money, date, text and yes-no"`
	Fields    []Field      `json:"fields,omitempty" about:"For group: the questions of one entry; rules see answers.KEY as a list of records"`
	Entry     Text         `json:"entry,omitzero" about:"For group: what one entry is called, for example Witness"`
	Resource  string       `json:"resource,omitempty" about:"For slot: key of the bookable resource"`
	House     bool         `json:"house,omitempty" about:"For address: a house is meant, no flat is asked"`
	Why       Text         `json:"why,omitzero" about:"Why it is asked, shown with the question; needed where no rule, certificate or document uses the answer and people read it"`
}

// Option is one answer of a choice.
type Option struct {
	Key   string `json:"key" need:"1" about:"Value of the answer"`
	Label Text   `json:"label" need:"1" about:"Words of the answer"`
	Hint  Text   `json:"hint,omitzero" about:"A hint under the words"`
	When  Rule   `json:"when,omitempty" about:"Rule: offered only when true"`
	Queue string `json:"queue,omitempty" about:"Queue to which a case with this answer goes, as agency/queue; see the step's route"`
}

// FieldCheck is a rule of the service's own for an answer.
type FieldCheck struct {
	Rule Rule `json:"rule" need:"1" about:"Rule: must be true"`
	Say  Text `json:"say" need:"1" about:"What to do when it is not"`
}

// Certificate is a question that the city asks a register in a case, so that the applicant brings no paper.
type Certificate struct {
	Key      string            `json:"key" need:"1" about:"Name of the certificate in this service; rules call its values facts.KEY.NAME"`
	Register string            `json:"register" need:"1" about:"Key of the register"`
	About    string            `json:"about,omitempty" one:"applicant|child" about:"Whom it is about; that person sees the look. Left out: applicant"`
	When     Rule              `json:"when,omitempty" about:"Rule: asked only when true"`
	With     map[string]string `json:"with,omitempty" about:"Parameters of the request: name and where its value is taken (answers.KEY, applicant.snils, child.snils)"`
	Early    bool              `json:"early,omitempty" about:"Asked while the form is being filled, to prefill it; left out: after submission"`
	Ask      string            `json:"ask,omitempty" about:"For early: key of the question, with instead-of this certificate, that the form asks when the register fails for good or says no; the card tells it"`
	Needed   Text              `json:"needed" need:"1" about:"What it is asked for, as the resident reads it in the record of looks"`
}

// Fee is a part of what the service costs. Exactly one of Amount and Rule is set.
type Fee struct {
	Key    string      `json:"key" need:"1" about:"Name of the fee"`
	When   Rule        `json:"when,omitempty" about:"Rule: owed only when true"`
	Amount Money       `json:"amount,omitempty" about:"Amount, for example 3000.00 RUB"`
	Rule   Rule        `json:"rule,omitempty" about:"Rule that gives the amount"`
	Words  Text        `json:"words" need:"1" about:"What it costs, in plain words, for the card of the service"`
	Title  Text        `json:"title" need:"1" about:"What is paid for, as the bill says it"`
	Exempt []Exemption `json:"exempt,omitempty" about:"Who pays nothing; the first that applies"`
}

// Exemption is a reason to pay nothing.
type Exemption struct {
	Key     string `json:"key" need:"1" about:"Name of the exemption"`
	When    Rule   `json:"when" need:"1" about:"Rule: true when it applies"`
	Because Text   `json:"because" need:"1" about:"Who pays nothing and why"`
}

// TaskKind is what a step of a case does.
type TaskKind string

// The kinds of step.
const (
	TaskFetch  TaskKind = "fetch"  // asks the certificates that were not asked early
	TaskPay    TaskKind = "pay"    // waits for the fee; passed at once when there is none
	TaskReview TaskKind = "review" // an official looks at the case in a queue; may ask the applicant
	TaskAsk    TaskKind = "ask"    // asks the applicant and waits for the answer; pauses the term
	TaskDecide TaskKind = "decide" // decides: by table, by an official, or by a ground that is already clear
	TaskIssue  TaskKind = "issue"  // makes the result; ends the case
	TaskAgree  TaskKind = "agree"  // several officials, of several agencies, give their opinions at the same time
	TaskSign   TaskKind = "sign"   // those whom the applicant named sign too, each with their own part of the form; pauses the term
)

// Task is a step of a case. Where a case goes from it: Then; Else where the step can fail (fetch: the register did not
// answer in time; pay and ask: not done in time); a decide step goes to Approved, Refused or, when the table gives the
// case to an official, Official. An empty Approved or Refused ends the case with that decision.
type Task struct {
	Key          string   `json:"key" need:"1" about:"Name of the step, unique in the service"`
	Kind         TaskKind `json:"kind" need:"1" one:"fetch|pay|review|ask|decide|issue|agree|sign" about:"What it does"`
	Title        Text     `json:"title" need:"1" about:"What is being done, as the applicant reads it"`
	Agency       string   `json:"agency,omitempty" about:"Key of the agency whose queue it is; left out: the service's own"`
	Queue        string   `json:"queue,omitempty" about:"Key of the queue; for review, and for decide by an official"`
	Route        string   `json:"route,omitempty" about:"Field of a choice whose options name the queue; the step's own queue is for options without one"`
	Within       Term     `json:"within,omitzero" about:"How long the step may take"`
	Certificates []string `json:"certificates,omitempty" about:"For fetch: keys of the certificates; left out: all that are not early"`
	MayAsk       Term     `json:"may-ask,omitzero" about:"For review: the official may ask the applicant, who has this long to answer"`
	Question     Text     `json:"question,omitzero" about:"For ask: the question"`
	By           string   `json:"by,omitempty" one:"table|official|ground" about:"For decide: who decides"`
	Ground       string   `json:"ground,omitempty" about:"For decide by ground: key of the ground of refusal"`
	Then         string   `json:"then,omitempty" about:"The next step"`
	Else         string   `json:"else,omitempty" about:"The next step when this one was not done in time"`
	Approved     string   `json:"approved,omitempty" about:"For decide: the next step after approval"`
	Refused      string   `json:"refused,omitempty" about:"For decide: the next step after refusal; left out: the case ends"`
	Official     string   `json:"official,omitempty" about:"For decide by table: the step for cases that the table gives to an official"`
	Parts        []Part   `json:"parts,omitempty" about:"For agree: whose opinions are asked, all at once; rules see opinions.KEY"`
	Signers      []string `json:"signers,omitempty" about:"For sign: fields of type person, or groups with one, that name who signs"`
	TwoPersons   bool     `json:"two-persons,omitempty" about:"For decide by an official: another official of the queue must confirm the decision"`
	Skill        string   `json:"skill,omitempty" about:"For review, and for decide by an official: key of the agency's skill that it needs"`
}

// Part is one opinion of an agree step: an official of its queue agrees or objects, with words. Rules see it as
// opinions.KEY: agree, object, or none while it is not given.
type Part struct {
	Key    string `json:"key" need:"1" about:"Name of the opinion, unique in the service"`
	Title  Text   `json:"title" need:"1" about:"What is looked at, as the applicant reads it"`
	Agency string `json:"agency,omitempty" about:"Key of the agency; left out: the service's own"`
	Queue  string `json:"queue" need:"1" about:"Key of the agency's queue"`
	Skill  string `json:"skill,omitempty" about:"Key of the agency's skill that it needs"`
	When   Rule   `json:"when,omitempty" about:"Rule: asked only when true"`
}

// Extension is the right to make the term longer, once, with a reason that the applicant reads.
type Extension struct {
	By  Term `json:"by" need:"1" about:"By how much at most"`
	Law Text `json:"law" need:"1" about:"The act and its point"`
}

// Consequence is what the program does by itself when the term is missed, once a case.
type Consequence struct {
	Do    string `json:"do" need:"1" one:"escalate|apologise|refund" about:"escalate: the case goes to the head of the agency, or to the named queue; apologise: a letter with these words; refund: the fee goes back"`
	After Term   `json:"after,omitzero" about:"How long after the term; left out: at once"`
	Queue string `json:"queue,omitempty" about:"For escalate: key of the agency's queue; left out: it stays where it is and the head sees it first"`
	Words Text   `json:"words,omitzero" about:"For apologise: the letter's words"`
}

// Renewal is applying again for what one has: the draft begins with the answers of the case that gave it.
type Renewal struct {
	From  string   `json:"from" need:"1" about:"How long before the result ends it may be renewed: 60 days"`
	Again []string `json:"again,omitempty" about:"Fields that are asked anew"`
}

// Already recognises a second application for the same thing: another case of the same person and service with the same
// answers that is under way, or whose result is valid.
type Already struct {
	Same  []string `json:"same,omitempty" about:"Paths of answers that make it the same thing, for example answers.car.plate; left out: the service alone"`
	While []string `json:"while" need:"1" one:"open|valid" about:"open: the other case is under way; valid: its result has not ended"`
	Say   Text     `json:"say" need:"1" about:"You already have ..., and what one can do"`
}

// Verdict is what a row of the table says.
type Verdict string

// The verdicts.
const (
	Approve    Verdict = "approve"
	Refuse     Verdict = "refuse"
	ByOfficial Verdict = "official" // the table can't tell: an official decides
)

// Table is the decision table: the first row whose rule is true decides. The last row is otherwise.
type Table struct {
	About Text  `json:"about,omitzero" about:"What the table decides by, in plain words"`
	Rows  []Row `json:"rows" need:"1" about:"Rows in order; the last one is otherwise"`
}

// Row is one line of the table.
type Row struct {
	Key       string  `json:"key" need:"1" about:"Name of the row"`
	When      Rule    `json:"when,omitempty" about:"Rule; left out in the last row"`
	Otherwise bool    `json:"otherwise,omitempty" about:"True in the last row: everything else"`
	Decide    Verdict `json:"decide" need:"1" one:"approve|refuse|official" about:"The decision"`
	Ground    string  `json:"ground,omitempty" about:"For refuse: key of the ground"`
	Because   Text    `json:"because" need:"1" about:"Why, as the applicant and the official read it"`
}

// Ground is a ground of refusal.
type Ground struct {
	Key     string `json:"key" need:"1" about:"Name of the ground"`
	Words   Text   `json:"words" need:"1" about:"The ground, as the applicant reads it"`
	Instead Text   `json:"instead,omitzero" about:"What the applicant can do"`
	Law     Text   `json:"law" need:"1" about:"The act and its point"`
}

// Appeal is how to disagree.
type Appeal struct {
	Where Text `json:"where" need:"1" about:"To whom"`
	How   Text `json:"how" need:"1" about:"How"`
	Days  int  `json:"days" need:"1" about:"Within how many calendar days from the decision"`
	Law   Text `json:"law" need:"1" about:"The act and its point"`

	Service string `json:"service,omitempty" about:"Key of the service by which one disagrees on the portal; left out: only as told in where and how"`
}

// Result is what the applicant gets, and its life. Whatever its kind, it has a document: of an entry the extract, of an
// access what it opens. A refusal is a document too, with its ground, the law and how to appeal.
type Result struct {
	Kind         string       `json:"kind,omitempty" one:"document|entry|access" about:"document; entry, a line in one of the city's own registers; access, a right that other programs ask about. Left out: document"`
	List         string       `json:"list,omitempty" about:"For entry: key of the city's list (lists.yaml) into which it goes"`
	Opens        string       `json:"opens,omitempty" about:"For access: key of what it opens, as programs ask for it"`
	Key          string       `json:"key" need:"1" about:"Kind of the document"`
	Title        Text         `json:"title" need:"1" about:"Heading of the document"`
	Text         Text         `json:"text" need:"1" about:"What the document certifies"`
	Facts        []ResultFact `json:"facts,omitempty" about:"Values printed in the document"`
	Valid        string       `json:"valid,omitempty" about:"How long it is valid: 12 months, 30 days, or the path of a date, for example answers.day; left out: no end"`
	From         string       `json:"from,omitempty" about:"From which day: the path of a date; left out: the day of the decision"`
	OfficialText bool         `json:"official-text,omitempty" about:"The official writes the answer's own text at the decision"`
	Public       []string     `json:"public,omitempty" about:"Labels' keys shown by the public check of the QR code; left out: the document's kind, number and validity only"`
}

// ResultFact is a line of the document.
type ResultFact struct {
	Key   string `json:"key" need:"1" about:"Name of the line"`
	Label Text   `json:"label" need:"1" about:"What it is"`
	Value string `json:"value" need:"1" about:"Where it is taken: answers.KEY, facts.CERTIFICATE.NAME, applicant.name, case.order"`
}

// Order is a waiting list's order: the first group whose rule is true; inside a group, by the time of submission.
type Order struct {
	About  Text    `json:"about" need:"1" about:"How the order is decided, in plain words"`
	Groups []Group `json:"groups" need:"1" about:"Groups in order; the last one is otherwise"`
}

// Group is a class of the waiting list.
type Group struct {
	Key       string `json:"key" need:"1" about:"Name of the group"`
	When      Rule   `json:"when,omitempty" about:"Rule; left out in the last group"`
	Otherwise bool   `json:"otherwise,omitempty" about:"True in the last group"`
	Because   Text   `json:"because" need:"1" about:"Why the applicant is in this group"`
	Law       Text   `json:"law,omitzero" about:"The act and its point"`
}

// Reminder is a notice sent later.
type Reminder struct {
	Key    string `json:"key" need:"1" about:"Name of the reminder"`
	Before string `json:"before" need:"1" about:"How long before the result ends: 30 days"`
	Title  Text   `json:"title" need:"1" about:"Heading"`
	Text   Text   `json:"text" need:"1" about:"What to do"`
}

// Notice is the service's own words for a step that the applicant is told of.
type Notice struct {
	On    string `json:"on" need:"1" one:"submitted|fetched|pay|paid|taken|asked|approved|refused|issued|late" about:"The step"`
	Title Text   `json:"title" need:"1" about:"Heading; {number}, {service}, {due}, {reason} are filled in"`
	Text  Text   `json:"text" need:"1" about:"Text"`
}

// Example is a case with its expected outcome. The check runs its rules; core/form's tests run its answers through
// every face of the form.
type Example struct {
	Key       string                    `json:"key" need:"1" about:"Name of the example"`
	Title     Text                      `json:"title" need:"1" about:"Who applies for what"`
	Today     string                    `json:"today" need:"1" about:"The day of submission"`
	Applicant Person                    `json:"applicant" need:"1" about:"Who applies"`
	Answers   map[string]any            `json:"answers" need:"1" about:"Answers in canonical form"`
	Facts     map[string]map[string]any `json:"facts,omitempty" about:"Replies of registers by certificate"`
	Opinions  map[string]string         `json:"opinions,omitempty" about:"Opinions of agree steps by part: agree or object"`
	Signers   []Signed                  `json:"signers,omitempty" about:"What those who sign with the applicant did; one who is not here has not signed"`
	Expect    Expect                    `json:"expect" need:"1" about:"What must come out"`
}

// Signed is the part of one who signs with the applicant in an example.
type Signed struct {
	SNILS   string         `json:"snils" need:"1" about:"Insurance number, by which the applicant named them"`
	Answers map[string]any `json:"answers,omitempty" about:"Answers of the co-signer steps in canonical form"`
}

// Expect is the outcome that an example states.
type Expect struct {
	Obstacle string   `json:"obstacle,omitempty" about:"Key of the obstacle that stands; nothing else is expected then"`
	Asked    []string `json:"asked,omitempty" about:"Exactly the fields that are asked; left out: not compared"`
	Fee      Money    `json:"fee,omitempty" about:"The fee, 0.00 RUB when exempt"`
	Exempt   string   `json:"exempt,omitempty" about:"Key of the exemption"`
	Fees     []string `json:"fees,omitempty" about:"Keys of the fees that are owed; left out: not compared"`
	Row      string   `json:"row,omitempty" about:"Key of the decision row"`
	Group    string   `json:"group,omitempty" about:"Key of the waiting list's group"`
}
