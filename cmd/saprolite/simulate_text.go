package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/identity"
)

// simulation is an explanation, by the names that the AWS CLI has for that of
// iam simulate-principal-policy where it has one.
type simulation struct {
	Decision  policy.Outcome `json:"EvalDecision"`
	Action    string         `json:"EvalActionName"`
	Principal string
	// Message is the sentence of a refusal.
	Message   string             `json:"Message,omitempty"`
	Resources []resourceDecision `json:"ResourceSpecificResults"`
}

type resourceDecision struct {
	Resource   string              `json:"EvalResourceName"`
	Decision   policy.Outcome      `json:"EvalResourceDecision"`
	Statements []statementDecision `json:"Statements"`
}

type statementDecision struct {
	Policy string
	// Kind is identity-based policy, permissions boundary or session policy.
	Kind   policy.Layer
	Sid    string `json:"Sid,omitempty"`
	Number int
	Effect policy.Effect
	// Applies is whether all parts match; Reasons are about each part.
	Applies bool
	Reasons []reason
}

type reason struct {
	Matches bool
	Text    string
}

func newSimulation(p *identity.Principal, x *policy.Explanation) simulation {
	s := simulation{Decision: x.Decision.Outcome, Action: x.Decision.Action, Principal: p.ARN, Message: x.Decision.Refusal(p.ARN)}
	for _, r := range x.Resources {
		decided := resourceDecision{Resource: r.Resource, Decision: r.Decision.Outcome, Statements: []statementDecision{}}
		for _, statement := range r.Statements {
			decided.Statements = append(decided.Statements, newStatement(statement))
		}
		s.Resources = append(s.Resources, decided)
	}
	return s
}

func newStatement(x policy.StatementExplanation) statementDecision {
	s := statementDecision{
		Policy: x.Policy, Kind: x.Layer, Sid: x.Sid, Number: x.Index + 1, Effect: x.Effect, Applies: x.Applies,
		Reasons: []reason{{x.Action.Matches, x.Action.Reason}, {x.Resource.Matches, x.Resource.Reason}},
	}
	for _, condition := range x.Conditions {
		s.Reasons = append(s.Reasons, reason{condition.Matches, condition.Reason})
	}
	return s
}

// tellWhy prints the decision, and what each statement has to do with it.
func (c *policiesSimulate) tellWhy(p *identity.Principal, x *policy.Explanation) error {
	s := newSimulation(p, x)
	return c.print(s, func(w io.Writer) {
		if x.Decision.Allowed() {
			fmt.Fprintf(w, "Allowed: %s may %s.\n", s.Principal, s.Action)
		} else {
			fmt.Fprintf(w, "Denied: %s\n", s.Message)
		}
		for i, r := range s.Resources {
			fmt.Fprintf(w, "\n%s: %s\n", r.Resource, verdict(&x.Resources[i].Decision))
			if len(r.Statements) == 0 {
				fmt.Fprintln(w, "  There is no policy: attach one with \"saprolite users attach\" or \"saprolite roles attach\".")
			}
			for _, statement := range r.Statements {
				statement.write(w)
			}
		}
	})
}

// verdict says how it was decided about one resource, and by what.
func verdict(d *policy.Decision) string {
	switch d.Outcome {
	case policy.Allowed:
		return "allowed by " + statementName(d.By.Policy, d.By.Index+1, d.By.Sid)
	case policy.ExplicitDeny:
		return "denied by " + statementName(d.By.Policy, d.By.Index+1, d.By.Sid)
	}
	return "denied, for no " + d.Layer.String() + " allows it"
}

func statementName(policy string, number int, sid string) string {
	name := fmt.Sprintf("statement %d of %s", number, policy)
	if sid != "" {
		name = fmt.Sprintf("statement %d (%s) of %s", number, sid, policy)
	}
	return name
}

// write tells all about a statement that applies, and of another why it does not.
func (s *statementDecision) write(w io.Writer) {
	fmt.Fprintf(w, "  %s: %s, %s", s.Kind, statementName(s.Policy, s.Number, s.Sid), strings.ToLower(string(s.Effect)))
	switch action := s.Reasons[0]; {
	case s.Applies:
		fmt.Fprintln(w, ": applies")
	case !action.Matches:
		// It is about something else altogether.
		fmt.Fprintln(w, ": does not apply:", action.Text)
		return
	default:
		fmt.Fprintln(w, ": does not apply")
	}
	for _, r := range s.Reasons {
		if r.Matches == s.Applies {
			fmt.Fprintf(w, "      %s\n", r.Text)
		}
	}
}
