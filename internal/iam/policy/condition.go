package policy

import (
	"fmt"
	"strings"
)

// condition is one key under one operator, with the values that it is compared to.
type condition struct {
	operator
	// written is the name of the operator in the document.
	written    string
	quantifier quantifier
	ifExists   bool
	key        string
	wants      []want
}

// met says whether the request fulfils the condition. The rules for keys that are
// absent, and for several values, are in the package's documentation.
func (c *condition) met(e *env) bool {
	values := e.lookup(c.key)
	null := len(values) == 0 || len(values) == 1 && values[0] == ""
	if c.family == familyNull {
		return c.wantsNull(null)
	}
	if len(values) == 0 && c.ifExists {
		return true
	}
	switch c.quantifier {
	case allValues:
		if null {
			return true
		}
		for _, v := range values {
			if !c.compare(e, v) {
				return false
			}
		}
		return true
	case anyValue:
		if null {
			return false
		}
		for _, v := range values {
			if c.compare(e, v) {
				return true
			}
		}
		return false
	default:
		if len(values) == 0 {
			return c.negated
		}
		return len(values) == 1 && c.compare(e, values[0])
	}
}

func (c *condition) wantsNull(null bool) bool {
	for i := range c.wants {
		if c.wants[i].yes == null {
			return true
		}
	}
	return false
}

// compare says whether one value of the request is one of those wanted, or, for a
// negated operator, none of them.
func (c *condition) compare(e *env, value string) bool {
	for i := range c.wants {
		if c.wants[i].match(&c.operator, e, value) {
			return !c.negated
		}
	}
	return c.negated
}

func (c *compiler) conditions(list []rawCondition) ([]condition, error) {
	conditions := make([]condition, len(list))
	for i, raw := range list {
		if err := c.condition(&conditions[i], raw); err != nil {
			return nil, err
		}
	}
	return conditions, nil
}

func (c *compiler) condition(cond *condition, raw rawCondition) (err error) {
	var ok bool
	cond.operator, cond.quantifier, cond.ifExists, ok = parseOperator(raw.operator.value)
	if !ok {
		return c.fail(raw.operator, msgSyntax, unknownOperator(raw.operator.value))
	}
	cond.written, cond.key = raw.operator.value, raw.key.value
	vendor, _, colon := strings.Cut(cond.key, ":")
	if !colon || vendor == "" {
		return c.fail(raw.key, msgVendor, fmt.Sprintf("%q names no service; a condition key is like aws:SourceIp.", cond.key))
	}
	cond.wants = make([]want, len(raw.values))
	for i, v := range raw.values {
		if cond.wants[i], err = newWant(&cond.operator, v.value, c.variables); err != nil {
			return c.fail(v, msgLegacy, sentence(err))
		}
	}
	return nil
}

func unknownOperator(name string) string {
	if n := len(name) - len(suffixIfExists); n > 0 && strings.EqualFold(name[n:], suffixIfExists) && strings.HasSuffix(strings.ToLower(name[:n]), "null") {
		return "Null already asks whether a key exists and takes no IfExists."
	}
	return fmt.Sprintf("%q is no condition operator.", name)
}
