package policy_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/iam/policy"
)

func TestManagedByAWS(t *testing.T) {
	const (
		full    = "AmazonBedrockFullAccess"
		limited = "AmazonBedrockLimitedAccess"
		read    = "AmazonBedrockReadOnly"
	)
	if diff := cmp.Diff([]string{full, limited, read}, policy.ManagedNames()); diff != "" {
		t.Fatal(diff)
	}
	const guardrail = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl"
	tests := []struct {
		action, resource string
		allowed          []string
	}{
		{invoke, nova, []string{full, limited}},
		{stream, profile, []string{full, limited}},
		{"bedrock:GetFoundationModel", nova, []string{full, limited, read}},
		{listOnly, "", []string{full, limited, read}},
		{"bedrock:CreateGuardrail", "", []string{full, limited}},
		{"bedrock:UpdateGuardrail", guardrail, []string{full, limited}},
		{"bedrock:ApplyGuardrail", guardrail, []string{full, limited}},
		{"bedrock:CountTokens", nova, []string{full}},
		{"bedrock:CallWithBearerToken", "", []string{full, limited}},
		{"bedrock:PutModelInvocationLoggingConfiguration", "", []string{full}},
		{"iam:CreateUser", "arn:aws:iam::123456789012:user/x", nil},
		{"kms:DescribeKey", "arn:aws:kms:us-east-1:::key", []string{full, limited}},
	}
	sets := map[string]*policy.Set{}
	for _, name := range policy.ManagedNames() {
		document, ok := policy.ManagedByAWS(policy.ManagedPrefix + name)
		byName, _ := policy.ManagedByAWS(name)
		if !ok || !slices.Equal(document, byName) {
			t.Fatalf("%s: by ARN and by name differ", name)
		}
		sets[name] = policy.Compile(policy.Policies{Identity: []*policy.Policy{mustParse(t, policy.Managed, string(document))}})
	}
	for _, tt := range tests {
		for name, set := range sets {
			if d := set.Decide(request(tt.action, tt.resource)); d.Allowed() != slices.Contains(tt.allowed, name) {
				t.Errorf("%s on %q by %s: %v", tt.action, tt.resource, name, d.Outcome)
			}
		}
	}
	for _, name := range []string{"", "AdministratorAccess", "README", "../managed/" + full} {
		if _, ok := policy.ManagedByAWS(name); ok {
			t.Errorf("there is a policy %q", name)
		}
	}
}

func TestActionOf(t *testing.T) {
	for operation, want := range map[string]string{
		"Converse":                           invoke,
		"InvokeModel":                        invoke,
		"InvokeModelWithBidirectionalStream": invoke,
		"StartAsyncInvoke":                   invoke,
		"ConverseStream":                     stream,
		"InvokeModelWithResponseStream":      stream,
		"ListFoundationModels":               listOnly,
		"CreateInferenceProfile":             "bedrock:CreateInferenceProfile",
	} {
		if got := policy.ActionOf(operation); got != want {
			t.Errorf("ActionOf(%q) is %q, want %q", operation, got, want)
		}
	}
}

func TestResourceARN(t *testing.T) {
	tests := []struct{ region, kind, id, want string }{
		{"us-east-1", "foundation-model", "amazon.nova-lite-v1:0", nova},
		{"", "foundation-model", "amazon.nova-lite-v1:0", "arn:aws:bedrock:::foundation-model/amazon.nova-lite-v1:0"},
		{"us-east-1", "application-inference-profile", "abc123def456", own},
		{"us-east-1", "system-tool", "amazon.nova_grounding", "arn:aws:bedrock::123456789012:system-tool/amazon.nova_grounding"},
		{"us-east-1", "prompt-version", "ABC:1", "arn:aws:bedrock:us-east-1:123456789012:prompt/ABC:1"},
		{"us-east-1", "bedrock-marketplace-model-endpoint", "x", "arn:aws:bedrock:us-east-1:123456789012:marketplace/model-endpoint/all-access"},
	}
	for _, tt := range tests {
		if got := policy.ResourceARN("aws", tt.region, "123456789012", tt.kind, tt.id); got != tt.want {
			t.Errorf("%s %s: %s, want %s", tt.kind, tt.id, got, tt.want)
		}
	}
}
