package policy

import (
	"fmt"
	"strings"
)

// Explanation is a decision and why it was made.
type Explanation struct {
	Decision  Decision
	Resources []ResourceExplanation
}

// ResourceExplanation is what all statements say about one resource.
type ResourceExplanation struct {
	// Resource is an ARN, or "*" for an action without resources.
	Resource   string
	Decision   Decision
	Statements []StatementExplanation
}

// StatementExplanation is what one statement says about one resource. It applies
// when all its parts match.
type StatementExplanation struct {
	Ref
	Layer      Layer
	Effect     Effect
	Applies    bool
	Action     Match
	Resource   Match
	Conditions []ConditionExplanation
	// Principal is for trust policies alone.
	Principal *Match
}

// Match is whether a part of a statement matches, and why, in one sentence.
type Match struct {
	Matches bool
	Reason  string
}

// ConditionExplanation is one key under one operator.
type ConditionExplanation struct {
	// Operator and Key are as the document has them.
	Operator, Key string
	// Wanted are the values of the document with their variables replaced, Given
	// those of the request.
	Wanted, Given []string
	Match
}

// Explain decides as [Set.Decide] does and tells what each statement had to say
// about each resource. It is for people and takes its time.
func (s *Set) Explain(r *Request) Explanation {
	x := Explanation{Decision: s.Decide(r)}
	resources := r.Resources
	if len(resources) == 0 {
		resources = []Resource{{ARN: "*"}}
	}
	for i := range resources {
		e := &env{request: r, resource: &resources[i]}
		rx := ResourceExplanation{Resource: resources[i].ARN, Decision: s.decide(e)}
		if !rx.Decision.Allowed() && len(r.Resources) > 0 {
			rx.Decision.Resource = resources[i].ARN
		}
		for l := range s.layers {
			for _, p := range s.layers[l].policies {
				rx.Statements = append(rx.Statements, p.explain(e, Layer(l))...)
			}
		}
		x.Resources = append(x.Resources, rx)
	}
	return x
}

// ExplainTrust is to [Policy.DecideTrust] as [Set.Explain] is to [Set.Decide].
func (p *Policy) ExplainTrust(r *Request) Explanation {
	d := p.DecideTrust(r)
	e := &env{request: r, resource: new(Resource)}
	statements := p.explain(e, TrustPolicy)
	for i := range statements {
		m := p.statements[i].explainPrincipal(&r.Caller)
		statements[i].Principal = &m
		statements[i].Applies = statements[i].Applies && m.Matches
	}
	return Explanation{Decision: d, Resources: []ResourceExplanation{{Decision: d, Statements: statements}}}
}

func (p *Policy) explain(e *env, l Layer) []StatementExplanation {
	list := make([]StatementExplanation, len(p.statements))
	for i := range p.statements {
		s := &p.statements[i]
		x := StatementExplanation{
			Ref:      s.ref(),
			Layer:    l,
			Effect:   s.effect,
			Applies:  s.applies(e),
			Action:   s.explainAction(e),
			Resource: s.explainResource(e),
		}
		for j := range s.conditions {
			x.Conditions = append(x.Conditions, s.conditions[j].explain(e))
		}
		list[i] = x
	}
	return list
}

func (s *statement) explainAction(e *env) Match {
	name := "Action"
	if s.notAction {
		name = "NotAction"
	}
	for i := range s.actions {
		if s.actions[i].glob.match(e.request.Action) {
			return Match{!s.notAction, fmt.Sprintf("%s %q covers %s.", name, s.actions[i].source, e.request.Action)}
		}
	}
	return Match{s.notAction, fmt.Sprintf("No %s covers %s.", name, e.request.Action)}
}

func (s *statement) explainResource(e *env) Match {
	if s.resources == nil {
		return Match{true, "A trust policy is about its role."}
	}
	name := "Resource"
	if s.notResource {
		name = "NotResource"
	}
	m := Match{Matches: s.matchesResource(e)}
	for i := range s.resources {
		r := &s.resources[i]
		switch {
		case r.match(e, e.resource.ARN):
			m.Reason = fmt.Sprintf("%s %q covers %s.", name, r.text(e), e.resource.ARN)
			return m
		case r.mayMatch(e, e.resource.ARN):
			m.Reason = fmt.Sprintf("%s %q has a variable without a value.", name, r.source)
		}
	}
	if m.Reason == "" {
		m.Reason = fmt.Sprintf("No %s covers %s.", name, e.resource.ARN)
	}
	return m
}

func (s *statement) explainPrincipal(c *Caller) Match {
	name := "Principal"
	if s.notPrincipal {
		name = "NotPrincipal"
	}
	m := Match{Matches: s.matchesPrincipal(c) != unnamed}
	for i := range s.principals {
		if s.principals[i].match(c) != unnamed {
			m.Reason = fmt.Sprintf("%s %q is the caller.", name, s.principals[i].source)
			return m
		}
	}
	m.Reason = fmt.Sprintf("No %s is the caller.", name)
	return m
}

func (c *condition) explain(e *env) ConditionExplanation {
	x := ConditionExplanation{Operator: c.written, Key: c.key, Given: e.lookup(c.key)}
	unresolved := false
	for i := range c.wants {
		w := &c.wants[i]
		x.Wanted = append(x.Wanted, w.explain(e))
		unresolved = unresolved || !w.resolvable(e)
	}
	x.Matches = c.met(e)
	x.Reason = c.reason(x)
	if unresolved {
		x.Reason += " A variable has no value."
	}
	return x
}

func (w *want) explain(e *env) string {
	if w.arn == nil {
		return w.text.text(e)
	}
	parts := make([]string, len(w.arn))
	for i := range w.arn {
		parts[i] = w.arn[i].text(e)
	}
	return strings.Join(parts, ":")
}

func (w *want) resolvable(e *env) bool {
	for i := range w.arn {
		if !w.arn[i].resolvable(e) {
			return false
		}
	}
	return w.text.resolvable(e)
}

func (c *condition) reason(x ConditionExplanation) string {
	verdict := "is not met"
	if x.Matches {
		verdict = "is met"
	}
	switch {
	case len(x.Given) == 0:
		return fmt.Sprintf("The request has no %s; %s %s.", c.key, c.written, verdict)
	case c.quantifier == single && len(x.Given) > 1 && c.family != familyNull:
		return fmt.Sprintf("%s has several values, which only ForAnyValue and ForAllValues compare.", c.key)
	default:
		return fmt.Sprintf("%s is %q; %s %q %s.", c.key, x.Given, c.written, x.Wanted, verdict)
	}
}
