// Package service holds a city as data: its services, agencies, registers, calendar, places and words.
//
// It owns the definition format (strict YAML: see the types of definition.go and city.go, and docs/schema for editors),
// the check that finds faults in it with their place and a hint, the compiled rules of each service, and the canonical,
// content-addressed form in which a version of the city is published and stored.
//
// It does not own what is asked of a person (core/form, which is built on these types), cases (core/casework), replies
// of registers (core/exchange) or the rule language (kit/rule).
//
// Life cycle: LoadCity reads a folder, checks all of it and returns either a City or every fault that it found. A City
// is immutable and safe for concurrent use; City.Bytes is its canonical form, City.Hash names it, Open brings it back
// from those bytes. Nothing here reads a clock or touches storage: publishing keeps the bytes, serving opens them.
package service
