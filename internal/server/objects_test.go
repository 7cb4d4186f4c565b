package server_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/objectstore"
	"github.com/saprolite/saprolite/internal/objectstore/folder"
	"github.com/saprolite/saprolite/internal/pipeline"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/server"
)

// seer sees, and keeps the conversations that it was asked.
type seer struct{ asked [][]bedrock.Message }

func (*seer) Abilities(string) provider.Abilities {
	return provider.Abilities{Images: true, Video: true, Tools: true}
}

func (s *seer) Converse(_ context.Context, call provider.Call) provider.Events {
	s.asked = append(s.asked, call.Request.Messages)
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		w := provider.NewWriter(yield)
		w.Text("A rock.")
		w.Stop(bedrock.StopReasonEndTurn, nil)
		w.Metadata(bedrock.TokenUsage{InputTokens: 1, OutputTokens: 2})
	}
}

// media are objects of the bucket media, by their keys.
func media(t *testing.T) map[string][]byte {
	t.Helper()
	picture, err := base64.StdEncoding.DecodeString(pixel)
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"a/pixel.png": picture, "leave.doc": readPaper(t, "leave.doc"), "film.mp4": []byte("a film")}
}

// withObjects puts a server in front of a provider, over the objects of media.
func withObjects(t *testing.T, from provider.Provider, mappings ...catalog.Mapping) string {
	t.Helper()
	store := folder.New(t.TempDir())
	for key, content := range media(t) {
		name := objectstore.Name{Bucket: "media", Key: key}
		if err := store.Put(t.Context(), name, objectstore.Content{Body: strings.NewReader(string(content))}); err != nil {
			t.Fatal(err)
		}
	}
	mappings = append(mappings, catalog.Mapping{ID: "*", Provider: "test"}, catalog.Mapping{ID: "acme.chat", Provider: "test"})
	o := options(newCatalog(t, mappings...), from)
	o.Pipeline.Objects = pipeline.NewObjects(store, 1<<20, "media")
	return serve(t, server.New(o)).URL + "/model/"
}

// The provider is asked the same whether media come by bytes or by s3Location, in
// every operation.
func TestObjects(t *testing.T) {
	from := new(seer)
	models, client := withObjects(t, from), newClient(t, http1)
	// A key in braces is the source of an object.
	const (
		seen    = `{"text":"Which?"},{"image":{"format":"png","source":{a/pixel.png}}},{"video":{"format":"mp4","source":{film.mp4}}}`
		read    = `{"document":{"format":"doc","name":"leave","source":{leave.doc}}}`
		answers = `{"messages":[{"role":"user","content":[{"text":"Hi"}]},{"role":"assistant","content":[{"toolUse":{"toolUseId":"t1","name":"see","input":{}}}]},` +
			`{"role":"user","content":[{"toolResult":{"toolUseId":"t1","content":[%s]}}]}],"toolConfig":{"tools":[{"toolSpec":{"name":"see","inputSchema":{"json":{"type":"object"}}}}]}}`
	)
	body := func(content ...string) string {
		return `{"messages":[{"role":"user","content":[` + strings.Join(content, ",") + `]}]}`
	}
	for name, test := range map[string]struct{ path, body string }{
		"Converse":                      {"amazon.nova-lite-v1:0/converse", body(seen, read)},
		"ConverseStream":                {"amazon.nova-lite-v1:0/converse-stream", body(seen, read)},
		"InvokeModel":                   {"amazon.nova-lite-v1:0/invoke", body(seen)},
		"InvokeModelWithResponseStream": {"amazon.nova-lite-v1:0/invoke-with-response-stream", body(seen)},
		"a result of a tool":            {"amazon.nova-lite-v1:0/converse", fmt.Sprintf(answers, `{"image":{"format":"png","source":{a/pixel.png}}}`)},
		"a result, natively":            {"amazon.nova-lite-v1:0/invoke", fmt.Sprintf(answers, `{"image":{"format":"png","source":{a/pixel.png}}}`)},
		"a model of one's own":          {"acme.chat/converse", body(seen, read)},
	} {
		t.Run(name, func(t *testing.T) {
			from.asked = nil
			for _, source := range []func(key string, content []byte) string{
				func(_ string, content []byte) string {
					return fmt.Sprintf(`{"bytes":%q}`, base64.StdEncoding.EncodeToString(content))
				},
				func(key string, _ []byte) string {
					return fmt.Sprintf(`{"s3Location":{"uri":"s3://media/%s","bucketOwner":"123456789012"}}`, key)
				},
			} {
				sent := test.body
				for key, content := range media(t) {
					sent = strings.ReplaceAll(sent, "{"+key+"}", source(key, content))
				}
				got := post(t, client, models+test.path, sent)
				if got.status != 200 {
					t.Fatalf("%d %s", got.status, got.body)
				}
			}
			if d := cmp.Diff(from.asked[0], from.asked[1]); d != "" {
				t.Errorf("(-by bytes +by s3Location):\n%s", d)
			}
		})
	}
}

func TestObjectsCount(t *testing.T) {
	models, client := withObjects(t, clerk{}), newClient(t, http1)
	const body = `{"input":{"converse":{"messages":[{"role":"user","content":[{"text":"Hi"},{"document":{"format":"doc","name":"leave","source":%s}}]}]}}}`
	counted := post(t, client, models+"acme.chat/count-tokens", fmt.Sprintf(body, `{"s3Location":{"uri":"s3://media/leave.doc"}}`))
	bytes := fmt.Sprintf(`{"bytes":%q}`, base64.StdEncoding.EncodeToString(media(t)["leave.doc"]))
	want := post(t, client, models+"acme.chat/count-tokens", fmt.Sprintf(body, bytes))
	if counted.status != 200 || string(counted.body) != string(want.body) {
		t.Errorf("%d %s, by bytes %s", counted.status, counted.body, want.body)
	}
}

func TestObjectsRefused(t *testing.T) {
	from := new(seer)
	models, client := withObjects(t, from), newClient(t, http1)
	const (
		picture = `{"image":{"format":"png","source":{"s3Location":{"uri":%q}}}}`
		paper   = `{"text":"Hi"},{"document":{"format":"xlsx","name":"a","source":{"s3Location":{"uri":%q}}}}`
		pattern = `s3://[a-z0-9][\.\-a-z0-9]{1,61}[a-z0-9](/.*)?`
	)
	for name, test := range map[string]struct {
		path, content, uri string
		status             int
		kind, want         string
	}{
		"no object": {"amazon.nova-lite-v1:0/converse", picture, "s3://media/none", 400, "ValidationException",
			"The S3 URI s3://media/none at messages.0.content.0.image.source.s3Location refers to an object that doesn't exist. Check the URI and try again."},
		"no object, streamed": {"amazon.nova-lite-v1:0/converse-stream", picture, "s3://media/none", 400, "ValidationException",
			"The S3 URI s3://media/none at messages.0.content.0.image.source.s3Location refers to an object that doesn't exist. Check the URI and try again."},
		"no object, natively": {"amazon.nova-lite-v1:0/invoke", picture, "s3://media/none", 400, "ValidationException",
			"The S3 URI s3://media/none at messages.0.content.0.image.source.s3Location refers to an object that doesn't exist. Check the URI and try again."},
		"another bucket": {"amazon.nova-lite-v1:0/converse", picture, "s3://secrets/key", 403, "AccessDeniedException",
			"Access to the object at the S3 URI s3://secrets/key is denied. Check that the object can be read and try again."},
		"no picture": {"amazon.nova-lite-v1:0/converse", picture, "s3://media/film.mp4", 400, "ValidationException",
			"The model returned the following errors: Could not process image"},
		"no picture, natively": {"amazon.nova-lite-v1:0/invoke", picture, "s3://media/film.mp4", 400, "ValidationException", "Could not process image"},
		"a broken document": {"amazon.nova-lite-v1:0/converse", paper, "s3://media/film.mp4", 400, "ValidationException",
			"The model returned the following errors: messages.0.content.1.source.bytes: The document source bytes could not be parsed as the specified format. If using a text-based format, try source.text instead of source.bytes."},
		"no URI": {"amazon.nova-lite-v1:0/converse", picture, "https://media/a", 400, "ValidationException",
			"1 validation error detected: Value 'https://media/a' at 'messages.1.member.content.1.member.image.source.s3Location.uri' failed to satisfy constraint: Member must satisfy regular expression pattern: " + pattern},
		"no URI, natively": {"amazon.nova-lite-v1:0/invoke", picture, "https://media/a", 400, "ValidationException",
			"Malformed input request: #/messages/0/content/0/image/source/s3Location/uri: string [https://media/a] does not match pattern " + pattern + ", please reformat your input and try again."},
		"Claude": {claude + "/converse", picture, "s3://media/a/pixel.png", 400, "ValidationException", "This model doesn't support the s3Uri field. Remove s3Uri and try again."},
		"a document of Claude's": {claude + "/converse", paper, "s3://media/leave.doc", 400, "ValidationException",
			"The model returned the following errors: messages.0.content.1.document.source.type: Field required"},
	} {
		t.Run(name, func(t *testing.T) {
			got := post(t, client, models+test.path, `{"messages":[{"role":"user","content":[`+fmt.Sprintf(test.content, test.uri)+`]}]}`)
			if kind := got.header.Get("X-Amzn-ErrorType"); got.status != test.status || !strings.HasPrefix(kind, test.kind) || messageOf(t, got) != test.want {
				t.Errorf("%d %s %s", got.status, kind, got.body)
			}
		})
	}
	if from.asked != nil {
		t.Errorf("the model was asked %+v", from.asked)
	}
}

// Nova's vectors are of a text by value, or in S3.
func TestObjectsEmbedded(t *testing.T) {
	const nova = "amazon.nova-2-multimodal-embeddings-v1:0"
	from := new(vectors)
	models, client := withObjects(t, from, catalog.Mapping{ID: nova, Provider: "test"}), newClient(t, http1)
	for key, test := range map[string]struct {
		status int
		want   string
	}{
		"film.mp4":    {200, "a film"},
		"a/pixel.png": {400, "The object at the S3 URI s3://media/a/pixel.png holds no text. Provide one with text in UTF-8 and try again."},
		"none":        {400, "The S3 URI s3://media/none at singleEmbeddingParams.text.source.s3Location refers to an object that doesn't exist. Check the URI and try again."},
	} {
		from.embedded = provider.EmbedCall{}
		got := post(t, client, models+nova+"/invoke", `{"taskType":"SINGLE_EMBEDDING","singleEmbeddingParams":{"embeddingPurpose":"GENERIC_INDEX",`+
			`"text":{"truncationMode":"END","source":{"s3Location":{"uri":"s3://media/`+key+`"}}}}}`)
		switch texts := from.embedded.Texts; {
		case got.status != test.status:
			t.Errorf("%s: %d %s", key, got.status, got.body)
		case got.status == 200 && (len(texts) != 1 || texts[0] != test.want):
			t.Errorf("%s: the texts are %q", key, texts)
		case got.status != 200 && (messageOf(t, got) != test.want || texts != nil):
			t.Errorf("%s: %s, the texts are %q", key, got.body, texts)
		}
	}
}

// With policies, a caller names only what the caller may read.
func TestObjectsByPolicy(t *testing.T) {
	store := folder.New(t.TempDir())
	for _, key := range []string{"mine/pixel.png", "yours/pixel.png"} {
		content := objectstore.Content{Body: strings.NewReader(string(media(t)["a/pixel.png"]))}
		if err := store.Put(t.Context(), objectstore.Name{Bucket: "media", Key: key}, content); err != nil {
			t.Fatal(err)
		}
	}
	who := caller{Principal: alice(), policies: allowing(t,
		`{"Effect":"Allow","Action":"bedrock:*","Resource":"*"}`,
		`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::media/mine/*"}`)}
	o := options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), new(seer))
	o.Pipeline.Objects = pipeline.NewObjects(store, 1<<20)
	o.Identity, o.Access = who, who
	web, client := serve(t, server.New(o)), newClient(t, http1)
	for key, want := range map[string]string{
		"mine/pixel.png":  "",
		"yours/pixel.png": "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::media/yours/pixel.png because no identity-based policy allows the s3:GetObject action",
	} {
		body := fmt.Sprintf(`{"messages":[{"role":"user","content":[{"text":"What is it?"},{"image":{"format":"png","source":{"s3Location":{"uri":"s3://media/%s"}}}}]}]}`, key)
		got := post(t, client, web.URL+nova+"/converse", body)
		if message := messageOf(t, got); message != want {
			t.Errorf("%s: %d %s", key, got.status, got.body)
		}
	}
}
