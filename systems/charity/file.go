package charity

import (
	"bytes"
	"context"
	"strings"

	"posad.city/kit/id"
	"posad.city/kit/picture"
	"posad.city/kit/store"
	"posad.city/systems/charity/internal/store"
)

// Upload is a file that a fund sends.
type Upload struct {
	Name string
	Data []byte
}

// Bounds of files.
const (
	fileMost    = 4 << 20 // bytes of one file
	filesMost   = 6       // of a report
	pictureSide = 1280    // pixels of the longest side that are kept
)

// keptFile is a file as it will be kept.
type keptFile struct {
	id    id.ID
	name  string
	media string
	body  []byte
}

// look looks into a file before it is kept: a picture is drawn anew, so that nothing else of the file stays; a PDF goes past the
// virus scanner. Errors: ErrFile, ErrNotSeen.
func (m *Module) look(ctx context.Context, u Upload, pictures bool) (keptFile, error) {
	out := keptFile{id: id.New(m.now()), name: cleanName(u.Name)}
	if len(u.Data) == 0 || len(u.Data) > fileMost {
		return out, ErrFile
	}
	for _, media := range []string{"image/jpeg", "image/png"} {
		if p, err := picture.Clean(u.Data, media, pictureSide); err == nil {
			out.media, out.body = p.Type, p.Data
			return out, nil
		}
	}
	if pictures || !bytes.HasPrefix(u.Data, []byte("%PDF-")) || m.deps.Scanner == nil {
		return out, ErrFile
	}
	verdict, err := m.deps.Scanner.Scan(ctx, u.Data)
	if err != nil {
		return out, ErrNotSeen.Because(err)
	}
	if verdict.Infected {
		return out, ErrFile
	}
	out.media, out.body = "application/pdf", u.Data
	return out, nil
}

// cleanName is a file's name without what a browser or a shell could take for something else.
func cleanName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return -1
		}
		return r
	}, name)
	if runes := []rune(name); len(runes) > 100 {
		name = string(runes[len(runes)-100:])
	}
	if name == "" {
		return "file"
	}
	return name
}

func putFile(tx *store.Tx, fund id.ID, f keptFile) error {
	if err := charitydb.InsertHome(tx, f.id, fund); err != nil {
		return err
	}
	return charitydb.InsertFile(tx, charitydb.InsertFileParams{Fund: fund, ID: f.id, Name: f.name, Media: f.media, Body: f.body, At: tx.Now()})
}

// pictureOf is the picture that an appeal will have, and the file that has to be kept for it.
func (m *Module) pictureOf(n NewAppeal, before id.ID) (id.ID, *keptFile, error) {
	if n.Picture == nil {
		if n.NoPic {
			return id.ID{}, nil, nil
		}
		return before, nil, nil
	}
	f, err := m.look(context.Background(), *n.Picture, true) // a picture asks no scanner
	if err != nil {
		return id.ID{}, nil, err
	}
	return f.id, &f, nil
}

// File reads a picture or a document; ErrNone when there is none.
func (m *Module) File(ctx context.Context, file id.ID) (string, string, []byte, error) {
	var row charitydb.CharityFile
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		home, err := charitydb.HomeOf(r, file)
		if err != nil {
			return err
		}
		row, err = charitydb.FileByID(r, home.Fund, file)
		return err
	})
	return row.Name, row.Media, row.Body, none(err)
}
