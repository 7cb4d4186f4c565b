package server

import (
	"github.com/go-json-experiment/json"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// checkMetadata holds the metadata of a native request to the constraints of those
// that Converse has in its body: a header that holds a JSON object of texts. They are
// for logs of invocations alone. The error is a *bedrock.ValidationException.
func checkMetadata(header *string) error {
	if header == nil {
		return nil
	}
	var metadata map[string]string
	if err := json.Unmarshal([]byte(*header), &metadata); err != nil || metadata == nil {
		return &bedrock.ValidationException{Message: "The value of the header X-Amzn-Bedrock-Request-Metadata is invalid. " +
			"Provide a JSON object of strings and try again."}
	}
	asMember := bedrock.ConverseRequest{ModelId: "model", RequestMetadata: metadata}
	return asMember.Validate()
}
