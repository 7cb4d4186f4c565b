// Package traceparent carries the place of a request in a trace from whoever calls
// to whoever is called: the headers of W3C's Trace Context and Baggage, and those of
// AWS X-Ray. It needs no exporter of traces, and knows of none.
package traceparent

import (
	"context"
	"net/http"
	"strings"
)

// maxHeader bounds a header that is carried on, in bytes: what W3C asks to be carried
// of tracestate.
const maxHeader = 512

// maxBaggage is the same for the header Baggage.
const maxBaggage = 8192

// Context is the place of a request in a trace, as its headers say it. A field that
// is empty is not known.
type Context struct {
	// Parent is traceparent, and State tracestate, of W3C's Trace Context.
	Parent, State string
	// XRay is X-Amzn-Trace-Id, as AWS's load balancers and SDKs send it.
	XRay string
	// Baggage is what the client says to all who work for the request.
	Baggage string
}

// Read takes the context out of the headers of a request. What has not the form of
// one is not taken.
func Read(header http.Header) Context {
	var c Context
	if values := header["Traceparent"]; len(values) == 1 && isParent(values[0]) {
		c.Parent = values[0]
		if state := strings.Join(header["Tracestate"], ","); len(state) <= maxHeader {
			c.State = state
		}
	}
	if values := header["X-Amzn-Trace-Id"]; len(values) == 1 && len(values[0]) <= maxHeader {
		c.XRay = values[0]
	}
	if baggage := strings.Join(header["Baggage"], ","); len(baggage) <= maxBaggage {
		c.Baggage = baggage
	}
	return c
}

// W3C is the context in the form of traceparent; it is that of X-Ray where there is
// no other, and empty where there is none.
func (c Context) W3C() string {
	if c.Parent != "" {
		return c.Parent
	}
	var trace, span, flags string
	for field := range strings.SplitSeq(c.XRay, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "Root":
			trace = strings.ReplaceAll(strings.TrimPrefix(value, "1-"), "-", "")
		case "Parent":
			span = value
		case "Sampled":
			flags = "0" + value
		}
	}
	if flags != "00" {
		flags = "01"
	}
	if parent := strings.ToLower("00-" + trace + "-" + span + "-" + flags); isParent(parent) {
		return parent
	}
	return ""
}

// ForSpan is the context for what a span asks: parent is the span's own traceparent.
// Whoever sent X-Ray's header gets it on.
func (c Context) ForSpan(parent string) Context {
	next := Context{Parent: parent, State: c.State, Baggage: c.Baggage}
	if c.XRay != "" && isParent(parent) {
		trace, span, sampled := parent[3:35], parent[36:52], parent[54:55]
		next.XRay = "Root=1-" + trace[:8] + "-" + trace[8:] + ";Parent=" + span + ";Sampled=" + sampled
	}
	return next
}

// isParent judges the form of a traceparent: version, trace, span and flags. Later
// versions may say more behind that.
func isParent(s string) bool {
	const length = len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	if len(s) < length || len(s) > maxHeader || s[2] != '-' || s[35] != '-' || s[52] != '-' {
		return false
	}
	version, trace, span := s[:2], s[3:35], s[36:52]
	if version == "ff" || version == "00" && len(s) > length || len(s) > length && s[length] != '-' {
		return false
	}
	return isHex(version) && isHex(trace) && isHex(span) && isHex(s[53:length]) &&
		strings.Trim(trace, "0") != "" && strings.Trim(span, "0") != ""
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

type key struct{}

// With puts a context beside those that ctx has; an empty one leaves ctx as it is.
func With(ctx context.Context, c Context) context.Context {
	if c == (Context{}) {
		return ctx
	}
	return context.WithValue(ctx, key{}, c)
}

// Of gives the context of what runs in ctx.
func Of(ctx context.Context) Context {
	c, _ := ctx.Value(key{}).(Context)
	return c
}

// Inject writes the context of what runs in ctx to the headers of a request.
func Inject(ctx context.Context, header http.Header) {
	c := Of(ctx)
	for _, field := range []struct{ name, value string }{
		{"Traceparent", c.Parent}, {"Tracestate", c.State}, {"X-Amzn-Trace-Id", c.XRay}, {"Baggage", c.Baggage},
	} {
		if field.value != "" {
			header[field.name] = []string{field.value}
		}
	}
}
