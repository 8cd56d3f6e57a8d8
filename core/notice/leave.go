package notice

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"strings"

	"posad.city/core/notice/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// A letter carries an address at which the reader's mail program ends such letters with one call (RFC 8058), without
// signing in. Its token names person and topic and is bound to them by the city's key; it can do nothing else.

const leaveSpace = "notice.leave"

func (m *Module) leaveToken(person id.ID, t Topic) string {
	what := person.String() + "." + string(t)
	return what + "." + base64.RawURLEncoding.EncodeToString(m.base.Vault.Keyed(leaveSpace, what))
}

// leaver reads a token back; ErrNone for one that is not ours.
func (m *Module) leaver(token string) (id.ID, Topic, error) {
	cut := strings.LastIndexByte(token, '.')
	if cut < 0 {
		return id.ID{}, "", ErrNone
	}
	mark, err := base64.RawURLEncoding.DecodeString(token[cut+1:])
	if err != nil || !hmac.Equal(mark, m.base.Vault.Keyed(leaveSpace, token[:cut])) {
		return id.ID{}, "", ErrNone
	}
	who, topic, _ := strings.Cut(token[:cut], ".")
	person, err := id.Parse(who)
	if err != nil || !known(Topic(topic)) {
		return id.ID{}, "", ErrNone
	}
	return person, Topic(topic), nil
}

// Leave ends letters of a topic to the person whom the token names.
func (m *Module) Leave(ctx context.Context, token string) error {
	person, topic, err := m.leaver(token)
	if err != nil {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		return noticedb.PutWish(tx, noticedb.PutWishParams{Person: person, Topic: string(topic), Channel: string(Email), Wanted: false})
	})
}
