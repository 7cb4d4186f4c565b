package provider

import (
	"context"
	"iter"
	"net/http"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// Passthrough is a provider whose upstream speaks the API of Bedrock itself, so
// that a request goes there as it came and the answer back as it is.
type Passthrough interface {
	// Forward yields a successful answer: its head together with the first of its
	// body, then what follows. A stream of events comes frame by frame, each piece
	// whole frames, as the upstream sends them; any other body is one piece.
	//
	// The work begins when the sequence is ranged over, which happens once, and
	// ends when the consumer stops or ctx does. An error ends the sequence. It is,
	// or wraps, a bedrock.Exception; one that comes first means that nothing was
	// answered.
	Forward(ctx context.Context, call RawCall) Pieces
}

// Pieces is one answer of an upstream as it comes.
type Pieces = iter.Seq2[Piece, error]

// RawCall is a request as it came.
type RawCall struct {
	// Operation is one of those with a model in the path.
	Operation bedrock.Operation
	// Model is the name by which the upstream knows the model.
	Model string
	// Header holds the members of the request that travel as headers; those of the
	// connection and of the signature are not among them.
	Header http.Header
	// Body MUST NOT be changed.
	Body []byte
}

// Piece is a part of an answer.
type Piece struct {
	// Header, in the first piece alone, holds the members of the answer that
	// travel as headers.
	Header http.Header
	// Body is the next of the body. It holds until the next piece.
	Body []byte
}

// MemberHeaders gives the headers of a request or an answer that are members of
// its shape: those of the service's own, and the types of the bodies.
func MemberHeaders(all http.Header) http.Header {
	members := http.Header{}
	for name, values := range all {
		if name == "Accept" || name == "Content-Type" || strings.HasPrefix(name, "X-Amzn-Bedrock-") {
			members[name] = values
		}
	}
	return members
}
