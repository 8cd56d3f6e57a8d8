package agency

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Message is one message that an agency was sent and has taken.
type Message struct {
	Agency string          `json:"agency"` // by the address that was called
	ID     string          `json:"id"`     // its webhook-id
	Times  int             `json:"times"`  // how often it came
	Body   json.RawMessage `json:"body"`
}

// messagesMost bounds the list of messages; the oldest go first.
const messagesMost = 10_000

// messageAge is how far the time of a message may lie from now.
const messageAge = 5 * time.Minute

// Messages returns a copy of what was taken, oldest first.
func (a *Agency) Messages() []Message {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.messages)
}

// takeMessage takes a message that is signed by the Standard Webhooks scheme; one that came before is counted and passed over.
func (a *Agency) takeMessage(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyMost+1))
	if err != nil || len(body) > bodyMost || !json.Valid(body) {
		fault(w, http.StatusBadRequest, "message")
		return
	}
	if !a.signed(r.Header, body) {
		fault(w, http.StatusUnauthorized, "signature")
		return
	}
	if a.hooksFail() {
		fault(w, http.StatusServiceUnavailable, "overloaded")
		return
	}
	a.keepMessage(Message{Agency: r.PathValue("agency"), ID: r.Header.Get("Webhook-Id"), Times: 1, Body: body})
	w.WriteHeader(http.StatusNoContent)
}

// signed tells whether a message is the city's and fresh.
func (a *Agency) signed(h http.Header, body []byte) bool {
	seconds, err := strconv.ParseInt(h.Get("Webhook-Timestamp"), 10, 64)
	if err != nil || h.Get("Webhook-Id") == "" || len(a.o.HookKey) == 0 {
		return false
	}
	if a.o.Now != nil && a.o.Now().Sub(time.Unix(seconds, 0)).Abs() > messageAge {
		return false
	}
	mac := hmac.New(sha256.New, a.o.HookKey)
	mac.Write([]byte(h.Get("Webhook-Id") + "." + h.Get("Webhook-Timestamp") + "."))
	mac.Write(body)
	want := mac.Sum(nil)
	for _, one := range strings.Fields(h.Get("Webhook-Signature")) {
		got, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(one, "v1,"))
		if err == nil && hmac.Equal(got, want) {
			return true
		}
	}
	return false
}

// hooksFail tells whether the receiver is down: faults that are set for "hooks", never those of every register.
func (a *Agency) hooksFail() bool {
	a.mu.Lock()
	_, set := a.faults["hooks"]
	a.mu.Unlock()
	return set && a.trouble("hooks").kind == Failing
}

func (a *Agency) keepMessage(m Message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := slices.IndexFunc(a.messages, func(one Message) bool { return one.ID == m.ID && one.Agency == m.Agency })
	if at >= 0 {
		a.messages[at].Times++
		return
	}
	a.messages = append(a.messages, m)
	if over := len(a.messages) - messagesMost; over > 0 {
		a.messages = slices.Delete(a.messages, 0, over)
	}
}

func (a *Agency) listMessages(w http.ResponseWriter, _ *http.Request) {
	list := a.Messages()
	if list == nil {
		list = []Message{}
	}
	text, err := json.Marshal(list)
	if err != nil {
		fault(w, http.StatusInternalServerError, "messages")
		return
	}
	write(w, http.StatusOK, text)
}
