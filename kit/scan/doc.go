// Package scan asks a virus scanner about files: clamd, by its own protocol (PING and INSTREAM over TCP or a unix socket).
//
// A file is streamed to the scanner and nothing is written anywhere. The answer is one of three: clean, infected with the
// name of what was found, or an error, which says nothing of the file: the scanner was not reached, did not answer in time,
// or did not take a file of this size. Whoever asks decides what an unanswered file may be used for.
//
// It owns nothing and keeps no connection: each question has its own, as clamd's protocol wants. Its neighbour is
// core/document. Life cycle: New, then use it from anywhere; nothing to close.
package scan
