package provider

import (
	"context"
	"image"
)

// ImageGenerator is a provider that makes images.
type ImageGenerator interface {
	// GenerateImages gives call.Count images, each a file of the call's format.
	// The error is, or wraps, a bedrock.Exception.
	GenerateImages(ctx context.Context, call ImageCall) ([][]byte, error)
}

// ImageCall asks for images.
type ImageCall struct {
	// Model is the name by which the upstream knows the model.
	Model string
	// Prompt says what to make, Negative what to leave out.
	Prompt, Negative string
	// Count is at least one.
	Count int
	// Width and Height are in pixels; 0 leaves them to the upstream.
	Width, Height int
	// Quality is standard or premium; empty leaves it to the upstream.
	Quality string
	// Format is png, jpeg or webp.
	Format string
	// Seed makes a call repeatable, where the upstream knows seeds.
	Seed *int64
	// Sources are the images to start from, as files. Without one, images are made
	// of the prompt alone.
	Sources [][]byte
	// Mask, if set, is of the size of the first source: what is white in it is
	// made anew, what is black stays.
	Mask *image.Gray
}

// GenerateImages asks a provider for images; one that is no ImageGenerator refuses.
func GenerateImages(ctx context.Context, p Provider, call ImageCall) ([][]byte, error) {
	if generator, ok := p.(ImageGenerator); ok {
		return generator.GenerateImages(ctx, call)
	}
	return nil, Unsupported("make images")
}
