package blob

import (
	"context"
	"embed"
	"errors"
	"io"
	"strconv"
	"time"

	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/vault"
)

// Locale holds the texts of this package's faults; the app loads them with all others.
//
//go:embed locale/*.yaml
var Locale embed.FS

// Blob is a file that is kept. The module's row keeps all of it.
type Blob struct {
	ID     id.ID
	Type   string // by content: application/pdf, image/jpeg, image/png
	Size   int64  // bytes, before sealing
	SHA256 [32]byte
}

// Limits are what Put accepts.
type Limits struct {
	Bytes int64    // largest size; 0 means DefaultBytes
	Types []string // types by content; nil means Documents
	Any   bool     // whatever the content: a part of a file, whose type the whole will tell. It is not asked for
}

// DefaultBytes is the largest file where no other limit is given: 10 MiB.
const DefaultBytes = 10 << 20

// Documents are the types that people may send: what every browser shows and every agency reads.
func Documents() []string { return []string{"application/pdf", "image/jpeg", "image/png"} }

// Store keeps blobs. Implementations are safe for concurrent use.
type Store interface {
	// Put reads r to its end and keeps it under the holder's keys; when it returns without an error, the blob is durable.
	// A blob that is refused leaves nothing. Faults: blob.empty, blob.too_large, blob.type, blob.heic.
	Put(ctx context.Context, keys *vault.Keys, r io.Reader, l Limits) (Blob, error)
	// Open reads a blob with its holder's keys; the caller closes it. What Read has given is genuine. Errors: ErrNone,
	// vault.ErrErased, vault.ErrOpen (also from Read).
	Open(ctx context.Context, keys *vault.Keys, blob id.ID) (io.ReadCloser, error)
	// Remove removes a blob; one that is not there is no error. Call it after the row that names it is gone.
	Remove(ctx context.Context, blob id.ID) error
	// Sweep removes blobs older than age that known does not know, and what broken uploads left, and tells how many. An
	// error of known stops it. age must be longer than any Write may take after its Put: an hour or more.
	Sweep(ctx context.Context, known func(ctx context.Context, blob id.ID) (bool, error), age time.Duration) (int, error)
}

// ErrNone says that there is no such blob.
var ErrNone = errors.New("blob: no such file")

// The faults of an upload.
var (
	ErrEmpty    = fault.New(fault.Invalid, "blob.empty")
	ErrTooLarge = fault.New(fault.TooLarge, "blob.too_large")
	ErrType     = fault.New(fault.Invalid, "blob.type")
	ErrHEIC     = fault.New(fault.Invalid, "blob.heic")
)

func tooLarge(limit int64) error {
	return fault.New(fault.TooLarge, "blob.too_large", "limit", megabytes(limit))
}

// megabytes shows a limit in megabytes of 2^20 bytes, with one digit after the point where there is need.
func megabytes(n int64) string {
	return strconv.FormatFloat(float64(n*10>>20)/10, 'f', -1, 64)
}
