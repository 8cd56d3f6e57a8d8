package vault

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tink-crypto/tink-go/v2/tink"
)

// KEK is the master key: the key-encryption key that wraps the city's keys. It never enters the database. Several may
// be in force while one is being replaced: the first wraps, all of them open.
type KEK struct {
	keys []masterKey
}

type masterKey struct {
	id     string // the first 8 bytes of the SHA-256 of the secret, in hexadecimal
	cipher tink.AEAD
}

// The errors of master keys.
var (
	// ErrNoKEK says that there is no file with a master key at the path.
	ErrNoKEK = errors.New("vault: there is no master key file; without it no personal data can be read")
	// ErrKEKForm says that a text is not a list of master keys.
	ErrKEKForm = errors.New("vault: want lines of the form posad-master-key-1:… with 43 characters of base64url after the colon")
	// ErrKEKOpen says that others than the owner may read the key file.
	ErrKEKOpen = errors.New("vault: the master key file can be read by others; set its mode to 0600")
	// ErrKEK says that the city's keys were wrapped by another master key.
	ErrKEK = errors.New("vault: the city's keys were wrapped by a master key that was not given")
)

const kekPrefix = "posad-master-key-1:"

// OpenKEK reads the master key file at the path. With create, a missing file is made with a fresh key and mode 0600,
// and is on disk when OpenKEK returns.
func OpenKEK(path string, create bool) (*KEK, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if !create {
			return nil, fmt.Errorf("%w: %s", ErrNoKEK, path)
		}
		if err := createKEK(path); err != nil {
			return nil, fmt.Errorf("vault: make the master key file: %w", err)
		}
		info, err = os.Stat(path)
	}
	if err != nil {
		return nil, fmt.Errorf("vault: master key file: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s", ErrKEKOpen, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("vault: master key file: %w", err)
	}
	return ParseKEK(string(text))
}

// NewKEKText returns a fresh master key in the form that ParseKEK reads, for an operator who keeps it elsewhere.
func NewKEKText() string {
	return kekPrefix + base64.RawURLEncoding.EncodeToString(newSecret())
}

// ParseKEK reads master keys from a text, for example an environment variable: one a line, the one that wraps first.
// Empty lines and lines that begin with # are skipped.
func ParseKEK(text string) (*KEK, error) {
	out := &KEK{}
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, err := parseMasterKey(line)
		if err != nil {
			return nil, err
		}
		out.keys = append(out.keys, key)
	}
	if len(out.keys) == 0 {
		return nil, ErrKEKForm
	}
	return out, nil
}

func parseMasterKey(line string) (masterKey, error) {
	body, ok := strings.CutPrefix(line, kekPrefix)
	if !ok {
		return masterKey{}, ErrKEKForm
	}
	secret, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil || len(secret) != secretSize {
		return masterKey{}, ErrKEKForm // the cause would show the key
	}
	cipher, err := newCipher(secret)
	if err != nil {
		return masterKey{}, err
	}
	sum := sha256.Sum256(append([]byte("posad master key id\x00"), secret...))
	return masterKey{id: hex.EncodeToString(sum[:8]), cipher: cipher}, nil
}

// createKEK writes a fresh key beside the path and links it into place, so that a crash leaves a whole file or none, and
// of two processes that do it at once both read the same key.
func createKEK(path string) error {
	dir := filepath.Dir(path)
	file, err := os.CreateTemp(dir, ".master-key-*") // CreateTemp makes files of mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	text := "# The master key of this city's data. Keep a copy apart from the backups: without it they cannot be read.\n" + NewKEKText() + "\n"
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// wrap returns the wrapped secret and the id of the master key that wrapped it.
func (k *KEK) wrap(secret, bound []byte) ([]byte, string, error) {
	wrapped, err := sealWith(k.keys[0].cipher, secret, bound)
	return wrapped, k.keys[0].id, err
}

func (k *KEK) unwrap(kekID string, wrapped, bound []byte) ([]byte, error) {
	for _, key := range k.keys {
		if key.id == kekID {
			return openWith(key.cipher, wrapped, bound)
		}
	}
	return nil, ErrKEK
}
