package asic

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"time"
)

// Part is a file of a message.
type Part struct {
	Name    string // PartName of its place
	Content []byte
}

// DigestsOf are the digests of parts, in their order.
func DigestsOf(parts []Part) []PartDigest {
	out := make([]PartDigest, 0, len(parts))
	for _, p := range parts {
		out = append(out, PartDigest{p.Name, Sum(p.Content)})
	}
	return out
}

// The bounds of a container.
const (
	partsMost = 16
	partMost  = 32 << 20 // bytes of a part
	xmlMost   = 1 << 20  // bytes of each file of XML
	wholeMost = 64 << 20 // bytes of all files together
)

// Message is a message of a signed batch, with all that its container holds.
type Message struct {
	Parts       []Part // the head first
	ChainResult []byte
	Chain       []byte
	Signatures  []byte
	At          time.Time // the time that the files of the container carry
}

// Write writes the container of a message: the media type first and uncompressed, so that the file is known by its first
// bytes. Errors: names that a container may not have, and those of the writer.
func Write(w io.Writer, m Message) error {
	if err := checkParts(m.Parts); err != nil {
		return err
	}
	z := zip.NewWriter(w)
	if err := writeStored(z, nameMimeType, []byte(MimeType), m.At); err != nil {
		return err
	}
	files := append([]Part{}, m.Parts...)
	files = append(files, Part{nameChainResult, m.ChainResult}, Part{nameChain, m.Chain}, Part{nameManifest, manifest(m.Parts)}, Part{nameSignatures, m.Signatures})
	for _, f := range files {
		one, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: m.At.UTC()})
		if err != nil {
			return fmt.Errorf("asic: write %s: %w", f.Name, err)
		}
		if _, err := one.Write(f.Content); err != nil {
			return fmt.Errorf("asic: write %s: %w", f.Name, err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("asic: write: %w", err)
	}
	return nil
}

// writeStored writes a file with no descriptor after it and no extra field, as the media type must be.
func writeStored(z *zip.Writer, name string, content []byte, at time.Time) error {
	h := &zip.FileHeader{
		Name: name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(content),
		CompressedSize64: uint64(len(content)), UncompressedSize64: uint64(len(content)),
	}
	h.ModifiedDate, h.ModifiedTime = dosTime(at.UTC())
	one, err := z.CreateRaw(h)
	if err != nil {
		return fmt.Errorf("asic: write %s: %w", name, err)
	}
	if _, err := one.Write(content); err != nil {
		return fmt.Errorf("asic: write %s: %w", name, err)
	}
	return nil
}

// dosTime is a time in the two halves that a zip file keeps.
func dosTime(t time.Time) (uint16, uint16) {
	year := min(max(t.Year()-1980, 0), 127)
	return uint16(t.Day() + int(t.Month())<<5 + year<<9), uint16(t.Second()/2 + t.Minute()<<5 + t.Hour()<<11)
}

func checkParts(parts []Part) error {
	if len(parts) == 0 || len(parts) > partsMost {
		return fmt.Errorf("%w: %d parts", ErrContainer, len(parts))
	}
	for i, p := range parts {
		if p.Name != PartName(i) || len(p.Content) > partMost {
			return fmt.Errorf("%w: part %d is named %.80q", ErrContainer, i, p.Name)
		}
	}
	return nil
}

// manifest lists the files as OpenDocument does.
func manifest(parts []Part) []byte {
	var b strings.Builder
	b.WriteString(xmlHead + `<manifest:manifest xmlns:manifest="` + spaceManifest + `" manifest:version="1.2">`)
	entry := func(path, kind string) {
		b.WriteString(`<manifest:file-entry manifest:full-path="`)
		_ = xml.EscapeText(&b, []byte(path)) // a builder takes everything
		b.WriteString(`" manifest:media-type="` + kind + `"/>`)
	}
	entry("/", MimeType)
	for _, p := range parts {
		entry(p.Name, "application/octet-stream")
	}
	entry(nameChainResult, "text/xml")
	entry(nameChain, "text/xml")
	b.WriteString(`</manifest:manifest>`)
	return []byte(b.String())
}

// read takes a container apart: its media type first and stored, no name twice, no file that a container doesn't have, and
// no more bytes than the bounds allow.
func read(data []byte) (Message, error) {
	if len(data) > wholeMost {
		return Message{}, fmt.Errorf("%w: it is too long", ErrContainer)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return Message{}, fmt.Errorf("%w: %w", ErrContainer, err)
	}
	if len(z.File) == 0 || len(z.File) > partsMost+5 || z.File[0].Name != nameMimeType || z.File[0].Method != zip.Store {
		return Message{}, fmt.Errorf("%w: the media type must be the first file, uncompressed", ErrContainer)
	}
	var m Message
	seen := map[string]bool{}
	whole := 0
	for _, f := range z.File {
		if seen[f.Name] {
			return Message{}, fmt.Errorf("%w: a file twice", ErrContainer)
		}
		seen[f.Name] = true
		content, err := readFile(f, wholeMost-whole)
		if err != nil {
			return Message{}, err
		}
		whole += len(content)
		if err := m.take(f.Name, content); err != nil {
			return Message{}, err
		}
	}
	if m.Chain == nil || m.ChainResult == nil || m.Signatures == nil || len(m.Parts) == 0 {
		return Message{}, fmt.Errorf("%w: a file is missing", ErrContainer)
	}
	return m, checkParts(m.Parts)
}

func readFile(f *zip.File, most int) ([]byte, error) {
	if !f.Mode().IsRegular() || (f.Method != zip.Store && f.Method != zip.Deflate) {
		return nil, fmt.Errorf("%w: a file of a kind that is not known", ErrContainer)
	}
	switch f.Name {
	case nameMimeType, nameSignatures, nameManifest, nameChain, nameChainResult:
		most = min(most, xmlMost)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrContainer, err)
	}
	defer func() { _ = r.Close() }() // it was read to its end, where its checksum is compared
	content, err := io.ReadAll(io.LimitReader(r, int64(min(most, partMost))+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrContainer, err)
	}
	if len(content) > min(most, partMost) {
		return nil, fmt.Errorf("%w: a file is too long", ErrContainer)
	}
	return content, nil
}

// take puts a file where it belongs.
func (m *Message) take(name string, content []byte) error {
	switch name {
	case nameMimeType:
		if string(content) != MimeType {
			return fmt.Errorf("%w: it is of another media type", ErrContainer)
		}
	case nameSignatures:
		m.Signatures = content
	case nameChain:
		m.Chain = content
	case nameChainResult:
		m.ChainResult = content
	case nameManifest: // says nothing that is signed
	default:
		if name != PartName(len(m.Parts)) {
			return fmt.Errorf("%w: a file that does not belong there", ErrContainer)
		}
		m.Parts = append(m.Parts, Part{name, content})
	}
	return nil
}
