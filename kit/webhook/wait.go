package webhook

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"hash/fnv"
	"time"
)

// waits are the pauses after each failed try: a little over five days altogether, so that a receiver may be down from
// Friday to Wednesday.
var waits = []time.Duration{
	5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour,
	14 * time.Hour, 20 * time.Hour, 24 * time.Hour, 24 * time.Hour, 24 * time.Hour,
}

// Tries is how often a message is tried at most.
func Tries() int { return len(waits) + 1 }

// Wait is how long to wait after a failed try, the first of which is 1; false when it was the last. The pause is up to a
// fifth longer, by the message's id, so that messages that failed together do not come back together; what the receiver
// asked for is waited at least.
func Wait(try int, id string, o Outcome) (time.Duration, bool) {
	if try < 1 || try > len(waits) {
		return 0, false
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // a hash's Write never fails
	pause := waits[try-1]
	pause += time.Duration(int64(pause) / 5 * int64(h.Sum32()%1000) / 1000)
	return max(pause, o.After), true
}

// certificateOf tells whether the receiver's certificate was the trouble.
func certificateOf(err error) bool {
	var verify *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &verify) || errors.As(err, &authority) || errors.As(err, &name) || errors.As(err, &invalid)
}
