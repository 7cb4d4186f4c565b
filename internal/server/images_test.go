package server_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/server"
)

const canvas = "amazon.nova-canvas-v1:0"

// painter is a provider that makes images, and keeps what it was asked.
type painter struct {
	provider.NoConversation
	asked provider.ImageCall
}

func (p *painter) GenerateImages(_ context.Context, call provider.ImageCall) ([][]byte, error) {
	p.asked = call
	return [][]byte{[]byte("a")}, nil
}

// Images come by InvokeModel alone, without counts of tokens.
func TestImages(t *testing.T) {
	from := new(painter)
	web := serve(t, newServerFor(t, from, catalog.Mapping{ID: canvas, Provider: "test", Upstream: "sd"}))
	client := newClient(t, http1)
	const body = `{"taskType":"TEXT_IMAGE","textToImageParams":{"text":"a rock"}}`
	answer := post(t, client, web.URL+"/model/"+canvas+"/invoke", body)
	if answer.status != 200 || string(answer.body) != `{"images":["YQ=="],"error":null}` {
		t.Errorf("%d %s", answer.status, answer.body)
	}
	if answer.header.Get("X-Amzn-Bedrock-Invocation-Latency") == "" || answer.header.Get("X-Amzn-Bedrock-Input-Token-Count") != "" {
		t.Errorf("the headers %v", answer.header)
	}
	if d := cmp.Diff(provider.ImageCall{Model: "sd", Prompt: "a rock", Count: 1, Format: "png"}, from.asked); d != "" {
		t.Error(d)
	}
	for path, want := range map[string]string{
		"/invoke-with-response-stream": "",
		"/converse":                    "This action doesn't support the model that you provided. Try again with a supported text or chat model.",
	} {
		sent := body
		if path == "/converse" {
			sent = conversationBody
		}
		if answer := post(t, client, web.URL+"/model/"+canvas+path, sent); answer.status != 400 || !strings.Contains(string(answer.body), want) {
			t.Errorf("%s: %d %s", path, answer.status, answer.body)
		}
	}
}

// Without a server of images the error says which key of the configuration to set.
func TestNoImages(t *testing.T) {
	web := serve(t, newServerFor(t, new(painter), catalog.Mapping{ID: "*", Provider: "test"}))
	answer := post(t, newClient(t, http1), web.URL+"/model/"+canvas+"/invoke", `{"taskType":"TEXT_IMAGE","textToImageParams":{"text":"a rock"}}`)
	if answer.status != 400 || !strings.Contains(string(answer.body), "Map it under models in the configuration file") {
		t.Errorf("%d %s", answer.status, answer.body)
	}
}

func newServerFor(t *testing.T, from provider.Provider, mappings ...catalog.Mapping) *server.Server {
	t.Helper()
	return server.New(options(newCatalog(t, mappings...), from))
}
