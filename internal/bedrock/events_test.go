package bedrock_test

import (
	"reflect"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// TestEvents goes through the members of the streams: each is set by its name,
// found again and padded.
func TestEvents(t *testing.T) {
	type stream interface {
		EventType() string
		Event() any
		SetEvent(string) any
		SetPadding(string)
	}
	for _, test := range []struct {
		new   func() stream
		types []string
	}{
		{func() stream { return new(bedrock.ConverseStreamOutput) },
			[]string{"messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"}},
		{func() stream { return new(bedrock.ResponseStream) }, []string{"chunk"}},
		{func() stream { return new(bedrock.InvokeModelWithBidirectionalStreamOutput) }, []string{"chunk"}},
	} {
		if empty := test.new(); empty.EventType() != "" || empty.Event() != nil || empty.SetEvent("other") != nil {
			t.Errorf("%T without an event has one", empty)
		}
		for _, name := range test.types {
			s := test.new()
			set := s.SetEvent(name)
			s.SetPadding("abc")
			if set == nil || s.EventType() != name || s.Event() != set {
				t.Errorf("%s of %T: %v is %q", name, s, set, s.EventType())
				continue
			}
			if p := reflect.ValueOf(set).Elem().FieldByName("P"); p.IsNil() || p.Elem().String() != "abc" {
				t.Errorf("%s of %T is not padded", name, s)
			}
		}
	}
}
