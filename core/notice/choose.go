package notice

import "posad.city/core/account"

// contact is where a person can be reached now; an empty address is none.
type contact map[Channel]string

// reachable are the person's addresses that the city has a provider for.
func (m *Module) reachable(p account.Person) contact {
	out := contact{}
	if m.deps.Mail != nil && p.Email != "" {
		out[Email] = p.Email
	}
	if m.deps.SMS != nil && p.Phone != "" {
		out[SMS] = p.Phone
	}
	return out
}

// wishes are a person's choices; what was not chosen is the house's default: e-mail yes, SMS no.
type wishes map[Topic]map[Channel]bool

func (w wishes) wants(t Topic, c Channel) bool {
	if said, ok := w[t][c]; ok {
		return said
	}
	return c == Email
}

// first are the channels that a notice goes by: those that the person wants and can be reached by. Whoever wants one
// that they have no address for gets another, and a notice that starts a term goes out by some channel in any case.
func first(at contact, w wishes, t Topic, starts bool) []Channel {
	var out []Channel
	wanted := starts
	for _, channel := range Channels() {
		if !w.wants(t, channel) {
			continue
		}
		wanted = true
		if at[channel] != "" {
			out = append(out, channel)
		}
	}
	if len(out) > 0 || !wanted {
		return out
	}
	if channel, ok := next(at, nil); ok {
		out = append(out, channel)
	}
	return out
}

// everywhere is every channel that a person can be reached by.
func everywhere(at contact) []Channel {
	var out []Channel
	for _, channel := range Channels() {
		if at[channel] != "" {
			out = append(out, channel)
		}
	}
	return out
}

// next is the channel that stands in for those that were tried.
func next(at contact, tried []Delivery) (Channel, bool) {
	used := map[Channel]bool{}
	for _, d := range tried {
		used[d.Channel] = true
	}
	for _, channel := range Channels() {
		if at[channel] != "" && !used[channel] {
			return channel, true
		}
	}
	return "", false
}

// hopeless says that no delivery has arrived or can still arrive.
func hopeless(all []Delivery) bool {
	for _, d := range all {
		if d.State != Failed {
			return false
		}
	}
	return true
}
