package xroad

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// The types of faults that come from X-Road itself and not from a service.
const (
	BadRequest      = "Client.BadRequest"
	AccessDenied    = "Server.ServerProxy.AccessDenied"
	UnknownMember   = "Server.ServerProxy.UnknownMember"
	UnknownService  = "Server.ServerProxy.UnknownService"
	ServiceDisabled = "Server.ServerProxy.ServiceDisabled"
	ServiceFailed   = "Server.ServerProxy.ServiceFailed"
	NetworkError    = "Server.ServerProxy.NetworkError"
	LoggingFailed   = "Server.ServerProxy.LoggingFailed"
	InternalError   = "Server.ServerProxy.InternalError"
)

// Fault is a fault of the protocol: the header X-Road-Error has its type, the body all of it.
type Fault struct {
	Status  int    `json:"-"`
	Type    string `json:"type"`
	Message string `json:"message"`
	Detail  string `json:"detail"` // by which the provider finds it in its log
}

// Error implements error.
func (f *Fault) Error() string { return fmt.Sprintf("xroad: %s: %s", f.Type, f.Message) }

// Refuse is a fault with the status that the protocol has for its type: 400 for the asker's, else 500.
func Refuse(kind, message string) *Fault {
	status := http.StatusInternalServerError
	if kind == BadRequest {
		status = http.StatusBadRequest
	}
	return &Fault{Status: status, Type: kind, Message: message}
}

// ErrReply says that an answer is not one to the question that was asked.
var ErrReply = errors.New("xroad: the answer does not belong to the question")

// readFault reads the fault that an answer with X-Road-Error tells; what can't be read leaves the header's type.
func readFault(status int, kind string, body []byte) *Fault {
	f := &Fault{}
	if err := json.Unmarshal(body, f); err != nil || f.Type == "" {
		f = &Fault{Message: http.StatusText(status)}
	}
	f.Status, f.Type = status, kind
	return f
}
