// Package clamd is a small real virus scanner for tests and the demo: it speaks clamd's protocol over TCP and takes the
// EICAR file, also inside another one, for a virus. It finds nothing else.
//
// It can be told to fall silent, to refuse all, or to take small files only, as a scanner of the real world does on a bad
// day. It owns its listener; life cycle: Start, Close.
package clamd

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"

	"posad.city/kit/scan"
)

// Server is a running scanner.
type Server struct {
	listener net.Listener
	tasks    sync.WaitGroup

	mu    sync.Mutex
	most  int
	mood  Mood
	lines map[net.Conn]bool
	count int
}

// Mood is how the scanner behaves.
type Mood int

// The moods.
const (
	Well   Mood = iota
	Silent      // takes connections and says nothing
	Sick        // answers every question with an error
	Half        // breaks off in the middle of its reply
)

// Start begins to listen on any free port of the loopback.
func Start() (*Server, error) { return StartAt("127.0.0.1:0") }

// StartAt begins to listen on host:port.
func StartAt(address string) (*Server, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("clamd: %w", err)
	}
	s := &Server{listener: l, most: 25 << 20, lines: map[net.Conn]bool{}}
	s.tasks.Go(s.serve)
	return s, nil
}

// Address is where it listens, host:port.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Set changes the mood, and the largest stream in bytes (0: as it was).
func (s *Server) Set(m Mood, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mood = m
	if most > 0 {
		s.most = most
	}
}

// Scanned is how many streams were read to their end.
func (s *Server) Scanned() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Close stops listening and breaks off what is under way.
func (s *Server) Close() {
	_ = s.listener.Close()
	s.mu.Lock()
	for line := range s.lines {
		_ = line.Close()
	}
	s.mu.Unlock()
	s.tasks.Wait()
}

func (s *Server) serve() {
	for {
		line, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.lines[line] = true
		s.mu.Unlock()
		s.tasks.Go(func() {
			s.answer(line)
			_ = line.Close()
			s.mu.Lock()
			delete(s.lines, line)
			s.mu.Unlock()
		})
	}
}

// answer takes one question.
func (s *Server) answer(line net.Conn) {
	s.mu.Lock()
	mood, most := s.mood, s.most
	s.mu.Unlock()
	in := bufio.NewReader(line)
	command, err := in.ReadString(0)
	if err != nil {
		return
	}
	reply := "UNKNOWN COMMAND\x00"
	switch {
	case mood == Silent:
		_, _ = io.Copy(io.Discard, in) // until the asker gives up
		return
	case mood == Sick:
		reply = "Can't allocate memory ERROR\x00"
	case command == "zPING\x00":
		reply = "PONG\x00"
	case command == "zINSTREAM\x00":
		reply = s.scan(in, most)
	}
	if mood == Half {
		reply = reply[:len(reply)/2]
	}
	_, _ = io.WriteString(line, reply)
}

// scan reads a stream of chunks and judges it.
func (s *Server) scan(in io.Reader, most int) string {
	var whole []byte
	for {
		var size uint32
		if err := binary.Read(in, binary.BigEndian, &size); err != nil {
			return ""
		}
		if size == 0 {
			break
		}
		if len(whole)+int(size) > most {
			return "INSTREAM size limit exceeded. ERROR\x00"
		}
		part := make([]byte, size)
		if _, err := io.ReadFull(in, part); err != nil {
			return ""
		}
		whole = append(whole, part...)
	}
	s.mu.Lock()
	s.count++
	s.mu.Unlock()
	if bytes.Contains(whole, scan.EICAR()) {
		return "stream: Eicar-Test-Signature FOUND\x00"
	}
	return "stream: OK\x00"
}
