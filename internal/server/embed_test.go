package server_test

import (
	"context"
	"net/http"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/server"
)

const (
	titanEmbed  = "amazon.titan-embed-text-v2:0"
	cohereEmbed = "cohere.embed-v4:0"
	cohereRank  = "cohere.rerank-v3-5:0"
)

// root is who calls a server that takes every caller.
const root = "arn:aws:iam::000000000000:root"

// vectors is a provider that keeps what it was last asked.
type vectors struct {
	provider.NoConversation
	embedded provider.EmbedCall
	ranked   provider.RerankCall
	err      error
}

func (v *vectors) Embed(_ context.Context, call provider.EmbedCall) (*provider.Embeddings, error) {
	v.embedded = call
	return &provider.Embeddings{Vectors: [][]float32{{1, 0}}, InputTokens: 5}, v.err
}

func (v *vectors) Rerank(_ context.Context, call provider.RerankCall) ([]float64, error) {
	v.ranked = call
	return []float64{0.25, 0.75}, v.err
}

// newVectors makes a server whose embedding and rerank models are the provider.
func newVectors(t testing.TB, from provider.Provider) *server.Server {
	t.Helper()
	var mappings []catalog.Mapping
	for _, id := range []string{titanEmbed, cohereEmbed, cohereRank} {
		mappings = append(mappings, catalog.Mapping{ID: id, Provider: "test"})
	}
	mappings = append(mappings,
		catalog.Mapping{ID: "acme.vectors", Provider: "test", Family: "titanembed", Upstream: "bge"},
		catalog.Mapping{ID: "acme.ranks", Provider: "test", Family: "rerank"})
	return server.New(options(newCatalog(t, mappings...), from))
}

// bedrockHeaders are the names of the headers that tell counts and latency.
func bedrockHeaders(got answered) map[string]string {
	found := map[string]string{}
	for name := range got.header {
		if name == "X-Amzn-Bedrock-Input-Token-Count" || name == "X-Amzn-Bedrock-Output-Token-Count" {
			found[name] = got.header.Get(name)
		}
	}
	if got.header.Get("X-Amzn-Bedrock-Invocation-Latency") != "" {
		found["latency"] = "told"
	}
	return found
}

func TestEmbed(t *testing.T) {
	from := new(vectors)
	web := serve(t, newVectors(t, from))
	overBoth(t, func(t *testing.T, client *http.Client) {
		for _, test := range []struct {
			model, body string
			want        provider.EmbedCall
		}{
			{titanEmbed, `{"inputText":"Hi"}`, provider.EmbedCall{Model: titanEmbed, Texts: []string{"Hi"}, MaxTokens: 8192}},
			{"us." + cohereEmbed, `{"texts":["Hi"],"input_type":"search_query","truncate":"START"}`,
				provider.EmbedCall{Model: cohereEmbed, Texts: []string{"Hi"}, MaxTokens: 128_000, Truncate: provider.TruncateStart}},
			{cohereEmbed, `{"texts":["Hi"],"input_type":"search_query","max_tokens":256}`,
				provider.EmbedCall{Model: cohereEmbed, Texts: []string{"Hi"}, MaxTokens: 256}},
			{"acme.vectors", `{"inputText":"Hi"}`, provider.EmbedCall{Model: "bge", Texts: []string{"Hi"}}},
		} {
			got := post(t, client, web.URL+"/model/"+test.model+"/invoke", test.body)
			if got.status != 200 || got.header.Get("Content-Type") != "application/json" {
				t.Fatalf("%s: %d %s", test.model, got.status, got.body)
			}
			test.want.Caller = root
			if d := gocmp.Diff(test.want, from.embedded); d != "" {
				t.Errorf("%s (-want +got)\n%s", test.model, d)
			}
			want := map[string]string{"X-Amzn-Bedrock-Input-Token-Count": "5", "latency": "told"}
			if d := gocmp.Diff(want, bedrockHeaders(got)); d != "" {
				t.Errorf("%s: headers (-want +got)\n%s", test.model, d)
			}
		}
	})
}

func TestRank(t *testing.T) {
	from := new(vectors)
	web, client := serve(t, newVectors(t, from)), newClient(t, http1)
	for model, members := range map[string]string{cohereRank: `,"api_version":2`, "acme.ranks": ""} {
		got := post(t, client, web.URL+"/model/"+model+"/invoke", `{"query":"q","documents":["a","b"],"top_n":1`+members+`}`)
		if want := `{"results":[{"index":1,"relevance_score":0.75}]}`; got.status != 200 || string(got.body) != want {
			t.Errorf("%d %s", got.status, got.body)
		}
		if d := gocmp.Diff(provider.RerankCall{Model: model, Caller: root, Query: "q", Documents: []string{"a", "b"}}, from.ranked); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		if d := gocmp.Diff(map[string]string{"latency": "told"}, bedrockHeaders(got)); d != "" {
			t.Errorf("headers (-want +got)\n%s", d)
		}
	}
}

// What a model for vectors does not do is refused in the words of the service.
func TestNoConversationWithVectors(t *testing.T) {
	web, client := serve(t, newVectors(t, new(vectors))), newClient(t, h2c)
	const noChat = "This action doesn't support the model that you provided. Try again with a supported text or chat model."
	for _, model := range []string{titanEmbed, cohereRank, "acme.vectors"} {
		for _, test := range []struct{ path, body, message string }{
			{"/converse", conversationBody, noChat},
			{"/converse-stream", conversationBody, noChat},
			{"/invoke-with-response-stream", `{"inputText":"Hi"}`, "The model is unsupported for streaming."},
			{"/count-tokens", `{"input":{"converse":` + conversationBody + `}}`, "The provided model doesn't support counting tokens."},
			{"/invoke", `{"prompt":"Hi"}`, ""},
		} {
			got := post(t, client, web.URL+"/model/"+model+test.path, test.body)
			if message := messageOf(t, got); got.status != 400 || test.message != "" && message != test.message {
				t.Errorf("%s%s: %d %s", model, test.path, got.status, got.body)
			}
		}
	}
}

// A provider that has no vectors refuses, and one that fails says how.
func TestVectorsFail(t *testing.T) {
	client := newClient(t, http1)
	failing := &vectors{err: provider.TooManyTokens(8192, 9000)}
	for _, test := range []struct {
		from    provider.Provider
		message string
	}{
		{new(listener), "The requested operation is not supported for the provided model."},
		{failing, "Too many input tokens. Max input tokens: 8192, request input token count: 9000 "},
	} {
		web := serve(t, newVectors(t, test.from))
		for model, body := range map[string]string{
			titanEmbed: `{"inputText":"Hi"}`, "acme.ranks": `{"query":"q","documents":["a"]}`,
		} {
			if got := post(t, client, web.URL+"/model/"+model+"/invoke", body); got.status != 400 || messageOf(t, got) != test.message {
				t.Errorf("%s: %d %s", model, got.status, got.body)
			}
		}
	}
	failing.err = &bedrock.ThrottlingException{Message: "no"}
	if got := post(t, client, serve(t, newVectors(t, failing)).URL+"/model/"+titanEmbed+"/invoke", `{"inputText":"Hi"}`); got.status != 429 {
		t.Errorf("%d %s", got.status, got.body)
	}
}
