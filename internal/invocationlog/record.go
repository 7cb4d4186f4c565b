package invocationlog

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Record is a line of the log, as the service writes it.
type Record struct {
	// SchemaType is ModelInvocationLog and SchemaVersion 1.0.
	SchemaType    string `json:"schemaType"`
	SchemaVersion string `json:"schemaVersion"`
	// Timestamp is when the request came, as 2026-11-25T19:47:00Z.
	Timestamp string   `json:"timestamp"`
	AccountID string   `json:"accountId"`
	Identity  Identity `json:"identity"`
	Region    string   `json:"region"`
	RequestID string   `json:"requestId"`
	Operation string   `json:"operation"`
	// ModelID is the model as the request named it.
	ModelID string `json:"modelId"`
	// ErrorCode is that of the error that ended the call.
	ErrorCode string `json:"errorCode,omitzero"`
	Input     Input  `json:"input"`
	// Output is nil where there was no answer.
	Output          *Output           `json:"output,omitzero"`
	RequestMetadata map[string]string `json:"requestMetadata,omitzero"`
}

// Identity is who called.
type Identity struct {
	ARN string `json:"arn"`
}

// Input is the request. Of its bodies there is one at most.
type Input struct {
	ContentType string         `json:"inputContentType"`
	BodyJSON    jsontext.Value `json:"inputBodyJson,omitzero"`
	// BodyS3Path is where the body lies, as s3://bucket/key.
	BodyS3Path      string `json:"inputBodyS3Path,omitzero"`
	TokenCount      int64  `json:"inputTokenCount"`
	CacheReadCount  int64  `json:"cacheReadInputTokenCount,omitzero"`
	CacheWriteCount int64  `json:"cacheWriteInputTokenCount,omitzero"`
}

// Output is the answer, as Input is the request.
type Output struct {
	ContentType string         `json:"outputContentType"`
	BodyJSON    jsontext.Value `json:"outputBodyJson,omitzero"`
	BodyS3Path  string         `json:"outputBodyS3Path,omitzero"`
	TokenCount  int64          `json:"outputTokenCount"`
}

const (
	schemaType    = "ModelInvocationLog"
	schemaVersion = "1.0"
	contentType   = "application/json"
)

func timestamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }
