package pdf

import (
	"bytes"
	"crypto/md5"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"
)

const producer = "Posad"

// profile is which part of PDF/A (ISO 19005) a file is made to: 3 may hold files of any kind. 1 is for the tests alone,
// because a free checker of it exists: it asks more than 3 of everything but attachments.
type profile struct {
	version string // of PDF
	part    int
}

var archive = profile{"1.7", 3}

// Signing is the place of a signature in the file.
type Signing struct {
	Name, Reason, Place string    // who signs, why, where; shown by readers. Empty ones are left out
	At                  time.Time // said in the file, in UTC, to the second
}

// SignatureRoom is how many bytes the place of a signature holds.
const SignatureRoom = 6 << 10

// SignatureRange is the text that stands where the signature's byte range goes; it has the same length.
const SignatureRange = "/ByteRange [0 0000000000 0000000000 0000000000]"

// finish writes the file: pages, fonts, attachments, and what a PDF/A says of itself.
func (s *sheet) finish(d Document) ([]byte, error) { return s.write(d, archive) }

func (s *sheet) write(d Document, as profile) ([]byte, error) {
	f := newFile(as.version)
	root, tree, information := f.reserve(), f.reserve(), f.reserve()
	fonts, err := s.writeFonts(f)
	if err != nil {
		return nil, err
	}
	widget := 0
	if d.Signing != nil {
		widget = f.reserve()
	}
	pages := s.writePages(f, tree, fonts, widget)
	f.object(tree, "<< /Type /Pages /Count %d /Kids [%s ] >>", len(pages), references(pages))
	metadata := f.stream(f.reserve(), "/Type /Metadata /Subtype /XML", xmp(d, as))
	intent := f.stream(f.reserve(), "/N 3 /Filter /FlateDecode", colourProfile())
	files := f.attach(d)
	catalog := fmt.Sprintf("<< /Type /Catalog /Pages %d 0 R /Lang %s /ViewerPreferences << /DisplayDocTitle true >> /Metadata %d 0 R"+
		" /OutputIntents [<< /Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB) /Info (sRGB IEC61966-2.1) /DestOutputProfile %d 0 R >>]",
		tree, text(d.Lang), metadata, intent)
	f.object(information, "%s", info(d))
	if d.Signing != nil {
		f.signature(*d.Signing, widget, pages[0])
		catalog += fmt.Sprintf(" /AcroForm << /Fields [%d 0 R] /SigFlags 3 >>", widget)
	}
	f.object(root, "%s%s >>", catalog, attachments(files))
	return f.end(root, information), nil
}

func references(numbers []int) string {
	var out strings.Builder
	for _, n := range numbers {
		fmt.Fprintf(&out, " %d 0 R", n)
	}
	return out.String()
}

// writeFonts writes the parts of fonts that are used, and returns what a page says of them.
func (s *sheet) writeFonts(f *file) (string, error) {
	var out strings.Builder
	for i, sub := range s.faces {
		if !sub.used() {
			continue
		}
		number, err := f.font(face(i).fontName(), sub)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, " /F%d %d 0 R", i, number)
	}
	return out.String(), nil
}

func (f *file) font(name string, sub *subset) (int, error) {
	body, err := sub.file()
	if err != nil {
		return 0, err
	}
	font, t := sub.font, sub.thousandths
	data := f.packed(f.reserve(), fmt.Sprintf("/Length1 %d", len(body)), body)
	present := f.packed(f.reserve(), "", sub.present())
	meaning := f.packed(f.reserve(), "", sub.toUnicode())
	descriptor := f.object(f.reserve(), "<< /Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [%d %d %d %d] /ItalicAngle 0 /Ascent %d /Descent %d /CapHeight %d /StemV 80 /FontFile2 %d 0 R /CIDSet %d 0 R >>",
		name, t(font.box[0]), t(font.box[1]), t(font.box[2]), t(font.box[3]), t(font.ascent), t(font.descent), t(font.capHeight), data, present)
	descendant := f.object(f.reserve(), "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor %d 0 R /DW 0 /W %s /CIDToGIDMap /Identity >>",
		name, descriptor, sub.widthsArray())
	return f.object(f.reserve(), "<< /Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>", name, descendant, meaning), nil
}

// writePages writes the pages; the widget of a signature, when there is one, lies on the first.
func (s *sheet) writePages(f *file, tree int, fonts string, widget int) []int {
	var out []int
	for i, p := range s.pages {
		var notes []int
		if widget != 0 && i == 0 {
			notes = append(notes, widget)
		}
		for _, l := range p.links {
			notes = append(notes, f.object(f.reserve(), "<< /Type /Annot /Subtype /Link /Rect [%.2f %.2f %.2f %.2f] /Border [0 0 0] /F 4 /Contents %s /A << /Type /Action /S /URI /URI %s >> >>",
				l.x, pageHeight-l.y-l.height, l.x+l.width, pageHeight-l.y, text(l.address), address(l.address)))
		}
		content := f.packed(f.reserve(), "", p.drawn)
		annots := ""
		if len(notes) > 0 {
			annots = " /Annots [" + references(notes) + " ]"
		}
		out = append(out, f.object(f.reserve(), "<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %.2f %.2f] /Resources << /Font <<%s >> >> /Contents %d 0 R%s >>", tree, pageWidth, pageHeight, fonts, content, annots))
	}
	return out
}

// signature writes the field, which nothing is seen of on the page, and its empty value.
func (f *file) signature(s Signing, widget, page int) {
	look := f.stream(f.reserve(), "/Type /XObject /Subtype /Form /BBox [0 0 0 0] /Resources << >>", nil)
	value := f.reserve()
	f.object(widget, "<< /Type /Annot /Subtype /Widget /FT /Sig /T %s /Rect [0 0 0 0] /F 132 /P %d 0 R /AP << /N %d 0 R >> /V %d 0 R >>", text("seal"), page, look, value)
	said := ""
	for _, one := range [][2]string{{"Name", s.Name}, {"Reason", s.Reason}, {"Location", s.Place}} {
		if one[1] != "" {
			said += fmt.Sprintf(" /%s %s", one[0], text(one[1]))
		}
	}
	f.object(value, "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M %s%s %s /Contents <%s> >>", date(s.At), said, SignatureRange, strings.Repeat("0", 2*SignatureRoom))
}

type attached struct {
	name   string
	number int
}

// attach writes the attachments, two objects each, and returns their file specifications.
func (f *file) attach(d Document) []attached {
	var out []attached
	for _, a := range d.Attachments {
		sum := md5.Sum(a.Body) // the format asks for MD5 here; it guards nothing
		body := f.packed(f.reserve(), fmt.Sprintf("/Type /EmbeddedFile /Subtype %s /Params << /Size %d /CheckSum <%x> /ModDate %s >>", nameOf(a.Type), len(a.Body), sum, date(d.Made)), a.Body)
		number := f.object(f.reserve(), "<< /Type /Filespec /F %[1]s /UF %[1]s /Desc %[2]s /AFRelationship /Data /EF << /F %[3]d 0 R /UF %[3]d 0 R >> >>", text(a.Name), text(a.Description), body)
		out = append(out, attached{a.Name, number})
	}
	slices.SortFunc(out, func(a, b attached) int { return strings.Compare(text(a.name), text(b.name)) }) // a name tree is sorted
	return out
}

func attachments(files []attached) string {
	if len(files) == 0 {
		return ""
	}
	var names, refs strings.Builder
	for _, f := range files {
		fmt.Fprintf(&names, " %s %d 0 R", text(f.name), f.number)
		fmt.Fprintf(&refs, " %d 0 R", f.number)
	}
	return fmt.Sprintf(" /Names << /EmbeddedFiles << /Names [%s ] >> >> /AF [%s ]", names.String(), refs.String())
}

// info says what xmp says: PDF/A asks that both agree.
func info(d Document) string {
	out := "<<"
	for _, one := range [][2]string{{"Title", d.Title}, {"Author", author(d)}, {"Subject", d.Number}, {"Creator", producer}, {"Producer", producer}} {
		if one[1] != "" {
			out += fmt.Sprintf(" /%s %s", one[0], text(one[1]))
		}
	}
	return out + fmt.Sprintf(" /CreationDate %[1]s /ModDate %[1]s >>", date(d.Made))
}

func author(d Document) string { return strings.Join(nonEmpty(d.City, d.Office), ", ") }

// xmp is the metadata of the file (ISO 16684-1), the part of PDF/A that it keeps to among it.
func xmp(d Document, as profile) []byte {
	var out bytes.Buffer
	write := func(format, value string) {
		if value == "" {
			return
		}
		var safe strings.Builder
		_ = xml.EscapeText(&safe, []byte(plain(value))) // a builder takes everything
		fmt.Fprintf(&out, format, safe.String())
	}
	out.WriteString("<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""` +
		` xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">`)
	fmt.Fprintf(&out, `<pdfaid:part>%d</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance><dc:format>application/pdf</dc:format>`, as.part)
	write(`<dc:title><rdf:Alt><rdf:li xml:lang="x-default">%s</rdf:li></rdf:Alt></dc:title>`, d.Title)
	write(`<dc:creator><rdf:Seq><rdf:li>%s</rdf:li></rdf:Seq></dc:creator>`, author(d))
	write(`<dc:description><rdf:Alt><rdf:li xml:lang="x-default">%s</rdf:li></rdf:Alt></dc:description>`, d.Number)
	write(`<dc:language><rdf:Bag><rdf:li>%s</rdf:li></rdf:Bag></dc:language>`, d.Lang)
	made := d.Made.UTC().Format(time.RFC3339)
	write(`<xmp:CreateDate>%s</xmp:CreateDate>`, made)
	write(`<xmp:ModifyDate>%s</xmp:ModifyDate>`, made)
	write(`<xmp:CreatorTool>%s</xmp:CreatorTool>`, producer)
	write(`<pdf:Producer>%s</pdf:Producer>`, producer)
	out.WriteString(`</rdf:Description></rdf:RDF></x:xmpmeta>` + "\n<?xpacket end=\"r\"?>")
	return out.Bytes()
}
