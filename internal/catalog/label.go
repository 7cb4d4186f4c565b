package catalog

import "strings"

// Label names the model behind the target among a number of names that the
// configuration bounds: by its id, or where an id was caught by a pattern and nothing
// is known of it, by that pattern.
func (t *Target) Label() string {
	if t.Model.Custom && t.mapping != nil && strings.Contains(t.mapping.ID, "*") {
		return t.mapping.ID
	}
	return t.Model.ID
}
