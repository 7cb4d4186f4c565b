package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/provider"
)

// write puts a configuration into a folder of its own.
func write(t *testing.T, content string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "saprolite.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, content string) *Config {
	t.Helper()
	c, err := Load(write(t, content))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEmptyFileIsDefault(t *testing.T) {
	for _, content := range []string{"", "# nothing\n", "null\n", "models:\nlog:\n", "---\n", "{}\n"} {
		got := load(t, content)
		if diff := cmp.Diff(Default(), got, cmpopts.IgnoreUnexported(Config{})); diff != "" {
			t.Errorf("%q is not the default (-default +got):\n%s", content, diff)
		}
	}
	d := Default()
	vectors := &LlamaCpp{Model: "default-embedding", Embedding: true, Fetch: FetchAtUse}
	if diff := cmp.Diff(vectors, d.Providers[EmbeddingProvider].LlamaCpp); diff != "" {
		t.Error(diff)
	}
	if len(d.Models) != 11 || d.Models[0].ID != "*" || d.Models[0].Provider != LocalProvider || d.Providers[LocalProvider].LlamaCpp.Model != "default" {
		t.Errorf("the default is %+v", d)
	}
}

const wholeFile = `
listen: [0.0.0.0:443, unix:run/s.sock]
tls: {certFile: tls.pem, keyFile: tls.key}
auth: none
dataDir: /var/lib/saprolite
regions: us-east-1
strict: true
engine:
  path: llama-server
  threads: 4
  memory: 6GiB
  context: 4096
  parallel: 2
  startTimeout: 90s
providers:
  small: {type: llamacpp, model: models/small.GGUF, embedding: true, context: 2048}
  hub: &hub {type: llamacpp, model: "hf:owner/repo/file.gguf@main", fetch: use, parallel: 1}
  again: *hub
  vllm:
    type: openai
    url: http://gpu:8000/v1
    apiKeyEnv: TEST_VLLM_KEY
    headers: {X-Team: blue}
    media: [images, audio]
    serviceTiers: flex
    thinking: opened
    timeouts: {connect: 1s, firstByte: 2m, idle: 30s}
    retry: {attempts: 1, maxWait: 5s}
  remote: {type: openai, url: "https://models.example/v1", model: big, apiKeyFile: key}
  fake: {type: script, file: rules.yaml}
models:
  - {id: "anthropic.*", provider: vllm, upstream: qwen, abilities: [tools, images], contextWindow: 32_768}
  - id: acme.chat
    provider: small
    baseModel: amazon.nova-lite-v1:0
    name: Acme
    vendor: Acme Inc
    family: mistral
    maxOutput: 512
    abilities: []
    tiers: {flex: {provider: remote}, priority: }
    latency: {}
objects:
  s3: {endpoint: "http://s3:9000", region: eu-central-1, pathStyle: true, accessKeyId: minio, secretAccessKeyFile: key}
  buckets: media
invocationLogging:
  s3: {endpoint: "http://s3:9000", accessKeyId: logger, secretAccessKeyFile: key}
  whenFull: refuse
  spoolLimit: 2GiB
  groupSize: 1MB
  groupTime: 10s
  default: {bucket: bedrock-logs, prefix: team, deliver: text}
log: {level: debug, format: json}
limits: {maxBody: 64MB, maxFetched: 1GB, requestTimeout: 10m, drainTimeout: 0s}
`

// whole is what wholeFile in the folder says.
func whole(folder string) *Config {
	hub := Provider{Type: TypeLlamaCpp, LlamaCpp: &LlamaCpp{Model: "hf:owner/repo/file.gguf@main", Fetch: FetchAtUse, Parallel: 1}}
	remote := defaultOpenAI()
	remote.URL, remote.Model, remote.APIKey, remote.APIKeyFile = "https://models.example/v1", "big", "sk-file", filepath.Join(folder, "key")
	return &Config{
		Listen:  []string{"0.0.0.0:443", "unix:" + filepath.Join(folder, "run/s.sock")},
		TLS:     TLS{CertFile: filepath.Join(folder, "tls.pem"), KeyFile: filepath.Join(folder, "tls.key")},
		Auth:    AuthNone,
		DataDir: "/var/lib/saprolite",
		Regions: []string{"us-east-1"},
		Strict:  true,
		Engine:  Engine{Path: "llama-server", Threads: 4, Memory: 6 << 30, Context: 4096, Parallel: 2, StartTimeout: 90 * time.Second},
		Providers: map[string]Provider{
			"small": {Type: TypeLlamaCpp, LlamaCpp: &LlamaCpp{Model: filepath.Join(folder, "models/small.GGUF"), Embedding: true, Fetch: FetchAtStart, Context: 2048}},
			"hub":   hub,
			"again": hub,
			"vllm": {Type: TypeOpenAI, OpenAI: &OpenAI{
				URL: "http://gpu:8000/v1", APIKey: "sk-vllm", APIKeyEnv: "TEST_VLLM_KEY", Headers: map[string]Secret{"X-Team": "blue"},
				Media: []Medium{MediumImages, MediumAudio}, ServiceTiers: []Tier{"flex"}, Thinking: ThinkingOpened,
				Timeouts: Timeouts{Connect: time.Second, FirstByte: 2 * time.Minute, Idle: 30 * time.Second},
				Retry:    Retry{Attempts: 1, MaxWait: 5 * time.Second},
			}},
			"remote": {Type: TypeOpenAI, OpenAI: remote},
			"fake":   {Type: TypeScript, Script: &Script{File: filepath.Join(folder, "rules.yaml")}},
		},
		Models: []Model{
			{ID: "anthropic.*", Provider: "vllm", Upstream: "qwen", Abilities: []Ability{"tools", "images"}, ContextWindow: 32768},
			{ID: "acme.chat", Provider: "small", BaseModel: "amazon.nova-lite-v1:0", Name: "Acme", Vendor: "Acme Inc", Family: "mistral", MaxOutput: 512, Abilities: []Ability{}, Tiers: map[Tier]Lane{"flex": {Provider: "remote"}, "priority": {}}, Latency: map[Latency]Lane{}},
		},
		Objects: Objects{
			S3: &S3{
				Endpoint: "http://s3:9000", Region: "eu-central-1", PathStyle: true, AccessKeyID: "minio",
				SecretAccessKey: "sk-file", SecretAccessKeyFile: filepath.Join(folder, "key"),
			},
			Buckets: []string{"media"},
		},
		Log: Log{Level: "debug", Format: "json"},
		InvocationLogging: InvocationLogging{
			S3: &S3{
				Endpoint: "http://s3:9000", AccessKeyID: "logger", SecretAccessKey: "sk-file", SecretAccessKeyFile: filepath.Join(folder, "key"),
			},
			WhenFull: "refuse", SpoolLimit: 2 << 30, GroupSize: 1_000_000, GroupTime: 10 * time.Second,
			Default: &LogDestination{Bucket: "bedrock-logs", Prefix: "team", Deliver: []LogData{LogText}},
		},
		Limits: Limits{MaxBody: 64_000_000, MaxFetched: 1e9, RequestTimeout: 10 * time.Minute},
	}
}

func TestWholeFile(t *testing.T) {
	t.Setenv("TEST_VLLM_KEY", "sk-vllm")
	path := write(t, wholeFile)
	folder := filepath.Dir(path)
	for name, content := range map[string]string{"tls.pem": "", "tls.key": "", "key": "sk-file\n", "rules.yaml": "", "models/small.GGUF": ""} {
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	want := whole(folder)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Config{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantMappings := []catalog.Mapping{
		{ID: "anthropic.*", Provider: "vllm", Upstream: "qwen", Abilities: &provider.Abilities{Tools: true, Images: true}, ContextWindow: 32768},
		{ID: "acme.chat", Provider: "small", BaseModel: "amazon.nova-lite-v1:0", Name: "Acme", Vendor: "Acme Inc", Family: "mistral", MaxOutput: 512, Abilities: &provider.Abilities{}, Tiers: map[bedrock.ServiceTierType]catalog.Lane{"flex": {Provider: "remote", Upstream: "big"}, "priority": {}}, Latency: map[bedrock.PerformanceConfigLatency]catalog.Lane{}},
	}
	if diff := cmp.Diff(catalog.Options{Strict: true, Mappings: wantMappings}, got.Catalog()); diff != "" {
		t.Errorf("the catalogue's options (-want +got):\n%s", diff)
	}
}

// Without models, everything goes to the provider that is meant.
func TestModelsLeftOut(t *testing.T) {
	tests := []struct{ providers, want string }{
		{"{vllm: {type: openai, url: 'http://x/v1'}}", "vllm"},
		{"{vllm: {type: openai, url: 'http://x/v1'}, local: {type: llamacpp}}", "local"},
	}
	for _, tt := range tests {
		c := load(t, "providers: "+tt.providers)
		if diff := cmp.Diff([]Model{{ID: "*", Provider: tt.want}}, c.Models); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.providers, diff)
		}
	}
}

// The provider named embeddings answers for the models that it is there for, and
// for no conversations.
func TestEmbeddingsLeftOut(t *testing.T) {
	for _, providers := range []string{
		"{vllm: {type: openai, url: 'http://x/v1'}, embeddings: {type: openai, url: 'http://y/v1'}}",
		"{embeddings: {type: llamacpp, embedding: true}, vllm: {type: openai, url: 'http://x/v1'}}",
	} {
		c := load(t, "providers: "+providers)
		byID := map[string]string{}
		for _, m := range c.Models {
			byID[m.ID] = m.Provider
		}
		if byID["*"] != "vllm" || byID["amazon.titan-embed-text-v2:0"] != "embeddings" || byID["cohere.rerank-v3-5:0"] != "embeddings" {
			t.Errorf("%s: %v", providers, byID)
		}
	}
	for _, local := range []string{"{type: llamacpp, embedding: true}", "{type: llamacpp, model: default-embedding}"} {
		got := load(t, "providers: {embeddings: "+local+"}").Providers["embeddings"].LlamaCpp
		if diff := cmp.Diff(&LlamaCpp{Model: "default-embedding", Embedding: true, Fetch: FetchAtStart}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", local, diff)
		}
	}
}

func TestHomeFolder(t *testing.T) {
	t.Setenv("HOME", "/home/someone")
	t.Setenv("USERPROFILE", "/home/someone")
	if got := load(t, "dataDir: ~/saprolite").DataDir; got != filepath.Join("/home/someone", "saprolite") {
		t.Errorf("~/saprolite is %s", got)
	}
}

// A secret shows in no ordinary way of printing.
func TestSecretsStaySecret(t *testing.T) {
	c := load(t, "providers: {x: {type: openai, url: 'http://x/v1', apiKey: sk-secret, headers: {Authorization: sk-secret}}}")
	p := c.Providers["x"].OpenAI
	if string(p.APIKey) != "sk-secret" || string(p.Headers["Authorization"]) != "sk-secret" {
		t.Fatalf("the secrets are lost: %+v", p)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if out := fmt.Sprintf(format, *p); strings.Contains(out, "sk-secret") {
			t.Errorf("%s shows it: %s", format, out)
		}
	}
	_, err := Load(write(t, "providers: {x: {type: openai, url: 'http://x/v1', headers: sk-secret}}"))
	if err == nil || strings.Contains(err.Error(), "sk-secret") {
		t.Errorf("the error shows it: %v", err)
	}
}

// A problem that is found after loading has a line too.
func TestProblemAfterLoading(t *testing.T) {
	path := write(t, "log: {level: info}\nengine:\n  path: llama-server\n")
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ key, want string }{
		{"engine.path", path + ":3: engine.path: gone; install it"},
		{"engine.threads", path + ":2: engine.threads: gone; install it"},
		{"limits", path + ": limits: gone; install it"},
	}
	for _, tt := range tests {
		if got := c.Problem(tt.key, "gone", "install it").Error(); got != tt.want {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}

func TestSizes(t *testing.T) {
	tests := []struct {
		text string
		want Size
	}{{"0", 0}, {"12", 12}, {"1kB", 1000}, {"1 KiB", 1024}, {"25_000_000", 25_000_000}, {"3GiB", 3 << 30}, {"2TB", 2e12}}
	for _, tt := range tests {
		if got, err := parseSize(tt.text); err != nil || got != tt.want {
			t.Errorf("%q is %d, %v, want %d", tt.text, got, err, tt.want)
		}
	}
	for _, text := range []string{"", "GiB", "-1", "1.5GiB", "1 XB", "9223372036854775807TiB", "1MBMB"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q is %d, want an error", text, got)
		}
	}
}

func TestNearest(t *testing.T) {
	choices := []string{"provider", "providers", "models", "upstream", "baseModel"}
	tests := []struct{ word, want string }{
		{"provdier", "provider"}, {"model", "models"}, {"base_model", "baseModel"}, {"UPSTREAM", "upstream"},
		{"zzz", ""}, {"", ""}, {strings.Repeat("models", 100), ""},
	}
	for _, tt := range tests {
		if got := nearest(tt.word, choices); got != tt.want {
			t.Errorf("%.20q is near %q, want %q", tt.word, got, tt.want)
		}
	}
	if !slices.Contains(choices, nearest("providres", choices)) {
		t.Error("a swap of letters is not found")
	}
}
