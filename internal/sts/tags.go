package sts

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/identity"
)

const maxTags = 50

// sessionTags are the tags that a session brings with it. Their keys are compared
// without regard to case.
type sessionTags struct {
	values map[string]string
	// transitive are the keys of those that the session passes on.
	transitive []string
	// problem is what no single tag has.
	problem error
}

// readTags reads Tags and TransitiveTagKeys.
func (c *constraints) readTags() sessionTags {
	tags := sessionTags{values: map[string]string{}}
	for _, member := range c.list("Tags", maxTags) {
		tags.add(c.required(member+".Key", 1, 128, tagPattern), c.text(member+".Value", 0, 256, tagPattern))
	}
	for _, member := range c.list("TransitiveTagKeys", maxTags) {
		tags.transitive = append(tags.transitive, c.text(member, 1, 128, tagPattern))
	}
	tags.check()
	return tags
}

func (t *sessionTags) add(name, value string) {
	if _, ok := t.find(name); ok {
		t.problem = errParameter("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
	}
	if len(name) >= 4 && strings.EqualFold(name[:4], "aws:") {
		t.problem = errParameter("Tag keys must not begin with aws:.")
	}
	t.values[name] = value
}

// check sees to it that only tags that are there are transitive.
func (t *sessionTags) check() {
	for _, name := range t.transitive {
		if _, ok := t.find(name); !ok && t.problem == nil {
			t.problem = errParameter("The specified transitive tag key must be included in the requested tags.")
		}
	}
}

// find is the key of a tag as it was written.
func (t *sessionTags) find(name string) (string, bool) {
	if _, ok := t.values[name]; ok {
		return name, true
	}
	for known := range t.values {
		if strings.EqualFold(known, name) {
			return known, true
		}
	}
	return "", false
}

// inherit adds the transitive tags of the session that assumes the role.
func (t *sessionTags) inherit(caller identity.Principal) error {
	for _, name := range caller.Session.TransitiveTags {
		if _, ok := t.find(name); ok {
			return errParameter("One of the specified transitive tag keys can't be set because it conflicts with " +
				"a transitive tag key from the calling session.")
		}
	}
	for _, name := range caller.Session.TransitiveTags {
		for key, value := range caller.Tags {
			if strings.EqualFold(key, name) {
				t.values[key] = value
			}
		}
		t.transitive = append(t.transitive, name)
	}
	return nil
}

// overlay puts the tags over those of a role.
func (t *sessionTags) overlay(tags map[string]string) {
	for name := range tags {
		if _, ok := t.find(name); ok {
			delete(tags, name)
		}
	}
	for name, value := range t.values {
		tags[name] = value
	}
}

// describe adds the condition keys of the tags.
func (t *sessionTags) describe(conditions map[string][]string) {
	for name, value := range t.values {
		conditions["aws:RequestTag/"+name] = []string{value}
	}
	if len(t.values) > 0 {
		conditions["aws:TagKeys"] = sorted(t.values)
	}
	if len(t.transitive) > 0 {
		conditions["sts:TransitiveTagKeys"] = slices.Clone(t.transitive)
	}
}

// tokenTags is the claim of an identity provider that holds session tags. Its name is
// tokenTagsClaim, and each tag is a list of one value.
type tokenTags struct {
	Principal  map[string][]string `json:"principal_tags"`
	Transitive []string            `json:"transitive_tag_keys"`
}

const tokenTagsClaim = "https://aws.amazon.com/tags"

// tagsOfToken reads the tags that a token brings.
func tagsOfToken(claim json.RawMessage) (sessionTags, error) {
	tags := sessionTags{values: map[string]string{}}
	if claim == nil {
		return tags, nil
	}
	var read tokenTags
	if err := json.Unmarshal(claim, &read); err != nil {
		return tags, errInvalidToken("The claim "+tokenTagsClaim+" is malformed.", err)
	}
	for name, values := range read.Principal {
		if len(values) != 1 || name == "" || len(name) > 128 || len(values[0]) > 256 ||
			!tagPattern.MatchString(name) || !tagPattern.MatchString(values[0]) {
			return tags, errInvalidToken("The claim "+tokenTagsClaim+" is malformed.", errors.New("a tag is malformed"))
		}
		tags.add(name, values[0])
	}
	if len(tags.values) > maxTags || len(read.Transitive) > maxTags {
		return tags, errInvalidToken("The claim "+tokenTagsClaim+" is malformed.", fmt.Errorf("%d tags", len(tags.values)))
	}
	tags.transitive = read.Transitive
	tags.check()
	return tags, tags.problem
}
