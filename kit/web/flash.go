package web

import (
	"encoding/json"
	"fmt"
	"time"
)

// Flash is one sentence that the next page shows: what was done.
type Flash struct {
	Kind string   `json:"k"` // "success", "info", "warning", "danger"
	Key  string   `json:"t"` // translation key
	Args []string `json:"a,omitempty"`
}

// flashLife is how long a flash waits for its page.
const flashLife = 5 * time.Minute

type sealedFlash struct {
	Flash
	Until int64 `json:"u"`
}

// SetFlash leaves a sentence for the page after a Redirect, sealed in a cookie. args are pairs: "name", value. A second
// one replaces the first. A sentence too long for a cookie is left out.
func (c *Context) SetFlash(kind, key string, args ...any) {
	flash := sealedFlash{Flash{Kind: kind, Key: key}, c.Now().Add(flashLife).Unix()}
	for _, arg := range args {
		flash.Args = append(flash.Args, fmt.Sprint(arg))
	}
	plain, err := json.Marshal(flash)
	if err != nil || len(plain) > 2000 {
		return
	}
	c.setCookie(cookieFlash, c.s.box.Load().seal(cookieFlash, plain), flashLife)
}

// Flash takes the sentence that was left for this page; false when there is none. A second call finds none.
func (c *Context) Flash() (Flash, bool) {
	sealed := c.cookie(cookieFlash)
	if sealed == "" || c.flashed {
		return Flash{}, false
	}
	c.flashed = true
	c.setCookie(cookieFlash, "", 0)
	plain, err := c.s.box.Load().open(cookieFlash, sealed)
	if err != nil {
		return Flash{}, false
	}
	var flash sealedFlash
	if json.Unmarshal(plain, &flash) != nil || c.Now().Unix() > flash.Until {
		return Flash{}, false
	}
	return flash.Flash, true
}

// FlashText is the sentence of a flash in the page's language.
func (c *Context) FlashText(f Flash) string {
	args := make([]any, len(f.Args))
	for i, arg := range f.Args {
		args[i] = arg
	}
	return c.T(f.Key, args...)
}
