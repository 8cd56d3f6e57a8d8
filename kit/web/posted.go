package web

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"posad.city/kit/fault"
)

// Fields are what a form carried, cleaned: UTF-8 in NFC, line ends as \n, no control characters, no space around.
type Fields map[string][]string

// Get is the first value of a name, "" when there is none.
func (f Fields) Get(name string) string {
	if values := f[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// File is a file that was sent or is answered. It is never written to a disk unsealed.
type File struct {
	Name string // its last element only; as the sender says
	Type string // as the sender says: check the content before you believe it
	Data []byte
}

// posted is a request's body, read once.
type posted struct {
	raw    []byte     // nil for multipart
	values url.Values // as sent, for raw texts such as passwords
	fields Fields
	files  map[string][]File
	json   bool
	room   int // bytes that texts of a multipart form may still take
}

// Bounds of a body's shape; its size is the operation's.
const (
	maxFields = 1000
	maxFiles  = 20
	maxName   = 200
	maxText   = 1 << 20 // all texts of a form together
)

// The names that the edge itself puts into forms; binding passes over them.
const (
	fieldToken = "_csrf"
	fieldBack  = "back"
)

// Body is the raw body, for signatures of webhooks. It is nil for a multipart form.
func (c *Context) Body() ([]byte, error) {
	p, err := c.read()
	if err != nil {
		return nil, err
	}
	return p.raw, nil
}

// Fields are all fields of the posted form, for forms whose names are data. Names of the edge's own are left out.
func (c *Context) Fields() (Fields, error) {
	p, err := c.read()
	if err != nil {
		return nil, err
	}
	if p.values == nil && len(p.raw) > 0 {
		return nil, faultEncoding
	}
	out := make(Fields, len(p.fields))
	for name, values := range p.fields {
		if name != fieldToken && name != fieldBack {
			out[name] = values
		}
	}
	return out, nil
}

// Files are all files of the posted form, by field.
func (c *Context) Files() (map[string][]File, error) {
	p, err := c.read()
	if err != nil {
		return nil, err
	}
	return p.files, nil
}

// read reads the body the first time and remembers.
func (c *Context) read() (*posted, error) {
	if c.posted != nil {
		return c.posted, nil
	}
	p, err := readBody(c.r, true)
	if err != nil {
		return nil, err
	}
	c.posted = p
	return p, nil
}

// readBody reads a form or JSON. Without files their bytes are passed over, not held in memory.
func readBody(r *http.Request, files bool) (*posted, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		kind = ""
	}
	if kind == "multipart/form-data" {
		return readMultipart(multipart.NewReader(r.Body, params["boundary"]), files)
	}
	body := io.Reader(r.Body)
	if kind == "application/x-www-form-urlencoded" {
		body = http.MaxBytesReader(nil, r.Body, maxText)
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return nil, bodyFault(err)
	}
	p := &posted{raw: raw, fields: Fields{}}
	switch {
	case kind == "application/x-www-form-urlencoded":
		if p.values, err = url.ParseQuery(string(raw)); err != nil {
			return nil, faultBody.Because(err)
		}
		p.fields, err = cleanFields(p.values)
		return p, err
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		p.json = true
	case len(raw) > 0 && kind == "":
		return nil, faultEncoding
	}
	return p, nil
}

// bodyFault tells a body that is too large from one that broke off.
func bodyFault(err error) error {
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return faultTooLarge.Because(err)
	}
	return faultBody.Because(err)
}

func readMultipart(reader *multipart.Reader, files bool) (*posted, error) {
	p := &posted{values: url.Values{}, files: map[string][]File{}, room: maxText}
	for count := 0; ; count++ {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, bodyFault(err)
		}
		if count >= maxFields+maxFiles {
			return nil, faultFields
		}
		if err := p.part(part, files); err != nil {
			return nil, err
		}
	}
	var err error
	p.fields, err = cleanFields(p.values)
	return p, err
}

func (p *posted) part(part *multipart.Part, files bool) error {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return faultBody.Because(err)
	}
	if _, isFile := params["filename"]; isFile {
		return p.file(part, files)
	}
	data, err := io.ReadAll(io.LimitReader(part, int64(p.room)+1))
	if err != nil {
		return bodyFault(err)
	}
	if p.room -= len(data); p.room < 0 {
		return faultTooLarge
	}
	p.values.Add(params["name"], string(data))
	return nil
}

func (p *posted) file(part *multipart.Part, keep bool) error {
	if !keep {
		_, err := io.Copy(io.Discard, part)
		return err
	}
	data, err := io.ReadAll(part)
	if err != nil {
		return bodyFault(err)
	}
	name := part.FormName()
	if len(data) == 0 && part.FileName() == "" {
		return nil // a file field that was left empty
	}
	if len(name) > maxName || !utf8.ValidString(name) || len(p.files[name]) >= maxFiles {
		return faultFields.With(fault.Field{Name: "file", ID: "web.too_many_files"})
	}
	file := File{Name: fileName(part.FileName()), Type: part.Header.Get("Content-Type"), Data: data}
	p.files[name] = append(p.files[name], file)
	return nil
}

// fileName keeps what is harmless of a sender's file name.
func fileName(name string) string {
	if at := strings.LastIndexAny(name, `/\`); at >= 0 {
		name = name[at+1:]
	}
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || strings.ContainsRune(`"<>|:*?`, r) || bidiControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	for utf8.RuneCountInString(name) > 120 {
		_, size := utf8.DecodeRuneInString(name)
		name = name[size:] // its end tells the kind of file
	}
	if name = strings.TrimSpace(norm.NFC.String(name)); name == "" {
		return "file"
	}
	return name
}

// cleanFields cleans all values; a text that cannot be cleaned is a fault of its field.
func cleanFields(values url.Values) (Fields, error) {
	if len(values) > maxFields {
		return nil, faultFields
	}
	out := make(Fields, len(values))
	var faults []fault.Field
	for name, list := range values {
		if name == "" || len(name) > maxName || !utf8.ValidString(name) {
			return nil, faultFields
		}
		for _, value := range list {
			clean, ok := cleanText(value)
			if !ok {
				faults = append(faults, fault.Field{Name: name, ID: "web.bad_text"})
				break
			}
			out[name] = append(out[name], clean)
		}
	}
	if len(faults) > 0 {
		return nil, faultFields.With(sorted(faults)...)
	}
	return out, nil
}

// cleanText is the one form in which a typed text enters the house. Invisible controls that turn the reading direction
// go, since they make one text look like another; a NUL or broken UTF-8 is refused.
func cleanText(text string) (string, bool) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return "", false
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r != '\n' && r != '\t' && unicode.IsControl(r), bidiControl(r):
			return -1
		}
		return r
	}, text)
	return strings.TrimSpace(norm.NFC.String(text)), true
}

func bidiControl(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff
}

// jsonReader reads the JSON of the body.
func (p *posted) jsonReader() *bytes.Reader { return bytes.NewReader(p.raw) }
