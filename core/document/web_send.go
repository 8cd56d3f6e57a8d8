package document

import (
	"encoding/base64"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"posad.city/core/mandate"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// tusVersion is the version of the protocol that is spoken: https://tus.io/protocols/resumable-upload, 1.0.0.
const tusVersion = "1.0.0"

// sendPath is where files are sent in parts.
const sendPath = "/api/v1/files"

const sendTime = time.Minute // for one request on a slow line

var tusHeaders = []string{"Tus-Resumable", "Tus-Version", "Tus-Extension", "Upload-Offset", "Upload-Length", "Upload-Expires", "Location"}

// faultSend says that a request is not of the protocol.
var faultSend = fault.New(fault.Invalid, "document.send.wrong")

func (m *Module) sendRoutes(s *web.Server) {
	of := func(name string, changes bool) *web.Op {
		return s.Operation(act.Operation{
			Name: name, Object: "draft", May: act.Self | act.ByMandate, Scope: mandate.ScopeApply, Assurance: act.Basic,
			Changes: changes, Body: partMost, Timeout: sendTime, PerMinute: 600,
		})
	}
	send, state := of("document.send", true), of("document.send_state", false)
	about := s.Operation(act.Operation{Name: "document.send_about", May: act.Everyone})
	say := func(summary string, status int) web.Describe {
		return web.Describe{Summary: summary, Status: status, Headers: tusHeaders, Details: "tus 1.0.0: core, creation, expiration, termination. A request carries at most 1 MiB."}
	}
	s.API(about, "OPTIONS "+sendPath, m.aboutSending, web.Describe{Summary: "What of tus is spoken", Headers: tusHeaders, Hidden: true})
	s.API(send, "POST "+sendPath, m.postSending, say("Begin to send a file in parts; Upload-Metadata has filename, draft and field", http.StatusCreated))
	s.API(state, "HEAD "+sendPath+"/{sending}", m.headSending, web.Describe{Summary: "How much of a file is there", Headers: tusHeaders, Hidden: true})
	s.API(send, "PATCH "+sendPath+"/{sending}", m.patchSending, say("The next bytes of a file; with the last ones the file is in its draft", http.StatusNoContent))
	s.API(send, "DELETE "+sendPath+"/{sending}", m.deleteSending, say("Give a sending up", http.StatusNoContent))
}

// tell sets headers of the protocol; they are all described.
func tell(c *web.Context, pairs ...string) error {
	if err := c.Header("Tus-Resumable", tusVersion); err != nil {
		return err
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if err := c.Header(pairs[i], pairs[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (m *Module) aboutSending(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	if err := tell(c, "Tus-Version", tusVersion, "Tus-Extension", "creation,expiration,termination"); err != nil {
		return err
	}
	return c.Empty()
}

// spoken tells whether the caller speaks the protocol in this version; else it has been answered.
func spoken(c *web.Context) (bool, error) {
	if c.Request().Header.Get("Tus-Resumable") == tusVersion {
		return true, nil
	}
	if err := tell(c, "Tus-Version", tusVersion); err != nil {
		return false, err
	}
	return false, c.Answer(http.StatusPreconditionFailed, "text/plain; charset=utf-8", []byte("Tus-Resumable: "+tusVersion+"\n"))
}

func (m *Module) postSending(c *web.Context) error {
	if ok, err := spoken(c); !ok {
		return err
	}
	length, err := wholeNumber(c.Request().Header.Get("Upload-Length"))
	if err != nil {
		return err
	}
	meta, err := parseMetadata(c.Request().Header.Get("Upload-Metadata"))
	if err != nil {
		return err
	}
	draft, err := id.Parse(meta["draft"])
	if err != nil || meta["field"] == "" || m.receiver == nil {
		return ErrNone
	}
	want, err := m.receiver.Expect(c, draft, meta["field"])
	if err != nil {
		return err
	}
	one, err := m.beginSending(c.Context(), c.Act(), draft, meta["field"], meta["filename"], length, want)
	if err != nil {
		return err
	}
	err = tell(c, "Location", sendPath+"/"+one.String(), "Upload-Offset", "0", "Upload-Expires", expires(m.base.Clock.Now()))
	if err != nil {
		return err
	}
	return c.Answer(http.StatusCreated, "", nil)
}

func expires(now time.Time) string { return now.Add(sendingLife).UTC().Format(http.TimeFormat) }

// findSending reads the sending that the path names and asks whether its sender may still change the draft.
func (m *Module) findSending(c *web.Context) (*sending, error) {
	which, err := c.ID("sending")
	if err != nil {
		return nil, err
	}
	s, err := m.sending(c.Context(), c.Person(), which)
	if err != nil {
		return nil, err
	}
	if m.receiver == nil {
		return nil, ErrNone
	}
	_, err = m.receiver.Expect(c, s.Purpose, s.Field)
	return s, err
}

func (m *Module) headSending(c *web.Context) error {
	if ok, err := spoken(c); !ok {
		return err
	}
	s, err := m.findSending(c)
	if err != nil {
		return err
	}
	err = tell(c, "Upload-Offset", fmt.Sprint(s.offset()), "Upload-Length", fmt.Sprint(s.Length), "Upload-Expires", s.Until.UTC().Format(http.TimeFormat))
	if err != nil {
		return err
	}
	return c.Answer(http.StatusOK, "", nil)
}

func (m *Module) patchSending(c *web.Context) error {
	if ok, err := spoken(c); !ok {
		return err
	}
	if kind, _, err := mime.ParseMediaType(c.Request().Header.Get("Content-Type")); err != nil || kind != "application/offset+octet-stream" {
		return c.Answer(http.StatusUnsupportedMediaType, "text/plain; charset=utf-8", []byte("application/offset+octet-stream\n"))
	}
	at, err := wholeNumber(c.Request().Header.Get("Upload-Offset"))
	if err != nil {
		return err
	}
	s, err := m.findSending(c)
	if err != nil {
		return err
	}
	if err := m.append(c, s, at); err != nil {
		return err
	}
	if err := tell(c, "Upload-Offset", fmt.Sprint(s.Received), "Upload-Expires", expires(m.base.Clock.Now())); err != nil {
		return err
	}
	return c.Empty()
}

// append takes the bytes of a request where the sender says that they belong.
func (m *Module) append(c *web.Context, s *sending, at int64) error {
	switch {
	case at != s.offset():
		return ErrOffset
	case s.Done:
		return nil
	case s.Received == s.Length:
		if err := m.stepBack(c.Context(), s); err != nil {
			return err
		}
	}
	if err := m.take(c.Context(), s, c.Request().Body); err != nil {
		return err
	}
	if s.Received < s.Length {
		return nil
	}
	return m.deliver(c.Context(), c.Act(), s)
}

func (m *Module) deleteSending(c *web.Context) error {
	if ok, err := spoken(c); !ok {
		return err
	}
	s, err := m.findSending(c)
	if err != nil {
		return err
	}
	if err := m.forget(c.Context(), s.Holder, s.ID); err != nil {
		return err
	}
	if err := tell(c); err != nil {
		return err
	}
	return c.Empty()
}

// wholeNumber reads a header that counts bytes.
func wholeNumber(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != text {
		return 0, faultSend
	}
	return n, nil
}

const (
	metadataMost = 4 << 10 // bytes of the header
	nameOfSent   = 300     // bytes of a file's name: cleaned and cut later
)

// parseMetadata reads Upload-Metadata: pairs of a key and a value in base64, parted by commas. A key without a value has an
// empty one; a key that comes twice, or bytes that are no text, are refused.
func parseMetadata(header string) (map[string]string, error) {
	if len(header) > metadataMost {
		return nil, faultSend
	}
	out := map[string]string{}
	for pair := range strings.SplitSeq(header, ",") {
		key, coded, _ := strings.Cut(strings.TrimSpace(pair), " ")
		value, err := base64.StdEncoding.DecodeString(strings.TrimSpace(coded))
		_, twice := out[key]
		if err != nil || twice || !utf8.Valid(value) || strings.ContainsRune(string(value), 0) {
			return nil, faultSend
		}
		out[key] = string(value)
	}
	if name := out["filename"]; len(name) > nameOfSent {
		out["filename"] = strings.ToValidUTF8(name[len(name)-nameOfSent:], "") // its end tells the kind of file
	}
	return out, nil
}
