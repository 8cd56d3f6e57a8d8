// Package xroad speaks X-Road's message protocol for REST (PR-REST 1.0, PR-MREST 0.8) on both sides of the wire.
//
// A Client asks a member's service: GET /r1/INSTANCE/CLASS/MEMBER/SUBSYSTEM/serviceCode/path with X-Road-Client and the
// rest, and believes an answer only when it echoes the question's X-Road-Id, client and service and, between two servers
// with nothing in between, the question's hash. A Provider is an http.Handler before services: it reads who asks for what,
// asks whether they may, calls the service and answers with the protocol's headers; it tells faults by the protocol's
// types and answers listMethods, allowedMethods and getOpenAPI itself.
//
// With a security server between, that server signs, time-stamps and compares hashes; Client.Direct is false then and the
// hash is kept for the log as it came. Without one, each side is its own: the hash is over the head that Message makes,
// which has the protocol's headers alone, in order of name, since HTTP servers keep no other order.
//
// It keeps no keys, no log and no access rights: Provider.Allowed and Provider.Log are the owner's. Connections, TLS and
// time limits are the http.Client's and the http.Server's. Its neighbours: kit/asic signs what Message makes;
// core/exchange uses both. Life cycle: none; a Client and a Provider are values that are safe for concurrent use.
package xroad
