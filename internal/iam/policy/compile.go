package policy

import (
	"fmt"
	"slices"
	"strings"
)

// compiler turns a document of the right shape into statements, and refuses what
// IAM refuses, in its order: what concerns single words comes before what a
// statement lacks.
type compiler struct {
	document  []byte
	kind      Kind
	policy    string
	variables bool
}

func (c *compiler) fail(at text, message, detail string) error {
	return located(c.document, at, message, detail)
}

func (c *compiler) checkVersion(at text, version string) error {
	switch {
	case version != Version2008 && version != Version2012:
		return c.fail(at, msgSyntax, fmt.Sprintf("The versions of the policy language are %q and %q.", Version2012, Version2008))
	case c.kind == Managed && version != Version2012:
		return c.fail(at, msgVersion, fmt.Sprintf("Version must be %q.", Version2012))
	}
	return nil
}

func (c *compiler) statements(doc *document) ([]statement, error) {
	for i := range doc.statements {
		if err := c.checkStatement(&doc.statements[i]); err != nil {
			return nil, err
		}
	}
	if err := c.checkSids(doc.statements); err != nil {
		return nil, err
	}
	list := make([]statement, len(doc.statements))
	for i := range doc.statements {
		if err := c.checkPresent(&doc.statements[i]); err != nil {
			return nil, err
		}
		if err := c.statement(&list[i], &doc.statements[i]); err != nil {
			return nil, err
		}
		list[i].index = i
	}
	return list, nil
}

// checkStatement refuses elements that exclude each other, and a wrong Effect.
func (c *compiler) checkStatement(s *rawStatement) error {
	both := ""
	switch {
	case s.action != nil && s.notAction != nil:
		both = "Action and NotAction"
	case s.resource != nil && s.notResource != nil:
		both = "Resource and NotResource"
	case s.principal != nil && s.notPrincipal != nil:
		both = "Principal and NotPrincipal"
	}
	effect := Effect(s.effect.value)
	switch {
	case both != "":
		return c.fail(s.at, msgSyntax, "A statement has "+both+", which exclude each other.")
	case s.effect.pointer == "":
		return c.fail(s.at, msgSyntax, "Effect is missing.")
	case effect == Allow || effect == Deny:
		return nil
	case strings.EqualFold(s.effect.value, string(Allow)) || strings.EqualFold(s.effect.value, string(Deny)):
		return c.fail(s.effect, msgLegacy, `Effect is "Allow" or "Deny", and case counts.`)
	default:
		return c.fail(s.effect, msgSyntax, `Effect is "Allow" or "Deny".`)
	}
}

func (c *compiler) checkSids(statements []rawStatement) error {
	seen := make(map[string]bool)
	for i := range statements {
		sid := statements[i].sid
		switch {
		case sid.value == "":
		case strings.ContainsFunc(sid.value, notAlnum):
			return c.fail(sid, msgSidAlnum, "")
		case seen[sid.value]:
			return c.fail(sid, msgSidUnique, fmt.Sprintf("%q occurs twice.", sid.value))
		}
		seen[sid.value] = true
	}
	return nil
}

func notAlnum(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// checkPresent refuses elements that are missing, or that policies of this kind
// do not have.
func (c *compiler) checkPresent(s *rawStatement) error {
	principals := s.principal != nil || s.notPrincipal != nil
	switch {
	case len(s.action)+len(s.notAction) == 0:
		return c.fail(s.at, msgNoActions, "")
	case c.kind == Trust:
		return c.checkTrust(s)
	case principals:
		return c.fail(s.at, msgPrincipal, "The principal is whoever the policy is attached to.")
	case len(s.resource)+len(s.notResource) == 0:
		return c.fail(s.at, msgNoResources, "")
	}
	return nil
}

func (c *compiler) checkTrust(s *rawStatement) error {
	const own = "A trust policy speaks of the role it belongs to."
	switch {
	case s.resource != nil:
		return c.fail(s.at, msgTrustRes, own)
	case s.notResource != nil:
		return c.fail(s.at, msgTrustNotRes, own)
	case s.principal == nil && s.notPrincipal == nil:
		return c.fail(s.at, msgNoPrincipal, "")
	case len(s.principal)+len(s.notPrincipal) == 0:
		return c.fail(s.at, msgEmptyPrinc, "")
	case s.notPrincipal != nil && s.effect.value == string(Allow):
		return c.fail(s.at, msgAllowNot, "It would let in everybody else in the world.")
	}
	return nil
}

func (c *compiler) statement(s *statement, raw *rawStatement) (err error) {
	s.policy, s.sid, s.effect = c.policy, raw.sid.value, Effect(raw.effect.value)
	s.notAction, s.notResource = raw.notAction != nil, raw.notResource != nil
	s.notPrincipal = raw.notPrincipal != nil
	if s.principals, err = c.principals(slices.Concat(raw.principal, raw.notPrincipal)); err != nil {
		return err
	}
	if s.resources, err = c.resources(slices.Concat(raw.resource, raw.notResource)); err != nil {
		return err
	}
	if s.actions, err = c.actions(slices.Concat(raw.action, raw.notAction)); err != nil {
		return err
	}
	if s.conditions, err = c.conditions(raw.conditions); err != nil {
		return err
	}
	return c.checkProviders(s, raw)
}

func (c *compiler) actions(list []text) ([]template, error) {
	actions := make([]template, len(list))
	for i, t := range list {
		if err := c.checkAction(t); err != nil {
			return nil, err
		}
		// Actions have no variables, so this cannot fail.
		actions[i], _ = newTemplate(t.value, syntax{wildcards: true, fold: true})
	}
	return actions, nil
}

func (c *compiler) checkAction(t text) error {
	vendor, name, colon := strings.Cut(t.value, ":")
	switch {
	case c.kind == Trust && !strings.HasPrefix(strings.ToLower(t.value), "sts:"):
		return c.fail(t, msgTrustActions, fmt.Sprintf("%q is none.", t.value))
	case t.value == "*":
		return nil
	case !colon:
		return c.fail(t, msgVendor, fmt.Sprintf("%q names no service; an action is like bedrock:InvokeModel.", t.value))
	case strings.Contains(name, ":"):
		return c.fail(t, msgOneColon, fmt.Sprintf("%q has more.", t.value))
	case vendor != "*" && (vendor == "" || strings.ContainsFunc(vendor, notVendor)):
		return c.fail(t, fmt.Sprintf("Vendor %s is not valid", vendor), "")
	case name == "" || strings.ContainsFunc(name, notAction):
		return c.fail(t, msgLegacy, fmt.Sprintf("%q is no name of an action.", name))
	}
	return nil
}

func notVendor(r rune) bool { return notAlnum(r) && r != '-' && r != '.' }

func notAction(r rune) bool { return notAlnum(r) && !strings.ContainsRune("*?-_.", r) }

func (c *compiler) resources(list []text) ([]template, error) {
	if c.kind == Trust {
		return nil, nil
	}
	resources := make([]template, len(list))
	for i, t := range list {
		if err := c.checkResource(t); err != nil {
			return nil, err
		}
		syn := syntax{variables: c.variables, wildcards: true, resource: t.value != "*"}
		var err error
		if resources[i], err = newTemplate(t.value, syn); err != nil {
			return nil, c.fail(t, msgLegacy, sentence(err))
		}
	}
	return resources, nil
}

// checkResource looks at the parts of an ARN up to the service.
func (c *compiler) checkResource(t text) error {
	parts := strings.SplitN(t.value, ":", arnColons+1)
	switch {
	case t.value == "*":
		return nil
	case parts[0] != "arn" || len(parts) < 2:
		return c.fail(t, fmt.Sprintf(`Resource %s must be in ARN format or "*".`, t.value), "")
	case !strings.HasPrefix(parts[1], "aws") && strings.Trim(parts[1], "*") != "":
		for len(parts) <= arnColons {
			parts = append(parts, "*")
		}
		return c.fail(t, fmt.Sprintf("Partition %q is not valid for resource %q.", parts[1], strings.Join(parts, ":")), "")
	case len(parts) < 3 && !strings.HasSuffix(t.value, "*"):
		return c.fail(t, msgFullVendor, "The service is missing.")
	case len(parts) > 3 && strings.ContainsAny(parts[2], "*?$"):
		return c.fail(t, msgFullVendor, "The service of this ARN is not a plain word.")
	case len(parts) > 3 && parts[2] == "":
		return c.fail(t, msgLegacy, "The service of this ARN is empty.")
	}
	return nil
}

// sentence makes a sentence of an error's text.
func sentence(err error) string {
	s := err.Error()
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
