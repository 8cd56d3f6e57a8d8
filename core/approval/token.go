package approval

import (
	"crypto/subtle"
	"encoding/base64"

	"posad.city/kit/id"
)

// token is what a QR code carries: the question's id and a sum that only the city can make. It need not be kept, and
// shows the same code at every look.
func (m *Module) token(question id.ID) string {
	return base64.RawURLEncoding.EncodeToString(append(question[:], m.tokenSum(question)...))
}

func (m *Module) tokenSum(question id.ID) []byte {
	return m.base.Vault.Keyed("approval.token", string(question[:]))
}

// byToken is the question that a token names; ErrMissing for a token that the city did not make.
func (m *Module) byToken(text string) (id.ID, error) {
	return readToken(text, m.tokenSum)
}

func readToken(text string, sum func(id.ID) []byte) (id.ID, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) <= len(id.ID{}) {
		return id.ID{}, ErrMissing
	}
	question := id.ID(raw[:len(id.ID{})])
	if subtle.ConstantTimeCompare(raw[len(question):], sum(question)) != 1 {
		return id.ID{}, ErrMissing
	}
	return question, nil
}

// pollKey lets the open pages of one person's browser ask whether anything waits, with no cookie and so with no session
// kept awake. It tells nothing else.
func (m *Module) pollKey(person id.ID) string {
	return base64.RawURLEncoding.EncodeToString(append(person[:], m.pollSum(person)...))
}

func (m *Module) pollSum(person id.ID) []byte {
	return m.base.Vault.Keyed("approval.poll", string(person[:]))
}

func (m *Module) byPollKey(text string) (id.ID, error) { return readToken(text, m.pollSum) }
