package iam

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/saprolite/saprolite/internal/iam/policy"
)

const (
	digits  = "0123456789"
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// IsAccountID passes twelve digits.
func IsAccountID(s string) bool { return len(s) == 12 && strings.Trim(s, digits) == "" }

// IsName passes what users, groups, roles and policies may be called: 1 to 64
// letters, digits and +=,.@_- (IAM, "Name requirements"; the 128 that some may have
// would not fit the ARNs of sessions).
func IsName(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, digits+letters+"+=,.@_-") == ""
}

// IsAccessKeyID passes 16 to 128 letters, digits and underscores (IAM,
// AccessKey.AccessKeyId).
func IsAccessKeyID(s string) bool {
	return len(s) >= 16 && len(s) <= 128 && strings.Trim(s, digits+letters+"_") == ""
}

// IsMaxSession passes what a role may have as [Role.MaxSession]: 1 to 12 hours (IAM,
// CreateRole, MaxSessionDuration), or 0, which is an hour.
func IsMaxSession(d time.Duration) bool { return d == 0 || d >= time.Hour && d <= 12*time.Hour }

// MaxTags is how many tags a user or a role may have.
const MaxTags = 50

// tagText is what keys and values of tags are made of (IAM, Tag).
var tagText = regexp.MustCompile(`\A[\p{L}\p{Z}\p{N}_.:/=+\-@]*\z`)

// IsTag passes a key of 1 to 128 characters that does not begin with aws:, and a value
// of 256 at most.
func IsTag(key, value string) bool {
	return key != "" && utf8.RuneCountInString(key) <= 128 && utf8.RuneCountInString(value) <= 256 &&
		!strings.HasPrefix(strings.ToLower(key), "aws:") && tagText.MatchString(key) && tagText.MatchString(value)
}

// PolicyARN is the ARN of a managed policy that is named by its ARN, by the name of
// one that AWS manages, or by its name in the account.
func PolicyARN(account, name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	if _, ok := policy.ManagedByAWS(name); ok {
		return policy.ManagedPrefix + name
	}
	return Policy{Account: account, Name: name}.ARN()
}

// idPrefix is what unique ids begin with (IAM, "Unique identifiers").
func idPrefix(kind Kind) string {
	switch kind {
	case KindUser:
		return "AIDA"
	case KindRole:
		return "AROA"
	case KindAccessKey:
		return "AKIA"
	}
	return "A"
}

// NewID makes a unique id: 4 letters that say what kind it is of, and 16 random
// letters and digits.
func NewID(kind Kind) string {
	var random [10]byte
	rand.Read(random[:])
	return idPrefix(kind) + base32.StdEncoding.EncodeToString(random[:])
}

// DeclaredID is the unique id of one that a file declares: the same after each
// reading, on each node.
func DeclaredID(kind Kind, account, name string) string {
	sum := sha256.Sum256([]byte(string(kind) + "\x00" + account + "\x00" + name))
	return idPrefix(kind) + base32.StdEncoding.EncodeToString(sum[:10])
}

// Refs gives the names of all.
func (s *Snapshot) Refs() (refs []Ref) {
	refs = appendRefs(refs, s.Accounts)
	refs = appendRefs(refs, s.Users)
	refs = appendRefs(refs, s.Groups)
	refs = appendRefs(refs, s.Roles)
	refs = appendRefs(refs, s.Policies)
	refs = appendRefs(refs, s.AccessKeys)
	return appendRefs(refs, s.APIKeys)
}

func appendRefs[E Entity](refs []Ref, entities []E) []Ref {
	for _, e := range entities {
		refs = append(refs, e.Ref())
	}
	return refs
}

// Duplicates gives the names that several have, an access key's in whichever
// account.
func (s *Snapshot) Duplicates() (twice []Ref) {
	seen := map[Ref]bool{}
	for _, r := range s.Refs() {
		if r.Kind == KindAccessKey {
			r.Account = ""
		}
		if seen[r] {
			twice = append(twice, r)
		}
		seen[r] = true
	}
	return twice
}

// Dangling says which groups and policies are named and do not exist.
func (s *Snapshot) Dangling() (missing []string) {
	policies, groups := map[string]bool{"": true}, map[Ref]bool{}
	for _, name := range policy.ManagedNames() {
		policies[policy.ManagedPrefix+name] = true
	}
	for _, p := range s.Policies {
		policies[p.ARN()] = true
	}
	for _, g := range s.Groups {
		groups[g.Ref()] = true
	}
	check := func(of Ref, arns ...string) {
		for _, arn := range arns {
			if !policies[arn] {
				missing = append(missing, fmt.Sprintf("%s has the policy %s, which does not exist", of, arn))
			}
		}
	}
	for _, g := range s.Groups {
		check(g.Ref(), g.Attached...)
	}
	for _, r := range s.Roles {
		check(r.Ref(), append(r.Attached[:len(r.Attached):len(r.Attached)], r.Boundary)...)
	}
	for _, u := range s.Users {
		check(u.Ref(), append(u.Attached[:len(u.Attached):len(u.Attached)], u.Boundary)...)
		for _, name := range u.Groups {
			if !groups[Ref{KindGroup, u.Account, name}] {
				missing = append(missing, fmt.Sprintf("%s is in the group %s, which does not exist", u.Ref(), name))
			}
		}
	}
	return missing
}
