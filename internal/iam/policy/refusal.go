package policy

// Refusal is the sentence of AWS about a decision that is no: who may not do what
// on which resource, and which kind of policy says so. The forms are those of the
// page "Troubleshoot access denied error messages" of the IAM User Guide. The
// principal is the caller's ARN. It is empty for what is allowed.
func (d *Decision) Refusal(principal string) string {
	if d.Outcome == Allowed {
		return ""
	}
	s := "User: " + principal + " is not authorized to perform: " + d.Action
	if d.Resource != "" {
		s += " on resource: " + d.Resource
	}
	if d.Outcome == ImplicitDeny {
		return s + " because no " + d.Layer.String() + " allows the " + d.Action + " action"
	}
	switch d.Layer {
	case IdentityBased:
		return s + " with an explicit deny in an identity-based policy"
	case TrustPolicy:
		return s + " with an explicit deny in the role trust policy"
	default:
		return s + " with an explicit deny in a " + d.Layer.String()
	}
}
