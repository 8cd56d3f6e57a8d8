package iso20022

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The bounds of a message.
const (
	depthMost = 24
	textMost  = 4096     // bytes of one text
	partMost  = 64 << 20 // bytes of one entry, and of a message that is read as a whole
	nodesMost = 4 << 20  // elements of one entry, or of such a message
)

// budget lets so many bytes through.
type budget struct {
	r    io.Reader
	left int64
}

// Read implements io.Reader.
func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("%w: more than %d bytes", ErrMessage, partMost)
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// reader goes through a message's elements.
type reader struct {
	d      *xml.Decoder
	budget *budget
	space  string
	nodes  int
}

// open begins to read a message of a name: its Document and the element within.
func open(from io.Reader, name, root string) (*reader, error) {
	b := &budget{r: from, left: partMost}
	r := &reader{d: xml.NewDecoder(b), budget: b, space: spacePrefix + name, nodes: nodesMost}
	for _, want := range []string{"Document", root} {
		if err := r.enter(want); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// renew gives the next part its own budget.
func (r *reader) renew() { r.budget.left, r.nodes = partMost, nodesMost }

// token is the next start, end or text that matters.
func (r *reader) token() (xml.Token, error) {
	for {
		t, err := r.d.Token()
		if err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, ErrMessage) {
				return nil, err
			}
			return nil, fmt.Errorf("%w: %w", ErrMessage, err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			return t, r.checkStart(t)
		case xml.EndElement, xml.CharData:
			return t, nil
		case xml.Comment:
		case xml.ProcInst:
			if t.Target != "xml" {
				return nil, fmt.Errorf("%w: an instruction", ErrMessage)
			}
		default:
			return nil, fmt.Errorf("%w: a document type", ErrMessage)
		}
	}
}

func (r *reader) checkStart(t xml.StartElement) error {
	if r.nodes--; r.nodes < 0 {
		return fmt.Errorf("%w: too many elements", ErrMessage)
	}
	if t.Name.Space != r.space {
		return fmt.Errorf("%w: <%.40s> is of %.80q, not of %s", ErrMessage, t.Name.Local, t.Name.Space, r.space)
	}
	for i, a := range t.Attr {
		for _, b := range t.Attr[:i] {
			if a.Name == b.Name {
				return fmt.Errorf("%w: the attribute %.40s twice", ErrMessage, a.Name.Local)
			}
		}
	}
	return nil
}

// child is the next element of the one that the reader stands in; nil at its end.
func (r *reader) child() (*xml.StartElement, error) {
	for {
		t, err := r.token()
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("%w: it ends too early", ErrMessage)
		}
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			return &t, nil
		case xml.EndElement:
			return nil, nil
		case xml.CharData:
			if strings.TrimSpace(string(t)) != "" {
				return nil, fmt.Errorf("%w: text between elements", ErrMessage)
			}
		}
	}
}

// enter steps into the next element, which must have that name.
func (r *reader) enter(name string) error {
	start, err := r.child()
	if err != nil {
		return err
	}
	if start == nil || start.Name.Local != name {
		return fmt.Errorf("%w: <%s> is missing", ErrMessage, name)
	}
	return nil
}

// skip passes over the element that has just begun.
func (r *reader) skip(start *xml.StartElement) error {
	_, err := r.node(start, depthMost)
	return early(err)
}

// end makes sure that nothing comes after the message.
func (r *reader) end() error {
	for {
		t, err := r.token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if text, is := t.(xml.CharData); !is || strings.TrimSpace(string(text)) != "" {
			return fmt.Errorf("%w: something comes after its end", ErrMessage)
		}
	}
}

// node is an element with all that is in it.
type node struct {
	name     string
	currency string // the attribute Ccy, the only one that messages have
	text     string
	children []*node
}

// node reads the element that has just begun.
func (r *reader) node(start *xml.StartElement, depth int) (*node, error) {
	if depth == 0 {
		return nil, fmt.Errorf("%w: too deep", ErrMessage)
	}
	out := &node{name: start.Name.Local}
	for _, a := range start.Attr {
		if a.Name.Space == "" && a.Name.Local == "Ccy" {
			out.currency = a.Value
		}
	}
	var text strings.Builder
	for {
		t, err := r.token()
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("%w: it ends too early", ErrMessage)
		}
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			child, err := r.node(&t, depth-1)
			if err != nil {
				return nil, err
			}
			out.children = append(out.children, child)
		case xml.CharData:
			if text.Len()+len(t) > textMost {
				return nil, fmt.Errorf("%w: a text of more than %d bytes in <%.40s>", ErrMessage, textMost, out.name)
			}
			text.Write(t)
		case xml.EndElement:
			return out, out.settle(text.String())
		}
	}
}

// settle keeps the text of an element that has nothing but text.
func (n *node) settle(text string) error {
	n.text = strings.TrimSpace(text)
	if n.text != "" && len(n.children) > 0 {
		return fmt.Errorf("%w: text between the elements of <%.40s>", ErrMessage, n.name)
	}
	if !plain(strings.NewReplacer("\n", "", "\r", "", "\t", "").Replace(n.text)) {
		return fmt.Errorf("%w: characters that no message has in <%.40s>", ErrMessage, n.name)
	}
	return nil
}

// fields read an element's children; the first fault stays.
type fields struct {
	n   *node
	err error
}

func (f *fields) fail(err error) {
	if f.err == nil && err != nil {
		f.err = fmt.Errorf("%w, in <%.40s>", err, f.n.name)
	}
}

// one is the child of a name down a path, each step of which stands once at most; nil when a step is not there.
func (f *fields) one(path ...string) *node {
	at := f.n
	for _, name := range path {
		var found *node
		for _, c := range at.children {
			if c.name != name {
				continue
			}
			if found != nil {
				f.fail(fmt.Errorf("%w: <%s> twice", ErrMessage, name))
				return nil
			}
			found = c
		}
		if found == nil {
			return nil
		}
		at = found
	}
	return at
}

// must is one that has to be there.
func (f *fields) must(path ...string) *node {
	n := f.one(path...)
	if n == nil {
		f.fail(fmt.Errorf("%w: no <%s>", ErrMessage, strings.Join(path, "/")))
		return &node{name: path[len(path)-1]}
	}
	return n
}

// text is the text down a path; empty when it is not there. most bounds its characters.
func (f *fields) text(most int, path ...string) string {
	n := f.one(path...)
	if n == nil {
		return ""
	}
	if len(n.children) > 0 {
		f.fail(fmt.Errorf("%w: elements where a text is looked for", ErrMessage))
	}
	value := strings.Join(strings.Fields(n.text), " ")
	if err := text(n.name, value, most); err != nil {
		f.fail(fmt.Errorf("%w: <%s> is too long", ErrMessage, n.name))
		return ""
	}
	return value
}

// texts are the texts of every child of a name, in one.
func (f *fields) texts(most int, within *node, name string) string {
	if within == nil {
		return ""
	}
	var out []string
	for _, c := range within.children {
		if c.name == name {
			one := &fields{n: &node{name: within.name, children: []*node{c}}}
			out = append(out, one.text(most, name))
			f.fail(one.err)
		}
	}
	return strings.Join(out, " ")
}

// all are the children of a name.
func (f *fields) all(name string) []*node {
	var out []*node
	for _, c := range f.n.children {
		if c.name == name {
			out = append(out, c)
		}
	}
	return out
}
