package recorded

import "slices"

// Filter says whether an interaction is wanted.
type Filter func(*Interaction) bool

// Select gives the interactions that pass every filter.
func Select(all []*Interaction, filters ...Filter) []*Interaction {
	var selected []*Interaction
	for _, one := range all {
		refuses := func(f Filter) bool { return !f(one) }
		if !slices.ContainsFunc(filters, refuses) {
			selected = append(selected, one)
		}
	}
	return selected
}

// Operation passes the named operations, as Converse.
func Operation(names ...string) Filter {
	return func(i *Interaction) bool { return slices.Contains(names, i.Operation) }
}

// Family passes the named families, as nova.
func Family(names ...string) Filter {
	return func(i *Interaction) bool { return slices.Contains(names, i.Family) }
}

// Model passes the named model ids, in the form of the request.
func Model(ids ...string) Filter {
	return func(i *Interaction) bool { return slices.Contains(ids, i.ModelID) }
}

// Status passes answers of the given HTTP status.
func Status(code int) Filter {
	return func(i *Interaction) bool { return i.Response.Status == code }
}

// Of passes items of the given qualities.
func Of(qualities ...Quality) Filter {
	return func(i *Interaction) bool { return slices.Contains(qualities, i.Quality) }
}

// Streamed passes answers that are event streams.
func Streamed(i *Interaction) bool { return i.Response.Stream != nil }

// Plain passes answers that are no event streams.
func Plain(i *Interaction) bool { return i.Response.Stream == nil }
