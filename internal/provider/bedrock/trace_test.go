package bedrock_test

import (
	"testing"

	"github.com/saprolite/saprolite/internal/provider/providertest"
	"github.com/saprolite/saprolite/internal/traceparent"
)

// The trace goes on, and the signature holds with it.
func TestTraceGoesOn(t *testing.T) {
	u := newUpstream(t, rules)
	defer u.Close()
	p := newProvider(t, u.options())
	defer p.Close()
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	ctx := traceparent.With(t.Context(), traceparent.Context{Parent: parent, State: "a=1", XRay: "Root=1-a"})
	if _, err := providertest.Collect(t, ctx, p, ask("hello", false)); err != nil {
		t.Fatal(err)
	}
	if got, want := traceparent.Read(u.header), traceparent.Of(ctx); got != want {
		t.Errorf("the upstream is at %+v, want %+v", got, want)
	}
}
