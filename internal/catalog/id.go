package catalog

import (
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// MaxID is the length of the longest model id, in bytes (InvokeModel, modelId).
const MaxID = 2048

// Kind is the type of resource that an id names, in the words of its ARN.
type Kind string

// The kinds of resources that a modelId may name.
const (
	FoundationModel             Kind = "foundation-model"
	InferenceProfile            Kind = "inference-profile"
	ApplicationInferenceProfile Kind = "application-inference-profile"
	ProvisionedModel            Kind = "provisioned-model"
	CustomModel                 Kind = "custom-model"
	CustomModelDeployment       Kind = "custom-model-deployment"
	ImportedModel               Kind = "imported-model"
	PromptRouter                Kind = "prompt-router"
	DefaultPromptRouter         Kind = "default-prompt-router"
	Prompt                      Kind = "prompt"
	// Endpoint is a SageMaker endpoint, as the marketplace makes them.
	Endpoint Kind = "endpoint"
)

// ID is a model id, taken apart.
type ID struct {
	// Text is the id as it came.
	Text string
	// Kind is what it names. An id without arn: names a foundation model, or an
	// inference profile when it starts with the prefix of one.
	Kind Kind
	// Region and Account are those of an ARN.
	Region, Account string
	// Resource is the id after the type in an ARN, else all of it.
	Resource string
	// Profile is the prefix of a cross-region inference profile, as us or global.
	Profile string
	// Base is the id of the foundation model, when the text holds one.
	Base string
}

// prefixes are those of cross-region inference profiles (BedrockModelId in the
// AWS documentation of inference profiles).
var prefixes = [...]string{"us", "us-gov", "eu", "apac", "jp", "au", "ca", "global"}

// ParseID takes a model id apart. It knows forms alone, not models: the id may
// name nothing. An ARN may be cut down to its type and resource, as
// prompt-router/abc. The error is a *bedrock.ValidationException.
func ParseID(s string) (ID, error) {
	if s == "" || len(s) > MaxID || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ID{}, invalidID()
	}
	if strings.HasPrefix(s, "arn:") {
		return parseARN(s)
	}
	if kind, resource, ok := strings.Cut(s, "/"); ok && Kind(kind).service() != "" {
		return ID{Text: s, Kind: Kind(kind), Resource: resource}.withBase()
	}
	return bare(s), nil
}

func isID(s string) bool {
	_, err := ParseID(s)
	return err == nil
}

// parseARN reads arn:partition:service:region:account:type/resource.
func parseARN(s string) (ID, error) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) != 6 {
		return ID{}, invalidID()
	}
	kind, resource, ok := strings.Cut(parts[5], "/")
	if !ok || resource == "" {
		return ID{}, invalidID()
	}
	id := ID{Text: s, Kind: Kind(kind), Region: parts[3], Account: parts[4], Resource: resource}
	if parts[2] == "" || parts[2] != id.Kind.service() || !isPartition(parts[1], id.Region) || !isAccount(id.Account) {
		return ID{}, invalidID()
	}
	return id.withBase()
}

// bare reads an id that is no ARN: that of a foundation model, or of one of its
// cross-region profiles.
func bare(s string) ID {
	if profile, base, ok := cutProfile(s); ok {
		return ID{Text: s, Kind: InferenceProfile, Resource: s, Profile: profile, Base: base}
	}
	return ID{Text: s, Kind: FoundationModel, Resource: s, Base: s}
}

// withBase finds the foundation model in an id whose kind and resource are set,
// and refuses a resource that does not fit the kind.
func (id ID) withBase() (ID, error) {
	model := bare(id.Resource)
	switch id.Kind {
	case FoundationModel, InferenceProfile:
		if id.Resource == "" || model.Kind != id.Kind || id.Kind == FoundationModel && id.Account != "" {
			return ID{}, invalidID()
		}
		id.Profile, id.Base = model.Profile, model.Base
	case CustomModel:
		// custom-model/<base>/<12 characters>; imported models have no base.
		if base, _, ok := strings.Cut(id.Resource, "/"); ok && base != "imported" {
			id.Base = base
		}
	}
	return id, nil
}

// service gives the service whose ARNs name the kind; empty when none does.
func (k Kind) service() string {
	switch k {
	case FoundationModel, InferenceProfile, ApplicationInferenceProfile, ProvisionedModel, CustomModel,
		CustomModelDeployment, ImportedModel, PromptRouter, DefaultPromptRouter, Prompt:
		return "bedrock"
	case Endpoint:
		return "sagemaker"
	}
	return ""
}

// cutProfile splits us.anthropic.claude-... into its prefix and the rest.
func cutProfile(s string) (profile, base string, ok bool) {
	head, rest, found := strings.Cut(s, ".")
	if !found || rest == "" {
		return "", "", false
	}
	for _, p := range prefixes {
		if head == p {
			return p, rest, true
		}
	}
	return "", "", false
}

// isPartition says whether ARNs of the region begin so. Were another one taken, a policy
// that names a resource would miss it under its other name.
func isPartition(s, region string) bool { return s == Location{Region: region}.partition() }

// isAccount passes the twelve digits of an account, and none at all.
func isAccount(s string) bool {
	notDigit := func(r rune) bool { return r < '0' || r > '9' }
	return s == "" || len(s) == 12 && !strings.ContainsFunc(s, notDigit)
}

// invalidID is the service's answer to an id that means nothing (recorded).
func invalidID() error {
	return &bedrock.ValidationException{Message: "The provided model identifier is invalid."}
}
