package policy

// DecideTrust asks the trust policy of a role whether the caller of a request may
// assume it. Its action is one of STS; resources do not matter. Naming the
// caller goes before naming its account; see [Decision.ByAccount].
func (p *Policy) DecideTrust(r *Request) Decision {
	e := &env{request: r, resource: new(Resource)}
	d := Decision{Layer: TrustPolicy, Action: r.Action}
	for i := range p.statements {
		s := &p.statements[i]
		near := s.matchesPrincipal(&r.Caller)
		if near == unnamed || !s.applies(e) {
			continue
		}
		switch {
		case s.effect == Deny:
			return Decision{Outcome: ExplicitDeny, Layer: TrustPolicy, Action: r.Action, By: s.ref()}
		case d.Outcome != Allowed || d.ByAccount && near == byName:
			d.Outcome, d.By, d.ByAccount = Allowed, s.ref(), near == byAccount
		}
	}
	return d
}
