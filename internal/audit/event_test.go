package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/server"
	"github.com/saprolite/saprolite/internal/sts"
)

const (
	account   = "123456789012"
	aliceARN  = "arn:aws:iam::" + account + ":user/alice"
	modelID   = "amazon.nova-lite-v1:0"
	modelARN  = "arn:aws:bedrock:eu-central-1::foundation-model/" + modelID
	requestID = "2b1f0c6e-6a5e-4a57-9a3e-0f6a8d1c2b3a"
)

var start = time.Date(2026, 11, 25, 19, 30, 0, 5e8, time.UTC)

// request is one that is signed with a key of Alice's.
func request(t *testing.T) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/model/"+modelID+"/converse", nil)
	r.RemoteAddr = "10.1.2.3:4567"
	r.SetPathValue("modelId", modelID)
	r.Header.Set("User-Agent", "Boto3/1.40")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLEALICE0001/20261125/eu-central-1/bedrock/aws4_request, SignedHeaders=host, Signature=feed")
	return r
}

func alice() identity.Principal {
	return identity.Principal{ARN: aliceARN, Account: account, UserID: "AIDAALICE", UserName: "alice", Region: "eu-central-1"}
}

// written gives the line that a request leaves.
func written(t *testing.T, write func(*Trail)) map[string]any {
	t.Helper()
	var out bytes.Buffer
	write(open(t, Options{Writer: &out}))
	if strings.Count(out.String(), "\n") != 1 {
		t.Fatalf("not one line: %q", out.String())
	}
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	return line
}

func bedrockLine(t *testing.T, c *server.Call) map[string]any {
	t.Helper()
	return written(t, func(trail *Trail) {
		b := &Bedrock{Trail: trail}
		if _, err := b.Begin(t.Context(), c); err != nil {
			t.Error(err)
		}
		if err := b.Answered(t.Context(), c); err != nil {
			t.Error(err)
		}
		b.Ended(t.Context(), c)
	})
}

// An answered request of a user has all that CloudTrail tells of one.
func TestUser(t *testing.T) {
	got := bedrockLine(t, &server.Call{
		RequestID: requestID, Start: start, Operation: bedrock.OperationConverse, Request: request(t), Principal: alice(),
		Decisions: []policy.Decision{{Outcome: policy.Allowed, Action: "bedrock:InvokeModel", By: policy.Ref{Policy: "nova-only", Sid: "Models", Index: 1}}},
		Resources: []string{modelARN}, Usage: meter.Record{Status: 200, Provider: "local"},
	})
	want := map[string]any{
		"eventVersion": "1.11", "eventTime": "2026-11-25T19:30:00Z", "eventSource": "bedrock.amazonaws.com", "eventName": "Converse",
		"awsRegion": "eu-central-1", "sourceIPAddress": "10.1.2.3", "userAgent": "Boto3/1.40",
		"userIdentity": map[string]any{
			"type": "IAMUser", "principalId": "AIDAALICE", "arn": aliceARN, "accountId": account, "accessKeyId": "AKIAEXAMPLEALICE0001", "userName": "alice",
		},
		"requestParameters": map[string]any{"modelId": modelID}, "responseElements": nil,
		"additionalEventData": map[string]any{"decision": "Allow", "provider": "local", "policies": []any{map[string]any{
			"action": "bedrock:InvokeModel", "decision": "Allow", "policy": "nova-only", "sid": "Models", "statement": 1.0,
		}}},
		"requestID": requestID, "eventID": requestID, "readOnly": true,
		"resources": []any{map[string]any{"ARN": modelARN, "type": "AWS::Bedrock::Model"}},
		"eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": account, "eventCategory": "Management",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// A refusal says why, and a session of which role it is.
func TestDeniedSession(t *testing.T) {
	session := identity.Principal{
		ARN: "arn:aws:sts::" + account + ":assumed-role/batch/job", Account: account, UserID: "AROABATCH:job", BearerTokenType: identity.ShortTerm,
		Session: &identity.Session{RoleARN: "arn:aws:iam::" + account + ":role/team/batch", Name: "job", Issued: start, Provider: "arn:aws:iam::" + account + ":oidc-provider/issuer", SourceIdentity: "carol"},
	}
	denied := policy.Decision{Outcome: policy.ImplicitDeny, Layer: policy.IdentityBased, Action: "bedrock:InvokeModel", Resource: modelARN}
	got := bedrockLine(t, &server.Call{
		Operation: bedrock.OperationConverse, Request: request(t), Principal: session, Decisions: []policy.Decision{denied},
		Refusal: denied.Refusal(session.ARN), Usage: meter.Record{Status: 403, Error: "AccessDeniedException"},
	})
	who := got["userIdentity"].(map[string]any)
	want := map[string]any{
		"sessionIssuer":       map[string]any{"type": "Role", "arn": session.Session.RoleARN, "accountId": account, "userName": "batch"},
		"attributes":          map[string]any{"creationDate": "2026-11-25T19:30:00Z"},
		"webIdFederationData": map[string]any{"federatedProvider": session.Session.Provider}, "sourceIdentity": "carol",
	}
	if d := cmp.Diff(want, who["sessionContext"]); d != "" || who["type"] != "AssumedRole" {
		t.Errorf("%v: %s", who["type"], d)
	}
	if got["errorCode"] != "AccessDeniedException" || !strings.Contains(got["errorMessage"].(string), "because no identity-based policy allows the bedrock:InvokeModel action") {
		t.Errorf("%v: %v", got["errorCode"], got["errorMessage"])
	}
	more := got["additionalEventData"].(map[string]any)
	if more["decision"] != "ImplicitDeny" || more["callWithBearerToken"] != true || more["bearerTokenType"] != "SHORT_TERM" {
		t.Errorf("%v", more)
	}
}

// What nobody knows is told as it is, and what may be a secret is not told.
func TestUnknown(t *testing.T) {
	r := request(t)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY/x")
	r.Header.Set("User-Agent", strings.Repeat("a", 5000)+"\xff")
	got := bedrockLine(t, &server.Call{Request: r, BadCredentials: true, Usage: meter.Record{Status: 403, Error: "UnrecognizedClientException"}})
	if d := cmp.Diff(map[string]any{"type": "Unknown"}, got["userIdentity"]); d != "" {
		t.Error(d)
	}
	if got["eventName"] != "UnknownOperation" || got["awsRegion"] != "us-east-1" || len(got["userAgent"].(string)) != 2048 {
		t.Errorf("%v", got)
	}
}

func TestAccessKeyID(t *testing.T) {
	for text, want := range map[string]string{
		"AWS4-HMAC-SHA256 Credential=AKIAEXAMPLEALICE0001/2026": "AKIAEXAMPLEALICE0001",
		"AWS4-HMAC-SHA256 Credential=akiaexamplealice0001/2026": "",
		"AWS4-HMAC-SHA256 Credential=AKIA/2026":                 "",
		"Bearer ABSKsecretsecretsecret":                         "",
		"":                                                      "",
	} {
		r := &http.Request{URL: request(t).URL, Header: http.Header{"Authorization": {text}}}
		if got := accessKeyID(r); got != want {
			t.Errorf("%s names %q", text, got)
		}
	}
	presigned := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?X-Amz-Credential=AKIAEXAMPLEALICE0001%2F2026", nil)
	if got := accessKeyID(presigned); got != "AKIAEXAMPLEALICE0001" {
		t.Errorf("a query names %q", got)
	}
}

func TestSTS(t *testing.T) {
	role := "arn:aws:iam::" + account + ":role/batch"
	web := written(t, func(trail *Trail) {
		err := (&STS{Trail: trail}).Observe(t.Context(), sts.Call{
			RequestID: requestID, Action: "AssumeRoleWithWebIdentity", Start: start, Request: request(t), RoleARN: role,
			Provider: "arn:aws:iam::" + account + ":oidc-provider/issuer", Subject: "system:pod", AssumedRoleARN: "arn:aws:sts::" + account + ":assumed-role/batch/pod",
		})
		if err != nil {
			t.Error(err)
		}
	})
	who := map[string]any{
		"type": "WebIdentityUser", "principalId": "arn:aws:iam::" + account + ":oidc-provider/issuer:system:pod", "userName": "system:pod",
		"identityProvider": "arn:aws:iam::" + account + ":oidc-provider/issuer",
	}
	if d := cmp.Diff(who, web["userIdentity"]); d != "" || web["eventSource"] != "sts.amazonaws.com" || web["eventName"] != "AssumeRoleWithWebIdentity" {
		t.Errorf("%v %s", web["eventName"], d)
	}
	denied := written(t, func(trail *Trail) {
		err := (&STS{Trail: trail}).Observe(t.Context(), sts.Call{
			Action: "AssumeRole", Request: request(t), RoleARN: role, Caller: alice(), Err: &sts.Error{Code: "AccessDenied", Message: "secret"},
		})
		if err != nil {
			t.Error(err)
		}
	})
	if denied["errorCode"] != "AccessDenied" || denied["errorMessage"] != nil || denied["additionalEventData"].(map[string]any)["decision"] != "Deny" ||
		denied["requestParameters"].(map[string]any)["roleArn"] != role {
		t.Errorf("%v", denied)
	}
}

// Where lines must be written, what has none is refused.
func TestRefusedWithoutLine(t *testing.T) {
	full := &broken{err: errors.New("the disk is full")}
	for _, way := range []OnFailure{Refuse, Continue} {
		trail := open(t, Options{Writer: full, OnFailure: way})
		b, c := &Bedrock{Trail: trail}, &server.Call{Request: request(t)}
		_, before := b.Begin(t.Context(), c)
		failed := b.Answered(t.Context(), c)
		_, after := b.Begin(t.Context(), c)
		ofSTS := (&STS{Trail: trail}).Observe(t.Context(), sts.Call{Request: request(t)})
		exception, ok := errors.AsType[bedrock.Exception](failed)
		if refused := way == Refuse; before != nil || (failed != nil) != refused || (after != nil) != refused || (ofSTS != nil) != refused || ok != refused {
			t.Errorf("%s: %v, %v, %v, %v", way, before, failed, after, ofSTS)
		} else if ok && exception.HTTPStatusCode() != http.StatusServiceUnavailable {
			t.Errorf("the status is %d", exception.HTTPStatusCode())
		}
	}
}

// What commands change is put down under IAM's names, and by whom.
func TestChanged(t *testing.T) {
	for kind, want := range map[iam.Kind]string{
		iam.KindAccount: "CreateAccount accountId", iam.KindUser: "CreateUser userName", iam.KindGroup: "CreateGroup groupName",
		iam.KindRole: "CreateRole roleName", iam.KindPolicy: "CreatePolicy policyName", iam.KindAccessKey: "CreateAccessKey accessKeyId",
		iam.KindAPIKey: "CreateServiceSpecificCredential serviceSpecificCredentialId",
	} {
		line := written(t, func(trail *Trail) {
			if err := trail.Changed(Change{Verb: Create, Entity: iam.Ref{Kind: kind, Account: account, Name: "x"}, At: start}); err != nil {
				t.Error(err)
			}
		})
		name, parameter, _ := strings.Cut(want, " ")
		if line["eventName"] != name || line["requestParameters"].(map[string]any)[parameter] != "x" || line["recipientAccountId"] != account ||
			line["userIdentity"].(map[string]any)["type"] != "OSUser" || line["readOnly"] != false {
			t.Errorf("%s: %v", kind, line)
		}
	}
	for how, refused := range map[OnFailure]bool{Refuse: true, Continue: false} {
		trail := open(t, Options{Writer: &broken{err: errors.New("full")}, OnFailure: how})
		if err := trail.Changed(Change{Verb: Delete}); (err != nil) != refused {
			t.Errorf("%s: %v", how, err)
		}
	}
}

func BenchmarkAnswered(b *testing.B) {
	trail, err := Open(Options{Path: b.TempDir() + "/audit.jsonl"})
	if err != nil {
		b.Fatal(err)
	}
	defer trail.Close()
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/model/"+modelID+"/converse", nil)
	r.SetPathValue("modelId", modelID)
	c := &server.Call{
		RequestID: requestID, Start: start, Operation: bedrock.OperationConverse, Request: r, Principal: alice(),
		Decisions: []policy.Decision{{Outcome: policy.Allowed, Action: "bedrock:InvokeModel", By: policy.Ref{Policy: "nova-only"}}}, Resources: []string{modelARN},
	}
	observer := &Bedrock{Trail: trail}
	b.ReportAllocs()
	for b.Loop() {
		if err := observer.Answered(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
}
