package credential

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Verified is a credential that the issuer signed, with what was shown of it.
type Verified struct {
	Type    string
	Issuer  string
	Issued  time.Time
	From    time.Time
	Expires time.Time // zero: it does not end
	Holder  *JWK      // the wallet's key that it is bound to
	Bound   bool      // whoever showed it has proven that they have that key
	Status  *Place    // whether it still stands: StatusList.At(Status.Index)
	Claims  map[string]any
	Shown   []string // names of the hidden claims that were shown, sorted
}

// Demand is what a check asks beside the signature.
type Demand struct {
	At       time.Time
	Audience string // who checks; with Nonce it asks for the proof of the wallet's key
	Nonce    string // what they gave the wallet to sign now
}

// The errors of checks.
var (
	// ErrTime says that the credential is good no longer, or not yet.
	ErrTime = errors.New("credential: it is not good at this time")
	// ErrDisclosure says that what was shown is not what was hidden.
	ErrDisclosure = errors.New("credential: what is shown does not belong to it")
	// ErrBinding says that whoever shows it has not proven that it is theirs.
	ErrBinding = errors.New("credential: it is bound to a key, and the proof of it is missing or does not fit")
)

// bindingLife is how old the proof of a wallet may be.
const bindingLife = 5 * time.Minute

type payload struct {
	Issuer  string `json:"iss"`
	Type    string `json:"vct"`
	Issued  int64  `json:"iat"`
	From    int64  `json:"nbf"`
	Expires int64  `json:"exp"`
	Confirm *struct {
		JWK JWK `json:"jwk"`
	} `json:"cnf"`
	Status *struct {
		List *Place `json:"status_list"`
	} `json:"status"`
	Hashes    []string `json:"_sd"`
	Algorithm string   `json:"_sd_alg"`
}

// Verify checks a credential or a presentation of one. Errors: ErrForm, ErrUnknownKey, ErrSignature, ErrTime, ErrDisclosure,
// ErrBinding. Whether it was revoked, the status list tells.
func Verify(text string, keys KeySet, d Demand) (Verified, error) {
	if len(text) > mostToken || strings.Count(text, "~") > mostHidden+1 {
		return Verified{}, ErrForm
	}
	parts := strings.Split(text, "~")
	if len(parts) < 2 {
		return Verified{}, ErrForm
	}
	t, err := splitToken(parts[0], kindCredential)
	if err != nil {
		return Verified{}, err
	}
	p, err := readPayload(t)
	if err != nil {
		return Verified{}, err
	}
	if err := keys.signed(t, p.Issuer, p.Issued); err != nil {
		return Verified{}, err
	}
	out := Verified{Type: p.Type, Issuer: p.Issuer, Issued: timeOf(p.Issued), From: timeOf(p.From), Expires: timeOf(p.Expires)}
	if d.At.Before(out.From) || !out.Expires.IsZero() && !d.At.Before(out.Expires) {
		return Verified{}, ErrTime
	}
	if p.Status != nil {
		out.Status = p.Status.List
	}
	if out.Claims, out.Shown, err = open(t.payload, p.Hashes, parts[1:len(parts)-1]); err != nil {
		return Verified{}, err
	}
	if p.Confirm != nil {
		out.Holder = &p.Confirm.JWK
	}
	binding := parts[len(parts)-1]
	out.Bound, err = bound(strings.TrimSuffix(text, binding), binding, out.Holder, d)
	return out, err
}

func readPayload(t token) (payload, error) {
	var p payload
	if err := json.Unmarshal(t.payload, &p); err != nil {
		return payload{}, fmt.Errorf("%w: %w", ErrForm, err)
	}
	if p.Type == "" || p.Issued <= 0 || len(p.Hashes) > 0 && p.Algorithm != "sha-256" {
		return payload{}, ErrForm
	}
	return p, nil
}

// signed checks who signed, and that the key was in use then.
func (k KeySet) signed(t token, issuer string, issued int64) error {
	if issuer != k.Issuer {
		return ErrUnknownKey
	}
	for _, key := range k.Keys {
		if key.ID != t.header.Key {
			continue
		}
		at := time.Unix(issued, 0)
		if at.Before(key.Starts.Truncate(time.Second)) || !key.Retired.IsZero() && at.After(key.Retired) {
			return ErrUnknownKey
		}
		public, err := key.Public()
		if err != nil {
			return err
		}
		if !t.signedBy(public) {
			return ErrSignature
		}
		return nil
	}
	return ErrUnknownKey
}

// open joins what is shown to what everybody sees.
func open(body []byte, hashes, disclosures []string) (map[string]any, []string, error) {
	claims := map[string]any{}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&claims); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrForm, err)
	}
	for _, name := range reserved {
		delete(claims, name)
	}
	left := slices.Clone(hashes)
	var shown []string
	for _, disclosure := range disclosures {
		at := slices.Index(left, hashOf(disclosure))
		if at < 0 {
			return nil, nil, ErrDisclosure
		}
		left = slices.Delete(left, at, at+1) // so that one is shown once
		name, value, err := opening(disclosure)
		if err != nil {
			return nil, nil, err
		}
		if _, there := claims[name]; there || slices.Contains(reserved, name) {
			return nil, nil, ErrDisclosure
		}
		claims[name] = value
		shown = append(shown, name)
	}
	slices.Sort(shown)
	return claims, shown, nil
}

// opening reads a disclosure: salt, name, value.
func opening(disclosure string) (string, any, error) {
	raw, err := base64url.DecodeString(disclosure)
	if err != nil {
		return "", nil, ErrDisclosure
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var three []any
	if err := decoder.Decode(&three); err != nil || len(three) != 3 || decoder.More() {
		return "", nil, ErrDisclosure
	}
	name, ok := three[1].(string)
	if _, salt := three[0].(string); !ok || !salt || name == "" {
		return "", nil, ErrDisclosure
	}
	return name, three[2], nil
}

type binding struct {
	Issued   int64  `json:"iat"`
	Audience string `json:"aud"`
	Nonce    string `json:"nonce"`
	Hash     string `json:"sd_hash"`
}

// bound checks the proof of the wallet's key over what is shown. Without an audience and a nonce nobody asks for one.
func bound(shown, proof string, holder *JWK, d Demand) (bool, error) {
	asked := d.Audience != "" || d.Nonce != ""
	if proof == "" || !asked {
		if asked {
			return false, ErrBinding
		}
		return false, nil
	}
	if holder == nil {
		return false, ErrBinding
	}
	public, err := holder.Public()
	if err != nil {
		return false, err
	}
	t, err := splitToken(proof, kindBinding)
	if err != nil {
		return false, err
	}
	var b binding
	if err := json.Unmarshal(t.payload, &b); err != nil {
		return false, fmt.Errorf("%w: %w", ErrBinding, err)
	}
	age := d.At.Sub(time.Unix(b.Issued, 0))
	if !t.signedBy(public) || b.Hash != hashOf(shown) || b.Audience != d.Audience || b.Nonce != d.Nonce || age > bindingLife || age < -bindingLife {
		return false, ErrBinding
	}
	return true, nil
}
