package audit

import (
	"cmp"
	"context"
	"errors"
	"net/netip"

	"github.com/saprolite/saprolite/internal/iam/conditions"
	"github.com/saprolite/saprolite/internal/sts"
)

// STS tells a trail of the requests to STS.
type STS struct {
	Trail *Trail
	// Proxies are those of [Bedrock].
	Proxies []netip.Prefix
}

// Observe writes the line of a call; it is for sts.Options.Observe. An error means
// that the call must not be answered.
func (s *STS) Observe(_ context.Context, c sts.Call) error {
	if err := s.Trail.add(s.event(&c)); err != nil && s.Trail.o.OnFailure == Refuse {
		return err
	}
	return nil
}

func (s *STS) event(c *sts.Call) *Event {
	e := &Event{
		UserIdentity: identityOf(&c.Caller, c.Request), EventTime: eventTime(c.Start),
		EventSource: "sts.amazonaws.com", EventName: cmp.Or(c.Action, "UnknownOperation"),
		AWSRegion: cmp.Or(c.Caller.Region, conditions.DefaultRegion), SourceIPAddress: sourceOf(c.Request, s.Proxies),
		UserAgent: clean(c.Request.UserAgent()), RequestID: c.RequestID, EventID: c.RequestID, ReadOnly: true,
		RecipientAccountID: cmp.Or(c.Caller.Account, accountOf(c.RoleARN)),
	}
	if c.Provider != "" || c.Subject != "" {
		// Who has a token is whom its provider says it is for.
		e.UserIdentity = UserIdentity{
			Type: "WebIdentityUser", PrincipalID: clean(c.Provider + ":" + c.Subject), UserName: clean(c.Subject), IdentityProvider: clean(c.Provider),
		}
	}
	if c.RoleARN != "" {
		e.RequestParameters = map[string]string{"roleArn": clean(c.RoleARN)}
		e.Resources = []Resource{{ARN: clean(c.RoleARN), AccountID: accountOf(c.RoleARN), Type: "AWS::IAM::Role"}}
		e.AdditionalEventData.AssumedRole = c.AssumedRoleARN
		e.AdditionalEventData.Decision = "Allow"
	}
	if c.Err != nil {
		e.ErrorCode = "InternalFailure"
		if public, ok := errors.AsType[*sts.Error](c.Err); ok {
			e.ErrorCode = public.Code
		}
		e.AdditionalEventData.Decision = ""
	}
	if e.ErrorCode == "AccessDenied" {
		e.AdditionalEventData.Decision = "Deny"
	}
	return e
}
