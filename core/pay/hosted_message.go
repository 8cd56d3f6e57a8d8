package pay

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"posad.city/kit/id"
)

// messageWindow is how far the time in a webhook's signature may be from now, either way.
const messageWindow = 5 * time.Minute

// signatureField is the header t=UNIX SECONDS,v1=HEX OF HMAC-SHA256("t.body").
const signatureField = "Bank-Signature"

type hostedMessage struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
}

// Message implements Provider. A message without the right signature is refused, and so is one that was recorded long ago;
// within the window a second one does no harm, since it only has the acquirer asked how the attempt stands.
func (h *Hosted) Message(header http.Header, body []byte) (Message, error) {
	at, signature, ok := splitSignature(header.Get(signatureField))
	if !ok || !hmac.Equal(signature, SignMessage(h.Secret, at, body)) {
		return Message{}, ErrSignature
	}
	sent := time.Unix(at, 0).UTC()
	if age := h.now().Sub(sent); age > messageWindow || age < -messageWindow {
		return Message{}, ErrSignature
	}
	var m hostedMessage
	if err := json.Unmarshal(body, &m); err != nil {
		return Message{}, ErrSignature.Because(err)
	}
	attempt, err := id.Parse(m.ID)
	if err != nil {
		return Message{}, ErrSignature.Because(err)
	}
	out := Message{Attempt: attempt, Kind: MessagePayment, Sent: sent}
	switch kind := MessageKind(m.Kind); kind {
	case MessageRefund, MessageDispute:
		out.Kind = kind
	}
	return out, nil
}

// SignMessage is the signature of a webhook's body sent at a Unix time.
func SignMessage(secret string, at int64, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(strconv.AppendInt(nil, at, 10))
	mac.Write([]byte("."))
	mac.Write(body)
	return mac.Sum(nil)
}

// signatureMost bounds the header.
const signatureMost = 200

func splitSignature(field string) (int64, []byte, bool) {
	if len(field) > signatureMost {
		return 0, nil, false
	}
	at, rest, ok := strings.Cut(field, ",")
	seconds, timed := strings.CutPrefix(at, "t=")
	digits, signed := strings.CutPrefix(rest, "v1=")
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if !ok || !timed || !signed || err != nil {
		return 0, nil, false
	}
	signature, err := hex.DecodeString(digits)
	return unix, signature, err == nil
}
