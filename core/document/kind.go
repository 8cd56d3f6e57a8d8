package document

import (
	"path"
	"slices"
	"strings"
	"unicode"
)

// kind is a kind of file as definitions name it, with what its content is told by.
type kind struct {
	name  string
	media []string // MIME types by content, the usual one first
	ends  []string // usual endings of names
}

var kinds = []kind{
	{"pdf", []string{"application/pdf"}, []string{".pdf"}},
	{"jpg", []string{"image/jpeg"}, []string{".jpg", ".jpeg"}},
	{"png", []string{"image/png"}, []string{".png"}},
	{"heic", []string{"image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"}, []string{".heic", ".heif"}},
	{"docx", []string{"application/vnd.openxmlformats-officedocument.wordprocessingml.document"}, []string{".docx"}},
	{"odt", []string{"application/vnd.oasis.opendocument.text"}, []string{".odt"}},
	{"txt", []string{"text/plain"}, []string{".txt"}},
}

var usualKinds = []string{"pdf", "jpg", "png"}

// mediaOf lists the MIME types of the kinds; an unknown kind has none.
func mediaOf(names []string) []string {
	out := []string{}
	for _, k := range kinds {
		if slices.Contains(names, k.name) {
			out = append(out, k.media...)
		}
	}
	return out
}

// kindOf finds the kind that a MIME type by content belongs to.
func kindOf(media string) kind {
	for _, k := range kinds {
		if slices.Contains(k.media, media) {
			return k
		}
	}
	return kind{}
}

const nameMost = 120 // characters of a file's name

// cleanName makes a sender's name fit to be shown and saved: its last element, without marks that turn the direction of
// writing (a name may not look like another one), with an ending that fits the content.
func cleanName(name, field string, k kind) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar || strings.ContainsRune(`<>:"|?*/`, r) {
			return -1
		}
		return r
	}, name)
	name = strings.TrimSpace(strings.TrimLeft(name, ". "))
	ending := strings.ToLower(path.Ext(name))
	if slices.Contains(k.ends, ending) {
		name = name[:len(name)-len(ending)]
	} else {
		ending = k.ends[0]
	}
	if name == "" {
		name = field
	}
	if runes := []rune(name); len(runes) > nameMost {
		name = string(runes[:nameMost])
	}
	return name + ending
}
