package sts

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The patterns of parameters, as the API Reference has them.
var (
	namePattern       = regexp.MustCompile(`^[\w+=,.@-]*$`)
	externalIDPattern = regexp.MustCompile(`^[\w+=,.@:/-]*$`)
	arnPattern        = regexp.MustCompile(`^[\t\n\r\x20-\x7e\x{85}\x{a0}-\x{d7ff}\x{e000}-\x{fffd}\x{10000}-\x{10ffff}]+$`)
	tagPattern        = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
)

// constraints collect what is wrong with the parameters of a request.
type constraints struct {
	form     form
	problems []string
}

// failed notes that a value does not satisfy a constraint. A value of nothing counts
// as null, as in AWS's own texts.
func (c *constraints) failed(value, name, constraint string) {
	c.problems = append(c.problems,
		"Value"+value+" at '"+path(name)+"' failed to satisfy constraint: Member must "+constraint)
}

// text reads a parameter of between least and most characters. It is null where it
// is missing, which is an error if it must be there.
func (c *constraints) text(name string, least, most int, pattern *regexp.Regexp) string {
	value := c.form.get(name)
	if !c.form.has(name) {
		return ""
	}
	shown := " '" + value + "'"
	if name == "WebIdentityToken" {
		shown = ""
	}
	switch n := utf8.RuneCountInString(value); {
	case n < least:
		c.failed(shown, name, "have length greater than or equal to "+strconv.Itoa(least))
	case n > most:
		c.failed(shown, name, "have length less than or equal to "+strconv.Itoa(most))
	}
	if pattern != nil && !pattern.MatchString(value) {
		c.failed(shown, name, "satisfy regular expression pattern: "+strings.Trim(pattern.String(), "^$"))
	}
	return value
}

// required is text for a parameter that must be there.
func (c *constraints) required(name string, least, most int, pattern *regexp.Regexp) string {
	if !c.form.has(name) {
		c.failed(" null", name, "not be null")
	}
	return c.text(name, least, most, pattern)
}

// number reads a parameter between least and most; without it, it is zero.
func (c *constraints) number(name string, least, most int) int {
	text := c.form.get(name)
	if text == "" {
		return 0
	}
	value, err := strconv.Atoi(text)
	shown := " '" + text + "'"
	switch {
	case err != nil:
		c.failed(shown, name, "be a number")
	case value < least:
		c.failed(shown, name, "have value greater than or equal to "+strconv.Itoa(least))
	case value > most:
		c.failed(shown, name, "have value less than or equal to "+strconv.Itoa(most))
	}
	return value
}

// list reads the names of a list's members.
func (c *constraints) list(name string, most int) []string {
	members := c.form.members(name, most)
	if len(members) > most {
		c.failed("", name, "have length less than or equal to "+strconv.Itoa(most))
		return nil
	}
	return members
}

// err is all that is wrong, in one text, or nil.
func (c *constraints) err() error {
	switch n := len(c.problems); n {
	case 0:
		return nil
	case 1:
		return errValidation("1 validation error detected: " + c.problems[0])
	default:
		return errValidation(strconv.Itoa(n) + " validation errors detected: " + strings.Join(c.problems, "; "))
	}
}

// memberPattern is how a request names the members of a list.
var memberPattern = regexp.MustCompile(`\.member\.(\d+)`)

// path is what the texts call a parameter: tags.1.member.key for Tags.member.1.Key.
func path(name string) string {
	parts := strings.Split(memberPattern.ReplaceAllString(name, ".$1.member"), ".")
	for i, part := range parts {
		parts[i] = strings.ToLower(part[:1]) + part[1:]
	}
	return strings.Join(parts, ".")
}
