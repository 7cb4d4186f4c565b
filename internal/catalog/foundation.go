package catalog

import (
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// inferenceTypeProfile is what the service says of models that are invoked
// through inference profiles. Its enumeration lacks the value.
const inferenceTypeProfile bedrock.InferenceType = "INFERENCE_PROFILE"

// ListFoundationModels gives the models that have a provider.
func (c *Catalog) ListFoundationModels(req *bedrock.ListFoundationModelsRequest, at Location) *bedrock.ListFoundationModelsResponse {
	res := &bedrock.ListFoundationModelsResponse{ModelSummaries: []bedrock.FoundationModelSummary{}}
	for _, m := range c.served {
		if m.selected(req) {
			res.ModelSummaries = append(res.ModelSummaries, bedrock.FoundationModelSummary(m.details(at)))
		}
	}
	return res
}

// GetFoundationModel gives one model, by its id or ARN. The error is a
// *bedrock.ResourceNotFoundException.
func (c *Catalog) GetFoundationModel(req *bedrock.GetFoundationModelRequest, at Location) (*bedrock.GetFoundationModelResponse, error) {
	target, err := c.find(req.ModelIdentifier)
	if err != nil || target.ID.Kind != FoundationModel {
		return nil, &bedrock.ResourceNotFoundException{
			Message: "Could not resolve the foundation model from the provided model identifier."}
	}
	details := target.Model.details(at)
	return &bedrock.GetFoundationModelResponse{ModelDetails: &details}, nil
}

// selected says whether the model passes every filter of the request. No model
// can be customised here, nor is throughput provisioned.
func (m *Model) selected(req *bedrock.ListFoundationModelsRequest) bool {
	switch {
	case req.ByProvider != nil && !strings.EqualFold(*req.ByProvider, m.Vendor),
		req.ByOutputModality != "" && !slices.Contains(m.OutputModalities, req.ByOutputModality),
		req.ByInferenceType != "" && !slices.Contains(m.inferenceTypes(), req.ByInferenceType),
		req.ByCustomizationType != "":
		return false
	}
	return true
}

func (m *Model) inferenceTypes() []bedrock.InferenceType {
	types := []bedrock.InferenceType{}
	if m.OnDemand {
		types = append(types, bedrock.InferenceTypeOnDemand)
	}
	if len(m.Profiles) > 0 {
		types = append(types, inferenceTypeProfile)
	}
	return types
}

func (m *Model) details(at Location) bedrock.FoundationModelDetails {
	status := bedrock.FoundationModelLifecycleStatusActive
	if m.Legacy {
		status = bedrock.FoundationModelLifecycleStatusLegacy
	}
	return bedrock.FoundationModelDetails{
		CustomizationsSupported:    []bedrock.ModelCustomization{},
		InferenceTypesSupported:    m.inferenceTypes(),
		InputModalities:            m.InputModalities,
		ModelArn:                   at.modelARN(at.region(), m.ID),
		ModelId:                    m.ID,
		ModelLifecycle:             &bedrock.FoundationModelLifecycle{Status: status},
		ModelName:                  new(m.Name),
		OutputModalities:           m.OutputModalities,
		ProviderName:               new(m.Vendor),
		ResponseStreamingSupported: new(m.Streaming),
	}
}
