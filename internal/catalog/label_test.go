package catalog_test

import (
	"testing"

	"github.com/saprolite/saprolite/internal/catalog"
)

// What callers write does not become a label.
func TestLabel(t *testing.T) {
	models, err := catalog.New(catalog.Options{Mappings: []catalog.Mapping{
		{ID: "*", Provider: "p"}, {ID: "ollama.*", Provider: "p"}, {ID: "acme.chat", Provider: "p"},
		{ID: "provisioned-model/*", Provider: "p", BaseModel: "amazon.nova-lite-v1:0"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{
		"amazon.nova-lite-v1:0":    "amazon.nova-lite-v1:0",
		"us.amazon.nova-lite-v1:0": "amazon.nova-lite-v1:0",
		"arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0": "amazon.nova-lite-v1:0",
		"ollama.anything-at-all": "ollama.*",
		"acme.chat":              "acme.chat",
		"arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl": "amazon.nova-lite-v1:0",
	} {
		target, err := models.Resolve(id)
		if err != nil {
			t.Fatal(err)
		}
		if got := target.Label(); got != want {
			t.Errorf("%s has the label %s, want %s", id, got, want)
		}
	}
}
