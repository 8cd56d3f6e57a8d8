package post

import (
	"crypto/hmac"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"unicode/utf8"
)

var phoneNumber = regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`)

// Bounds of an SMS.
const (
	bodyMost = 16 << 10
	textMost = 1000
)

// takeSMS is PUT /v1/messages/{id} of the contract.
func (p *Post) takeSMS(w http.ResponseWriter, r *http.Request) {
	if !hmac.Equal([]byte(r.Header.Get("Authorization")), []byte("Bearer "+p.key)) {
		answer(w, http.StatusUnauthorized, map[string]string{"error": "wrong key"})
		return
	}
	var s SMS
	if err := json.NewDecoder(io.LimitReader(r.Body, bodyMost)).Decode(&s); err != nil || s.Text == "" || utf8.RuneCountInString(s.Text) > textMost {
		answer(w, http.StatusBadRequest, map[string]string{"error": "want to and text"})
		return
	}
	pause(r.Context(), p.delay())
	if !phoneNumber.MatchString(s.To) || p.refuses(s.To) {
		answer(w, http.StatusUnprocessableEntity, map[string]string{"error": "the number takes no SMS"})
		return
	}
	code, lose := p.smsTrouble()
	if code != 0 {
		answer(w, code, map[string]string{"error": "not now, by order of the test"})
		return
	}
	s.ID = r.PathValue("id")
	status, kept := p.keepSMS(s)
	if lose {
		panic(http.ErrAbortHandler) // net/http closes the connection without an answer
	}
	answer(w, status, kept)
}

func (p *Post) smsTrouble() (int, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if take(&p.faults.SMSNext) {
		if p.faults.SMSCode == 0 {
			return http.StatusServiceUnavailable, false
		}
		return p.faults.SMSCode, false
	}
	return 0, take(&p.faults.LoseNext)
}

func (p *Post) keepSMS(s SMS) (int, any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.sms {
		known := &p.sms[i]
		if known.ID != s.ID {
			continue
		}
		known.Times++
		if known.To != s.To || known.Text != s.Text {
			return http.StatusConflict, map[string]string{"error": "another SMS was taken under this id", "receipt": known.Receipt}
		}
		return http.StatusOK, *known
	}
	s.At, s.Times, s.Receipt = p.clock.Now(), 1, "sms-"+p.number()
	p.sms = put(p.sms, s)
	return http.StatusCreated, s
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the other side has gone; nobody is left to tell
}
