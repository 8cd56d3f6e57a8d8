package pdf

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf16"
)

// file is a PDF being written: objects one after another, then the table of where they lie (ISO 32000-1, 7.5).
type file struct {
	out bytes.Buffer
	at  []int // of each object from number 1; 0 while it is not written
	err error
}

func newFile(version string) *file {
	f := new(file)
	f.out.Grow(96 << 10)
	fmt.Fprintf(&f.out, "%%PDF-%s\n%%\xe2\xe3\xcf\xd3\n", version) // the second line says that the file is not plain text
	return f
}

// reserve gives the number of an object that is written later.
func (f *file) reserve() int {
	f.at = append(f.at, 0)
	return len(f.at)
}

func (f *file) begin(number int) { f.at[number-1] = f.out.Len() }

func (f *file) object(number int, format string, args ...any) int {
	f.begin(number)
	fmt.Fprintf(&f.out, "%d 0 obj\n", number)
	fmt.Fprintf(&f.out, format, args...)
	f.out.WriteString("\nendobj\n")
	return number
}

// stream writes bytes as they are; entries are the dictionary's others.
func (f *file) stream(number int, entries string, body []byte) int {
	f.begin(number)
	fmt.Fprintf(&f.out, "%d 0 obj\n<< %s /Length %d >>\nstream\n", number, entries, len(body))
	f.out.Write(body)
	f.out.WriteString("\nendstream\nendobj\n")
	return number
}

func (f *file) packed(number int, entries string, body []byte) int {
	return f.stream(number, entries+" /Filter /FlateDecode", pack(body))
}

// packers are kept, because a new one takes 800 KB and longer than a small stream.
var packers = sync.Pool{New: func() any {
	w, _ := zlib.NewWriterLevel(nil, packLevel) // the level is a constant that exists
	return w
}}

// packLevel is measured: higher ones take twice the time for a few per cent.
const packLevel = 4

func pack(body []byte) []byte {
	w := packers.Get().(*zlib.Writer)
	defer packers.Put(w)
	var out bytes.Buffer
	out.Grow(len(body)/2 + 64)
	w.Reset(&out)
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()
	return out.Bytes()
}

// end writes the table and the trailer. The identifier is made of the content, so that one input gives one file.
func (f *file) end(root, information int) []byte {
	sum := sha256.Sum256(f.out.Bytes())
	start := f.out.Len()
	fmt.Fprintf(&f.out, "xref\n0 %d\n0000000000 65535 f \n", len(f.at)+1)
	for _, at := range f.at {
		fmt.Fprintf(&f.out, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&f.out, "trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R /ID [<%[4]x> <%[4]x>] >>\nstartxref\n%[5]d\n%%%%EOF\n", len(f.at)+1, root, information, sum[:16], start)
	return f.out.Bytes()
}

// text is a text string: UTF-16 with its mark, in hexadecimal, so that nothing in it can end it.
func text(s string) string {
	var out strings.Builder
	out.WriteString("<FEFF")
	for _, unit := range utf16.Encode([]rune(plain(s))) {
		fmt.Fprintf(&out, "%04X", unit)
	}
	out.WriteByte('>')
	return out.String()
}

// plain leaves out what neither a window's title nor XML may hold.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r) || r == 0xfffe || r == 0xffff || r == 0xfeff:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
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

// address is a byte string: an address has ASCII alone once it is escaped.
func address(s string) string { return fmt.Sprintf("<%X>", s) }

func date(t time.Time) string { return "(D:" + t.UTC().Format("20060102150405") + "Z)" }
