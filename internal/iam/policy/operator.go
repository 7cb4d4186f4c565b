package policy

import "strings"

// family is what the operators of a group compare.
type family uint8

const (
	familyString family = iota
	familyStringFold
	familyStringLike
	familyNumeric
	familyDate
	familyBool
	familyBinary
	familyIP
	familyARN
	familyNull
)

// comparison is how two values that have an order are compared.
type comparison uint8

const (
	equal comparison = iota
	less
	lessOrEqual
	greater
	greaterOrEqual
)

// holds says whether an order, negative for less, is what the comparison asks.
func (c comparison) holds(order int) bool {
	switch c {
	case less:
		return order < 0
	case lessOrEqual:
		return order <= 0
	case greater:
		return order > 0
	case greaterOrEqual:
		return order >= 0
	default:
		return order == 0
	}
}

// operator is a condition operator without its prefix and suffix.
type operator struct {
	name       string
	family     family
	comparison comparison
	negated    bool
}

// operators are those of the page "Condition operators" of the IAM User Guide.
var operators = []operator{
	{name: "StringEquals"},
	{name: "StringNotEquals", negated: true},
	{name: "StringEqualsIgnoreCase", family: familyStringFold},
	{name: "StringNotEqualsIgnoreCase", family: familyStringFold, negated: true},
	{name: "StringLike", family: familyStringLike},
	{name: "StringNotLike", family: familyStringLike, negated: true},
	{name: "NumericEquals", family: familyNumeric},
	{name: "NumericNotEquals", family: familyNumeric, negated: true},
	{name: "NumericLessThan", family: familyNumeric, comparison: less},
	{name: "NumericLessThanEquals", family: familyNumeric, comparison: lessOrEqual},
	{name: "NumericGreaterThan", family: familyNumeric, comparison: greater},
	{name: "NumericGreaterThanEquals", family: familyNumeric, comparison: greaterOrEqual},
	{name: "DateEquals", family: familyDate},
	{name: "DateNotEquals", family: familyDate, negated: true},
	{name: "DateLessThan", family: familyDate, comparison: less},
	{name: "DateLessThanEquals", family: familyDate, comparison: lessOrEqual},
	{name: "DateGreaterThan", family: familyDate, comparison: greater},
	{name: "DateGreaterThanEquals", family: familyDate, comparison: greaterOrEqual},
	{name: "Bool", family: familyBool},
	{name: "BinaryEquals", family: familyBinary},
	{name: "IpAddress", family: familyIP},
	{name: "NotIpAddress", family: familyIP, negated: true},
	{name: "ArnEquals", family: familyARN},
	{name: "ArnLike", family: familyARN},
	{name: "ArnNotEquals", family: familyARN, negated: true},
	{name: "ArnNotLike", family: familyARN, negated: true},
	{name: "Null", family: familyNull},
}

// quantifier says how the values of a key are taken together.
type quantifier uint8

const (
	// single is for keys of one value.
	single quantifier = iota
	anyValue
	allValues
)

const (
	prefixAny      = "ForAnyValue:"
	prefixAll      = "ForAllValues:"
	suffixIfExists = "IfExists"
)

// parseOperator takes apart the name of an operator, in which case does not count.
func parseOperator(s string) (op operator, q quantifier, ifExists, ok bool) {
	if rest, found := cutPrefixFold(s, prefixAny); found {
		s, q = rest, anyValue
	} else if rest, found := cutPrefixFold(s, prefixAll); found {
		s, q = rest, allValues
	}
	if n := len(s) - len(suffixIfExists); n > 0 && strings.EqualFold(s[n:], suffixIfExists) {
		s, ifExists = s[:n], true
	}
	for _, o := range operators {
		if strings.EqualFold(o.name, s) {
			return o, q, ifExists, o.family != familyNull || !ifExists
		}
	}
	return operator{}, q, ifExists, false
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
