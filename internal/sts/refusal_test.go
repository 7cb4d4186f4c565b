package sts_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"
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

func (h *house) withToken(token string) error {
	_, err := h.client("").AssumeRoleWithWebIdentity(h.t.Context(), &awssts.AssumeRoleWithWebIdentityInput{
		RoleArn: new(writer), RoleSessionName: new("pod"), WebIdentityToken: &token,
	})
	return err
}

func TestWebIdentityRefuses(t *testing.T) {
	h := newHouse(t)
	if err := h.withToken(h.issuer.token(nil)); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	whole := h.issuer.token(nil)
	header, rest, _ := strings.Cut(whole, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	const noKey = "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
	for name, test := range map[string]struct{ token, code, message string }{
		"no token at all":            {"an access token", "InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"},
		"another issuer":             {h.issuer.token(map[string]any{"iss": "https://example.com"}), "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://example.com"},
		"another audience":           {h.issuer.token(map[string]any{"aud": "else"}), "InvalidIdentityToken", "Incorrect token audience"},
		"no audience":                {h.issuer.token(map[string]any{"aud": nil}), "InvalidIdentityToken", "Incorrect token audience"},
		"issued to another":          {h.issuer.token(map[string]any{"azp": "else"}), "InvalidIdentityToken", "Incorrect token audience"},
		"no subject":                 {h.issuer.token(map[string]any{"sub": nil}), "InvalidIdentityToken", "Missing a required claim: sub"},
		"expired":                    {h.issuer.token(map[string]any{"exp": now.Add(-time.Minute).Unix()}), "ExpiredTokenException", "must be before the expiration date/time"},
		"no end":                     {h.issuer.token(map[string]any{"exp": nil}), "ExpiredTokenException", "must be before the expiration date/time"},
		"not yet":                    {h.issuer.token(map[string]any{"nbf": now.Add(time.Hour).Unix()}), "IDPRejectedClaim", "The token is not valid yet."},
		"another signature":          {header + "." + payload + "." + signature[:20] + "AAAA" + signature[24:], "InvalidIdentityToken", noKey},
		"not signed":                 {"eyJhbGciOiJub25lIn0." + payload + ".", "InvalidIdentityToken", noKey},
		"a shared secret":            {hmacToken(t, h.issuer, "HS256"), "InvalidIdentityToken", noKey},
		"claims that differ in case": {h.issuer.token(map[string]any{"SUB": "system:serviceaccount:kube-system:admin"}), "InvalidIdentityToken", "The claims of the token are malformed."},
		"strange source":             {h.issuer.token(map[string]any{"https://aws.amazon.com/source_identity": "a b"}), "InvalidIdentityToken", "The claim https://aws.amazon.com/source_identity is malformed."},
		"a source that is none":      {h.issuer.token(map[string]any{"https://aws.amazon.com/source_identity": []string{"alice"}}), "InvalidIdentityToken", "The claim https://aws.amazon.com/source_identity is malformed."},
		"strange tags":               {h.issuer.token(map[string]any{"https://aws.amazon.com/tags": "x"}), "InvalidIdentityToken", "The claim https://aws.amazon.com/tags is malformed."},
		"long":                       {strings.Repeat("x", 20001), "ValidationError", "Value at 'webIdentityToken' failed to satisfy constraint: Member must have length less than or equal to 20000"},
	} {
		t.Run(name, func(t *testing.T) { wantAPIError(t, h.withToken(test.token), test.code, test.message) })
	}
	delete(h.roles, writer)
	wantAPIError(t, h.withToken(whole), "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
}

// hmacToken takes the provider's public key, which everybody has, for a shared secret.
func hmacToken(t *testing.T, i *issuer, algorithm string) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(i.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	header := fmt.Sprintf(`{"alg":%q,"kid":"first","typ":"JWT"}`, algorithm)
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(i.claims(nil)))
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// TestSourceOfToken has the provider say who is behind the session.
func TestSourceOfToken(t *testing.T) {
	h := newHouse(t)
	got, err := h.client("").AssumeRoleWithWebIdentity(t.Context(), &awssts.AssumeRoleWithWebIdentityInput{
		RoleArn: new(writer), RoleSessionName: new("pod"),
		WebIdentityToken: new(h.issuer.token(map[string]any{"https://aws.amazon.com/source_identity": "alice@example.com"})),
	})
	if err != nil {
		t.Fatal(err)
	}
	key, err := h.tokens.Open(t.Context(), *got.Credentials.AccessKeyId, *got.Credentials.SessionToken)
	if err != nil {
		t.Fatal(err)
	}
	last := h.attempts[len(h.attempts)-1]
	if source := key.Principal.Session.SourceIdentity; source != "alice@example.com" || *got.SourceIdentity != source ||
		last.Action != "sts:SetSourceIdentity" || !slices.Equal(last.Conditions["sts:SourceIdentity"], []string{source}) {
		t.Errorf("%q; asked at last: %+v", source, last)
	}
}

func TestTagsOfToken(t *testing.T) {
	h := newHouse(t)
	got, err := h.client("").AssumeRoleWithWebIdentity(t.Context(), &awssts.AssumeRoleWithWebIdentityInput{
		RoleArn: new(reader), RoleSessionName: new("pod"), WebIdentityToken: new(h.issuer.token(map[string]any{
			"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"team": []string{"sand"}}, "transitive_tag_keys": []string{"team"}},
		})),
	})
	if err != nil {
		t.Fatal(err)
	}
	key, err := h.tokens.Open(t.Context(), *got.Credentials.AccessKeyId, *got.Credentials.SessionToken)
	if err != nil {
		t.Fatal(err)
	}
	if key.Principal.Tags["team"] != "sand" || key.Principal.Session.TransitiveTags[0] != "team" {
		t.Errorf("%+v", key.Principal)
	}
	if last := h.attempts[len(h.attempts)-1]; last.Action != "sts:TagSession" {
		t.Errorf("asked for %s at last", last.Action)
	}
}

// TestKeyRotation has the provider change its key, and strangers send tokens of keys
// that it never had.
func TestKeyRotation(t *testing.T) {
	h := newHouse(t)
	keys := h.issuer.asked["/keys"]
	for range 3 {
		if err := h.withToken(h.issuer.token(nil)); err != nil {
			t.Fatal(err)
		}
	}
	if n := keys.Load(); n != 1 {
		t.Errorf("keys asked for %d times", n)
	}
	second := newKey(t)
	token := oidctest.SignIDToken(second, "second", oidc.RS256, h.issuer.claims(nil))
	for range 5 {
		wantAPIError(t, h.withToken(token), "InvalidIdentityToken", "Couldn't retrieve verification key")
	}
	if n := keys.Load(); n != 1 {
		t.Errorf("keys asked for %d times at a stranger's wish", n)
	}
	h.issuer.publish("second", second)
	h.late.Store(int64(10 * time.Second))
	if err := h.withToken(token); err != nil {
		t.Error(err)
	}
	// After an hour, the key that was withdrawn is gone, whoever still has it.
	h.late.Store(int64(62 * time.Minute))
	old := h.issuer.token(map[string]any{"exp": time.Now().Add(3 * time.Hour).Unix()})
	wantAPIError(t, h.withToken(old), "InvalidIdentityToken", "Couldn't retrieve verification key")
}

// TestProviderDown has no provider at first, and none in the end.
func TestProviderDown(t *testing.T) {
	h := newHouse(t)
	token := h.issuer.token(map[string]any{"exp": time.Now().Add(3 * time.Hour).Unix()})
	h.issuer.down.Store(true)
	wantAPIError(t, h.withToken(token), "InvalidIdentityToken", "Couldn't retrieve verification key")
	h.issuer.down.Store(false)
	wantAPIError(t, h.withToken(token), "IDPCommunicationError", "could not be reached")
	h.late.Store(int64(time.Second))
	if err := h.withToken(token); err != nil {
		t.Fatal(err)
	}
	h.issuer.server.Close()
	h.late.Store(int64(2 * time.Hour))
	if err := h.withToken(token); err != nil {
		t.Error("the keys that are known do not serve on:", err)
	}
	other := newHouse(t)
	other.issuer.server.Close()
	wantAPIError(t, other.withToken(other.issuer.token(nil)), "IDPCommunicationError", "could not be reached")
}

// hanging is a way to a provider that answers nothing, and takes ten seconds for it.
type hanging struct {
	late  *atomic.Int64
	asked int
}

func (h *hanging) RoundTrip(*http.Request) (*http.Response, error) {
	h.asked++
	h.late.Add(int64(10 * time.Second))
	return nil, os.ErrDeadlineExceeded
}

// TestProviderHangs has many wait for a provider. When it has failed one of them, the
// others do not ask it again one after the other.
func TestProviderHangs(t *testing.T) {
	h := newHouse(t)
	way := &hanging{late: &h.late}
	service, err := sts.New(sts.Options{Roles: h, Tokens: h.tokens, Now: h.now,
		Providers: []sts.Provider{{Issuer: h.issuer.url, Audiences: []string{"sts.amazonaws.com"}, Transport: way}}})
	if err != nil {
		t.Fatal(err)
	}
	h.server = service
	form := url.Values{"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleArn": {writer}, "RoleSessionName": {"pod"},
		"WebIdentityToken": {h.issuer.token(nil)}}.Encode()
	for range 3 {
		if status := h.serve(t, form); status != http.StatusBadRequest {
			t.Errorf("status %d", status)
		}
	}
	if way.asked != 1 {
		t.Errorf("asked %d times", way.asked)
	}
	h.late.Add(int64(time.Second))
	h.serve(t, form)
	if way.asked != 2 {
		t.Errorf("asked %d times a second later", way.asked)
	}
}

func TestNewRefusesProviders(t *testing.T) {
	for issuer, want := range map[string]string{
		"http://example.com":       "must be https",
		"example.com":              "is not the URL of an issuer",
		"https://a:b@example.com":  "is not the URL of an issuer",
		"https://example.com?x=1":  "is not the URL of an issuer",
		"https://example.com/none": "it needs an audience",
		"http://127.0.0.1:1":       "it needs an audience",
	} {
		_, err := sts.New(sts.Options{Providers: []sts.Provider{{Issuer: issuer}}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", issuer, err, want)
		}
	}
	twice := sts.Provider{Issuer: "https://example.com", Audiences: []string{"a"}}
	if _, err := sts.New(sts.Options{Providers: []sts.Provider{twice, twice}}); err == nil || !strings.Contains(err.Error(), "it is there twice") {
		t.Error(err)
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
