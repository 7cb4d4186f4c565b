package policy

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/network"
)

// want is a value in a condition, compiled. Which fields are used depends on the
// family of the operator.
type want struct {
	text   template
	arn    []template
	number float64
	date   time.Time
	prefix netip.Prefix
	binary []byte
	yes    bool
}

// newWant compiles a value. The error says why it is none for this operator.
func newWant(o *operator, s string, variables bool) (w want, err error) {
	syn := syntax{variables: variables}
	w.text.source = s
	switch o.family {
	case familyStringLike:
		syn.wildcards = true
		w.text, err = newTemplate(s, syn)
	case familyString, familyStringFold:
		w.text, err = newTemplate(s, syn)
	case familyARN:
		w.arn, err = newARN(s, variables)
	case familyNumeric:
		var ok bool
		if w.number, ok = parseNumber(s); !ok {
			err = fmt.Errorf("%s compares numbers, and %q is none", o.name, s)
		}
	case familyDate:
		var ok bool
		if w.date, ok = parseDate(s); !ok {
			err = fmt.Errorf("%s compares dates such as 2026-01-31T12:00:00Z, and %q is none", o.name, s)
		}
	case familyIP:
		if w.prefix, err = network.Parse(s); err != nil {
			err = fmt.Errorf("%s compares addresses such as 203.0.113.0/24 and 2001:db8::/32, and %q is none", o.name, s)
		}
	case familyBool, familyBinary:
		err = w.compileEither(o, s, syn)
	case familyNull:
		if w.yes, err = parseBool(s); err != nil {
			err = fmt.Errorf("%s is \"true\" or \"false\", and %q is neither", o.name, s)
		}
	}
	return w, err
}

// compileEither is for the two families whose values may be variables, and
// otherwise have a form of their own.
func (w *want) compileEither(o *operator, s string, syn syntax) (err error) {
	if w.text, err = newTemplate(s, syn); err != nil || w.text.pieces != nil {
		return err
	}
	if o.family == familyBool {
		if w.yes, err = parseBool(s); err != nil {
			return fmt.Errorf("%s is \"true\" or \"false\", and %q is neither", o.name, s)
		}
		return nil
	}
	if w.binary, err = base64.StdEncoding.DecodeString(s); err != nil {
		return fmt.Errorf("%s compares base64, and %q is none", o.name, s)
	}
	return nil
}

// match says whether a value of the request equals the one wanted, in the sense
// of the operator, negation aside.
func (w *want) match(o *operator, e *env, value string) bool {
	switch o.family {
	case familyString, familyStringLike:
		return w.text.match(e, value)
	case familyStringFold:
		return w.text.equalFold(e, value)
	case familyARN:
		return matchARN(w.arn, e, value)
	case familyNumeric:
		n, ok := parseNumber(value)
		return ok && o.comparison.holds(cmp.Compare(n, w.number))
	case familyDate:
		t, ok := parseDate(value)
		return ok && o.comparison.holds(t.Compare(w.date))
	case familyIP:
		a, err := netip.ParseAddr(value)
		return err == nil && w.prefix.Contains(a.Unmap().WithZone(""))
	case familyBool:
		return w.matchBool(e, value)
	case familyBinary:
		return w.matchBinary(e, value)
	default:
		return false
	}
}

func (w *want) matchBool(e *env, value string) bool {
	given, err := parseBool(value)
	if err != nil {
		return false
	}
	if w.text.pieces == nil {
		return given == w.yes
	}
	ops, ok := w.text.resolve(e, nil, nil)
	if !ok {
		return false
	}
	wanted, err := parseBool(literalText(ops))
	return err == nil && given == wanted
}

func (w *want) matchBinary(e *env, value string) bool {
	given, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return false
	}
	if w.text.pieces == nil {
		return bytes.Equal(given, w.binary)
	}
	ops, ok := w.text.resolve(e, nil, nil)
	if !ok {
		return false
	}
	wanted, err := base64.StdEncoding.DecodeString(literalText(ops))
	return err == nil && bytes.Equal(given, wanted)
}

// newARN compiles the six parts of an ARN. A text with fewer parts gives nil,
// which matches nothing.
func newARN(s string, variables bool) ([]template, error) {
	parts := splitARN(s, variables)
	if len(parts) != arnColons+1 {
		return nil, nil
	}
	arn := make([]template, len(parts))
	for i, part := range parts {
		var err error
		if arn[i], err = newTemplate(part, syntax{variables: variables, wildcards: true}); err != nil {
			return nil, err
		}
	}
	return arn, nil
}

// splitARN cuts at the first five colons that stand outside of variables.
func splitARN(s string, variables bool) []string {
	var parts []string
	start, inside := 0, false
	for i := 0; i < len(s) && len(parts) < arnColons; i++ {
		switch {
		case variables && strings.HasPrefix(s[i:], "${"):
			inside = true
		case s[i] == '}':
			inside = false
		case s[i] == ':' && !inside:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

func matchARN(arn []template, e *env, value string) bool {
	for i := range arn {
		part := value
		if i < arnColons {
			var found bool
			if part, value, found = strings.Cut(value, ":"); !found {
				return false
			}
		}
		if !arn[i].match(e, part) {
			return false
		}
	}
	return arn != nil
}

func parseNumber(s string) (float64, bool) {
	if s == "" || strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && !math.IsInf(n, 0)
}

func parseBool(s string) (bool, error) {
	switch {
	case strings.EqualFold(s, "true"):
		return true, nil
	case strings.EqualFold(s, "false"):
		return false, nil
	default:
		return false, strconv.ErrSyntax
	}
}

// maxEpoch bounds seconds since 1970, with room for those who write milliseconds. Far
// beyond it, times cannot be compared.
const maxEpoch = 1 << 53

// parseDate reads the forms of ISO 8601 that the W3C's note on dates has, and
// seconds since 1970. A time without a zone is in UTC.
func parseDate(s string) (time.Time, bool) {
	if !strings.ContainsAny(s, "-Tt") {
		seconds, err := strconv.ParseInt(s, 10, 64)
		return time.Unix(seconds, 0), err == nil && seconds >= 0 && seconds <= maxEpoch
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, true
	}
	for _, layout := range []string{
		"2006-01-02", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04",
		"2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z0700", "2006-01",
	} {
		if t, err := time.Parse(layout, strings.ToUpper(s)); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
