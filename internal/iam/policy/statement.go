package policy

// statement is one statement, compiled.
type statement struct {
	policy string
	sid    string
	index  int
	effect Effect

	actions   []template
	notAction bool

	// resources is nil in trust policies, where the role itself is meant.
	resources   []template
	notResource bool

	// principals is nil in policies of a caller.
	principals   []principal
	notPrincipal bool

	conditions []condition
}

// applies says whether the statement speaks of the request, as far as its caller
// does not matter. The cheap tests come first.
func (s *statement) applies(e *env) bool {
	return s.matchesAction(e.request.Action) && s.matchesResource(e) && s.met(e)
}

func (s *statement) matchesAction(action string) bool {
	for i := range s.actions {
		if a := &s.actions[i]; a.source == action || a.glob.match(action) {
			return !s.notAction
		}
	}
	return s.notAction
}

func (s *statement) matchesResource(e *env) bool {
	if s.resources == nil {
		return true
	}
	if s.notResource {
		for i := range s.resources {
			if s.resources[i].mayMatch(e, e.resource.ARN) {
				return false
			}
		}
		return true
	}
	for i := range s.resources {
		if s.resources[i].match(e, e.resource.ARN) {
			return true
		}
	}
	return false
}

func (s *statement) met(e *env) bool {
	for i := range s.conditions {
		if !s.conditions[i].met(e) {
			return false
		}
	}
	return true
}
