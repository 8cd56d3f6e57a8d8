package proof

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"posad.city/kit/credential"
	"posad.city/kit/lang"
	"posad.city/kit/seal"
)

// keys tells of a key set: that it is whole, whether the reader's own vouches for it, and its keys.
func (v *Verdict) keys(file []byte, with Means) error {
	set, err := seal.ParseKeySet(file)
	if err != nil {
		return ErrAltered.Because(err)
	}
	v.prove("keys_whole", "city", set.City, "time", moment(set.Issued))
	vouched := slices.ContainsFunc(with.Keys, func(known seal.KeySet) bool { return known.Vouches(set) })
	switch {
	case vouched:
		v.prove("keys_vouched")
	case len(with.Keys) > 0:
		return ErrStranger
	default:
		v.open("keys_word")
	}
	for _, key := range set.Keys {
		until := lang.Text{RU: "подписывает", EN: "signs"}
		if !key.Retired.IsZero() {
			until = lang.Text{RU: "до " + moment(key.Retired), EN: "until " + moment(key.Retired)}
		}
		v.fact(same(string(key.Use)+" "+key.ID.Short()), lang.Text{RU: "с " + moment(key.Starts) + ", " + until.RU, EN: "from " + moment(key.Starts) + ", " + until.EN})
	}
	return nil
}

// issuer tells of the keys by which wallets' credentials are checked. They are signed by nobody.
func (v *Verdict) issuer(file []byte) error {
	set, err := credential.ParseMetadata(file)
	if err != nil {
		return ErrDamaged.Because(err)
	}
	v.open("issuer_word", "issuer", set.Issuer)
	for _, key := range set.Keys {
		v.fact(same(key.ID), same(moment(key.Starts)))
	}
	return nil
}

// roots tells of certificates: whom they name and until when.
func (v *Verdict) roots(file []byte, with Means) error {
	list, err := parseRoots(file)
	if err != nil {
		return err
	}
	for _, c := range list {
		v.fact(same(c.Subject.CommonName), same(fingerprint(c)+", "+moment(c.NotBefore)+" – "+moment(c.NotAfter)))
		if with.Now.After(c.NotAfter) {
			v.open("root_over", "name", c.Subject.CommonName)
		}
	}
	v.open("roots_word")
	return nil
}

// credential checks a wallet's credential, and how it stands by the reader's status lists.
func (v *Verdict) credential(text string, with Means) error {
	got, keys, err := believed(with, func(keys credential.KeySet) (credential.Verified, error) {
		return credential.Verify(text, keys, credential.Demand{At: with.Now})
	})
	if err != nil {
		return err
	}
	v.prove("credential_good", "issuer", got.Issuer, "time", moment(got.Issued))
	v.fact(lang.Text{RU: "Вид", EN: "Kind"}, same(got.Type))
	for _, name := range slices.Sorted(maps.Keys(got.Claims)) {
		v.fact(same(name), same(valueOf(got.Claims[name])))
	}
	if !got.Expires.IsZero() {
		v.fact(lang.Text{RU: "Действует до", EN: "Good until"}, same(moment(got.Expires)))
	}
	v.open("credential_holder")
	return v.stands(got, keys, with)
}

// believed reads what an issuer has signed by the keys of the first that the reader trusts and that knows the key.
func believed[T any](with Means, read func(credential.KeySet) (T, error)) (T, credential.KeySet, error) {
	var out T
	if len(with.Issuers) == 0 {
		return out, credential.KeySet{}, ErrIssuer
	}
	var keys credential.KeySet
	err := error(credential.ErrUnknownKey)
	for _, keys = range with.Issuers {
		if out, err = read(keys); !errors.Is(err, credential.ErrUnknownKey) {
			break
		}
	}
	switch {
	case errors.Is(err, credential.ErrUnknownKey):
		err = ErrStranger.Because(err)
	case errors.Is(err, credential.ErrTime):
		err = ErrTime.Because(err)
	case errors.Is(err, credential.ErrForm):
		err = ErrDamaged.Because(err)
	case err != nil:
		err = ErrAltered.Because(err)
	}
	return out, keys, err
}

// stands tells whether a credential was revoked, by a list that the reader has.
func (v *Verdict) stands(got credential.Verified, keys credential.KeySet, with Means) error {
	if got.Status == nil {
		v.open("never_revoked")
		return nil
	}
	for _, text := range with.Lists {
		if subject(text) != got.Status.List {
			continue
		}
		list, err := credential.ParseStatus(text, got.Status.List, keys, with.Now)
		if errors.Is(err, credential.ErrTime) {
			v.open("list_old")
			continue
		}
		if err != nil {
			return ErrAltered.Because(err)
		}
		standing, err := list.At(got.Status.Index)
		if err != nil {
			return ErrDamaged.Because(err)
		}
		if standing != credential.Valid {
			return ErrRevoked
		}
		v.prove("stands", "time", moment(list.Issued))
		return nil
	}
	v.open("list_missing", "list", got.Status.List)
	return nil
}

// status checks a status list alone.
func (v *Verdict) status(text string, with Means) error {
	list, _, err := believed(with, func(keys credential.KeySet) (credential.StatusList, error) {
		return credential.ParseStatus(text, subject(text), keys, with.Now)
	})
	if err != nil {
		return err
	}
	v.prove("list_good", "list", list.Address, "time", moment(list.Issued), "until", moment(list.Expires))
	return nil
}

// subject is what a status list says that it is, before it is believed.
func subject(text string) string {
	var p struct {
		Subject string `json:"sub"`
	}
	if err := payloadOf(text, &p); err != nil {
		return ""
	}
	return p.Subject
}

func valueOf(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	}
	out, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(out)
}
