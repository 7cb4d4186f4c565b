package policy

import (
	"fmt"
	"strings"
)

// Caller is who asks to assume a role. Empty fields do not apply.
type Caller struct {
	// ARN is the caller's, as arn:aws:iam::123456789012:user/alice or
	// arn:aws:sts::123456789012:assumed-role/NAME/SESSION.
	ARN string
	// Account is the 12 digits of the caller's account.
	Account string
	// Role is the ARN of the role, path included, whose session the caller is.
	Role string
	// Federated is the identity provider that vouches for the caller: its ARN, or a
	// well-known name as accounts.google.com.
	Federated string
	// Service is the name of a service, as bedrock.amazonaws.com.
	Service string
}

// principal is one principal of a statement, compiled.
type principal struct {
	kind   principalKind
	value  string
	source string
}

type principalKind uint8

const (
	everyone principalKind = iota
	account
	identity
	federated
	service
	canonical
)

// nearness is how closely a statement names a caller.
type nearness uint8

const (
	// unnamed: not at all.
	unnamed nearness = iota
	// byAccount: by the account, which leaves it to the account's own policies.
	byAccount
	// byRole: by the role whose session it is, or as one of everybody. The session
	// stays within its own bounds.
	byRole
	// byName: by its own name, or, where it is no session, as one of everybody.
	byName
)

func (p *principal) match(c *Caller) nearness {
	found := false
	switch p.kind {
	case everyone:
		if c.Role != "" {
			return byRole
		}
		found = true
	case account:
		if c.Account != "" && c.Account == p.value {
			return byAccount
		}
	case identity:
		if c.Role == p.value {
			return byRole
		}
		found = c.ARN == p.value
	case federated:
		found = c.Federated == p.value
	case service:
		found = c.Service == p.value
	case canonical:
		// Canonical users are a thing of Amazon S3; nobody calls as one.
	}
	if found {
		return byName
	}
	return unnamed
}

func (s *statement) matchesPrincipal(c *Caller) nearness {
	best := unnamed
	for i := range s.principals {
		best = max(best, s.principals[i].match(c))
	}
	if !s.notPrincipal {
		return best
	}
	if best == unnamed {
		return byName
	}
	return unnamed
}

func (c *compiler) principals(list []rawPrincipal) ([]principal, error) {
	principals := make([]principal, len(list))
	for i, raw := range list {
		p, ok := newPrincipal(raw)
		if !ok {
			return nil, c.fail(raw.text, fmt.Sprintf("Invalid principal in policy: %q:%q", raw.kind, raw.value), "")
		}
		principals[i] = p
	}
	return principals, nil
}

func newPrincipal(raw rawPrincipal) (principal, bool) {
	p := principal{value: raw.value, source: raw.value}
	if raw.kind != "" {
		p.source = raw.kind + " " + raw.value
	}
	switch raw.kind {
	case "":
		return p, true
	case "AWS":
		return awsPrincipal(p)
	case "Federated":
		p.kind = federated
	case "Service":
		p.kind = service
	default:
		p.kind = canonical
	}
	return p, p.value != "" && !strings.ContainsAny(p.value, "*? ")
}

// awsPrincipal takes "*", an account, or an ARN, whose root stands for its account.
func awsPrincipal(p principal) (principal, bool) {
	if p.value == "*" {
		return p, true
	}
	if isAccount(p.value) {
		p.kind = account
		return p, true
	}
	parts := strings.SplitN(p.value, ":", arnColons+1)
	if len(parts) <= arnColons || parts[0] != "arn" || !isAccount(parts[4]) || strings.ContainsAny(p.value, "*?") {
		return p, false
	}
	switch {
	case parts[2] != "iam" && parts[2] != "sts":
		return p, false
	case parts[5] == "root":
		p.kind, p.value = account, parts[4]
	default:
		p.kind = identity
	}
	return p, true
}

func isAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}
