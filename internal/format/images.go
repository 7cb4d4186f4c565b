package format

import "github.com/saprolite/saprolite/internal/provider"

// Images is the native bodies of one family of models that make images. It holds
// no state.
type Images interface {
	// ParseRequest reads the body of InvokeModel. The call it gives lacks Model.
	// The error is a *bedrock.ValidationException in the words of the service.
	ParseRequest(modelID string, body []byte) (*ImageRequest, error)
}

// ImageRequest is a native request for images, understood.
type ImageRequest struct {
	// Call is what it asks.
	Call provider.ImageCall
	// Render writes the images, which are files, as compact JSON, keys in the order
	// of the family.
	Render func(images [][]byte) ([]byte, error)
}
