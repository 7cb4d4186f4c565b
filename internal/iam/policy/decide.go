package policy

// Request is what somebody asks for.
type Request struct {
	// Action is the action of IAM, as bedrock:InvokeModel.
	Action string
	// Resources are all resources that the request needs. An action that has no
	// resources leaves them out; then it is allowed on "*" alone.
	Resources []Resource
	// Caller is who asks; trust policies alone look at it.
	Caller Caller
	// Context has the condition keys.
	Context *Context
}

// Resource is a resource of a request.
type Resource struct {
	// ARN is its Amazon Resource Name.
	ARN string
	// Keys are condition keys of this resource alone, such as aws:ResourceTag/team.
	// They go before those of the request. It may be nil.
	Keys *Context
}

// Layer is a kind of policy. Each of them can refuse.
type Layer uint8

const (
	// IdentityBased are the policies of a user or role.
	IdentityBased Layer = iota
	// PermissionsBoundary is the policy that bounds those.
	PermissionsBoundary
	// SessionPolicy are the policies that came with a session.
	SessionPolicy
	// TrustPolicy is the policy of a role that says who may assume it.
	TrustPolicy

	layers = int(SessionPolicy) + 1
)

func (l Layer) String() string {
	switch l {
	case IdentityBased:
		return "identity-based policy"
	case PermissionsBoundary:
		return "permissions boundary"
	case SessionPolicy:
		return "session policy"
	default:
		return "role trust policy"
	}
}

// MarshalText writes the kind as String does.
func (l Layer) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Policies are all that hold for a caller.
type Policies struct {
	// Identity are the policies attached to the user or role, its groups' too. What
	// one of them allows is allowed.
	Identity []*Policy
	// Boundary is nil when there is none.
	Boundary *Policy
	// Session are the policies of the session. When there are any, one of them must
	// allow too.
	Session []*Policy
}

// Set is the policies of a caller, ready to decide. It does not change and is
// safe for concurrent use.
type Set struct {
	layers [layers]layer
}

// layer is the statements of one kind of policy.
type layer struct {
	// present is false for a kind that does not hold for the caller.
	present     bool
	allow, deny []*statement
	policies    []*Policy
}

// Compile puts policies together. Nil policies in a list are left out, and so are
// trust policies, which are about a role and not about what it may do.
func Compile(p Policies) *Set {
	s := new(Set)
	s.layers[IdentityBased].add(p.Identity...)
	s.layers[IdentityBased].present = true
	if p.Boundary != nil {
		s.layers[PermissionsBoundary].add(p.Boundary)
	}
	s.layers[SessionPolicy].add(p.Session...)
	return s
}

func (l *layer) add(policies ...*Policy) {
	for _, p := range policies {
		if p == nil || p.kind == Trust {
			continue
		}
		l.present = true
		l.policies = append(l.policies, p)
		for i := range p.statements {
			if s := &p.statements[i]; s.effect == Deny {
				l.deny = append(l.deny, s)
			} else {
				l.allow = append(l.allow, s)
			}
		}
	}
}

// Outcome is how a decision ends.
type Outcome uint8

const (
	// ImplicitDeny is that no statement allows.
	ImplicitDeny Outcome = iota
	// ExplicitDeny is that a statement denies.
	ExplicitDeny
	// Allowed is that all kinds of policies allow.
	Allowed
)

func (o Outcome) String() string {
	switch o {
	case Allowed:
		return "allowed"
	case ExplicitDeny:
		return "explicitDeny"
	default:
		return "implicitDeny"
	}
}

// MarshalText writes the outcome as String does.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// Decision is the answer to a request. The zero value is a refusal.
type Decision struct {
	Outcome Outcome
	// Layer is the kind of policy that refused. It means nothing for what is allowed.
	Layer Layer
	// Action is that of the request.
	Action string
	// Resource is the ARN that was refused: the first of the request's that is. It
	// is empty for an action without resources and for what is allowed.
	Resource string
	// By is the statement that decided. An implicit deny has none.
	By Ref
	// ByAccount is true when a trust policy allows the caller's account only, which
	// must then allow the caller by a policy of its own.
	ByAccount bool
	// ByRole is true when a trust policy allows the role whose session the caller is,
	// and not that session by its own name: then the caller's boundary and session
	// policies must allow it too; see [Set.DecideWithin].
	ByRole bool
}

// Ref names a statement.
type Ref struct {
	// Policy is the name of the policy.
	Policy string
	// Sid is that of the statement; it may be empty.
	Sid string
	// Index is the place of the statement in its policy, from 0.
	Index int
}

// Allowed says whether the request may happen.
func (d *Decision) Allowed() bool { return d.Outcome == Allowed }

// Decide says whether a request may happen, which is when all its resources are
// allowed. For what is not, the answer is about the first resource that is denied.
func (s *Set) Decide(r *Request) Decision {
	if len(r.Resources) == 0 {
		return s.decide(&env{request: r, resource: &Resource{ARN: "*"}})
	}
	var d Decision
	for i := range r.Resources {
		d = s.decide(&env{request: r, resource: &r.Resources[i]})
		if d.Outcome != Allowed {
			d.Resource = r.Resources[i].ARN
			return d
		}
	}
	return d
}

// DecideWithin is Decide for what somebody else's policy allows the caller's role: the
// identity-based policies need not allow it, but all can deny it, and it must lie
// within the permissions boundary and the session policies. That is how the page
// "Policy evaluation for requests within a single account" of the IAM User Guide has
// it.
func (s *Set) DecideWithin(r *Request) Decision {
	within := *s
	within.layers[IdentityBased].present = false
	return within.Decide(r)
}

func (s *Set) decide(e *env) Decision {
	for l := range s.layers {
		if by := first(s.layers[l].deny, e); by != nil {
			return Decision{Outcome: ExplicitDeny, Layer: Layer(l), Action: e.request.Action, By: by.ref()}
		}
	}
	d := Decision{Outcome: Allowed, Action: e.request.Action}
	for l := range s.layers {
		if !s.layers[l].present {
			continue
		}
		by := first(s.layers[l].allow, e)
		if by == nil {
			return Decision{Layer: Layer(l), Action: e.request.Action}
		}
		if Layer(l) == IdentityBased {
			d.By = by.ref()
		}
	}
	return d
}

func first(statements []*statement, e *env) *statement {
	for _, s := range statements {
		if s.applies(e) {
			return s
		}
	}
	return nil
}

func (s *statement) ref() Ref { return Ref{Policy: s.policy, Sid: s.sid, Index: s.index} }
