package catalog_test

import (
	"errors"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/provider"
)

func newCatalog(t testing.TB, opts catalog.Options) *catalog.Catalog {
	t.Helper()
	c, err := catalog.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// everything is what a server without a configuration has.
func everything() catalog.Options {
	return catalog.Options{Mappings: []catalog.Mapping{{ID: "*", Provider: "local"}}}
}

const (
	invalid    = "ValidationException: The provided model identifier is invalid."
	denied     = "AccessDeniedException: You don't have access to the model with the specified model ID."
	sonnet4    = "anthropic.claude-sonnet-4-20250514-v1:0"
	appProfile = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/mi1dadi0g15f"
)

func TestResolveForms(t *testing.T) {
	c := newCatalog(t, everything())
	tests := []struct{ id, model string }{
		{"amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"},
		{"us." + sonnet4, sonnet4},
		{"us-gov." + sonnet4, sonnet4},
		{"eu." + sonnet4, sonnet4},
		{"apac." + sonnet4, sonnet4},
		{"jp." + sonnet4, sonnet4},
		{"au." + sonnet4, sonnet4},
		{"ca." + sonnet4, sonnet4},
		{"global." + sonnet4, sonnet4},
		{sonnet4, sonnet4},
		{"arn:aws:bedrock:us-east-1::foundation-model/" + sonnet4, sonnet4},
		{"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us." + sonnet4, sonnet4},
		{"arn:aws:bedrock:::inference-profile/global." + sonnet4, sonnet4},
		{"amazon.nova-pro-v1:0:24k", "amazon.nova-pro-v1:0"},
		{"amazon.nova-premier-v1:0:mm", "amazon.nova-premier-v1:0"},
		{"amazon.titan-text-express-v1:0:8k", "amazon.titan-text-express-v1"},
		{"anthropic.claude-v2:1:200k", "anthropic.claude-v2:1"},
	}
	for _, tt := range tests {
		target, err := c.Resolve(tt.id)
		if err != nil {
			t.Errorf("%s: %v", tt.id, err)
			continue
		}
		if target.Model.ID != tt.model || target.Model.Base != tt.model || target.Provider != "local" || target.Upstream != "" {
			t.Errorf("%s resolves to %+v, want the model %s", tt.id, target, tt.model)
		}
	}
}

func TestResolveRefuses(t *testing.T) {
	c := newCatalog(t, everything())
	tests := []struct{ id, want string }{
		{"does-not-exist", invalid},
		{"us.does-not-exist-model-v1:0", invalid},
		{"us.amazon.nova-micro-v1:O", invalid},
		{"xx." + sonnet4, invalid},
		{"amazon.nova-pro-v1:0:24", invalid},
		{"amazon.nova-pro-v1:0:k", invalid},
		{"anthropic.claude-v2:7", invalid},
		{appProfile, invalid},
		{"arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0/abcdefghijkl", invalid},
		{"amazon.titan-embed-text-v2:0", denied},
		{"us.cohere.embed-v4:0", denied},
	}
	for _, tt := range tests {
		if _, err := c.Resolve(tt.id); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.id, err, tt.want)
		}
	}
}

func TestResolveStrict(t *testing.T) {
	opts := everything()
	opts.Strict = true
	opts.Mappings = append(opts.Mappings, catalog.Mapping{ID: "acme.chat", Provider: "local"}, catalog.Mapping{ID: appProfile, Provider: "local"})
	c := newCatalog(t, opts)
	tests := []struct{ id, want string }{
		{"amazon.nova-lite-v1:0", ""},
		{"us." + sonnet4, ""},
		{"acme.chat", ""},
		{appProfile, ""},
		{sonnet4, "ValidationException: Invocation of model ID " + sonnet4 + " with on-demand throughput isn’t supported." +
			" Retry your request with the ID or ARN of an inference profile that contains this model."},
		{"jp." + sonnet4, invalid},
		{"us.google.gemma-3-27b-it", invalid},
	}
	for _, tt := range tests {
		_, err := c.Resolve(tt.id)
		if got := text(err); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.id, got, tt.want)
		}
	}
}

func TestCountTokens(t *testing.T) {
	tests := []struct {
		id              string
		lenient, strict bool
	}{
		{"anthropic.claude-3-5-haiku-20241022-v1:0", true, true},
		{"us.anthropic.claude-3-5-haiku-20241022-v1:0", false, false},
		{"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us." + sonnet4, false, false},
		{"amazon.nova-lite-v1:0", true, false},
		{"us.amazon.nova-lite-v1:0", false, false},
	}
	for _, tt := range tests {
		for _, strict := range []bool{false, true} {
			opts := everything()
			opts.Strict = strict
			target, err := newCatalog(t, opts).Resolve(tt.id)
			want := tt.lenient
			if strict {
				want = tt.strict
			}
			if err != nil || target.CountTokens != want {
				t.Errorf("%s, strict %t: CountTokens %t (%v), want %t", tt.id, strict, target.CountTokens, err, want)
			}
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestMappings(t *testing.T) {
	c := newCatalog(t, catalog.Options{Mappings: []catalog.Mapping{
		{ID: "*", Provider: "all"},
		{ID: "anthropic.*", Provider: "claude"},
		{ID: "anthropic.claude-3-*", Provider: "claude3"},
		{ID: "anthropic.*-haiku-*", Provider: "haiku"},
		{ID: "us.anthropic.claude-sonnet-5", Provider: "profile"},
		{ID: "anthropic.claude-sonnet-5", Provider: "bare"},
		{ID: "amazon.nova-micro-v1:0", Provider: "upstream", Upstream: "tiny", ContextWindow: 4096, Abilities: &provider.Abilities{Images: true}},
		{ID: "acme.chat", Provider: "own"},
		{ID: "acme.like", Provider: "own", BaseModel: "amazon.nova-lite-v1:0", Name: "Acme"},
		{ID: "ollama.*", Provider: "ollama", Upstream: "library/*"},
		{ID: "arn:aws:bedrock:*:*:prompt-router/*", Provider: "router"},
		{ID: appProfile, Provider: "profiles", BaseModel: sonnet4},
		{ID: "amazon.titan-embed-text-v2:0", Provider: "vectors"},
	}})
	tests := []struct{ id, provider, upstream, model, base string }{
		{"amazon.nova-lite-v1:0", "all", "", "amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"},
		{"anthropic.claude-opus-5", "claude", "", "anthropic.claude-opus-5", "anthropic.claude-opus-5"},
		{"eu.anthropic.claude-3-haiku-20240307-v1:0", "claude3", "", "anthropic.claude-3-haiku-20240307-v1:0", "anthropic.claude-3-haiku-20240307-v1:0"},
		{"anthropic.claude-haiku-4-5-20251001-v1:0", "haiku", "", "anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic.claude-haiku-4-5-20251001-v1:0"},
		{"us.anthropic.claude-sonnet-5", "profile", "", "anthropic.claude-sonnet-5", "anthropic.claude-sonnet-5"},
		{"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-5", "profile", "", "anthropic.claude-sonnet-5", "anthropic.claude-sonnet-5"},
		{"eu.anthropic.claude-sonnet-5", "bare", "", "anthropic.claude-sonnet-5", "anthropic.claude-sonnet-5"},
		{"anthropic.claude-new-9", "claude", "", "anthropic.claude-new-9", "anthropic.claude-new-9"},
		{"us.amazon.nova-micro-v1:0", "upstream", "tiny", "amazon.nova-micro-v1:0", "amazon.nova-micro-v1:0"},
		{"acme.chat", "own", "", "acme.chat", "acme.chat"},
		{"acme.like", "own", "", "acme.like", "amazon.nova-lite-v1:0"},
		{"ollama.qwen3:8b", "ollama", "library/qwen3:8b", "ollama.qwen3:8b", "ollama.qwen3:8b"},
		{"arn:aws:bedrock:us-east-1:123456789012:prompt-router/abc", "router", "", "abc", "abc"},
		{appProfile, "profiles", "", sonnet4, sonnet4},
		{"amazon.titan-embed-text-v2:0", "vectors", "", "amazon.titan-embed-text-v2:0", "amazon.titan-embed-text-v2:0"},
	}
	for _, tt := range tests {
		target, err := c.Resolve(tt.id)
		if err != nil {
			t.Errorf("%s: %v", tt.id, err)
			continue
		}
		if target.Provider != tt.provider || target.Upstream != tt.upstream || target.Model.ID != tt.model || target.Model.Base != tt.base {
			t.Errorf("%s goes to %s %q as %s like %s, want %s %q as %s like %s", tt.id,
				target.Provider, target.Upstream, target.Model.ID, target.Model.Base, tt.provider, tt.upstream, tt.model, tt.base)
		}
	}
	for _, id := range []string{"misspelt", "acme.other", "arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEFGHIJ"} {
		if _, err := c.Resolve(id); text(err) != invalid {
			t.Errorf("%s: %v, want %s", id, err, invalid)
		}
	}
	if _, err := c.Resolve("amazon.titan-embed-text-v1"); text(err) != denied {
		t.Errorf("an unmapped embedding model: %v, want %s", err, denied)
	}
}

func TestMappingOverrides(t *testing.T) {
	c := newCatalog(t, catalog.Options{Mappings: []catalog.Mapping{
		{ID: "amazon.nova-micro-v1:0", Provider: "p", ContextWindow: 4096, MaxOutput: 512, Name: "Tiny", Abilities: &provider.Abilities{Images: true}},
		{ID: "acme.chat", Provider: "p", Family: "mistral", Vendor: "Acme"},
	}})
	nova, err := c.Resolve("amazon.nova-micro-v1:0")
	if err != nil {
		t.Fatal(err)
	}
	if m := nova.Model; m.Name != "Tiny" || m.ContextWindow != 4096 || m.MaxOutput != 512 || m.Custom ||
		m.Abilities != (provider.Abilities{Images: true}) || m.Family != "nova" || m.Vendor != "Amazon" || m.ToolStreaming {
		t.Errorf("the overridden model is %+v", m)
	}
	acme, err := c.Resolve("acme.chat")
	if err != nil {
		t.Fatal(err)
	}
	if m := acme.Model; !m.Custom || m.Family != "mistral" || m.Vendor != "Acme" || m.Name != "acme.chat" || !m.Converse || !m.Abilities.Tools {
		t.Errorf("the new model is %+v", m)
	}
}

func TestMappingErrors(t *testing.T) {
	ok := catalog.Mapping{ID: "*", Provider: "p"}
	tests := []struct {
		field string
		m     catalog.Mapping
	}{
		{"ID", catalog.Mapping{Provider: "p"}},
		{"ID", catalog.Mapping{ID: "a b", Provider: "p"}},
		{"ID", catalog.Mapping{ID: "arn:aws:s3:::bucket", Provider: "p"}},
		{"ID", catalog.Mapping{ID: "*a*a*a*a*a*a*a*a*", Provider: "p"}},
		{"ID", catalog.Mapping{ID: "acme.chat", Provider: "p"}},
		{"Provider", catalog.Mapping{ID: "x"}},
		{"BaseModel", catalog.Mapping{ID: "x", Provider: "p", BaseModel: "nothing"}},
		{"Family", catalog.Mapping{ID: "x", Provider: "p", Family: "nothing"}},
	}
	for _, tt := range tests {
		_, err := catalog.New(catalog.Options{Mappings: []catalog.Mapping{ok, {ID: "acme.chat", Provider: "p"}, tt.m}})
		if e, is := errors.AsType[*catalog.MappingError](err); !is || e.Index != 2 || e.Field != tt.field {
			t.Errorf("%+v: %v, want an error about %s", tt.m, err, tt.field)
		}
	}
}

// Every model has what each user of the catalogue relies on.
func TestModels(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range catalog.Models() {
		if seen[m.ID] {
			t.Errorf("%s is there twice", m.ID)
		}
		seen[m.ID] = true
		if m.Base != m.ID || m.Name == "" || m.Vendor == "" || len(m.InputModalities) == 0 || len(m.OutputModalities) == 0 {
			t.Errorf("%+v lacks something", m)
		}
		if !m.OnDemand && len(m.Profiles) == 0 {
			t.Errorf("%s cannot be invoked at all", m.ID)
		}
		other := m.Embeds() || m.Reranks() || m.MakesImages()
		if (m.Converse || other) != (m.Family != "") || m.Converse && other {
			t.Errorf("%s: Converse %t, family %q", m.ID, m.Converse, m.Family)
		}
		id, err := catalog.ParseID(m.ID)
		if err != nil || id.Kind != catalog.FoundationModel {
			t.Errorf("%s is no id of a foundation model: %v", m.ID, err)
		}
		req := bedrock.GetFoundationModelRequest{ModelIdentifier: m.ID}
		if err := req.Validate(); err != nil {
			t.Errorf("%s: %v", m.ID, err)
		}
	}
}
