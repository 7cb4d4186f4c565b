package audit

import (
	"bytes"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// eventVersion is that of CloudTrail's records (AWS CloudTrail User Guide, "CloudTrail
// record contents").
const eventVersion = "1.11"

// Event is a line of the trail: a record of CloudTrail, and in AdditionalEventData
// what policies said.
type Event struct {
	EventVersion string       `json:"eventVersion"`
	UserIdentity UserIdentity `json:"userIdentity"`
	// EventTime is in UTC, to the second as in CloudTrail.
	EventTime string `json:"eventTime"`
	// EventSource is bedrock.amazonaws.com, sts.amazonaws.com or, for commands,
	// iam.amazonaws.com.
	EventSource     string `json:"eventSource"`
	EventName       string `json:"eventName"`
	AWSRegion       string `json:"awsRegion"`
	SourceIPAddress string `json:"sourceIPAddress"`
	UserAgent       string `json:"userAgent,omitzero"`
	ErrorCode       string `json:"errorCode,omitzero"`
	// ErrorMessage is there for refusals by policies alone: other texts may quote
	// what the caller sent.
	ErrorMessage string `json:"errorMessage,omitzero"`
	// RequestParameters are those that name things, as modelId.
	RequestParameters   map[string]string   `json:"requestParameters"`
	ResponseElements    *struct{}           `json:"responseElements"`
	AdditionalEventData AdditionalEventData `json:"additionalEventData,omitzero"`
	RequestID           string              `json:"requestID"`
	EventID             string              `json:"eventID"`
	ReadOnly            bool                `json:"readOnly"`
	Resources           []Resource          `json:"resources,omitzero"`
	EventType           string              `json:"eventType"`
	ManagementEvent     bool                `json:"managementEvent"`
	RecipientAccountID  string              `json:"recipientAccountId,omitzero"`
	EventCategory       string              `json:"eventCategory"`
}

// UserIdentity says who made a request.
type UserIdentity struct {
	// Type is IAMUser, AssumedRole, Root, WebIdentityUser, OSUser for who runs a command
	// on the machine itself or, for those whom nobody knows, Unknown.
	Type        string `json:"type"`
	PrincipalID string `json:"principalId,omitzero"`
	ARN         string `json:"arn,omitzero"`
	AccountID   string `json:"accountId,omitzero"`
	// AccessKeyID is that of the signature; for a request with a wrong one it is
	// what the request says.
	AccessKeyID string `json:"accessKeyId,omitzero"`
	UserName    string `json:"userName,omitzero"`
	// IdentityProvider vouches for a WebIdentityUser.
	IdentityProvider string          `json:"identityProvider,omitzero"`
	SessionContext   *SessionContext `json:"sessionContext,omitzero"`
}

// SessionContext says which role a session is of, and since when.
type SessionContext struct {
	SessionIssuer  SessionIssuer     `json:"sessionIssuer"`
	Attributes     SessionAttributes `json:"attributes"`
	SourceIdentity string            `json:"sourceIdentity,omitzero"`
	Federation     *Federation       `json:"webIdFederationData,omitzero"`
}

// Federation says on whose word a role was assumed.
type Federation struct {
	FederatedProvider string `json:"federatedProvider"`
}

// SessionIssuer is the role of a session.
type SessionIssuer struct {
	Type      string `json:"type"`
	ARN       string `json:"arn"`
	AccountID string `json:"accountId"`
	UserName  string `json:"userName"`
}

// SessionAttributes are those of a session.
type SessionAttributes struct {
	CreationDate string `json:"creationDate"`
}

// Resource is something that a request was about.
type Resource struct {
	ARN       string `json:"ARN"`
	AccountID string `json:"accountId,omitzero"`
	Type      string `json:"type,omitzero"`
}

// AdditionalEventData says how a request was decided.
type AdditionalEventData struct {
	// CallWithBearerToken is true for an API key.
	CallWithBearerToken bool `json:"callWithBearerToken,omitzero"`
	// BearerTokenType is SHORT_TERM or LONG_TERM.
	BearerTokenType string `json:"bearerTokenType,omitzero"`
	// Decision is Allow, Deny (by a statement), ImplicitDeny (since no statement
	// allows it) or, where no policies decide, nothing.
	Decision string `json:"decision,omitzero"`
	// Policies are the statements that decided, each action's.
	Policies []DecidedBy `json:"policies,omitzero"`
	// InferenceProfile is the one that the request named, and Provider the
	// configured one that answered.
	InferenceProfile string `json:"inferenceProfile,omitzero"`
	Provider         string `json:"provider,omitzero"`
	// AssumedRole is the session that was made.
	AssumedRole string `json:"assumedRole,omitzero"`
}

// DecidedBy is a statement that decided about an action.
type DecidedBy struct {
	Action   string `json:"action"`
	Decision string `json:"decision"`
	// Policy and Sid name the statement, Statement is its place in the policy from
	// 0. An ImplicitDeny has none.
	Policy    string `json:"policy,omitzero"`
	Sid       string `json:"sid,omitzero"`
	Statement *int   `json:"statement,omitzero"`
	// Kind is that of the policy that denied, as "identity-based policy".
	Kind string `json:"kind,omitzero"`
}

func eventTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// add writes an event to the trail.
func (t *Trail) add(e *Event) error {
	e.EventVersion, e.EventType, e.EventCategory, e.ManagementEvent = eventVersion, "AwsApiCall", "Management", true
	var line bytes.Buffer
	if err := json.MarshalWrite(&line, e, json.Deterministic(true), jsontext.AllowInvalidUTF8(true)); err != nil {
		return err
	}
	line.WriteByte('\n')
	return t.write(line.Bytes())
}
