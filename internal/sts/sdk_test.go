package sts_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/sts"
)

func jsonOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// wantAPIError looks at a refusal as a program sees it that uses the SDK.
func wantAPIError(t *testing.T, err error, code, message string) {
	t.Helper()
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok || api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), message) {
		t.Errorf("error %v, want %s: %s", err, code, message)
	}
}

func (h *house) wantCaller(client *awssts.Client, arn, userID string) {
	h.t.Helper()
	got, err := client.GetCallerIdentity(h.t.Context(), &awssts.GetCallerIdentityInput{})
	if err != nil {
		h.t.Fatal(err)
	}
	if *got.Arn != arn || *got.UserId != userID || *got.Account != account {
		h.t.Errorf("caller %s %s %s, want %s %s", *got.Arn, *got.UserId, *got.Account, arn, userID)
	}
}

func TestGetCallerIdentity(t *testing.T) {
	h := newHouse(t)
	h.wantCaller(h.client("AKIAALICE"), "arn:aws:iam::123456789012:user/alice", "AIDAALICE")
	_, err := h.client("AKIANOBODY").GetCallerIdentity(t.Context(), &awssts.GetCallerIdentityInput{})
	wantAPIError(t, err, "InvalidClientTokenId", "The security token included in the request is invalid.")
}

// TestWebIdentityRoleProvider does what a pod does: the SDK reads the projected token
// of its service account, becomes the role, and calls with the credentials.
func TestWebIdentityRoleProvider(t *testing.T) {
	h := newHouse(t)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(h.issuer.token(nil)), 0o600); err != nil {
		t.Fatal(err)
	}
	provider := stscreds.NewWebIdentityRoleProvider(h.client(""), writer, stscreds.IdentityTokenFile(file),
		func(o *stscreds.WebIdentityRoleOptions) { o.RoleSessionName = "pod-1" })
	got, err := provider.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^ASIA[A-Z2-7]{16}$`).MatchString(got.AccessKeyID) || len(got.SecretAccessKey) != 40 || !got.CanExpire {
		t.Errorf("%+v", got)
	}
	h.wantCaller(h.clientWith(aws.NewCredentialsCache(provider)),
		"arn:aws:sts::123456789012:assumed-role/writer/pod-1", "AROAWRITER:pod-1")

	name := h.issuer.name()
	want := []sts.Attempt{{
		Action:   "sts:AssumeRoleWithWebIdentity",
		RoleARN:  writer,
		Provider: "arn:aws:iam::123456789012:oidc-provider/" + name,
		Conditions: map[string][]string{
			"sts:RoleSessionName":   {"pod-1"},
			"aws:FederatedProvider": {"arn:aws:iam::123456789012:oidc-provider/" + name},
			name + ":sub":           {subject},
			name + ":aud":           {"sts.amazonaws.com"},
			name + ":iss":           {h.issuer.url},
			name + ":jti":           {"b5f4ad30-9b0e-4c0f-8c7c-0d6f5c3a2b11"},
		},
	}}
	for _, a := range h.attempts {
		for _, number := range []string{"iat", "nbf", "exp"} {
			delete(a.Conditions, name+":"+number)
		}
	}
	if diff := cmp.Diff(want, h.attempts[:1], cmpopts.IgnoreFields(sts.Attempt{}, "Request")); diff != "" {
		t.Error(diff)
	}
}

// TestGitHubActions has the claims that a workflow's token has, and a policy that
// asks for one of them.
func TestGitHubActions(t *testing.T) {
	h := newHouse(t)
	h.trusts = func(a sts.Attempt) (bool, error) {
		return cmp.Equal(a.Conditions[h.issuer.name()+":repository"], []string{"rock/app"}), nil
	}
	assume := func(repository string) (*awssts.AssumeRoleWithWebIdentityOutput, error) {
		return h.client("").AssumeRoleWithWebIdentity(t.Context(), &awssts.AssumeRoleWithWebIdentityInput{
			RoleArn: new(writer), RoleSessionName: new("GitHubActions"), DurationSeconds: new(int32(7200)),
			WebIdentityToken: new(h.issuer.token(map[string]any{
				"aud": "sts.amazonaws.com", "sub": "repo:" + repository + ":ref:refs/heads/main", "repository": repository,
				"ref": "refs/heads/main", "actor": "alice", "run_attempt": "1", "repository_visibility": "private", "kubernetes.io": nil,
			})),
		})
	}
	got, err := assume("rock/app")
	if err != nil {
		t.Fatal(err)
	}
	if *got.SubjectFromWebIdentityToken != "repo:rock/app:ref:refs/heads/main" || *got.Audience != "sts.amazonaws.com" ||
		*got.Provider != "arn:aws:iam::123456789012:oidc-provider/"+h.issuer.name() || *got.AssumedRoleUser.AssumedRoleId != "AROAWRITER:GitHubActions" {
		t.Error(jsonOf(got))
	}
	if left := time.Until(*got.Credentials.Expiration); left < 119*time.Minute || left > 2*time.Hour {
		t.Errorf("they expire in %v", left)
	}
	_, err = assume("rock/else")
	wantAPIError(t, err, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
}

// TestAssumeRoleProvider assumes a role with everything that a session can have, and
// another from there.
func TestAssumeRoleProvider(t *testing.T) {
	h := newHouse(t)
	const policy = `{"Version":"2012-10-17","Statement":[]}`
	provider := stscreds.NewAssumeRoleProvider(h.client("AKIAALICE"), writer, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName, o.Duration = "job", 15*time.Minute
		o.ExternalID, o.SourceIdentity = new("ext:1"), new("alice@example.com")
		o.Policy, o.PolicyARNs = new(policy), []types.PolicyDescriptorType{{Arn: new("arn:aws:iam::aws:policy/AmazonBedrockReadOnly")}}
		o.Tags = []types.Tag{{Key: new("cost"), Value: new("session")}, {Key: new("Project"), Value: new("")}}
		o.TransitiveTagKeys = []string{"Project"}
	})
	made, err := provider.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key, err := h.tokens.Open(t.Context(), made.AccessKeyID, made.SessionToken)
	if err != nil {
		t.Fatal(err)
	}
	session := &identity.Session{
		RoleARN: writer, Name: "job", Policies: []string{policy}, PolicyARNs: []string{"arn:aws:iam::aws:policy/AmazonBedrockReadOnly"},
		TransitiveTags: []string{"Project"}, SourceIdentity: "alice@example.com",
		Issued: made.Expires.Add(-15 * time.Minute), Expires: made.Expires,
	}
	want := identity.Key{Secret: made.SecretAccessKey, Expires: made.Expires, Principal: identity.Principal{
		ARN: "arn:aws:sts::123456789012:assumed-role/writer/job", Account: account, UserID: "AROAWRITER:job",
		Tags: map[string]string{"team": "rock", "cost": "session", "Project": ""}, Session: session,
	}}
	if diff := cmp.Diff(want, key); diff != "" {
		t.Error(diff)
	}
	var asked []string
	for _, a := range h.attempts {
		asked = append(asked, a.Action)
	}
	if diff := cmp.Diff([]string{"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"}, asked); diff != "" {
		t.Error(diff)
	}
	wantConditions := map[string][]string{
		"sts:RoleSessionName": {"job"}, "sts:ExternalId": {"ext:1"}, "sts:SourceIdentity": {"alice@example.com"},
		"aws:RequestTag/cost": {"session"}, "aws:RequestTag/Project": {""}, "aws:TagKeys": {"Project", "cost"},
		"sts:TransitiveTagKeys": {"Project"},
	}
	if diff := cmp.Diff(wantConditions, h.attempts[0].Conditions); diff != "" {
		t.Error(diff)
	}
	h.chain(provider)
}

// chain assumes the second role from a session of the first.
func (h *house) chain(provider aws.CredentialsProvider) {
	t, client := h.t.(*testing.T), h.clientWith(aws.NewCredentialsCache(provider))
	input := awssts.AssumeRoleInput{RoleArn: new(reader), RoleSessionName: new("next")}
	got, err := client.AssumeRole(t.Context(), &input)
	if err != nil {
		t.Fatal(err)
	}
	key, err := h.tokens.Open(t.Context(), *got.Credentials.AccessKeyId, *got.Credentials.SessionToken)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"Project": ""}, key.Principal.Tags); diff != "" {
		t.Error("tags that go on:", diff)
	}
	if s := key.Principal.Session; s.SourceIdentity != "alice@example.com" || len(s.Policies) != 0 {
		t.Errorf("%+v", s)
	}
	if caller := h.attempts[len(h.attempts)-1].Caller; caller.ARN != "arn:aws:sts::123456789012:assumed-role/writer/job" {
		t.Errorf("the caller is %+v", caller)
	}
	for message, change := range map[string]func(*awssts.AssumeRoleInput){
		"ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.": func(in *awssts.AssumeRoleInput) {
			in.DurationSeconds = new(int32(3601))
		},
		"AccessDenied: User: arn:aws:sts::123456789012:assumed-role/writer/job is not authorized to perform: sts:SetSourceIdentity": func(in *awssts.AssumeRoleInput) {
			in.SourceIdentity = new("mallory")
		},
		"InvalidParameterValue: One of the specified transitive tag keys can't be set": func(in *awssts.AssumeRoleInput) {
			in.Tags = []types.Tag{{Key: new("PROJECT"), Value: new("x")}}
		},
	} {
		changed := input
		change(&changed)
		_, err := client.AssumeRole(t.Context(), &changed)
		code, text, _ := strings.Cut(message, ": ")
		wantAPIError(t, err, code, text)
	}
}

func TestSessionEnds(t *testing.T) {
	h := newHouse(t)
	got, err := h.client("AKIAALICE").AssumeRole(t.Context(), &awssts.AssumeRoleInput{RoleArn: new(writer), RoleSessionName: new("job")})
	if err != nil {
		t.Fatal(err)
	}
	key, err := h.tokens.Open(t.Context(), *got.Credentials.AccessKeyId, *got.Credentials.SessionToken)
	if err != nil {
		t.Fatal(err)
	}
	if d := key.Expires.Sub(key.Principal.Session.Issued); d != time.Hour {
		t.Errorf("it is good for %v", d)
	}
	h.late.Store(int64(time.Hour))
	provider := aws.CredentialsProviderFunc(staticSession(got.Credentials))
	_, err = h.clientWith(provider).GetCallerIdentity(t.Context(), &awssts.GetCallerIdentityInput{})
	wantAPIError(t, err, "ExpiredToken", "The security token included in the request is expired")
}
