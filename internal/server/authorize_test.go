package server_test

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/profiles"
	"github.com/saprolite/saprolite/internal/prompts"
	"github.com/saprolite/saprolite/internal/server"
	"github.com/saprolite/saprolite/internal/store/sqlite"
)

// caller is an authenticator that takes everybody for one principal, and knows what
// that one may do.
type caller struct {
	identity.Principal
	policies *policy.Set
	err      error
}

func (c caller) Identify(context.Context, *http.Request) (identity.Claim, error) {
	return identity.Proven(c.Principal), nil
}

func (c caller) Policies(identity.Principal) (*policy.Set, error) { return c.policies, c.err }

func alice() identity.Principal {
	return identity.Principal{
		ARN: "arn:aws:iam::123456789012:user/alice", Account: "123456789012", UserID: "AIDAALICE", UserName: "alice",
		Region: "eu-central-1", Tags: map[string]string{"team": "red"},
	}
}

func allowing(t *testing.T, statements ...string) *policy.Set {
	t.Helper()
	p, err := policy.Parse("test", policy.Managed, []byte(`{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	return policy.Compile(policy.Policies{Identity: []*policy.Policy{p}})
}

const (
	novaARN        = "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-lite-v1:0"
	madeARN        = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/abc123abc123"
	novaProfileARN = "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0"
	hi             = `{"messages":[{"role":"user","content":[{"text":"hi"}]}]}`
	guarded        = `{"messages":[{"role":"user","content":[{"text":"hi"}]}],"guardrailConfig":{"guardrailIdentifier":"abc123abc123","guardrailVersion":"2"}}`
	grounded       = `{"messages":[{"role":"user","content":[{"text":"hi"}]}],"toolConfig":{"tools":[{"systemTool":{"name":"nova_grounding"}}]}}`
	priority       = `{"messages":[{"role":"user","content":[{"text":"hi"}]}],"serviceTier":{"type":"priority"}}`

	novaPath    = "/model/amazon.nova-lite-v1%3A0"
	novaProfile = "/model/eu.amazon.nova-lite-v1%3A0"
	prompted    = "/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Aprompt%2FGREETING12"
)

// TestAuthorize asks for each kind of thing that a caller may need.
func TestAuthorize(t *testing.T) {
	library, err := prompts.Parse("prompts.yaml", []byte("prompts: [{id: GREETING12, model: amazon.nova-lite-v1:0, text: Hi}]"))
	if err != nil {
		t.Fatal(err)
	}
	const (
		invoke       = `{"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":"` + novaARN + `"}`
		invokeAll    = `{"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":"arn:aws:bedrock:*::foundation-model/*"}`
		profile      = `{"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":"` + novaProfileARN + `"}`
		through      = `{"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":"arn:aws:bedrock:*::foundation-model/*","Condition":{"StringEquals":{"bedrock:InferenceProfileArn":"` + novaProfileARN + `"}}}`
		guardrail    = `{"Effect":"Allow","Action":"bedrock:ApplyGuardrail","Resource":"arn:aws:bedrock:eu-central-1:123456789012:guardrail/abc123abc123"}`
		needGuard    = `{"Effect":"Deny","Action":"bedrock:InvokeModel","Resource":"*","Condition":{"StringNotEquals":{"bedrock:GuardrailIdentifier":"arn:aws:bedrock:eu-central-1:123456789012:guardrail/abc123abc123:2"}}}`
		noPriority   = `{"Effect":"Deny","Action":"bedrock:*","Resource":"*","Condition":{"StringEquals":{"bedrock:ServiceTier":"priority"}}}`
		render       = `{"Effect":"Allow","Action":"bedrock:RenderPrompt","Resource":"*"}`
		fromLoopback = `{"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"},"StringEquals":{"aws:PrincipalTag/team":"red","aws:username":"alice","aws:RequestedRegion":"eu-central-1"},"Bool":{"aws:SecureTransport":"false"}}}`
		tagRed       = `{"Effect":"Allow","Action":"bedrock:TagResource","Resource":"arn:aws:bedrock:*:*:application-inference-profile/abc123abc123","Condition":{"StringEquals":{"aws:RequestTag/team":"red"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}}`
		deleteOne    = `{"Effect":"Allow","Action":"bedrock:DeleteInferenceProfile","Resource":"arn:aws:bedrock:*:*:application-inference-profile/abc123abc123"}`
		all          = `{"Effect":"Allow","Action":"bedrock:*","Resource":"*"}`
		noPrompt     = `{"Effect":"Deny","Action":"bedrock:RenderPrompt","Resource":"arn:aws:bedrock:*:123456789012:prompt/*"}`
		noProfile    = `{"Effect":"Deny","Action":"bedrock:*","Resource":"arn:aws:bedrock:*:123456789012:inference-profile/*"}`
		list         = `{"Effect":"Allow","Action":"bedrock:ListFoundationModels","Resource":"*"}`
	)
	// passes is for what is refused for another reason behind this.
	const passes = "*"
	refusal := func(action, resource, why string) string {
		return "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: " + action + " on resource: " + resource + " " + why
	}
	unallowed := func(action, resource string) string {
		return refusal(action, resource, "because no identity-based policy allows the "+action+" action")
	}
	denied := func(action, resource string) string {
		return refusal(action, resource, "with an explicit deny in an identity-based policy")
	}
	state, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { state.Close() })
	for _, test := range []struct {
		name       string
		statements []string
		path, body string
		want       string
	}{
		{"a model", []string{invoke}, novaPath + "/converse", hi, ""},
		{"another operation", []string{invoke}, novaPath + "/converse-stream", hi, unallowed("bedrock:InvokeModelWithResponseStream", novaARN)},
		{"another model", []string{invoke}, "/model/amazon.nova-pro-v1%3A0/converse", hi, unallowed("bedrock:InvokeModel", strings.Replace(novaARN, "lite", "pro", 1))},
		{"a model that does not exist", []string{invoke}, "/model/no.model/converse", hi, unallowed("bedrock:InvokeModel", "arn:aws:bedrock:eu-central-1::foundation-model/no.model")},
		{"native", []string{invoke}, novaPath + "/invoke", `{"messages":[{"role":"user","content":[{"text":"hi"}]}]}`, ""},
		{"count", []string{invoke}, novaPath + "/count-tokens", `{"input":{"converse":` + hi + `}}`, unallowed("bedrock:CountTokens", novaARN)},
		{"a profile without the models", []string{profile}, novaProfile + "/converse", hi, unallowed("bedrock:InvokeModel", novaARN)},
		{"the models without the profile", []string{invokeAll}, novaProfile + "/converse", hi, unallowed("bedrock:InvokeModel", novaProfileARN)},
		{"a profile and its models", []string{profile, invokeAll}, novaProfile + "/converse", hi, ""},
		{"models through the profile alone", []string{profile, through}, novaProfile + "/converse", hi, ""},
		{"the same models without it", []string{profile, through}, novaPath + "/converse", hi, unallowed("bedrock:InvokeModel", novaARN)},
		{"a guardrail that may not be applied", []string{invoke}, novaPath + "/converse", guarded, unallowed("bedrock:ApplyGuardrail", "arn:aws:bedrock:eu-central-1:123456789012:guardrail/abc123abc123")},
		{"a guardrail of a stream", []string{strings.Replace(invoke, "InvokeModel", "InvokeModelWithResponseStream", 1)}, novaPath + "/converse-stream", guarded, unallowed("bedrock:ApplyGuardrail", "arn:aws:bedrock:eu-central-1:123456789012:guardrail/abc123abc123")},
		{"a tool of the service's own", []string{invoke}, novaPath + "/converse", grounded, unallowed("bedrock:InvokeTool", "arn:aws:bedrock::123456789012:system-tool/nova_grounding")},
		{"no guardrail where one must be", []string{invoke, guardrail, needGuard}, novaPath + "/converse", hi, denied("bedrock:InvokeModel", novaARN)},
		{"a tier that is denied", []string{invoke, noPriority}, novaPath + "/converse", priority, denied("bedrock:InvokeModel", novaARN)},
		{"a prompt without leave to render it", []string{invoke}, prompted + "/converse", "{}", unallowed("bedrock:RenderPrompt", "arn:aws:bedrock:eu-central-1:123456789012:prompt/GREETING12")},
		{"a prompt without its model", []string{render}, prompted + "/converse", "{}", unallowed("bedrock:InvokeModel", novaARN)},
		{"a prompt", []string{invoke, render}, prompted + "/converse", "{}", ""},
		{"a prompt under the name of another account", []string{all, noPrompt}, strings.Replace(prompted, "123456789012", "999999999999", 1) + "/converse", "{}", denied("bedrock:RenderPrompt", "arn:aws:bedrock:eu-central-1:123456789012:prompt/GREETING12")},
		{"a profile under the name of another account", []string{all, noProfile}, "/model/" + url.PathEscape(strings.Replace(novaProfileARN, "123456789012", "999999999999", 1)) + "/converse", hi, denied("bedrock:InvokeModel", novaProfileARN)},
		{"a native tool of the service's own", []string{invokeAll}, "/model/amazon.nova-2-lite-v1%3A0/invoke", grounded, unallowed("bedrock:InvokeTool", "arn:aws:bedrock::123456789012:system-tool/nova_grounding")},
		{"a native tool that is written otherwise", []string{invokeAll}, "/model/amazon.nova-2-lite-v1%3A0/invoke", strings.Replace(grounded, "systemTool", `s\u0079stemTool`, 1), unallowed("bedrock:InvokeTool", "arn:aws:bedrock::123456789012:system-tool/nova_grounding")},
		{"conditions of every service", []string{fromLoopback}, novaPath + "/converse", hi, ""},
		{"the control plane", []string{list}, "GET /foundation-models", "", ""},
		{"nothing of it", []string{invoke}, "GET /foundation-models", "", "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: bedrock:ListFoundationModels because no identity-based policy allows the bedrock:ListFoundationModels action"},
		{"tags that are allowed", []string{tagRed}, "POST /tagResource", `{"resourceARN":"` + madeARN + `","tags":[{"key":"team","value":"red"}]}`, passes},
		{"tags that are not", []string{tagRed}, "POST /tagResource", `{"resourceARN":"` + madeARN + `","tags":[{"key":"team","value":"blue"}]}`, unallowed("bedrock:TagResource", madeARN)},
		{"a profile of one's own", []string{deleteOne}, "DELETE /inference-profiles/abc123abc123", "", passes},
		{"a profile of another", []string{deleteOne}, "DELETE /inference-profiles/abc123abc124", "", unallowed("bedrock:DeleteInferenceProfile", strings.TrimSuffix(madeARN, "3")+"4")},
		{"refused before it is judged", []string{list}, novaPath + "/converse", `{"messages":[]}`, unallowed("bedrock:InvokeModel", novaARN)},
	} {
		t.Run(test.name, func(t *testing.T) {
			who := caller{Principal: alice(), policies: allowing(t, test.statements...)}
			made := options(newCatalog(t, catalog.Mapping{ID: "amazon.*", Provider: "test"}), scripted(t, scriptedAnswer))
			made.Identity, made.Access, made.Prompts, made.Profiles = who, who, library, profiles.New(state)
			web, client := serve(t, server.New(made)), newClient(t, http1)
			method, path, ok := strings.Cut(test.path, " ")
			if !ok {
				method, path = http.MethodPost, test.path
			}
			request := newRequest(t, t.Context(), web.URL+path, test.body)
			request.Method = method
			got := do(t, client, request)
			if test.want == passes {
				if got.status == http.StatusForbidden {
					t.Errorf("%d %s", got.status, got.body)
				}
				return
			}
			if message := messageOf(t, got); message != test.want || test.want != "" && (got.status != 403 || got.header.Get("X-Amzn-Errortype") != "AccessDeniedException:http://internal.amazon.com/coral/com.amazon.coral.service/") {
				t.Errorf("%d %s %s\nwant %s", got.status, got.header.Get("X-Amzn-Errortype"), message, test.want)
			}
		})
	}
}

// A guardrail, a version of it and a tier can be asked for by headers.
func TestAuthorizeHeaders(t *testing.T) {
	const (
		invoke   = `{"Effect":"Allow","Action":"bedrock:InvokeModel*","Resource":"*"}`
		apply    = `{"Effect":"Allow","Action":"bedrock:ApplyGuardrail","Resource":"*"}`
		versions = `{"Effect":"Deny","Action":"bedrock:InvokeModel*","Resource":"*","Condition":{"StringNotEquals":{"bedrock:GuardrailIdentifier":"arn:aws:bedrock:eu-central-1:123456789012:guardrail/abc123abc123:2"}}}`
		tiers    = `{"Effect":"Deny","Action":"bedrock:InvokeModel*","Resource":"*","Condition":{"StringEquals":{"bedrock:ServiceTier":"priority"}}}`
	)
	for _, test := range []struct {
		name, header, value string
		statements          []string
		refused             bool
	}{
		{"a guardrail that may not be applied", "X-Amzn-Bedrock-GuardrailIdentifier", "abc123abc123", []string{invoke}, true},
		{"another version", "X-Amzn-Bedrock-GuardrailVersion", "1", []string{invoke, apply, versions}, true},
		{"the version", "X-Amzn-Bedrock-GuardrailVersion", "2", []string{invoke, apply, versions}, false},
		{"a tier", "X-Amzn-Bedrock-Service-Tier", "priority", []string{invoke, apply, tiers}, true},
		{"another tier", "X-Amzn-Bedrock-Service-Tier", "default", []string{invoke, apply, tiers}, false},
	} {
		for _, operation := range []string{"/invoke", "/invoke-with-response-stream"} {
			who := caller{Principal: alice(), policies: allowing(t, test.statements...)}
			made := options(newCatalog(t, catalog.Mapping{ID: "amazon.*", Provider: "test"}), scripted(t, scriptedAnswer))
			made.Identity, made.Access = who, who
			request := newRequest(t, t.Context(), serve(t, server.New(made)).URL+novaPath+operation, hi)
			request.Header.Set("X-Amzn-Bedrock-GuardrailIdentifier", "abc123abc123")
			request.Header.Set("X-Amzn-Bedrock-GuardrailVersion", "2")
			request.Header.Set(test.header, test.value)
			if got := do(t, newClient(t, http1), request); (got.status == http.StatusForbidden) != test.refused {
				t.Errorf("%s, %s: %d %s", test.name, operation, got.status, got.body)
			}
		}
	}
}

// Who exists no more may do nothing, and is not told why.
func TestAuthorizeNobody(t *testing.T) {
	who := caller{Principal: alice(), err: errors.New("gone, for private reasons")}
	made := options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), scripted(t, scriptedAnswer))
	made.Identity, made.Access = who, who
	got := post(t, newClient(t, http1), serve(t, server.New(made)).URL+novaPath+"/converse", hi)
	if message := messageOf(t, got); got.status != 403 || strings.Contains(message, "private") || !strings.Contains(message, "is not authorized to perform: bedrock:InvokeModel") {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// An API key needs leave to be one.
func TestAuthorizeBearer(t *testing.T) {
	const (
		all       = `{"Effect":"Allow","Action":"bedrock:*","Resource":"*"}`
		shortOnly = `{"Effect":"Deny","Action":"bedrock:CallWithBearerToken","Resource":"*","Condition":{"StringEquals":{"bedrock:BearerTokenType":"LONG_TERM"}}}`
	)
	for kind, want := range map[identity.BearerTokenType]int{identity.LongTerm: 403, identity.ShortTerm: 200, "": 200} {
		who := caller{Principal: alice(), policies: allowing(t, all, shortOnly)}
		who.BearerTokenType = kind
		made := options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), scripted(t, scriptedAnswer))
		made.Identity, made.Access = who, who
		if got := post(t, newClient(t, http1), serve(t, server.New(made)).URL+novaPath+"/converse", hi); got.status != want {
			t.Errorf("%q: %d %s", kind, got.status, got.body)
		}
	}
}

// Behind a proxy, the address is the one that the proxy names.
func TestAuthorizeBehindProxy(t *testing.T) {
	const inside = `{"Effect":"Allow","Action":"bedrock:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}`
	for _, test := range []struct {
		proxies   string
		forwarded string
		want      int
	}{
		{"127.0.0.0/8", "10.1.2.3", 200},
		{"127.0.0.0/8", "10.1.2.3, 8.8.8.8", 403},
		{"127.0.0.0/8", "8.8.8.8, 10.1.2.3", 200},
		{"127.0.0.0/8", "", 403},
		{"10.0.0.0/8", "10.1.2.3", 403},
	} {
		who := caller{Principal: alice(), policies: allowing(t, inside)}
		made := options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), scripted(t, scriptedAnswer))
		made.Identity, made.Access, made.Proxies = who, who, []netip.Prefix{netip.MustParsePrefix(test.proxies)}
		request := newRequest(t, t.Context(), serve(t, server.New(made)).URL+novaPath+"/converse", hi)
		request.Header.Set("X-Forwarded-For", test.forwarded)
		if got := do(t, newClient(t, http1), request); got.status != test.want {
			t.Errorf("%s through %s: %d %s", test.forwarded, test.proxies, got.status, got.body)
		}
	}
}
