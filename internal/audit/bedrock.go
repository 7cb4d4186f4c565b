package audit

import (
	"cmp"
	"context"
	"net/netip"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/iam/conditions"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/server"
)

// Bedrock tells a trail of the requests of the Bedrock API. It is a server.Observer.
type Bedrock struct {
	Trail *Trail
	// Proxies are the addresses of reverse proxies whose word about their clients'
	// addresses counts.
	Proxies []netip.Prefix
}

// errUnwritten refuses a request without a line.
func errUnwritten(cause error) error {
	return bedrock.WithCause(&bedrock.ServiceUnavailableException{
		Message: "Bedrock is unable to process your request.",
	}, cause)
}

// Begin refuses a request while no line can be written, where that is asked for.
func (b *Bedrock) Begin(ctx context.Context, _ *server.Call) (context.Context, error) {
	if !b.Trail.ready() {
		return ctx, errUnwritten(nil)
	}
	return ctx, nil
}

// Answered writes the line of a request.
func (b *Bedrock) Answered(_ context.Context, c *server.Call) error {
	if err := b.Trail.add(b.event(c)); err != nil && b.Trail.o.OnFailure == Refuse {
		return errUnwritten(err)
	}
	return nil
}

// Ended has nothing to add.
func (b *Bedrock) Ended(context.Context, *server.Call) {}

func (b *Bedrock) event(c *server.Call) *Event {
	e := &Event{
		UserIdentity: identityOf(&c.Principal, c.Request), EventTime: eventTime(c.Start),
		EventSource: "bedrock.amazonaws.com", EventName: cmp.Or(c.Operation.Name, "UnknownOperation"),
		AWSRegion: cmp.Or(c.Principal.Region, conditions.DefaultRegion), SourceIPAddress: sourceOf(c.Request, b.Proxies),
		UserAgent: clean(c.Request.UserAgent()), ErrorCode: c.Usage.Error, ErrorMessage: clean(c.Refusal),
		RequestParameters: c.Names(), RequestID: c.RequestID, EventID: c.RequestID,
		ReadOnly: readOnly(c.Operation.Name), RecipientAccountID: c.Principal.Account,
	}
	for name, value := range e.RequestParameters {
		e.RequestParameters[name] = clean(value)
	}
	if c.Operation.Name != "" {
		e.Resources = resourcesOf(c, e.AWSRegion)
	}
	e.AdditionalEventData = AdditionalEventData{
		CallWithBearerToken: c.Principal.BearerTokenType != "", BearerTokenType: string(c.Principal.BearerTokenType),
		InferenceProfile: clean(c.Usage.Profile), Provider: c.Usage.Provider,
	}
	e.AdditionalEventData.decide(c.Decisions)
	return e
}

// readOnly is true for what changes nothing, as CloudTrail has it: inference too.
func readOnly(operation string) bool {
	for _, verb := range []string{"Create", "Delete", "Put", "Tag", "Untag", "Start", "Stop", "Update"} {
		if strings.HasPrefix(operation, verb) {
			return false
		}
	}
	return true
}

// resourcesOf are those that policies were asked about, or else the model.
func resourcesOf(c *server.Call, region string) []Resource {
	arns := c.Resources
	if len(arns) == 0 && c.Model != nil {
		arns = []string{policy.ResourceARN("aws", region, "", "foundation-model", c.Model.ID)}
	}
	var resources []Resource
	for _, arn := range arns {
		resources = append(resources, Resource{ARN: clean(arn), AccountID: accountOf(arn), Type: typeOf(arn)})
	}
	return resources
}

// accountOf is the account of an ARN; the models of the service have none.
func accountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || len(parts[4]) != 12 {
		return ""
	}
	return parts[4]
}

// resourceTypes are CloudTrail's names of what ARNs are of.
var resourceTypes = map[string]string{
	"foundation-model": "AWS::Bedrock::Model", "custom-model": "AWS::Bedrock::Model", "imported-model": "AWS::Bedrock::Model",
	"inference-profile": "AWS::Bedrock::InferenceProfile", "application-inference-profile": "AWS::Bedrock::InferenceProfile",
	"guardrail": "AWS::Bedrock::Guardrail", "prompt": "AWS::Bedrock::Prompt",
}

func typeOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	kind, _, _ := strings.Cut(parts[len(parts)-1], "/")
	return resourceTypes[kind]
}

// decide notes what policies said.
func (a *AdditionalEventData) decide(decisions []policy.Decision) {
	for i := range decisions {
		d := &decisions[i]
		by := DecidedBy{Action: d.Action, Decision: verdict(d.Outcome), Policy: d.By.Policy, Sid: d.By.Sid}
		if d.By.Policy != "" {
			by.Statement = new(d.By.Index)
		}
		if !d.Allowed() {
			by.Kind = d.Layer.String()
		}
		a.Decision = by.Decision // the last one is that of a refusal
		a.Policies = append(a.Policies, by)
	}
}

func verdict(o policy.Outcome) string {
	switch o {
	case policy.Allowed:
		return "Allow"
	case policy.ImplicitDeny:
		return "ImplicitDeny"
	default:
		return "Deny"
	}
}
