package vault

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	streaming "github.com/tink-crypto/tink-go/v2/streamingaead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"

	"posad.city/kit/fault"
	"posad.city/kit/id"
)

// The errors of opening.
var (
	// ErrErased says that the holder's key was destroyed: nothing that it sealed can ever be read again. It is a fault, so
	// that a page about such a thing says so in words.
	ErrErased = fault.New(fault.Gone, "vault.erased")
	// ErrOpen says that a value does not open: it is damaged, or was sealed for another holder, table or column.
	ErrOpen = errors.New("vault: the value does not open here")
)

// Keys seals and opens for one holder. It is immutable but for erasure, which ends it, and safe for concurrent use. Keep
// it for the length of a request or a job, no longer.
type Keys struct {
	holder id.ID
	erased atomic.Bool // the holder's own key is destroyed
	gone   atomic.Bool // these Keys are stale altogether: Forget was called
	cipher tink.AEAD
	stream []byte
	kept   map[int]keptKey // by year
}

func newKeys(holder id.ID, secret []byte) (*Keys, error) {
	root, err := derive(secret, "values")
	if err != nil {
		return nil, err
	}
	cipher, err := newCipher(root)
	if err != nil {
		return nil, err
	}
	stream, err := derive(secret, "streams")
	if err != nil {
		return nil, err
	}
	return &Keys{holder: holder, cipher: cipher, stream: stream}, nil
}

func erasedKeys(holder id.ID) *Keys {
	out := &Keys{holder: holder}
	out.erased.Store(true)
	return out
}

// Holder is whose keys these are.
func (k *Keys) Holder() id.ID { return k.holder }

// Erased tells whether the holder's key was destroyed.
func (k *Keys) Erased() bool { return k.erased.Load() }

// Seal seals a value for a column of a table. It is 53 bytes longer than the value, so a column of short codes tells
// their length. After erasure the result is nil, which a NOT NULL column refuses: nothing new is kept for nobody.
func (k *Keys) Seal(table, column string, plain []byte) Sealed {
	if k.erased.Load() {
		return nil
	}
	out, err := sealWith(k.cipher, plain, k.bound(table, column))
	if err != nil {
		return nil // XAES refuses only what is longer than memory
	}
	return out
}

// Open opens what Seal made for the same holder, table and column. NULL (nil) opens to nil. Errors: ErrErased, ErrOpen.
func (k *Keys) Open(table, column string, sealed Sealed) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	if year, kept := yearOf(sealed); kept {
		return k.openKept(year, table, column, sealed)
	}
	if k.erased.Load() {
		return nil, ErrErased
	}
	plain, err := openWith(k.cipher, sealed, k.bound(table, column))
	if err != nil {
		return nil, fmt.Errorf("%s.%s: %w", table, column, err)
	}
	return plain, nil
}

func (k *Keys) bound(table, column string) []byte {
	return bind([]byte("posad value"), []byte(table), []byte(column), k.holder[:])
}

// streamSegment is the sealed size of one segment of a stream, bytes.
const streamSegment = 64 << 10

// SealStream returns a writer that seals into w, segment by segment (AES-256-GCM-HKDF), bound to the holder, the space
// and the name. The last segment is written by Close; a stream cut short does not open.
func (k *Keys) SealStream(w io.Writer, space, name string) (io.WriteCloser, error) {
	cipher, err := k.streamCipher()
	if err != nil {
		return nil, err
	}
	out, err := cipher.NewEncryptingWriter(w, k.streamBound(space, name))
	if err != nil {
		return nil, fmt.Errorf("vault: seal a stream: %w", err)
	}
	return out, nil
}

// OpenStream opens what SealStream wrote for the same holder, space and name. What has been read is genuine; an error
// before io.EOF says that the rest is not.
func (k *Keys) OpenStream(r io.Reader, space, name string) (io.Reader, error) {
	year, kept, r, err := peekMark(r)
	if err != nil {
		return nil, err
	}
	if kept {
		return k.openKeptStream(r, year, space, name)
	}
	cipher, err := k.streamCipher()
	if err != nil {
		return nil, err
	}
	out, err := cipher.NewDecryptingReader(r, k.streamBound(space, name))
	if err != nil {
		return nil, ErrOpen
	}
	return openedStream{reader: out, ended: &k.erased}, nil
}

func (k *Keys) streamCipher() (*streaming.AESGCMHKDF, error) {
	if k.erased.Load() {
		return nil, ErrErased
	}
	return newStream(k.stream)
}

func newStream(secret []byte) (*streaming.AESGCMHKDF, error) {
	cipher, err := streaming.NewAESGCMHKDF(secret, "SHA256", 32, streamSegment, 0)
	if err != nil {
		return nil, fmt.Errorf("vault: stream: %w", err)
	}
	return cipher, nil
}

func (k *Keys) streamBound(space, name string) []byte {
	return bind([]byte("posad stream"), []byte(space), []byte(name), k.holder[:])
}

type openedStream struct {
	reader io.Reader
	ended  *atomic.Bool
}

// Read implements io.Reader; after erasure it gives nothing more.
func (s openedStream) Read(p []byte) (int, error) {
	if s.ended.Load() {
		return 0, ErrErased
	}
	n, err := s.reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, fmt.Errorf("%w: %w", ErrOpen, err)
	}
	return n, err
}
