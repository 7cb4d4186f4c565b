package server

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/iam/conditions"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/objectstore"
)

// Access knows what callers may do. It is safe for concurrent use.
type Access interface {
	// Policies gives what a caller may do. An error refuses everything.
	Policies(identity.Principal) (*policy.Set, error)
}

// asked is what a caller's policies are asked with, as long as the request lasts.
type asked struct {
	policies *policy.Set
	about    *policy.Context
}

// need is something that a caller must be allowed.
type need struct {
	action    string
	resources []policy.Resource
}

// authorize asks the caller's policies for all that the request needs.
func (s *Server) authorize(x *exchange, in any) error {
	if s.Access == nil {
		return nil
	}
	policies, err := s.Access.Policies(x.principal)
	if err != nil {
		return bedrock.WithCause(accessDenied("User: "+x.principal.ARN+" is not authorized to perform: "+policy.ActionOf(x.operation.Name)), err)
	}
	x.asked = asked{policies, conditions.Of(&x.principal, x.r, s.Proxies, x.start)}
	needs, err := s.needs(x, in, x.asked.about)
	if err != nil {
		return err
	}
	for _, n := range needs {
		if err := x.decide(n); err != nil {
			return err
		}
	}
	return nil
}

// decide asks for one thing.
func (x *exchange) decide(n need) error {
	decision := x.asked.policies.Decide(&policy.Request{Action: n.action, Resources: n.resources, Context: x.asked.about})
	x.decided(n, decision)
	if !decision.Allowed() {
		return accessDenied(decision.Refusal(x.principal.ARN))
	}
	return nil
}

// mayRead asks for an object that a request names by s3Location. As on the service,
// whoever names it must be allowed to read it.
func (x *exchange) mayRead(name objectstore.Name) error {
	return x.decide(need{"s3:GetObject", []policy.Resource{{ARN: "arn:aws:s3:::" + name.Bucket + "/" + name.Key}}})
}

// accessDenied is the refusal by policies. As those of credentials, it comes from
// before the service itself.
func accessDenied(message string) bedrock.Exception {
	return &bedrock.CommonError{Code: "AccessDeniedException", Message: message, Status: http.StatusForbidden}
}

// needs gives what an operation needs, and adds to the conditions what it says. An
// error is a fault of this side.
func (s *Server) needs(x *exchange, in any, about *policy.Context) ([]need, error) {
	needs, err := s.operationNeeds(x, in, about)
	if x.principal.BearerTokenType != "" {
		needs = slices.Insert(needs, 0, need{action: policy.ActionCallWithBearerToken})
	}
	return needs, err
}

func (s *Server) operationNeeds(x *exchange, in any, about *policy.Context) ([]need, error) {
	switch in := in.(type) {
	case *bedrock.ConverseRequest:
		return s.inferenceNeeds(x, about, uses{in.ModelId, guardrailOf(in.GuardrailConfig), tierOf(in.ServiceTier), systemTools(in.ToolConfig)})
	case *bedrock.ConverseStreamRequest:
		return s.inferenceNeeds(x, about, uses{in.ModelId, streamGuardrailOf(in.GuardrailConfig), tierOf(in.ServiceTier), systemTools(in.ToolConfig)})
	case *bedrock.InvokeModelRequest:
		return s.inferenceNeeds(x, about, uses{in.ModelId, newGuardrail(in.GuardrailIdentifier, in.GuardrailVersion), in.ServiceTier, nativeSystemTools(in.Body)})
	case *bedrock.InvokeModelWithResponseStreamRequest:
		return s.inferenceNeeds(x, about, uses{in.ModelId, newGuardrail(in.GuardrailIdentifier, in.GuardrailVersion), in.ServiceTier, nativeSystemTools(in.Body)})
	case *bedrock.CountTokensRequest:
		return x.needs(s.modelResources(x, in.ModelId))
	case *bedrock.GetFoundationModelRequest:
		return x.needs(s.modelResources(x, in.ModelIdentifier))
	}
	return x.needs(s.controlled(x, in, about))
}

// needs are those of an operation that is about the resources and nothing else.
func (x *exchange) needs(resources []policy.Resource, err error) ([]need, error) {
	return []need{{policy.ActionOf(x.operation.Name), resources}}, err
}

// uses is what an inference uses.
type uses struct {
	modelID   string
	guardrail guardrail
	tier      bedrock.ServiceTierType
	// tools are the names of those of the service's own.
	tools []string
}

// inferenceNeeds are those of an inference: the model, and the profile or the
// prompt by which it is named, the guardrail, and the tools of the service's own.
func (s *Server) inferenceNeeds(x *exchange, about *policy.Context, u uses) ([]need, error) {
	if arn := u.guardrail.arn(x); arn != "" {
		about.Set(policy.KeyGuardrailIdentifier, u.guardrail.versioned(arn))
	}
	if u.tier != "" {
		about.Set(policy.KeyServiceTier, string(u.tier))
	}
	var needs []need
	modelID := u.modelID
	if model, ok := s.Prompts.Model(modelID); ok {
		prompt, err := s.modelResources(x, modelID)
		if err != nil {
			return nil, err
		}
		needs = append(needs, need{policy.ActionRenderPrompt, prompt})
		modelID = model
	}
	resources, err := s.modelResources(x, modelID)
	needs = append(needs, need{policy.ActionOf(x.operation.Name), resources})
	if arn := u.guardrail.arn(x); arn != "" {
		needs = append(needs, need{policy.ActionApplyGuardrail, []policy.Resource{{ARN: arn}}})
	}
	for _, tool := range u.tools {
		needs = append(needs, need{policy.ActionInvokeTool, []policy.Resource{{ARN: x.arn("system-tool", tool)}}})
	}
	return needs, err
}

// modelResources are those that the use of a model id needs.
func (s *Server) modelResources(x *exchange, modelID string) ([]policy.Resource, error) {
	used, err := s.used(x, modelID)
	if err != nil {
		return nil, err
	}
	if used.Profile == "" && len(used.Models) == 0 {
		return []policy.Resource{{ARN: x.arn("foundation-model", modelID)}}, nil
	}
	tags, err := s.Profiles.ResourceTags(used.Profile, x.principal.Account)
	return conditions.Resources(used, tags), err
}

// used is what is used by a model id: nothing by what is no id, which is refused as such
// behind this, if the caller may ask at all. An error is a fault of this side.
func (s *Server) used(x *exchange, modelID string) (catalog.Resources, error) {
	used, err := s.Pipeline.Catalog.Resources(modelID, x.location())
	if _, wrong := errors.AsType[*bedrock.ValidationException](err); wrong {
		return catalog.Resources{}, nil
	}
	return used, err
}

// guardrail is one that a request names.
type guardrail struct{ identifier, version string }

func newGuardrail(identifier, version *string) guardrail {
	var g guardrail
	if identifier != nil {
		g.identifier = *identifier
	}
	if version != nil {
		g.version = *version
	}
	return g
}

func guardrailOf(c *bedrock.GuardrailConfiguration) guardrail {
	if c == nil {
		return guardrail{}
	}
	return newGuardrail(c.GuardrailIdentifier, c.GuardrailVersion)
}

func streamGuardrailOf(c *bedrock.GuardrailStreamConfiguration) guardrail {
	if c == nil {
		return guardrail{}
	}
	return newGuardrail(c.GuardrailIdentifier, c.GuardrailVersion)
}

// arn is empty for none.
func (g guardrail) arn(x *exchange) string {
	if g.identifier == "" || strings.HasPrefix(g.identifier, "arn:") {
		return g.identifier
	}
	return x.arn("guardrail", g.identifier)
}

// versioned is the ARN with the version, but for the draft.
func (g guardrail) versioned(arn string) string {
	if g.version == "" || g.version == "DRAFT" {
		return arn
	}
	return arn + ":" + g.version
}

// arn is that of a resource of the caller's account and region.
func (x *exchange) arn(kind, id string) string {
	return policy.ResourceARN("aws", cmp.Or(x.principal.Region, conditions.DefaultRegion), x.principal.Account, kind, id)
}
