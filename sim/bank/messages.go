package bank

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// message is what the merchant is told. It has no token and nothing of the bank's own.
type message struct {
	ID        string `json:"id"`
	Kind      string `json:"kind"` // payment, refund, dispute
	State     string `json:"state"`
	Amount    int64  `json:"amount"`
	Currency  string `json:"currency"`
	Refunded  int64  `json:"refunded"`
	Dispute   string `json:"dispute,omitempty"`
	Reference string `json:"reference,omitempty"`
}

// notify sends a payment's message, as often and as late as the faults say. It is called under the lock.
func (b *Bank) notify(p *Payment, kind string) {
	body, err := json.Marshal(message{p.ID, kind, p.State, p.Amount, p.Currency, p.Refunded, p.Dispute, p.Reference})
	if err != nil || p.NotifyURL == "" {
		return
	}
	f := b.faults
	times := max(0, f.Messages)
	if f.Messages == 0 {
		times = 1
	}
	for range times {
		if b.chance(f.LoseMessages) {
			continue
		}
		after, to := b.lateness(f), p.NotifyURL
		b.sending.Go(func() {
			pause(context.Background(), after)
			b.tell(to, body)
		})
	}
}

func (b *Bank) lateness(f Faults) time.Duration {
	if !f.Shuffle {
		return f.MessagesAfter
	}
	most := f.MessagesAfter
	if most == 0 {
		most = 300 * time.Millisecond
	}
	return time.Duration(b.random.Int64N(int64(most)))
}

// tries is how often a message that was not taken is sent.
const tries = 3

func (b *Bank) tell(to string, body []byte) {
	for try := range tries {
		err := b.send(to, body)
		if err == nil {
			return
		}
		b.log.Info("bank: a message was not taken", "error", err)
		pause(context.Background(), time.Duration(try+1)*200*time.Millisecond)
	}
}

func (b *Bank) send(to string, body []byte) error {
	b.mu.Lock()
	at := strconv.FormatInt(b.clock.Now().Unix(), 10)
	b.mu.Unlock()
	mac := hmac.New(sha256.New, []byte(b.secret))
	mac.Write([]byte(at + "."))
	mac.Write(body)
	r, err := http.NewRequest(http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Bank-Signature", "t="+at+",v1="+hex.EncodeToString(mac.Sum(nil)))
	got, err := b.client.Do(r)
	if err != nil {
		return err
	}
	_ = got.Body.Close() // nothing is read of it
	if got.StatusCode/100 != 2 {
		return fmt.Errorf("answered %s", got.Status)
	}
	return nil
}
