package bank

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"
)

// Booking is one movement on the merchant's account. The account's balance is the sum of all.
type Booking struct {
	At        time.Time `json:"at"`
	Kind      string    `json:"kind"`           // payment, refund, reversal, dispute, dispute won, fee, payout, payout returned, incoming
	Method    string    `json:"method"`         // page, card or qr of its payment
	Payment   string    `json:"payment"`        // id of the payment, or of the payout's message
	About     string    `json:"about"`          // the other side's own number: attempt, refund, payout
	Reference string    `json:"reference"`      // the bank's number
	Amount    int64     `json:"amount"`         // minor units; below zero it leaves the account
	Name      string    `json:"name,omitempty"` // of who is paid out, or sent it
	Account   string    `json:"account,omitempty"`
	Words     string    `json:"words,omitempty"` // for what
}

// Bookings returns everything that moved on the merchant's account, oldest first.
func (b *Bank) Bookings() []Booking {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ripen()
	return slices.Clone(b.booked)
}

func (b *Bank) enter(p *Payment, kind, reference, about string, amount int64) Booking {
	return Booking{At: b.now(), Kind: kind, Method: p.Method, Payment: p.ID, About: about, Reference: reference, Amount: amount}
}

// line is one line of the file: what changed together.
type line struct {
	Payment *Payment  `json:"payment,omitempty"`
	Token   *Token    `json:"token,omitempty"`
	Booked  []Booking `json:"booked,omitempty"`
	Payout  *Payout   `json:"payout,omitempty"`
	Number  int64     `json:"number,omitempty"`
}

// book is the file. A nil book keeps nothing.
type book struct {
	file *os.File
	err  error
}

func (b *book) fault() error {
	if b == nil {
		return nil
	}
	return b.err
}

// Keep goes on with what a file says, and from now on writes there before it answers. A last line that a kill cut off was
// answered to nobody, and is dropped.
func (b *Bank) Keep(path string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("bank: %w", err)
	}
	whole, err := b.read(bufio.NewReader(file))
	if err == nil {
		err = file.Truncate(whole)
	}
	if err == nil {
		_, err = file.Seek(whole, io.SeekStart)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("bank: %s: %w", path, err), file.Close())
	}
	b.book = &book{file: file}
	return nil
}

// Close lets go of the file.
func (b *Bank) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.book == nil {
		return nil
	}
	err := b.book.file.Close()
	b.book = nil
	return err
}

// read takes the file's lines in, and tells how many bytes of it are whole lines.
func (b *Bank) read(r *bufio.Reader) (int64, error) {
	whole := int64(0)
	for {
		text, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return whole, nil
		}
		if err != nil {
			return 0, err
		}
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return 0, fmt.Errorf("byte %d: %w", whole, err)
		}
		b.take(l)
		whole += int64(len(text))
	}
}

func (b *Bank) take(l line) {
	b.number = max(b.number, l.Number)
	b.booked = append(b.booked, l.Booked...)
	if l.Token != nil {
		b.tokens[l.Token.Token] = l.Token
	}
	if l.Payout != nil {
		b.payouts[l.Payout.ID] = l.Payout
	}
	p := l.Payment
	if p == nil {
		return
	}
	b.payments[p.ID] = p
	if p.Code != "" {
		b.byCode[p.Code] = p.ID
	}
	if p.Next != "" || p.waits() {
		b.planned[p.ID] = true
	}
}

// keep books what moved and writes a payment down with it, in one line. The payment's new card is kept too.
func (b *Bank) keep(p *Payment, booked ...Booking) {
	booked = slices.DeleteFunc(booked, func(one Booking) bool { return one.Amount == 0 })
	b.booked = append(b.booked, booked...)
	l := line{Payment: p, Booked: booked}
	if p.Card != nil && p.Card.Token != "" {
		l.Token = b.tokens[p.Card.Token]
	}
	b.write(l)
}

func (b *Bank) write(l line) {
	if b.book == nil || b.book.err != nil {
		return
	}
	l.Number = b.number
	text, err := json.Marshal(l)
	if err == nil {
		_, err = b.book.file.Write(append(text, '\n'))
	}
	b.book.err = err
}

// rub writes minor units for people: 3 000,50 ₽.
func rub(minor int64) string {
	whole := strconv.FormatInt(minor/100, 10)
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "\u00a0" + whole[i:]
	}
	return fmt.Sprintf("%s,%02d\u00a0₽", whole, minor%100)
}
