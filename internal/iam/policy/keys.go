package policy

import "slices"

// Keys returns the condition keys that the policy looks at, in conditions and in
// variables, each once and as it is first written.
func (p *Policy) Keys() []string {
	var keys []string
	add := func(key string) {
		if !slices.ContainsFunc(keys, func(k string) bool { return equalKey(k, key) }) {
			keys = append(keys, key)
		}
	}
	for i := range p.statements {
		s := &p.statements[i]
		eachVariable(s.actions, add)
		eachVariable(s.resources, add)
		for j := range s.conditions {
			c := &s.conditions[j]
			add(c.key)
			for k := range c.wants {
				eachVariable([]template{c.wants[k].text}, add)
				eachVariable(c.wants[k].arn, add)
			}
		}
	}
	return keys
}

func eachVariable(templates []template, visit func(key string)) {
	for i := range templates {
		for _, piece := range templates[i].pieces {
			if piece.key != "" {
				visit(piece.key)
			}
		}
	}
}
