package mail

import (
	"errors"
	"fmt"
	"net/textproto"

	gomail "github.com/wneessen/go-mail"
)

// Kind says what can be done about a failure.
type Kind string

// The kinds of failure.
const (
	Temporary Kind = "temporary" // try again later: no connection, a full box, a grey list
	Permanent Kind = "permanent" // trying again gives the same: the letter or the configuration is wrong
	Refused   Kind = "refused"   // the address does not take letters; ask the person for another one
)

// Failure is why a letter was not taken. Its text has no address and no words of the letter.
type Failure struct {
	Kind  Kind
	Code  int // of SMTP; 0 when the server has not answered
	Cause error
}

// Error is for the log. The server's words may repeat the address, so only its code is shown.
func (f *Failure) Error() string {
	if f.Code != 0 {
		return fmt.Sprintf("mail: %s failure, the server answered %d", f.Kind, f.Code)
	}
	var send *gomail.SendError
	if errors.As(f.Cause, &send) {
		return fmt.Sprintf("mail: %s failure: %s", f.Kind, send.Reason)
	}
	return fmt.Sprintf("mail: %s failure: %v", f.Kind, f.Cause)
}

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Cause }

// dialFailure is a failure before the letter: only a clear refusal by the server is permanent, since a wrong password
// does not mend itself and a broken line does.
func dialFailure(err error) error {
	code := codeOf(err)
	if code >= 500 {
		return &Failure{Kind: Permanent, Code: code, Cause: err}
	}
	return &Failure{Kind: Temporary, Code: code, Cause: err}
}

func sendFailure(err error) error {
	var send *gomail.SendError
	if !errors.As(err, &send) {
		return dialFailure(err)
	}
	code := send.ErrorCode()
	switch {
	case code < 500:
		return &Failure{Kind: Temporary, Code: code, Cause: err}
	case send.Reason == gomail.ErrSMTPRcptTo && isAddressCode(code):
		return &Failure{Kind: Refused, Code: code, Cause: err}
	}
	return &Failure{Kind: Permanent, Code: code, Cause: err}
}

// isAddressCode tells the answers to RCPT that speak of the address (RFC 5321, 4.2.2): no such box, moved, not allowed,
// bad syntax, no mail here (RFC 7504).
func isAddressCode(code int) bool {
	return code == 550 || code == 551 || code == 553 || code == 501 || code == 556
}

func codeOf(err error) int {
	var answer *textproto.Error
	if errors.As(err, &answer) {
		return answer.Code
	}
	return 0
}
