package answer

import (
	"crypto/rand"
	"fmt"
	"math"

	"github.com/go-json-experiment/json/jsontext"
)

// Count is a count of tokens. Under a guardrail the service spells it 28.0.
type Count int32

// UnmarshalJSONFrom reads a number of either spelling.
func (c *Count) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	token, err := d.ReadToken()
	if err != nil {
		return err
	}
	if token.Kind() != '0' {
		return fmt.Errorf("a count of tokens is no %v", token.Kind())
	}
	n, err := token.Float()
	if err == nil && (n != math.Trunc(n) || math.Abs(n) > math.MaxInt32) {
		err = fmt.Errorf("%v is no count of tokens", n)
	}
	*c = Count(n)
	return err
}

// Tokens is the count as the conversation has it, nil if c is nil.
func (c *Count) Tokens() *int32 {
	if c == nil {
		return nil
	}
	return new(int32(*c))
}

// NewID makes a random UUID, as several families name their answers.
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: see crypto/rand
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
