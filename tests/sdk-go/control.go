package sdkgo

import (
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	"github.com/aws/aws-sdk-go-v2/service/bedrock/types"
)

func testFoundationModels(t *testing.T, target Target) {
	client := target.control()
	list, err := client.ListFoundationModels(t.Context(), &bedrock.ListFoundationModelsInput{ByProvider: aws.String("anthropic")})
	if err != nil {
		t.Fatal(err)
	}
	found := slices.ContainsFunc(list.ModelSummaries, func(m types.FoundationModelSummary) bool { return *m.ModelId == haiku })
	equal(t, "the list holds the model", found, true)
	for _, m := range list.ModelSummaries {
		equal(t, "provider", *m.ProviderName, "Anthropic")
	}

	for _, id := range []string{haiku, "arn:aws:bedrock:us-east-1::foundation-model/" + haiku} {
		model, err := client.GetFoundationModel(t.Context(), &bedrock.GetFoundationModelInput{ModelIdentifier: &id})
		if err != nil {
			t.Fatal(err)
		}
		details := model.ModelDetails
		equal(t, "id", *details.ModelId, haiku)
		equal(t, "ARN", *details.ModelArn, "arn:aws:bedrock:us-east-1::foundation-model/"+haiku)
		equal(t, "streaming", *details.ResponseStreamingSupported, true)
		equal(t, "output", details.OutputModalities, []types.ModelModality{types.ModelModalityText})
	}

	_, err = client.GetFoundationModel(t.Context(), &bedrock.GetFoundationModelInput{ModelIdentifier: aws.String("acme.no-such-model-v1:0")})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("an unknown model is %v", err)
	}
}

func testInferenceProfiles(t *testing.T, target Target) {
	client := target.control()
	var all []types.InferenceProfileSummary
	pages := bedrock.NewListInferenceProfilesPaginator(client, &bedrock.ListInferenceProfilesInput{MaxResults: aws.Int32(50)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.InferenceProfileSummaries...)
	}
	if len(all) <= 50 {
		t.Fatalf("%d profiles fit on one page", len(all))
	}
	i := slices.IndexFunc(all, func(p types.InferenceProfileSummary) bool { return *p.InferenceProfileId == sonnet })
	if i < 0 {
		t.Fatalf("the list lacks %s", sonnet)
	}
	profile, err := client.GetInferenceProfile(t.Context(), &bedrock.GetInferenceProfileInput{InferenceProfileIdentifier: aws.String(sonnet)})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "ARN", *profile.InferenceProfileArn, *all[i].InferenceProfileArn)
	equal(t, "type", profile.Type, types.InferenceProfileTypeSystemDefined)
	equal(t, "status", profile.Status, types.InferenceProfileStatusActive)
	equal(t, "models", len(profile.Models), len(all[i].Models))

	_, err = client.GetInferenceProfile(t.Context(), &bedrock.GetInferenceProfileInput{InferenceProfileIdentifier: aws.String("us.acme.no-such-model-v1:0")})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("an unknown profile is %v", err)
	}
}
