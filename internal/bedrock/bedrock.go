// Package bedrock is the vocabulary of Saprolite: the shapes, operations, errors
// and constraints of the Amazon Bedrock API, under their names there.
//
// The files that end in _gen.go come from the service models by
// tools/generate. Struct tags name the members of the JSON body; the methods
// Bound and Payload give those that travel elsewhere. A member is a pointer where
// absent and zero differ; enumerations, lists, maps, blobs and documents use
// their zero value for absent.
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

// Place is where a member travels that is not in the body.
type Place int

// The places of a request or response.
const (
	InPath Place = iota
	InQuery
	InHeader
)

// Bound is a member that travels outside the body.
type Bound struct {
	Place Place
	// Name is that of the path label, the query parameter or the header, which
	// is in the case that the service sends.
	Name string
	// Member points to the member: *string (enumerations too), **string, **int32
	// or **time.Time.
	Member any
}
