package server

import (
	"github.com/go-json-experiment/json"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// parseMetadata reads the metadata of a native request, which Converse has in its
// body: a header that holds a JSON object of texts. It is for logs of invocations
// alone. The error is a *bedrock.ValidationException, as Converse would give it.
func parseMetadata(header *string) (map[string]string, error) {
	if header == nil {
		return nil, nil
	}
	var metadata map[string]string
	if err := json.Unmarshal([]byte(*header), &metadata); err != nil || metadata == nil {
		return nil, &bedrock.ValidationException{Message: "The value of the header X-Amzn-Bedrock-Request-Metadata is invalid. " +
			"Provide a JSON object of strings and try again."}
	}
	// The constraints are those of the member of Converse.
	asMember := bedrock.ConverseRequest{ModelId: "model", RequestMetadata: metadata}
	if err := asMember.Validate(); err != nil {
		return nil, err
	}
	return metadata, nil
}
