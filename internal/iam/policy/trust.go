package policy

// DecideTrust asks the trust policy of a role whether the caller of a request may
// assume it. Its action is one of STS; resources do not matter. Naming the
// caller goes before naming its role, and that before its account; see
// [Decision.ByRole] and [Decision.ByAccount].
func (p *Policy) DecideTrust(r *Request) Decision {
	e := &env{request: r, resource: new(Resource)}
	d := Decision{Layer: TrustPolicy, Action: r.Action}
	nearest := unnamed
	for i := range p.statements {
		s := &p.statements[i]
		near := s.matchesPrincipal(&r.Caller)
		if near == unnamed || !s.applies(e) {
			continue
		}
		switch {
		case s.effect == Deny:
			return Decision{Outcome: ExplicitDeny, Layer: TrustPolicy, Action: r.Action, By: s.ref()}
		case near > nearest:
			nearest, d.Outcome, d.By = near, Allowed, s.ref()
			d.ByAccount, d.ByRole = near == byAccount, near == byRole
		}
	}
	return d
}
