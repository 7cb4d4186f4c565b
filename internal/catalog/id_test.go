package catalog_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
)

func TestParseID(t *testing.T) {
	tests := []catalog.ID{
		{Text: "amazon.nova-lite-v1:0", Kind: catalog.FoundationModel, Resource: "amazon.nova-lite-v1:0", Base: "amazon.nova-lite-v1:0"},
		{Text: "us-gov.anthropic.claude-x", Kind: catalog.InferenceProfile, Resource: "us-gov.anthropic.claude-x", Profile: "us-gov", Base: "anthropic.claude-x"},
		{Text: "llama3.2:1b", Kind: catalog.FoundationModel, Resource: "llama3.2:1b", Base: "llama3.2:1b"},
		{Text: "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0", Kind: catalog.FoundationModel, Region: "eu-west-1", Resource: "amazon.nova-lite-v1:0", Base: "amazon.nova-lite-v1:0"},
		{Text: "arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.anthropic.claude-x", Kind: catalog.InferenceProfile, Region: "us-gov-west-1", Account: "123456789012", Resource: "us-gov.anthropic.claude-x", Profile: "us-gov", Base: "anthropic.claude-x"},
		{Text: "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0/abcdefghijkl", Kind: catalog.CustomModel, Region: "us-east-1", Account: "123456789012", Resource: "amazon.nova-lite-v1:0/abcdefghijkl", Base: "amazon.nova-lite-v1:0"},
		{Text: "arn:aws:bedrock:us-east-1:123456789012:custom-model/imported/abcdefghijkl", Kind: catalog.CustomModel, Region: "us-east-1", Account: "123456789012", Resource: "imported/abcdefghijkl"},
		{Text: "arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEFGHIJ:1", Kind: catalog.Prompt, Region: "us-east-1", Account: "123456789012", Resource: "ABCDEFGHIJ:1"},
		{Text: "arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine", Kind: catalog.Endpoint, Region: "us-east-1", Account: "123456789012", Resource: "mine"},
		{Text: "prompt-router/abc", Kind: catalog.PromptRouter, Resource: "abc"},
	}
	for _, want := range tests {
		got, err := catalog.ParseID(want.Text)
		if err != nil {
			t.Errorf("ParseID(%q): %v", want.Text, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ParseID(%q) (-want +got):\n%s", want.Text, diff)
		}
	}
}

func TestParseIDRefuses(t *testing.T) {
	tests := []string{
		"",
		"a b",
		"ünïcode",
		"line\nbreak",
		strings.Repeat("x", 2049),
		"arn:aws:bedrock",
		"arn:aws:bedrock:us-east-1::foundation-model",
		"arn:aws:bedrock:us-east-1::foundation-model/",
		"arn:aws:bedrock:us-east-1::foundation-model/us.amazon.nova-lite-v1:0",
		"arn:aws:bedrock:us-east-1:123456789012:foundation-model/amazon.nova-lite-v1:0",
		"arn:aws:bedrock:us-east-1:123456789012:inference-profile/amazon.nova-lite-v1:0",
		"arn:aws:bedrock:us-east-1:12345:inference-profile/us.amazon.nova-lite-v1:0",
		"arn:aws:bedrock:us-east-1:123456789012:guardrail/abc",
		"arn:aws:sagemaker:us-east-1:123456789012:prompt/abc",
		"arn:aws:bedrock:us-east-1:123456789012:endpoint/abc",
		"arn:other:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
	}
	for _, text := range tests {
		_, err := catalog.ParseID(text)
		if _, ok := errors.AsType[*bedrock.ValidationException](err); !ok {
			t.Errorf("ParseID(%.60q) gives %v, want a ValidationException", text, err)
		}
	}
}

// Whatever the id: no panic, the parts are parts of the text, and a catalogue
// that serves everything that it knows resolves it or refuses it with one of the
// service's errors.
func FuzzParseID(f *testing.F) {
	for _, m := range catalog.Models() {
		f.Add(m.ID)
	}
	for _, s := range []string{
		"us.anthropic.claude-sonnet-5", "global.", "amazon.nova-pro-v1:0:24k", "x::k", ":mm", "prompt/",
		"arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/mi1dadi0g15f",
		"arn:aws:bedrock:::inference-profile/global.x", "arn:::::/",
	} {
		f.Add(s)
	}
	c := newCatalog(f, catalog.Options{Mappings: []catalog.Mapping{
		{ID: "*", Provider: "local"},
		{ID: "*a*b*", Provider: "other", Upstream: "up/*"},
		{ID: "application-inference-profile/*", Provider: "local", BaseModel: "amazon.nova-lite-v1:0"},
	}})
	f.Fuzz(func(t *testing.T, text string) {
		id, err := catalog.ParseID(text)
		if err == nil {
			for _, part := range []string{id.Region, id.Account, id.Resource, id.Profile, id.Base, string(id.Kind)} {
				if part != string(catalog.FoundationModel) && part != string(catalog.InferenceProfile) && !strings.Contains(text, part) {
					t.Errorf("%q is no part of %q", part, text)
				}
			}
		}
		target, err := c.Resolve(text)
		if err != nil {
			if _, ok := errors.AsType[bedrock.Exception](err); !ok {
				t.Errorf("Resolve(%q) gives %v, which is no error of the service", text, err)
			}
			return
		}
		if target.Model == nil || target.Model.ID == "" || target.Model.Base == "" || target.Provider == "" || target.ID.Text != text {
			t.Errorf("Resolve(%q) = %+v", text, target)
		}
	})
}
