package casework

import (
	"time"

	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// wireBeside is what stands beside a case in both faces of the API: opinions, signatures, ties to other cases, mistakes in
// documents, and what became of the term.
type wireBeside struct {
	Parts        []wirePart        `json:"parts" doc:"Opinions that the case asks for or has asked for"`
	Signers      []wireSigner      `json:"signers" doc:"Who signs together with the applicant, in the order in which they were named"`
	About        string            `json:"about,omitempty" doc:"Number of the case that this one is about; of an appeal, the one against whose decision it is"`
	Links        []wireLink        `json:"links" doc:"Cases that are about this one"`
	Corrections  []wireCorrection  `json:"corrections" doc:"Mistakes in the documents that were told"`
	Extension    *wireExtension    `json:"extension,omitempty" doc:"Absent: the term was not made longer"`
	Consequences []wireConsequence `json:"consequences" doc:"What was done because the term was missed"`
	Round        int               `json:"round" doc:"How often the case was opened anew"`
}

type wirePart struct {
	Key     string     `json:"key"`
	Title   string     `json:"title"`
	Agency  string     `json:"agency"`
	Opinion string     `json:"opinion,omitempty" doc:"agree, object, none (not given in time); absent: not given yet"`
	Words   string     `json:"words,omitempty"`
	Due     *time.Time `json:"due,omitempty"`
	Given   *time.Time `json:"given,omitempty"`
}

type wireSigner struct {
	Name     string     `json:"name,omitempty" doc:"As the applicant named them; left out for who reads a child's case by mandate alone"`
	State    string     `json:"state" doc:"waiting, signed, refused, over (the step ended without them)"`
	Answered *time.Time `json:"answered,omitempty"`

	Answers []wireAnswer `json:"answers,omitempty" doc:"What they answered in their part of the form; at the desk alone"`
}

type wireLink struct {
	Number  string     `json:"number"`
	Service string     `json:"service"`
	Appeal  bool       `json:"appeal" doc:"It is against this case's decision"`
	At      time.Time  `json:"at"`
	Carried *time.Time `json:"carried,omitempty" doc:"When its approval opened this case anew"`
}

type wireCorrection struct {
	ID        id.ID      `json:"id"`
	Task      *id.ID     `json:"task,omitempty" doc:"Of the official who answers; absent when it is answered"`
	Document  id.ID      `json:"document"`
	Line      string     `json:"line,omitempty" doc:"Key of the document's line; absent: another place"`
	Words     string     `json:"words"`
	State     string     `json:"state" doc:"open, done, declined"`
	Corrected *id.ID     `json:"corrected,omitempty" doc:"The document that took its place"`
	Answer    string     `json:"answer,omitempty"`
	Asked     time.Time  `json:"asked"`
	Closed    *time.Time `json:"closed,omitempty"`
}

type wireExtension struct {
	At    time.Time `json:"at"`
	Days  int       `json:"days" doc:"Of the kind that the service's extension counts"`
	Words string    `json:"words" doc:"Why"`
}

type wireConsequence struct {
	Do     string    `json:"do" doc:"escalate, apologise, refund"`
	At     time.Time `json:"at"`
	Amount int64     `json:"amount,omitempty" doc:"Given back, minor units"`
}

// beside says it of a case in a language. about is the number of the case that it is about, where the reader may know it.
func (m *Module) beside(city *service.City, s *service.Service, l lang.Language, c Case, links []Link, about string) wireBeside {
	out := wireBeside{Parts: []wirePart{}, Signers: []wireSigner{}, Links: []wireLink{}, Corrections: []wireCorrection{}, Consequences: []wireConsequence{}, Round: c.Round}
	if about != "" {
		out.About = id.FormatNumber(about)
	}
	for _, p := range c.Parts(s) {
		one := wirePart{Key: p.Part.Key, Title: p.Part.Title.In(l), Opinion: p.Opinion, Words: p.Words, Due: maybe(p.Task.Due), Given: maybe(p.Task.Closed)}
		if office, ok := agencyByID(city, p.Task.Agency); ok {
			one.Agency = office.Title.In(l)
		}
		out.Parts = append(out.Parts, one)
	}
	for _, one := range c.Signers {
		out.Signers = append(out.Signers, wireSigner{Name: one.Named.Name.Full(), State: one.State, Answered: maybe(one.Answered)})
	}
	for _, one := range links {
		out.Links = append(out.Links, wireLink{Number: id.FormatNumber(one.Number), Service: one.Service, Appeal: one.Appeal, At: one.At, Carried: maybe(one.Carried)})
	}
	for _, one := range c.Corrections {
		out.Corrections = append(out.Corrections, wireCorrection{ID: one.ID, Task: c.mendTask(one.ID), Document: one.Document, Line: one.Fact, Words: one.Words,
			State: one.State, Corrected: maybeID(one.Corrected), Answer: one.Answer, Asked: one.Asked, Closed: maybe(one.Closed)})
	}
	if !c.Extended.IsZero() {
		out.Extension = &wireExtension{At: c.Extended, Days: c.ExtensionDays, Words: c.ExtensionWords}
	}
	for _, one := range c.Consequences {
		out.Consequences = append(out.Consequences, wireConsequence(one))
	}
	return out
}

// mendTask is the open task of a correction; nil when it is answered.
func (c Case) mendTask(correction id.ID) *id.ID {
	for _, t := range c.Tasks {
		if t.Kind == kindCorrect && t.State == TaskOpen && t.Reference == correction {
			return &t.ID
		}
	}
	return nil
}

// maybeID is an id that may be absent.
func maybeID(one id.ID) *id.ID {
	if one.IsZero() {
		return nil
	}
	return &one
}

// wireCoSigned is a case as whoever signed it with its applicant sees it.
func (m *Module) wireCoSigned(c *web.Context, v coSigned) wireCase {
	return wireCase{
		wireLine: wireLine{Number: v.Ref.Number, Service: v.Ref.Service, Title: v.Title, Holder: v.Ref.Holder, Status: v.Status, Submitted: v.Submitted,
			Revision: v.Ref.Revision, Signature: v.Signer.State},
		Stage: v.Stage, Next: m.coSignedText(c, v), Agency: v.Agency, Timeline: []wireEntry{}, Ahead: []string{}, Answers: v.answers(), Certificates: []wireCertificate{},
		Questions: []wireQuestion{}, Documents: []id.ID{}, Looks: []wireLook{}, Deleted: []string{},
		wireBeside: wireBeside{Parts: []wirePart{}, Signers: []wireSigner{}, Links: []wireLink{}, Corrections: []wireCorrection{}, Consequences: []wireConsequence{}},
	}
}
