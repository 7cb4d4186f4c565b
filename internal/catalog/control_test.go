package catalog_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
)

func ids(models []bedrock.FoundationModelSummary) []string {
	var ids []string
	for _, m := range models {
		ids = append(ids, m.ModelId)
	}
	return ids
}

func TestListFoundationModels(t *testing.T) {
	c := newCatalog(t, catalog.Options{Mappings: []catalog.Mapping{
		{ID: "mistral.*", Provider: "p"},
		{ID: "amazon.titan-embed-text-v1", Provider: "p"},
		{ID: "deepseek.*", Provider: "p"},
		{ID: "acme.chat", Provider: "p", Vendor: "Acme"},
		{ID: "prompt-router/abc", Provider: "p"},
	}})
	own := []string{"deepseek.v3.2", "deepseek.v3-v1:0", "deepseek.r1-v1:0"}
	tests := []struct {
		name string
		req  bedrock.ListFoundationModelsRequest
		want []string
	}{
		{"by provider", bedrock.ListFoundationModelsRequest{ByProvider: new("deepseek")}, own},
		{"on demand", bedrock.ListFoundationModelsRequest{ByProvider: new("DeepSeek"), ByInferenceType: bedrock.InferenceTypeOnDemand}, own[:2]},
		{"provisioned", bedrock.ListFoundationModelsRequest{ByInferenceType: bedrock.InferenceTypeProvisioned}, nil},
		{"by output", bedrock.ListFoundationModelsRequest{ByOutputModality: bedrock.ModelModalityEmbedding}, []string{"amazon.titan-embed-text-v1"}},
		{"customised", bedrock.ListFoundationModelsRequest{ByCustomizationType: bedrock.ModelCustomizationFineTuning}, nil},
		{"new model", bedrock.ListFoundationModelsRequest{ByProvider: new("Acme")}, []string{"acme.chat"}},
		{"nobody", bedrock.ListFoundationModelsRequest{ByProvider: new("Anthropic")}, nil},
	}
	for _, tt := range tests {
		got := c.ListFoundationModels(&tt.req, catalog.Location{}).ModelSummaries
		if diff := cmp.Diff(tt.want, ids(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		if got == nil {
			t.Errorf("%s: modelSummaries would be absent", tt.name)
		}
	}
	all := ids(c.ListFoundationModels(&bedrock.ListFoundationModelsRequest{}, catalog.Location{}).ModelSummaries)
	if len(all) != len(c.Served()) || slices.Contains(all, "abc") {
		t.Errorf("all models are %v", all)
	}
}

func TestGetFoundationModel(t *testing.T) {
	c := newCatalog(t, everything())
	const want = `{"customizationsSupported":[],"inferenceTypesSupported":["ON_DEMAND","INFERENCE_PROFILE"],` +
		`"inputModalities":["TEXT","IMAGE","VIDEO"],` +
		`"modelArn":"arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0","modelId":"amazon.nova-lite-v1:0",` +
		`"modelLifecycle":{"status":"ACTIVE"},"modelName":"Nova Lite","outputModalities":["TEXT"],"providerName":"Amazon",` +
		`"responseStreamingSupported":true}`
	for _, id := range []string{"amazon.nova-lite-v1:0", "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0"} {
		res, err := c.GetFoundationModel(&bedrock.GetFoundationModelRequest{ModelIdentifier: id}, catalog.Location{Region: "eu-west-1"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(res.ModelDetails)
		if err != nil || string(got) != want {
			t.Errorf("%s: %v\n%s\nwant\n%s", id, err, got, want)
		}
	}
	for _, id := range []string{"acme.nothing", "us.amazon.nova-lite-v1:0", "amazon.titan-embed-text-v1", ""} {
		_, err := c.GetFoundationModel(&bedrock.GetFoundationModelRequest{ModelIdentifier: id}, catalog.Location{})
		if _, ok := errors.AsType[*bedrock.ResourceNotFoundException](err); !ok {
			t.Errorf("%q: %v, want ResourceNotFoundException", id, err)
		}
	}
}

func TestGetInferenceProfile(t *testing.T) {
	c := newCatalog(t, catalog.Options{Mappings: []catalog.Mapping{
		{ID: "*", Provider: "p"},
		{ID: appProfile, Provider: "p", BaseModel: sonnet4, Name: "team"},
	}})
	tests := []struct {
		id, region, want string
	}{
		{"us.anthropic.claude-haiku-4-5-20251001-v1:0", "us-west-2",
			`{"description":"Routes requests to Anthropic Claude Haiku 4.5 in us-east-1, us-east-2 and us-west-2.",` +
				`"inferenceProfileArn":"arn:aws:bedrock:us-west-2:111122223333:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0",` +
				`"inferenceProfileId":"us.anthropic.claude-haiku-4-5-20251001-v1:0","inferenceProfileName":"US Anthropic Claude Haiku 4.5",` +
				`"models":[{"modelArn":"arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0"},` +
				`{"modelArn":"arn:aws:bedrock:us-east-2::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0"},` +
				`{"modelArn":"arn:aws:bedrock:us-west-2::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0"}],` +
				`"status":"ACTIVE","type":"SYSTEM_DEFINED"}`},
		{"arn:aws:bedrock:us-east-1:111122223333:inference-profile/global.anthropic.claude-opus-4-6-v1", "us-east-1",
			`{"description":"Routes requests to Anthropic Claude Opus 4.6 globally across all supported AWS Regions.",` +
				`"inferenceProfileArn":"arn:aws:bedrock:us-east-1:111122223333:inference-profile/global.anthropic.claude-opus-4-6-v1",` +
				`"inferenceProfileId":"global.anthropic.claude-opus-4-6-v1","inferenceProfileName":"Global Anthropic Claude Opus 4.6",` +
				`"models":[{"modelArn":"arn:aws:bedrock:::foundation-model/anthropic.claude-opus-4-6-v1"},` +
				`{"modelArn":"arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-4-6-v1"}],` +
				`"status":"ACTIVE","type":"SYSTEM_DEFINED"}`},
		{appProfile, "us-east-1",
			`{"inferenceProfileArn":"` + appProfile + `","inferenceProfileId":"mi1dadi0g15f","inferenceProfileName":"team",` +
				`"models":[{"modelArn":"arn:aws:bedrock:us-east-1::foundation-model/` + sonnet4 + `"}],"status":"ACTIVE","type":"APPLICATION"}`},
	}
	for _, tt := range tests {
		at := catalog.Location{Region: tt.region, Account: "111122223333"}
		res, err := c.GetInferenceProfile(&bedrock.GetInferenceProfileRequest{InferenceProfileIdentifier: tt.id}, at)
		if err != nil {
			t.Errorf("%s: %v", tt.id, err)
			continue
		}
		got, err := json.Marshal(res)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", tt.id, err, got, tt.want)
		}
	}
	for _, id := range []string{sonnet4, "us.nothing", "jp." + sonnet4, "zzz", ""} {
		_, err := c.GetInferenceProfile(&bedrock.GetInferenceProfileRequest{InferenceProfileIdentifier: id}, catalog.Location{})
		if _, ok := errors.AsType[*bedrock.ResourceNotFoundException](err); !ok {
			t.Errorf("%q: %v, want ResourceNotFoundException", id, err)
		}
	}
}

// Pages of any size give every profile once, in the order of one large page.
func TestListInferenceProfilesPages(t *testing.T) {
	c := newCatalog(t, everything())
	whole, err := c.ListInferenceProfiles(&bedrock.ListInferenceProfilesRequest{}, catalog.Location{})
	if err != nil || whole.NextToken != nil || len(whole.InferenceProfileSummaries) < 40 {
		t.Fatalf("%d profiles, token %v, %v", len(whole.InferenceProfileSummaries), whole.NextToken, err)
	}
	for _, size := range []int32{1, 7, 1000} {
		var got []bedrock.InferenceProfileSummary
		req := bedrock.ListInferenceProfilesRequest{MaxResults: new(size)}
		for {
			page, err := c.ListInferenceProfiles(&req, catalog.Location{})
			if err != nil || len(page.InferenceProfileSummaries) > int(size) {
				t.Fatalf("a page of %d of at most %d: %v", len(page.InferenceProfileSummaries), size, err)
			}
			got = append(got, page.InferenceProfileSummaries...)
			if page.NextToken == nil {
				break
			}
			req.NextToken = page.NextToken
		}
		if diff := cmp.Diff(whole.InferenceProfileSummaries, got); diff != "" {
			t.Errorf("pages of %d (-whole +pages):\n%s", size, diff)
		}
	}
	for _, token := range []string{"!", "bm90aGluZw", strings.Repeat("A", 2048)} {
		_, err := c.ListInferenceProfiles(&bedrock.ListInferenceProfilesRequest{NextToken: &token}, catalog.Location{})
		if _, ok := errors.AsType[*bedrock.ValidationException](err); !ok {
			t.Errorf("token %.20q: %v, want ValidationException", token, err)
		}
	}
}

// Who deletes each page before the next one gets all of them.
func TestListInferenceProfilesWhileDeleting(t *testing.T) {
	c := newCatalog(t, everything())
	ids := []string{"aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc", "dddddddddddd", "eeeeeeeeeeee"}
	var made []bedrock.InferenceProfileSummary
	for _, id := range ids {
		made = append(made, bedrock.InferenceProfileSummary{InferenceProfileId: id, Type: bedrock.InferenceProfileTypeApplication})
	}
	for _, of := range []bedrock.InferenceProfileType{"", bedrock.InferenceProfileTypeApplication} {
		var got []string
		left := slices.Clone(made)
		req := bedrock.ListInferenceProfilesRequest{MaxResults: new(int32(2)), TypeEquals: of}
		for {
			page, err := c.ListInferenceProfiles(&req, catalog.Location{}, left...)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range page.InferenceProfileSummaries {
				if slices.Contains(ids, p.InferenceProfileId) {
					got = append(got, p.InferenceProfileId)
				}
				left = slices.DeleteFunc(left, func(m bedrock.InferenceProfileSummary) bool { return m.InferenceProfileId == p.InferenceProfileId })
			}
			if req.NextToken = page.NextToken; req.NextToken == nil {
				break
			}
		}
		if diff := cmp.Diff(ids, got); diff != "" {
			t.Errorf("of %q (-want +got):\n%s", of, diff)
		}
	}
}

func TestListInferenceProfilesRegions(t *testing.T) {
	c := newCatalog(t, catalog.Options{Mappings: []catalog.Mapping{
		{ID: "*", Provider: "p"},
		{ID: appProfile, Provider: "p", BaseModel: sonnet4},
	}})
	tests := []struct{ region, want string }{
		{"", "us global"},
		{"us-west-2", "us global"},
		{"eu-central-1", "eu global"},
		{"ap-northeast-1", "apac jp global"},
		{"ap-southeast-2", "apac au global"},
		{"ap-south-1", "apac global"},
		{"ca-central-1", "us ca global"},
		{"us-gov-west-1", "us-gov"},
		{"my-basement", "us global"},
	}
	for _, tt := range tests {
		req := bedrock.ListInferenceProfilesRequest{TypeEquals: bedrock.InferenceProfileTypeSystemDefined}
		res, err := c.ListInferenceProfiles(&req, catalog.Location{Region: tt.region})
		if err != nil {
			t.Fatal(err)
		}
		var prefixes []string
		for _, p := range res.InferenceProfileSummaries {
			prefix, _, _ := strings.Cut(p.InferenceProfileId, ".")
			if !slices.Contains(prefixes, prefix) {
				prefixes = append(prefixes, prefix)
			}
			if n := len(p.Models); n < 1 || n > 5 {
				t.Errorf("%s has %d models, the API allows 1 to 5", p.InferenceProfileId, n)
			}
		}
		if got := strings.Join(prefixes, " "); got != tt.want {
			t.Errorf("%s has the profiles %s, want %s", tt.region, got, tt.want)
		}
	}
	res, err := c.ListInferenceProfiles(&bedrock.ListInferenceProfilesRequest{TypeEquals: bedrock.InferenceProfileTypeApplication}, catalog.Location{})
	if err != nil || len(res.InferenceProfileSummaries) != 1 || res.InferenceProfileSummaries[0].InferenceProfileArn != appProfile {
		t.Errorf("application profiles: %+v, %v", res, err)
	}
}
