// Package mail composes one electronic letter and hands it to an SMTP server.
//
// It owns the check of an address, the form of a letter (plain text with an HTML alternative, attachments, one-click
// unsubscribing, RFC 5322, 2045, 8058), the conversation with the server (STARTTLS or TLS from the start, AUTH, time
// limits) and the kind of a failure: temporary, permanent, or the address itself refused. It does not own queues,
// retries or templates (kit/jobs and core/notice do), and it keeps nothing.
//
// A letter's Message-ID is made of the job that sends it, so that a letter sent twice, because the answer to the first
// sending was lost, is one letter to the receiving side. No text that comes from a person can make a header: a line
// break in a header value is refused before anything is sent.
//
// Life cycle: NewSender checks the configuration once; Send opens a connection for each letter and is safe for
// concurrent use.
package mail
