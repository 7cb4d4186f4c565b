package sts_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/sts"
)

func staticSession(c *types.Credentials) func(context.Context) (aws.Credentials, error) {
	return func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken}, nil
	}
}

func TestAssumeRoleRefuses(t *testing.T) {
	tags := func(pairs ...string) []types.Tag {
		var all []types.Tag
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
		}
		return all
	}
	h := newHouse(t)
	for name, test := range map[string]struct {
		change        func(*awssts.AssumeRoleInput)
		code, message string
	}{
		"unknown role": {func(in *awssts.AssumeRoleInput) { in.RoleArn = new(reader + "s") }, "AccessDenied",
			"User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole on resource: " + reader + "s"},
		"no role": {func(in *awssts.AssumeRoleInput) { in.RoleArn = new("arn:aws:iam::123456789012:user/bob") }, "ValidationError",
			"arn:aws:iam::123456789012:user/bob is invalid"},
		"short ARN": {func(in *awssts.AssumeRoleInput) { in.RoleArn = new("writer") }, "ValidationError",
			"1 validation error detected: Value 'writer' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20"},
		"name": {func(in *awssts.AssumeRoleInput) { in.RoleSessionName = new("a b") }, "ValidationError",
			`1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`},
		"several": {func(in *awssts.AssumeRoleInput) { in.RoleSessionName, in.DurationSeconds = new("a"), new(int32(899)) }, "ValidationError",
			"2 validation errors detected: Value 'a' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2; " +
				"Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"},
		"too long": {func(in *awssts.AssumeRoleInput) { in.DurationSeconds = new(int32(43201)) }, "ValidationError",
			"Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200"},
		"longer than the role allows": {func(in *awssts.AssumeRoleInput) { in.DurationSeconds = new(int32(7201)) }, "ValidationError",
			"The requested DurationSeconds exceeds the MaxSessionDuration set for this role."},
		"policy is not JSON": {func(in *awssts.AssumeRoleInput) { in.Policy = new("{") }, "MalformedPolicyDocument", "Syntax errors in policy."},
		"policy is null":     {func(in *awssts.AssumeRoleInput) { in.Policy = new("null") }, "MalformedPolicyDocument", "Syntax errors in policy."},
		"long policy": {func(in *awssts.AssumeRoleInput) { in.Policy = new(strings.Repeat("x", 2049)) }, "ValidationError",
			"at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048"},
		"eleven policies": {func(in *awssts.AssumeRoleInput) {
			in.PolicyArns = make([]types.PolicyDescriptorType, 11)
			for i := range in.PolicyArns {
				in.PolicyArns[i].Arn = new("arn:aws:iam::aws:policy/AmazonBedrockReadOnly")
			}
		}, "ValidationError", "Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10"},
		"policy that there is not": {func(in *awssts.AssumeRoleInput) {
			for _, name := range []string{"AmazonBedrockReadOnly", "missing"} {
				in.PolicyArns = append(in.PolicyArns, types.PolicyDescriptorType{Arn: new("arn:aws:iam::aws:policy/" + name)})
			}
		}, "MalformedPolicyDocument", "Policy arn:aws:iam::aws:policy/missing does not exist or is not attachable."},
		"packed": {func(in *awssts.AssumeRoleInput) {
			for range 3 {
				in.PolicyArns = append(in.PolicyArns, types.PolicyDescriptorType{Arn: new("arn:aws:iam::aws:policy/" + strings.Repeat("x", 1500))})
			}
		}, "PackedPolicyTooLarge", "Packed policy consumes 112% of allotted space, please use smaller policy."},
		"packed tags": {func(in *awssts.AssumeRoleInput) {
			for i := range 20 {
				in.Tags = append(in.Tags, types.Tag{Key: new("t" + string(rune('a'+i))), Value: new(strings.Repeat("x", 250))})
			}
		}, "PackedPolicyTooLarge", "Packed size of session tags consumes 124% of allotted space."},
		"same tag twice": {func(in *awssts.AssumeRoleInput) { in.Tags = tags("a", "1", "A", "2") }, "InvalidParameterValue",
			"Duplicate tag keys found. Please note that Tag keys are case insensitive."},
		"tag of AWS": {func(in *awssts.AssumeRoleInput) { in.Tags = tags("AWS:x", "1") }, "InvalidParameterValue", "Tag keys must not begin with aws:."},
		"transitive": {func(in *awssts.AssumeRoleInput) { in.Tags, in.TransitiveTagKeys = tags("a", "1"), []string{"b"} }, "InvalidParameterValue",
			"The specified transitive tag key must be included in the requested tags."},
		"tag with a strange key": {func(in *awssts.AssumeRoleInput) { in.Tags = tags("a*", "1") }, "ValidationError",
			"Value 'a*' at 'tags.1.member.key' failed to satisfy constraint"},
		"contexts": {func(in *awssts.AssumeRoleInput) {
			in.ProvidedContexts = []types.ProvidedContext{{ProviderArn: new("arn:aws:iam::aws:contextProvider/IdentityCenter"), ContextAssertion: new("assertion")}}
		}, "InvalidParameterValue", "ProvidedContexts are for IAM Identity Center, which there is not here."},
		"device": {func(in *awssts.AssumeRoleInput) {
			in.SerialNumber, in.TokenCode = new("arn:aws:iam::123456789012:mfa/a"), new("123456")
		}, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code."},
	} {
		t.Run(name, func(t *testing.T) {
			in := awssts.AssumeRoleInput{RoleArn: new(writer), RoleSessionName: new("job")}
			test.change(&in)
			_, err := h.client("AKIAALICE").AssumeRole(t.Context(), &in)
			wantAPIError(t, err, test.code, test.message)
		})
	}
	_, err := h.client("AKIAROOT").AssumeRole(t.Context(), &awssts.AssumeRoleInput{RoleArn: new(writer), RoleSessionName: new("job")})
	wantAPIError(t, err, "AccessDenied", "Roles may not be assumed by root accounts.")
}

// A web identity is told of policies that there are not, but only when the role trusts it.
func TestMissingPolicies(t *testing.T) {
	h := newHouse(t)
	assume := func() error {
		_, err := h.client("").AssumeRoleWithWebIdentity(t.Context(), &awssts.AssumeRoleWithWebIdentityInput{
			RoleArn: new(writer), RoleSessionName: new("job"), WebIdentityToken: new(h.issuer.token(nil)),
			PolicyArns: []types.PolicyDescriptorType{{Arn: new("arn:aws:iam::123456789012:policy/missing")}},
		})
		return err
	}
	wantAPIError(t, assume(), "MalformedPolicyDocument", "Policy arn:aws:iam::123456789012:policy/missing does not exist or is not attachable.")
	h.trusts = func(sts.Attempt) (bool, error) { return false, nil }
	wantAPIError(t, assume(), "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
}

// TestEachAttemptIsAsked refuses one action after the other.
func TestEachAttemptIsAsked(t *testing.T) {
	h := newHouse(t)
	for _, action := range []string{"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"} {
		h.trusts = func(a sts.Attempt) (bool, error) { return a.Action != action, nil }
		_, err := h.client("AKIAALICE").AssumeRole(t.Context(), &awssts.AssumeRoleInput{RoleArn: new(writer), RoleSessionName: new("job"),
			Tags: []types.Tag{{Key: new("a"), Value: new("b")}}, SourceIdentity: new("alice")})
		wantAPIError(t, err, "AccessDenied", "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: "+action+" on resource: "+writer)
	}
	h.trusts = func(sts.Attempt) (bool, error) { return false, errors.New("disk full") }
	_, err := h.client("AKIAALICE").AssumeRole(t.Context(), &awssts.AssumeRoleInput{RoleArn: new(writer), RoleSessionName: new("job")})
	wantAPIError(t, err, "InternalFailure", "The request processing has failed because of an unknown error, exception or failure.")
	if strings.Contains(err.Error(), "disk full") {
		t.Error("the caller learns of the disk")
	}
}

// TestWire shows what is on it.
func TestWire(t *testing.T) {
	h := newHouse(t)
	id := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)
	read := func(response *http.Response, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		if kind := response.Header.Get("Content-Type"); kind != "text/xml" || !id.MatchString(response.Header.Get("x-amzn-RequestId")) {
			t.Errorf("header %v", response.Header)
		}
		return response.Status + " " + id.ReplaceAllString(string(body), "ID")
	}
	const open, shut = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>`, `</Error><RequestId>ID</RequestId></ErrorResponse>`
	form := func(text string) string {
		return read(http.Post(h.url, "application/x-www-form-urlencoded; charset=utf-8", strings.NewReader(text)))
	}
	presigned, err := awssts.NewPresignClient(h.client("AKIAALICE")).PresignGetCallerIdentity(t.Context(), &awssts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	many := make(url.Values)
	for i := range 300 {
		many.Add("x", strings.Repeat("y", i%2))
	}
	for name, test := range map[string]struct{ got, want string }{
		"presigned": {read(http.Get(presigned.URL)), "200 OK " +
			`<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>` +
			`<Arn>arn:aws:iam::123456789012:user/alice</Arn><UserId>AIDAALICE</UserId><Account>123456789012</Account>` +
			`</GetCallerIdentityResult><ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></GetCallerIdentityResponse>`},
		"not signed": {form("Action=GetCallerIdentity&Version=2011-06-15"), "403 Forbidden " + open +
			"<Code>MissingAuthenticationToken</Code><Message>Request is missing Authentication Token</Message>" + shut},
		"no operation": {form("Action=GetRain&Version=2011-06-15"), "400 Bad Request " + open +
			"<Code>InvalidAction</Code><Message>Could not find operation GetRain for version 2011-06-15</Message>" + shut},
		"no version": {read(http.Get(h.url + "/?Action=GetCallerIdentity")), "400 Bad Request " + open +
			"<Code>InvalidAction</Code><Message>Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED</Message>" + shut},
		"nothing": {form("Action=AssumeRoleWithWebIdentity&Version=2011-06-15"), "400 Bad Request " + open +
			"<Code>ValidationError</Code><Message>3 validation errors detected: Value null at &#39;roleArn&#39; failed to satisfy constraint: Member must not be null; " +
			"Value null at &#39;roleSessionName&#39; failed to satisfy constraint: Member must not be null; " +
			"Value null at &#39;webIdentityToken&#39; failed to satisfy constraint: Member must not be null</Message>" + shut},
		"too long":      {form(strings.Repeat("x", 129<<10)), "400 Bad Request " + open + "<Code>MalformedInput</Code><Message>Unable to read the request body, or it is too long.</Message>" + shut},
		"too many":      {form(many.Encode()), "400 Bad Request " + open + "<Code>MalformedInput</Code><Message>There are too many parameters.</Message>" + shut},
		"no text":       {form("Action=AssumeRole&Version=2011-06-15&PolicyArns.member.1.arn=%8e"), "400 Bad Request " + open + "<Code>MalformedInput</Code><Message>Unable to read the parameters.</Message>" + shut},
		"no parameters": {form("%zz"), "400 Bad Request " + open + "<Code>MalformedInput</Code><Message>Unable to read the parameters.</Message>" + shut},
		"another type": {read(http.Post(h.url, "application/json", strings.NewReader("{}"))), "400 Bad Request " + open +
			"<Code>MalformedInput</Code><Message>The content type must be application/x-www-form-urlencoded.</Message>" + shut},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestObserve(t *testing.T) {
	h := newHouse(t)
	if err := h.withToken(h.issuer.token(nil)); err != nil {
		t.Fatal(err)
	}
	_, err := h.client("AKIAALICE").AssumeRole(t.Context(), &awssts.AssumeRoleInput{RoleArn: new(reader + "s"), RoleSessionName: new("job")})
	wantAPIError(t, err, "AccessDenied", "")
	if len(h.calls) != 2 {
		t.Fatalf("%d calls", len(h.calls))
	}
	good, bad := h.calls[0], h.calls[1]
	if good.Err != nil || good.Action != "AssumeRoleWithWebIdentity" || good.RoleARN != writer ||
		good.AssumedRoleARN != "arn:aws:sts::123456789012:assumed-role/writer/pod" || good.Caller.ARN != "" || good.Subject != subject ||
		good.Provider != "arn:aws:iam::123456789012:oidc-provider/"+h.issuer.name() {
		t.Errorf("%+v", good)
	}
	refusal, ok := errors.AsType[*sts.Error](bad.Err)
	if !ok || refusal.Code != "AccessDenied" || bad.Caller.UserName != "alice" || bad.AssumedRoleARN != "" {
		t.Errorf("%+v", bad)
	}
	h.refuse = errors.New("no line in the trail")
	_, err = h.client("AKIAALICE").GetCallerIdentity(t.Context(), &awssts.GetCallerIdentityInput{})
	wantAPIError(t, err, "InternalFailure", "")
}
