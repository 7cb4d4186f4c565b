package meter

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A line of the journal is the checksum of a JSON object, a space, and the object.

// sumLength is that of a checksum in a line, in hexadecimal digits.
const sumLength = 8

// line is a record as the journal has it. Times are microseconds.
type line struct {
	RequestID   string            `json:"id"`
	Time        int64             `json:"time"`
	Account     string            `json:"account,omitzero"`
	Principal   string            `json:"principal,omitzero"`
	Operation   string            `json:"operation,omitzero"`
	Model       string            `json:"model,omitzero"`
	Provider    string            `json:"provider,omitzero"`
	Profile     string            `json:"profile,omitzero"`
	ServiceTier string            `json:"tier,omitzero"`
	Status      int               `json:"status,omitzero"`
	Error       string            `json:"error,omitzero"`
	Input       int64             `json:"in,omitzero"`
	Output      int64             `json:"out,omitzero"`
	CacheRead   int64             `json:"read,omitzero"`
	CacheWrite  int64             `json:"written,omitzero"`
	Images      int64             `json:"images,omitzero"`
	Embeddings  int64             `json:"embeddings,omitzero"`
	Guardrails  int64             `json:"guardrails,omitzero"`
	FirstToken  int64             `json:"first,omitzero"`
	Total       int64             `json:"total,omitzero"`
	Cost        int64             `json:"cost,omitzero"`
	Metadata    map[string]string `json:"metadata,omitzero"`
}

// appendLine writes a record as a line. A text that no database holds is mended.
func appendLine(b []byte, r *Record) ([]byte, error) {
	text, err := json.Marshal(&line{
		RequestID: r.RequestID, Time: r.Time.UnixMicro(), Account: r.Account, Principal: r.Principal, Operation: r.Operation,
		Model: r.Model, Provider: r.Provider, Profile: r.Profile, ServiceTier: r.ServiceTier, Status: r.Status, Error: r.Error,
		Input: r.InputTokens, Output: r.OutputTokens, CacheRead: r.CacheReadTokens, CacheWrite: r.CacheWriteTokens,
		Images: r.Images, Embeddings: r.Embeddings, Guardrails: r.GuardrailUnits,
		FirstToken: r.FirstToken.Microseconds(), Total: r.Total.Microseconds(), Cost: r.Cost, Metadata: r.Metadata,
	}, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return b, err
	}
	// PostgreSQL's texts have no zero byte.
	text = bytes.ReplaceAll(text, []byte(`\u0000`), []byte(`\ufffd`))
	b = fmt.Appendf(b, "%0*x ", sumLength, crc32.ChecksumIEEE(text))
	return append(append(b, text...), '\n'), nil
}

// errDamaged means that a line is not as it was written.
var errDamaged = errors.New("a damaged line")

// parseLine reads a line, without its end.
func parseLine(text []byte) (r Record, err error) {
	if len(text) < sumLength+1 {
		return r, errDamaged
	}
	sum, err := strconv.ParseUint(strings.ToLower(string(text[:sumLength])), 16, 32)
	text = text[sumLength+1:]
	if err != nil || uint32(sum) != crc32.ChecksumIEEE(text) {
		return r, errDamaged
	}
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return r, errors.Join(errDamaged, err)
	}
	return Record{
		RequestID: l.RequestID, Time: time.UnixMicro(l.Time).UTC(), Account: l.Account, Principal: l.Principal, Operation: l.Operation,
		Model: l.Model, Provider: l.Provider, Profile: l.Profile, ServiceTier: l.ServiceTier, Status: l.Status, Error: l.Error,
		Counts: Counts{
			InputTokens: l.Input, OutputTokens: l.Output, CacheReadTokens: l.CacheRead, CacheWriteTokens: l.CacheWrite,
			Images: l.Images, Embeddings: l.Embeddings, GuardrailUnits: l.Guardrails,
		},
		FirstToken: time.Duration(l.FirstToken) * time.Microsecond, Total: time.Duration(l.Total) * time.Microsecond,
		Cost: l.Cost, Metadata: l.Metadata,
	}, nil
}
