package pdf

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

const producer = "Posad"

// errShape says that gopdf's file is not as it was when this was written; a test would find it.
var errShape = errors.New("pdf: the drawn file has another shape than expected")

// finish closes the file and appends an incremental update (ISO 32000-1, 7.5.6): a catalog with language, title and
// attachments, the document's information, XMP metadata, and an identifier made of the content.
func (s *sheet) finish(d Document) ([]byte, error) {
	next := s.pdf.GetNextObjectID()
	drawn, err := s.pdf.GetBytesPdfReturnErr()
	if err != nil {
		return nil, fmt.Errorf("pdf: %w", err)
	}
	before, err := startOfXref(drawn)
	if err != nil {
		return nil, err
	}
	u := &updating{out: bytes.NewBuffer(slices.Clone(drawn)), at: map[int]int{}}
	information, metadata := next, next+1
	files := u.attach(d, next+2)
	u.object(1, catalog(d, metadata, files))
	u.object(information, info(d))
	u.stream(metadata, "/Type /Metadata /Subtype /XML", xmp(d))
	u.trailer(before, information, drawn)
	return u.out.Bytes(), nil
}

func startOfXref(file []byte) (int, error) {
	_, tail, ok := bytes.Cut(file[max(0, len(file)-64):], []byte("startxref\n"))
	if !ok {
		return 0, errShape
	}
	number, _, _ := bytes.Cut(tail, []byte("\n"))
	at, err := strconv.Atoi(string(number))
	if err != nil || at >= len(file) || !bytes.HasPrefix(file[at:], []byte("xref")) {
		return 0, errShape
	}
	return at, nil
}

// updating appends objects to a finished file and remembers where they lie.
type updating struct {
	out *bytes.Buffer
	at  map[int]int
}

func (u *updating) object(number int, body string) {
	u.at[number] = u.out.Len()
	fmt.Fprintf(u.out, "%d 0 obj\n%s\nendobj\n", number, body)
}

func (u *updating) stream(number int, entries string, body []byte) {
	u.at[number] = u.out.Len()
	fmt.Fprintf(u.out, "%d 0 obj\n<< %s /Length %d >>\nstream\n", number, entries, len(body))
	u.out.Write(body)
	u.out.WriteString("\nendstream\nendobj\n")
}

type attached struct {
	name   string
	number int
}

// attach writes the attachments, two objects each, and returns their file specifications.
func (u *updating) attach(d Document, number int) []attached {
	var out []attached
	for _, a := range d.Attachments {
		sum := md5.Sum(a.Body) // the format asks for MD5 here; it guards nothing
		u.stream(number, fmt.Sprintf("/Type /EmbeddedFile /Subtype %s /Params << /Size %d /CheckSum <%x> /ModDate %s >>", nameOf(a.Type), len(a.Body), sum, date(d.Made)), a.Body)
		u.object(number+1, fmt.Sprintf("<< /Type /Filespec /F %[1]s /UF %[1]s /Desc %[2]s /AFRelationship /Data /EF << /F %[3]d 0 R /UF %[3]d 0 R >> >>", text(a.Name), text(a.Description), number))
		out = append(out, attached{a.Name, number + 1})
		number += 2
	}
	slices.SortFunc(out, func(a, b attached) int { return strings.Compare(text(a.name), text(b.name)) }) // a name tree is sorted
	return out
}

func catalog(d Document, metadata int, files []attached) string {
	var names, refs strings.Builder
	for _, f := range files {
		fmt.Fprintf(&names, " %s %d 0 R", text(f.name), f.number)
		fmt.Fprintf(&refs, " %d 0 R", f.number)
	}
	out := fmt.Sprintf("<< /Type /Catalog /Pages 2 0 R /Lang %s /ViewerPreferences << /DisplayDocTitle true >> /Metadata %d 0 R", text(d.Lang), metadata)
	if len(files) > 0 {
		out += fmt.Sprintf(" /Names << /EmbeddedFiles << /Names [%s ] >> >> /AF [%s ]", names.String(), refs.String())
	}
	return out + " >>"
}

func info(d Document) string {
	return fmt.Sprintf("<< /Title %s /Author %s /Subject %s /Creator %s /Producer %s /CreationDate %[6]s /ModDate %[6]s >>",
		text(d.Title), text(author(d)), text(d.Number), text(producer), text(producer), date(d.Made))
}

func author(d Document) string { return strings.Join(nonEmpty(d.City, d.Office), ", ") }

func xmp(d Document) []byte {
	var out bytes.Buffer
	write := func(format string, texts ...string) {
		safe := make([]any, len(texts))
		for i, t := range texts {
			var b strings.Builder
			_ = xml.EscapeText(&b, []byte(t)) // a builder takes everything
			safe[i] = b.String()
		}
		fmt.Fprintf(&out, format, safe...)
	}
	write("<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""` +
		` xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">`)
	write(`<dc:title><rdf:Alt><rdf:li xml:lang="x-default">%s</rdf:li></rdf:Alt></dc:title>`, d.Title)
	write(`<dc:creator><rdf:Seq><rdf:li>%s</rdf:li></rdf:Seq></dc:creator>`, author(d))
	write(`<dc:language><rdf:Bag><rdf:li>%s</rdf:li></rdf:Bag></dc:language>`, d.Lang)
	made := d.Made.UTC().Format(time.RFC3339)
	write(`<xmp:CreateDate>%s</xmp:CreateDate><xmp:ModifyDate>%s</xmp:ModifyDate><pdf:Producer>%s</pdf:Producer>`, made, made, producer)
	write(`</rdf:Description></rdf:RDF></x:xmpmeta>` + "\n<?xpacket end=\"r\"?>")
	return out.Bytes()
}

// trailer writes the cross-reference section of the update.
func (u *updating) trailer(before, information int, drawn []byte) {
	start := u.out.Len()
	numbers := make([]int, 0, len(u.at))
	for n := range u.at {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	u.out.WriteString("xref\n")
	for _, n := range numbers {
		fmt.Fprintf(u.out, "%d 1\n%010d 00000 n \n", n, u.at[n])
	}
	sum := sha256.Sum256(drawn)
	fmt.Fprintf(u.out, "trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R /Prev %d /ID [<%x> <%x>] >>\nstartxref\n%d\n%%%%EOF\n",
		numbers[len(numbers)-1]+1, information, before, sum[:16], sum[16:], start)
}

// text is a text string: UTF-16 with its mark, in hexadecimal, so that nothing in it can end it.
func text(s string) string {
	var out strings.Builder
	out.WriteString("<FEFF")
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&out, "%04X", unit)
	}
	out.WriteByte('>')
	return out.String()
}

// nameOf is a name object; what is not a letter or digit is written by its code.
func nameOf(s string) string {
	var out strings.Builder
	out.WriteByte('/')
	for i := range len(s) {
		if c := s[i]; c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "#%02X", c)
		}
	}
	return out.String()
}

func date(t time.Time) string { return "(D:" + t.UTC().Format("20060102150405") + "Z)" }
