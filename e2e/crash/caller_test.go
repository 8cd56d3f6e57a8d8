package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"testing"
	"time"

	"posad.city/city/kitezh"
)

// caller talks with the city's API as one person.
type caller struct {
	t      *testing.T
	city   *city
	client *http.Client
	who    kitezh.Resident
	token  string
	random *rand.Rand
	notes  *notes
}

// newCaller makes a person's client with an address of its own, as if everybody sat at home.
func newCaller(c *city, n *notes, who kitezh.Resident, number int, start uint64) *caller {
	dialer := net.Dialer{Timeout: 2 * time.Second, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 2, byte(number+1))}}
	return &caller{
		t: c.t, city: c, who: who, notes: n, random: rand.New(rand.NewPCG(start, uint64(number)+10)),
		client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DialContext: dialer.DialContext}},
	}
}

// silent is the status of a call that got no whole answer: it may have been done or not.
const silent = 0

// call sends one request and reads the answer into out when it was a success. A call without a whole answer is silent.
func (c *caller) call(method, path string, in, out any) int {
	status, body := c.send(method, path, in)
	if status/100 != 2 || out == nil {
		c.watch(method, path, status, body)
		return status
	}
	if err := json.Unmarshal(body, out); err != nil {
		c.t.Errorf("%s %s: %v in %.300s", method, path, err, body)
	}
	return status
}

// insist reads something from a city that runs: what it asks to come back for later is asked again.
func (c *caller) insist(path string) (int, []byte) {
	for range 100 {
		status, body := c.send(http.MethodGet, path, nil)
		if status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
			return status, body
		}
		pause(c.t.Context(), 300*time.Millisecond)
	}
	return http.StatusTooManyRequests, nil
}

// insistOn is insist that reads the answer into out.
func (c *caller) insistOn(path string, out any) int {
	status, body := c.insist(path)
	if status == http.StatusOK {
		if err := json.Unmarshal(body, out); err != nil {
			c.t.Errorf("GET %s: %v in %.300s", path, err, body)
		}
	}
	return status
}

// watch notes answers that a city must never give.
func (c *caller) watch(method, path string, status int, body []byte) {
	switch {
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		pause(c.t.Context(), 300*time.Millisecond)
	case status >= 500, status == http.StatusUnauthorized:
		c.notes.strange(fmt.Sprintf("%s: %s %s answered %d: %.400s", c.who.Key, method, path, status, body))
	}
}

func (c *caller) send(method, path string, in any) (int, []byte) {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			c.t.Error(err)
			return silent, nil
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(context.WithoutCancel(c.t.Context()), method, c.city.address()+path, body)
	if err != nil {
		c.t.Error(err)
		return silent, nil
	}
	r.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := c.client.Do(r)
	if err != nil {
		pause(c.t.Context(), 20*time.Millisecond)
		return silent, nil
	}
	defer func() { _ = answer.Body.Close() }() // it is read to its end or given up
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return silent, nil
	}
	return answer.StatusCode, text
}

// signIn opens the one session of the campaign: it outlives every kill.
func (c *caller) signIn() {
	c.t.Helper()
	var entry struct {
		Token string `json:"token"`
	}
	sent := map[string]string{"contact": c.who.Account.Email, "password": kitezh.Password}
	if status := c.call(http.MethodPost, "/api/v1/sign-in", sent, &entry); status != http.StatusOK {
		c.t.Fatalf("%s can't sign in: %d", c.who.Key, status)
	}
	c.token = entry.Token
}

// in tells whether something happens that happens in so many of a hundred cases.
func (c *caller) in(hundred int) bool { return c.random.IntN(100) < hundred }
