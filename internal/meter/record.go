// Package meter counts what callers use and what it costs.
package meter

import (
	"fmt"
	"strings"
	"time"
)

// Record is the usage of one call, whatever came of it.
type Record struct {
	// RequestID is that of the answer; no two records have the same.
	RequestID string
	// Time is when the request came.
	Time time.Time
	// Account is 12 digits; Principal is the caller's ARN.
	Account, Principal string
	Operation          string
	// Model is the bare id of the model, Profile the ARN of the inference profile
	// that the request named, if it named one. Provider is the configured one that
	// answered.
	Model, Provider, Profile string
	// ServiceTier is the tier that served.
	ServiceTier string
	// Status is the HTTP status, or that which an error inside a stream stands for.
	// Error is its code.
	Status int
	Error  string

	Counts

	// FirstToken is the time from the request to the first content of the answer, 0
	// without one; Total that to its end.
	FirstToken, Total time.Duration
	// Cost is in billionths of a dollar.
	Cost int64
	// Metadata is the requestMetadata of the caller.
	Metadata map[string]string
}

// Counts are what is paid for.
type Counts struct {
	InputTokens, OutputTokens         int64
	CacheReadTokens, CacheWriteTokens int64
	Images, Embeddings                int64
	GuardrailUnits                    int64
}

// Add adds other to c.
func (c *Counts) Add(other Counts) {
	c.InputTokens += other.InputTokens
	c.OutputTokens += other.OutputTokens
	c.CacheReadTokens += other.CacheReadTokens
	c.CacheWriteTokens += other.CacheWriteTokens
	c.Images += other.Images
	c.Embeddings += other.Embeddings
	c.GuardrailUnits += other.GuardrailUnits
}

// Field is what usage can be grouped and filtered by: one of the constants, or
// metadata: and a key.
type Field string

// The fields.
const (
	FieldAccount   Field = "account"
	FieldPrincipal Field = "principal"
	FieldOperation Field = "operation"
	FieldModel     Field = "model"
	FieldProvider  Field = "provider"
	FieldProfile   Field = "profile"
	FieldTier      Field = "tier"
	FieldStatus    Field = "status"
	FieldError     Field = "error"
	// FieldDay and FieldHour are in UTC, as 2026-11-25 and 2026-11-25T18.
	FieldDay  Field = "day"
	FieldHour Field = "hour"
	// FieldRequest is the request id, which no two calls share.
	FieldRequest Field = "request"
)

// metadataPrefix stands before the key in fields of requestMetadata.
const metadataPrefix = "metadata:"

// FieldOfMetadata is the field of a key of requestMetadata.
func FieldOfMetadata(key string) Field { return Field(metadataPrefix + key) }

// MetadataKey gives the key of a field of requestMetadata.
func (f Field) MetadataKey() (key string, ok bool) {
	key, ok = strings.CutPrefix(string(f), metadataPrefix)
	return key, ok && key != ""
}

// Fields gives the fields but those of requestMetadata.
func Fields() []Field {
	return []Field{
		FieldAccount, FieldPrincipal, FieldOperation, FieldModel, FieldProvider, FieldProfile,
		FieldTier, FieldStatus, FieldError, FieldDay, FieldHour, FieldRequest,
	}
}

// ParseField reads a field as a person writes it.
func ParseField(text string) (Field, error) {
	f := Field(text)
	if _, ok := f.MetadataKey(); ok {
		return f, nil
	}
	var names []string
	for _, known := range Fields() {
		if f == known {
			return f, nil
		}
		names = append(names, string(known))
	}
	return "", fmt.Errorf("usage has no field %q: take one of %s, or %sKEY", text, strings.Join(names, ", "), metadataPrefix)
}

// Query asks for sums of usage.
type Query struct {
	// From is the first moment, To the first one after; zero times are open ends.
	From, To time.Time
	// GroupBy are the fields by which the sums are split; none gives one sum.
	GroupBy []Field
	// Only are the values that fields must have, Prefix what those of texts must begin
	// with.
	Only, Prefix map[Field]string
}

// Sum is the usage of one group.
type Sum struct {
	// Group are the values of the fields of Query.GroupBy, in their order.
	Group []string
	// Calls counts all of them, Errors those whose status is 400 or above.
	Calls, Errors int64
	Counts
	// FirstToken is the average of the calls that have one, 0 where none has; Total
	// that of all.
	FirstToken, Total time.Duration
	// Cost is in billionths of a dollar.
	Cost int64
}
