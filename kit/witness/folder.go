package witness

import (
	"bufio"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"posad.city/kit/tlog"
)

// The files of a witness's folder:
//
//	witness.key             name and secret key, for the witness alone
//	logs/HASH.keys          verifier keys of a log, one a line; HASH is SHA-256 of the log's name
//	logs/HASH.state         the last checkpoint that was signed, with our signature; empty: nothing yet
//	logs/HASH.fork          a checkpoint that the log signed and that is another history; kept for good
const (
	keyFile    = "witness.key"
	lockFile   = "lock"
	logsFolder = "logs"
	keyHead    = "posad-witness-key/1"
)

// The errors of folders.
var (
	ErrNoKey  = errors.New("witness: the folder has no key; make one first")
	ErrHasKey = errors.New("witness: the folder has a key already")
	ErrInUse  = errors.New("witness: another process works on the folder")
	// ErrStateLost says that a log is known and what was signed for it is not.
	ErrStateLost = errors.New("witness: the file of what was signed for a log is gone or damaged; who begins again would sign what was refused: make a new key in a new folder")
)

// Make makes a witness's key in a folder and tells the witness. ErrHasKey when there is one.
func Make(folder, name string) (tlog.Witness, error) {
	public, secret, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return tlog.Witness{}, fmt.Errorf("witness: key: %w", err)
	}
	w := tlog.Witness{Name: name, Public: public}
	if _, err := tlog.ParseWitness(w.Key()); err != nil {
		return tlog.Witness{}, fmt.Errorf("witness: the name %q: want one word without blanks and plus, such as university.example/witness", name)
	}
	if err := os.MkdirAll(filepath.Join(folder, logsFolder), 0o755); err != nil {
		return tlog.Witness{}, fmt.Errorf("witness: folder: %w", err)
	}
	path := filepath.Join(folder, keyFile)
	if _, err := os.Lstat(path); err == nil {
		return tlog.Witness{}, ErrHasKey
	}
	text := keyHead + "\n" + name + "\n" + base64.StdEncoding.EncodeToString(secret.Seed()) + "\n"
	return w, write(path, []byte(text), 0o600)
}

// readKey reads the key that Make made.
func readKey(folder string) (tlog.Witness, ed25519.PrivateKey, error) {
	text, err := os.ReadFile(filepath.Join(folder, keyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return tlog.Witness{}, nil, ErrNoKey
	}
	if err != nil {
		return tlog.Witness{}, nil, fmt.Errorf("witness: key: %w", err)
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) != 4 || lines[0] != keyHead {
		return tlog.Witness{}, nil, errors.New("witness: the file of the key is not one")
	}
	seed, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(seed) != ed25519.SeedSize {
		return tlog.Witness{}, nil, errors.New("witness: the file of the key is damaged")
	}
	secret := ed25519.NewKeyFromSeed(seed)
	public, _ := secret.Public().(ed25519.PublicKey)
	return tlog.Witness{Name: lines[1], Public: public}, secret, nil
}

// Trust adds a log's verifier key, so that the log is signed for. A further key of the same log is added to the others. It
// may be done while the witness runs.
func Trust(folder, verifierKey string) (string, error) {
	origin, _, err := tlog.ParseVerifierKey(verifierKey)
	if err != nil {
		return "", err
	}
	if _, _, err := readKey(folder); err != nil {
		return "", err
	}
	base := logPath(folder, origin)
	if err := os.MkdirAll(filepath.Dir(base), 0o755); err != nil {
		return "", fmt.Errorf("witness: folder: %w", err)
	}
	lines, err := readLines(base + ".keys")
	if errors.Is(err, fs.ErrNotExist) {
		if _, lost := os.Lstat(base + ".state"); errors.Is(lost, fs.ErrNotExist) {
			err = write(base+".state", nil, 0o644) // first: a log with keys and no state is never signed for
		} else {
			err = lost
		}
	}
	if err != nil {
		return "", fmt.Errorf("witness: the log's files: %w", err)
	}
	if slices.Contains(lines, verifierKey) {
		return origin, nil
	}
	return origin, write(base+".keys", []byte(strings.Join(append(lines, verifierKey), "\n")+"\n"), 0o644)
}

// logPath is the path of a log's files without their endings.
func logPath(folder, origin string) string { return filepath.Join(folder, logsFolder, logID(origin)) }

func logID(origin string) string {
	sum := sha256.Sum256([]byte(origin))
	return hex.EncodeToString(sum[:])
}

func readLines(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	var out []string
	for s := bufio.NewScanner(file); s.Scan(); {
		if line := strings.TrimSpace(s.Text()); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out, nil
}

// readLog reads what is known of a log: its keys, and the last checkpoint that was signed. fs.ErrNotExist when the log is
// unknown, ErrStateLost when its state is gone.
func readLog(folder, origin string) ([]ed25519.PublicKey, tlog.Checkpoint, string, error) {
	base := logPath(folder, origin)
	lines, err := readLines(base + ".keys")
	if err != nil {
		return nil, tlog.Checkpoint{}, "", err
	}
	var keys []ed25519.PublicKey
	for _, line := range lines {
		name, key, err := tlog.ParseVerifierKey(line)
		if err != nil || name != origin {
			return nil, tlog.Checkpoint{}, "", fmt.Errorf("witness: %s.keys has a line that is no key of %s", base, origin)
		}
		keys = append(keys, key)
	}
	note, err := os.ReadFile(base + ".state")
	if err != nil {
		return nil, tlog.Checkpoint{}, "", fmt.Errorf("%w: %w", ErrStateLost, errors.New(err.Error()))
	}
	if len(note) == 0 {
		return keys, tlog.Checkpoint{Origin: origin}, "", nil
	}
	last, _, err := tlog.PeekAny(string(note))
	if err != nil || last.Origin != origin {
		return nil, tlog.Checkpoint{}, "", fmt.Errorf("%w: %s.state", ErrStateLost, base)
	}
	return keys, last, string(note), nil
}

// write puts a file whole and durably in its place: the file and its folder are on disk when it returns.
func write(path string, data []byte, mode fs.FileMode) error {
	fresh, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("witness: write: %w", err)
	}
	_, err = fresh.Write(data)
	err = errors.Join(err, fresh.Chmod(mode), fresh.Sync(), fresh.Close())
	if err == nil {
		err = os.Rename(fresh.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("witness: write %s: %w", path, err), os.Remove(fresh.Name()))
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("witness: write %s: %w", path, err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("witness: write %s: %w", path, err)
	}
	return nil
}

// lock keeps a folder for one process.
func lock(folder string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(folder, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("witness: lock: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(ErrInUse, file.Close())
	}
	return file, nil
}
