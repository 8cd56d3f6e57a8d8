package agency

import (
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The registers can be asked as services of an X-Road member too: POST /r1/INSTANCE/CLASS/MEMBER/SUBSYSTEM/REGISTER, with the
// parameters in the body. There is no security server between: the server makes the question's hash by itself, from the
// specification and not from Posad's code, over the protocol's headers in order of name.

// askXRoad answers a question of the protocol.
func (a *Agency) askXRoad(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyMost+1))
	client, id := r.Header.Get("X-Road-Client"), r.Header.Get("X-Road-Id")
	if err != nil || len(body) > bodyMost || strings.Count(client, "/") != 3 {
		xroadFault(w, http.StatusBadRequest, "Client.BadRequest")
		return
	}
	var in struct {
		Parameters map[string]string `json:"parameters"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		xroadFault(w, http.StatusBadRequest, "Client.BadRequest")
		return
	}
	number := strconv.Itoa(len(a.Requests()) + 1)
	service := strings.Join([]string{r.PathValue("instance"), r.PathValue("class"), r.PathValue("member"), r.PathValue("subsystem"), r.PathValue("register")}, "/")
	for name, value := range map[string]string{
		"X-Road-Client": client, "X-Road-Service": service, "X-Road-Id": id, "X-Road-Request-Id": number, "X-Road-Request-Hash": questionHash(r, body),
	} {
		w.Header().Set(name, value)
	}
	purpose, _ := json.Marshal(map[string]string{"kind": "case", "case": r.Header.Get("X-Road-Issue")}) // two texts
	a.carry(w, r, Request{
		Agency: r.PathValue("agency"), Register: r.PathValue("register"), RequestID: id, IdempotencyKey: id, OnBehalfOf: client,
		Purpose: purpose, Parameters: in.Parameters, Body: string(body),
	})
}

// questionHash is what X-Road-Request-Hash says.
func questionHash(r *http.Request, body []byte) string {
	path := r.URL.EscapedPath()
	lines := []string{}
	for name, values := range r.Header {
		name = strings.ToLower(name)
		if strings.HasPrefix(name, "x-road-") || name == "accept" || name == "content-type" {
			lines = append(lines, name+":"+strings.Join(values, ","))
		}
	}
	slices.Sort(lines)
	head := sha512.Sum512([]byte(r.Method + "\r\n" + path[strings.Index(path, "/r1/"):] + "\r\n" + strings.Join(lines, "\r\n") + "\r\n"))
	content := sha512.Sum512(body)
	both := sha512.Sum512(slices.Concat(head[:], content[:]))
	return base64.StdEncoding.EncodeToString(both[:])
}

func xroadFault(w http.ResponseWriter, status int, kind string) {
	w.Header().Set("X-Road-Error", kind)
	write(w, status, []byte(`{"type":"`+kind+`","message":"The question is not one of the protocol.","detail":""}`))
}
