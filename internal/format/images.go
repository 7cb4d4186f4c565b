package format

import "github.com/saprolite/saprolite/internal/provider"

// Images is the native bodies of a family that makes images.
type Images interface {
	// ParseImages reads the body of InvokeModel. The call it gives lacks Model.
	// The error is a *bedrock.ValidationException in the words of the service.
	ParseImages(modelID string, body []byte) (*ImageRequest, error)
}

// ImageRequest is a native request for images, understood.
type ImageRequest struct {
	// Call is what it asks.
	Call provider.ImageCall
	// Answer writes the images, which are files, as the native body.
	Answer func(images [][]byte) ([]byte, error)
}
