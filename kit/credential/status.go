package credential

import (
	"bytes"
	"compress/zlib"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"time"
)

// ListSize is how many places a status list has: 16 KB of bits, which a phone fetches at once.
const ListSize = 1 << 17

// ListFull is how many places of a list may be given away. A half stays empty, so that a place drawn by lot is free at the
// first or second try, and the list does not tell how many there are.
const ListFull = ListSize / 2

const (
	decoyOne  = 32                       // one place of so many belongs to nobody and falls one day
	decoyLife = 5 * 365 * 24 * time.Hour // within this time of the list's beginning

	mostBits = 1 << 20 // bytes of bits that are unpacked: eight million places
)

// List is a status list of the city. Its secret tells decoys from documents, and is kept sealed.
type List struct {
	Secret []byte    // 32 bytes that nobody else knows
	Opened time.Time // when its first place was given
}

// Draw gives a place by lot that is no decoy. Whether it is free, the caller's unique key tells: draw again.
func (l List) Draw() int64 {
	lots := l.lots()
	for {
		n, err := rand.Int(rand.Reader, big.NewInt(ListSize))
		if err != nil {
			continue // it never fails
		}
		if _, decoy := l.falls(lots, n.Int64()); !decoy {
			return n.Int64()
		}
	}
}

// lots is a function of places that nobody can guess without the secret.
func (l List) lots() cipher.Block {
	key := sha256.Sum256(append([]byte("posad status decoy 1\x00"), l.Secret...))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic("credential: a key of 32 bytes is none of AES: " + err.Error()) // it can't be
	}
	return block
}

// falls tells whether a place is a decoy, and when it falls.
func (l List) falls(lots cipher.Block, place int64) (time.Time, bool) {
	var lot [aes.BlockSize]byte
	binary.BigEndian.PutUint64(lot[8:], uint64(place))
	lots.Encrypt(lot[:], lot[:])
	if binary.BigEndian.Uint32(lot[:])%decoyOne != 0 {
		return time.Time{}, false
	}
	share := binary.BigEndian.Uint32(lot[4:])
	return l.Opened.Add(time.Duration(uint64(decoyLife/time.Second)*uint64(share)>>32) * time.Second), true
}

// bits are the list as of a time: 1 for what is revoked, decoys among it. The lowest bit of a byte comes first.
func (l List) bits(revoked []int64, at time.Time) ([]byte, error) {
	out := make([]byte, ListSize/8)
	for _, place := range revoked {
		if place < 0 || place >= ListSize {
			return nil, fmt.Errorf("credential: %d is no place of a list", place)
		}
		out[place/8] |= 1 << (place % 8)
	}
	lots := l.lots()
	for place := range int64(ListSize) {
		if when, decoy := l.falls(lots, place); decoy && !when.After(at) {
			out[place/8] |= 1 << (place % 8)
		}
	}
	return out, nil
}

type statusPayload struct {
	Subject string `json:"sub"`
	Issuer  string `json:"iss"`
	Issued  int64  `json:"iat"`
	Expires int64  `json:"exp"`
	Life    int64  `json:"ttl"`
	List    struct {
		Bits int    `json:"bits"`
		Data string `json:"lst"`
	} `json:"status_list"`
}

// Status signs a list as it is now. address is where it is fetched, as the credentials' Place says; life is for how long a
// copy of it may be believed. Making one takes
// milliseconds: keep it while nothing was revoked and a part of its life is left.
func (s *Issuer) Status(address string, l List, revoked []int64, life time.Duration) (string, error) {
	now := s.clock.Now()
	bits, err := l.bits(revoked, now)
	if err != nil {
		return "", err
	}
	var packed bytes.Buffer
	w, err := zlib.NewWriterLevel(&packed, zlib.BestCompression)
	if err != nil {
		return "", fmt.Errorf("credential: %w", err)
	}
	_, _ = w.Write(bits) // a buffer takes everything
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("credential: %w", err)
	}
	p := statusPayload{Subject: address, Issuer: s.address, Issued: seconds(now), Expires: seconds(now.Add(life)), Life: int64(life / time.Second)}
	p.List.Bits, p.List.Data = 1, base64url.EncodeToString(packed.Bytes())
	return s.sign(kindStatus, p)
}

// Standing is what a status list says of a place.
type Standing byte

// The standings of the format. This city's lists have one bit, and so the first two alone.
const (
	Valid     Standing = 0
	Revoked   Standing = 1
	Suspended Standing = 2
)

// StatusList is a list that the issuer signed.
type StatusList struct {
	Address string
	Issued  time.Time
	Expires time.Time
	width   int
	bits    []byte
}

// ErrPlaceOut says that a list has no such place.
var ErrPlaceOut = errors.New("credential: the status list has no such place")

// At tells how the credential of a place stands. The error is ErrPlaceOut.
func (l StatusList) At(place int64) (Standing, error) {
	if place < 0 || place >= int64(len(l.bits))*8/int64(l.width) {
		return 0, ErrPlaceOut
	}
	from := place * int64(l.width)
	return Standing(l.bits[from/8] >> (from % 8) & (1<<l.width - 1)), nil
}

// ParseStatus reads and checks a list. address is where the credential says that it lies, so that nobody gives one list for
// another. Errors: ErrForm, ErrUnknownKey, ErrSignature, ErrTime.
func ParseStatus(text, address string, keys KeySet, at time.Time) (StatusList, error) {
	if len(text) > mostList {
		return StatusList{}, ErrForm
	}
	t, err := splitToken(text, kindStatus)
	if err != nil {
		return StatusList{}, err
	}
	var p statusPayload
	if err := json.Unmarshal(t.payload, &p); err != nil || p.Subject != address || p.Issued <= 0 {
		return StatusList{}, ErrForm
	}
	issuer := p.Issuer
	if issuer == "" {
		issuer = keys.Issuer // the draft lets it out; then the key alone says who
	}
	if err := keys.signed(t, issuer, p.Issued); err != nil {
		return StatusList{}, err
	}
	out := StatusList{Address: p.Subject, Issued: timeOf(p.Issued), Expires: timeOf(p.Expires), width: p.List.Bits}
	if !out.Expires.IsZero() && !at.Before(out.Expires) {
		return StatusList{}, ErrTime
	}
	out.bits, err = unpack(p.List.Bits, p.List.Data)
	return out, err
}

// unpack reads the bits; a small text may not become a large memory.
func unpack(width int, data string) ([]byte, error) {
	packed, err := base64url.DecodeString(data)
	if err != nil || width != 1 && width != 2 && width != 4 && width != 8 {
		return nil, ErrForm
	}
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForm, err)
	}
	out, err := io.ReadAll(io.LimitReader(r, mostBits+1))
	if err != nil || len(out) > mostBits {
		return nil, ErrForm
	}
	return out, nil
}
