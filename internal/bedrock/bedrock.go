// Package bedrock is the vocabulary of Saprolite: the shapes, operations, errors
// and constraints of the Amazon Bedrock API, under their names there.
//
// The files that end in _gen.go come from the service models by
// tools/generate. Struct tags say where a member travels: json for the body,
// label, query and header for the rest of a request or response, payload for a
// member that is the raw body. A member is a pointer where absent and zero
// differ; enumerations, lists, maps, blobs and documents use their zero value
// for absent.
//
// The models leave out what real answers carry besides: the padding member p of
// events, and cacheReadInputTokenCount, cacheWriteInputTokenCount and
// serverToolUsage of TokenUsage. Recordings of the service have them, so the
// vocabulary has them too.
package bedrock

// Operation is one call of the API.
type Operation struct {
	// Name is the operation's name, as Converse.
	Name string
	// Service is the endpoint prefix: bedrock-runtime or bedrock.
	Service string
	// Method and URI form the route; labels stand in braces.
	Method, URI string
	// Status is the HTTP status of success.
	Status int
}
