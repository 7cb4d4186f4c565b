package request

import "github.com/saprolite/saprolite/internal/format/schema"

func merge(members, more []schema.Member) []schema.Member {
	for _, m := range more {
		i := find(members, m.Name)
		switch {
		case i < 0:
			members = append(members, m)
		case members[i].Value.Kind() == '{' && m.Value.Kind() == '{':
			members[i].Value = schema.Object(merge(schema.Members(members[i].Value), schema.Members(m.Value)))
		default:
			members[i].Value = m.Value
		}
	}
	return members
}

func find(members []schema.Member, name string) int {
	for i, m := range members {
		if m.Name == name {
			return i
		}
	}
	return -1
}
