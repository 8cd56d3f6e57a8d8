package mydata

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/vault"
)

// list is the erasure list: a file of lines that says who was erased, by their ids. It lies outside the database, so that
// a backup of the database that is restored does not bring them back. A line carries a mark by the city's key of keyed
// search, so that nobody can have a person erased by writing a line. It is safe for concurrent use; several nodes may each
// have their own file, or share one.
type list struct {
	path  string
	vault *vault.Vault
	mu    sync.Mutex
}

// listed is one line.
type listed struct {
	At     time.Time
	Person id.ID
}

const listHead = "# Who was erased at their wish, by ids that name nobody. Keep it with the master key, never with the backups.\n"

// mark makes a line's mark.
func (l *list) mark(at, person string) string {
	return hex.EncodeToString(l.vault.Keyed("mydata.erasure_list", at+" "+person))
}

// add writes people down who are not there yet, and returns when it is on disk.
func (l *list) add(now time.Time, people ...id.ID) error {
	if l.path == "" {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	there, _, err := l.read()
	if err != nil {
		return err
	}
	known := map[id.ID]bool{}
	for _, one := range there {
		known[one.Person] = true
	}
	var text strings.Builder
	for _, person := range people {
		if known[person] {
			continue
		}
		known[person] = true
		at := now.UTC().Format(time.RFC3339)
		fmt.Fprintf(&text, "%s %s %s\n", at, person, l.mark(at, person.String()))
	}
	if text.Len() == 0 {
		return nil
	}
	return l.append(text.String())
}

func (l *list) append(text string) error {
	_, err := os.Stat(l.path)
	fresh := errors.Is(err, fs.ErrNotExist)
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("mydata: the erasure list: %w", err)
	}
	if fresh {
		text = listHead + text
	}
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("mydata: the erasure list: %w", err)
	}
	folder, err := os.Open(filepath.Dir(l.path))
	if err != nil {
		return fmt.Errorf("mydata: the erasure list: %w", err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// read reads the lines; the number tells how many are not to be believed.
func (l *list) read() ([]listed, int, error) {
	if l.path == "" {
		return nil, 0, nil
	}
	content, err := os.ReadFile(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("mydata: the erasure list: %w", err)
	}
	out, bad := parseList(content, l.mark)
	return out, bad, nil
}

// parseList reads lines of time, id and mark. Comments and empty lines are passed over; what does not bear its mark is
// counted. Of a file that was cut short the last line is such a one.
func parseList(content []byte, mark func(at, person string) string) ([]listed, int) {
	var out []listed
	bad := 0
	lines := bufio.NewScanner(bytes.NewReader(content))
	for lines.Scan() {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		parts := strings.Fields(text)
		if len(parts) != 3 {
			bad++
			continue
		}
		at, errAt := time.Parse(time.RFC3339, parts[0])
		person, errPerson := id.Parse(parts[1])
		if errAt != nil || errPerson != nil || person.IsZero() || mark(parts[0], parts[1]) != parts[2] {
			bad++
			continue
		}
		out = append(out, listed{At: at, Person: person})
	}
	if lines.Err() != nil {
		bad++
	}
	return out, bad
}
