package witness

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"posad.city/kit/clock"
	"posad.city/kit/tlog"
)

// Options are what a witness is made of.
type Options struct {
	Folder string // that Make made; nobody else works on it
	Clock  clock.Clock
	Log    *slog.Logger // nil: silent
}

// Server is a witness. It is safe for concurrent use.
type Server struct {
	o      Options
	self   tlog.Witness
	secret ed25519.PrivateKey
	lock   *os.File

	signing   sync.Mutex // comparing, keeping and signing are one step
	persisted func()     // of tests: between keeping and answering
}

// Open opens a witness's folder. Errors: ErrNoKey, ErrInUse, ErrStateLost.
func Open(o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	self, secret, err := readKey(o.Folder)
	if err != nil {
		return nil, err
	}
	s := &Server{o: o, self: self, secret: secret, persisted: func() {}}
	if s.lock, err = lock(o.Folder); err != nil {
		return nil, err
	}
	if _, err := s.logs(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close lets go of the folder. What is being signed is signed first.
func (s *Server) Close() error {
	s.signing.Lock()
	defer s.signing.Unlock()
	return s.lock.Close()
}

// Witness is who this is, for the logs that ask and for whoever checks.
func (s *Server) Witness() tlog.Witness { return s.self }

// Handler serves add-checkpoint, and for people what is known: / and /logs/HASH/checkpoint.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", s.take)
	mux.HandleFunc("GET /logs/{id}/checkpoint", s.show)
	mux.HandleFunc("GET /{$}", s.tell)
	return mux
}

// answer is what a request comes to.
type answer struct {
	status int
	kind   string
	body   string
}

func plain(status int, text string) answer {
	return answer{status, "text/plain; charset=utf-8", text + "\n"}
}

func (s *Server) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, tlog.RequestMost))
	out := plain(http.StatusBadRequest, "the request is too long")
	if err == nil {
		out = s.add(string(body))
	}
	w.Header().Set("Content-Type", out.kind)
	w.WriteHeader(out.status)
	_, _ = io.WriteString(w, out.body) // who is gone asks again
}

// add decides about a request, keeps what is signed, and signs it.
func (s *Server) add(body string) answer {
	r, err := tlog.ParseRequest(body)
	if err != nil {
		return plain(http.StatusBadRequest, err.Error())
	}
	fresh, text, err := tlog.PeekAny(r.Checkpoint)
	if err != nil {
		return plain(http.StatusBadRequest, err.Error())
	}
	s.signing.Lock()
	defer s.signing.Unlock()
	keys, last, kept, err := readLog(s.o.Folder, fresh.Origin)
	if errors.Is(err, fs.ErrNotExist) {
		return plain(http.StatusNotFound, "this witness does not know the log")
	}
	if err != nil {
		s.o.Log.Error("witness: a log can't be signed for", "log", fresh.Origin, "error", err)
		return plain(http.StatusInternalServerError, "this witness has lost what it signed for the log")
	}
	if _, err := tlog.OpenAny(r.Checkpoint, keys); err != nil {
		return plain(http.StatusForbidden, "no key of the log that this witness knows has signed")
	}
	if out, ok := s.judge(r, last, fresh); !ok {
		if out.status == http.StatusConflict && last.Size == fresh.Size && last.Root != fresh.Root {
			s.evidence(r.Checkpoint, kept, fresh)
		}
		return out
	}
	return s.sign(r.Checkpoint, text, fresh)
}

// judge compares a checkpoint with the last one that was signed.
func (s *Server) judge(r tlog.Request, last, fresh tlog.Checkpoint) (answer, bool) {
	switch {
	case r.Old > fresh.Size:
		return plain(http.StatusBadRequest, "the old size is beyond the checkpoint"), false
	case r.Old != last.Size:
		return answer{http.StatusConflict, sizeKind, strconv.FormatInt(last.Size, 10) + "\n"}, false
	case last.Size > 0 && last.Size == fresh.Size && last.Root != fresh.Root:
		return plain(http.StatusConflict, "another checkpoint of this size was signed"), false
	}
	if err := tlog.Continues(last, fresh, r.Hashes); err != nil {
		return plain(http.StatusUnprocessableEntity, "the proof does not lead from the last checkpoint to this one"), false
	}
	return answer{}, true
}

// sign keeps the checkpoint, then answers with the signature.
func (s *Server) sign(note, text string, fresh tlog.Checkpoint) answer {
	c, err := tlog.Cosign(s.self.Name, s.secret, text, s.o.Clock.Now())
	if err == nil {
		err = write(logPath(s.o.Folder, fresh.Origin)+".state", []byte(tlog.WithCosignatures(note, []tlog.Cosignature{c})), 0o644)
	}
	if err != nil {
		s.o.Log.Error("witness: not signed", "log", fresh.Origin, "error", err)
		return plain(http.StatusInternalServerError, "the checkpoint can't be kept, so it is not signed")
	}
	s.persisted()
	return answer{http.StatusOK, "text/plain; charset=utf-8", c.Line}
}

// evidence keeps the first proof of two histories: both are signed by the log.
func (s *Server) evidence(other, kept string, fresh tlog.Checkpoint) {
	s.o.Log.Error("witness: the log has signed two histories of one size", "log", fresh.Origin, "size", fresh.Size)
	path := logPath(s.o.Folder, fresh.Origin) + ".fork"
	if _, err := os.Lstat(path); err == nil {
		return
	}
	if err := write(path, []byte(kept+"\n"+other), 0o644); err != nil {
		s.o.Log.Error("witness: the proof of it can't be kept", "error", err)
	}
}

// logs are the last checkpoints of all logs that are known.
func (s *Server) logs() ([]tlog.Checkpoint, error) {
	files, err := filepath.Glob(filepath.Join(s.o.Folder, logsFolder, "*.keys"))
	if err != nil {
		return nil, fmt.Errorf("witness: folder: %w", err)
	}
	var out []tlog.Checkpoint
	for _, file := range files {
		lines, err := readLines(file)
		if err != nil || len(lines) == 0 {
			return nil, fmt.Errorf("witness: %s has no key: %w", file, errors.Join(err, ErrStateLost))
		}
		origin, _, _ := strings.Cut(lines[0], "+")
		_, last, _, err := readLog(s.o.Folder, origin)
		if err != nil {
			return nil, err
		}
		out = append(out, last)
	}
	return out, nil
}

func (s *Server) show(w http.ResponseWriter, r *http.Request) {
	list, err := s.logs()
	for _, c := range list {
		if err != nil || logID(c.Origin) != r.PathValue("id") {
			continue
		}
		if _, _, note, err := readLog(s.o.Folder, c.Origin); err == nil && note != "" {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, note) // who is gone asks again
			return
		}
	}
	http.NotFound(w, r)
}

// tell shows people who this is and what was signed, in both languages.
func (s *Server) tell(w http.ResponseWriter, _ *http.Request) {
	list, err := s.logs()
	if err != nil {
		http.Error(w, "Свидетель неисправен. / The witness is out of order.", http.StatusInternalServerError)
		return
	}
	var out strings.Builder
	fmt.Fprintf(&out, "Свидетель журналов / A witness of logs: %s\nКлюч для проверки / Verifier key:\n%s\n", s.self.Name, s.self.Key())
	for _, c := range list {
		fmt.Fprintf(&out, "\nЖурнал / Log: %s\nЗаписей подтверждено / Entries confirmed: %d\n/logs/%s/checkpoint\n", c.Origin, c.Size, logID(c.Origin))
		if _, err := os.Lstat(logPath(s.o.Folder, c.Origin) + ".fork"); err == nil {
			out.WriteString("Журнал подписал две разные истории. / The log has signed two different histories.\n")
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, out.String()) // who is gone asks again
}
