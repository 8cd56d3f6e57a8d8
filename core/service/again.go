package service

import (
	"fmt"
	"slices"
	"strings"
)

// SameThing is what makes two applications of a person for this service the same, as one text: the values of
// Already.Same. False when one of them is not known yet, or the service lets one have as many as one likes.
func SameThing(r *Rules, in Inputs) (string, bool) {
	if r.service.Already == nil {
		return "", false
	}
	parts := make([]string, 0, len(r.service.Already.Same))
	for _, path := range r.service.Already.Same {
		value, ok := r.Value(path, in)
		if !ok {
			return "", false
		}
		parts = append(parts, fmt.Sprintf("%q", fmt.Sprint(value)))
	}
	return strings.Join(parts, " "), true
}

// Renewed are the answers with which a renewal begins: those of the case that gave the result, without what is asked anew.
// Files, appointments and computed values are never kept.
func (s *Service) Renewed(answers Answers) Answers {
	out := Answers{}
	for key, value := range answers {
		f, ok := s.Field(key)
		if !ok || f.Type == TypeFile || f.Type == TypeSlot || f.Value != "" || s.Renewal == nil || slices.Contains(s.Renewal.Again, key) {
			continue
		}
		out[key] = value
	}
	return out
}
