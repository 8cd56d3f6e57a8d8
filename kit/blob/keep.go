package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"posad.city/kit/id"
	"posad.city/kit/vault"
)

// Keep seals a blob anew by its holder's kept key of a year, in its place, so that it outlives the holder's own key. It
// may be repeated: a blob that is kept already stays. A blob that is not there is no error.
func (f *Folder) Keep(ctx context.Context, keys *vault.Keys, blob id.ID, year int) error {
	kept, err := f.isKept(blob)
	if kept || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("blob: keep: %w", err)
	}
	plain, err := f.Open(ctx, keys, blob)
	if err != nil {
		return err
	}
	defer plain.Close()
	file, err := os.CreateTemp(filepath.Join(f.dir, incoming), "*"+suffix)
	if err != nil {
		return fmt.Errorf("blob: keep: %w", err)
	}
	err = reseal(file, keys, &patient{ctx: ctx, r: plain}, year, blob)
	if err == nil {
		err = f.place(file, blob)
	}
	if err != nil {
		_, _ = file.Close(), os.Remove(file.Name()) // what stays, Sweep removes
		return fmt.Errorf("blob: keep: %w", err)
	}
	return nil
}

func reseal(w io.Writer, keys *vault.Keys, plain io.Reader, year int, blob id.ID) error {
	sealed, err := keys.SealStreamKept(w, year, space, blob.String())
	if err != nil {
		return err
	}
	if _, err := io.Copy(sealed, plain); err != nil {
		return err
	}
	return sealed.Close()
}

// isKept tells whether a blob is sealed by a kept key already.
func (f *Folder) isKept(blob id.ID) (bool, error) {
	file, err := os.Open(f.path(blob))
	if err != nil {
		return false, err
	}
	defer file.Close()
	head := make([]byte, 3)
	if _, err := io.ReadFull(file, head); err != nil {
		return false, err
	}
	return vault.KeptStream(head), nil
}
