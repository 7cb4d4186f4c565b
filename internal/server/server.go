// Package server is the HTTP side of the house: the routes of the Bedrock API,
// the one path that every operation takes, and the one exit for errors. There is
// a file for each operation.
package server

import (
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/invocationlog"
	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/pipeline"
	"github.com/saprolite/saprolite/internal/profiles"
	"github.com/saprolite/saprolite/internal/prompts"
)

// Options are what a Server is made of. All are required but the prompts, the meter,
// the profiles, the invocations, Access, Proxies and the observers.
type Options struct {
	Pipeline *pipeline.Pipeline
	// Prompts are those that a conversation may name instead of a model.
	Prompts *prompts.Library
	// Formats are the native bodies, by family.
	Formats map[string]format.Format
	// Embeddings and Rankings are those of models that turn texts into vectors,
	// and of those that rank documents.
	Embeddings map[string]format.Embedding
	Rankings   map[string]format.Ranking
	// Images are those of models that make images.
	Images map[string]format.Images
	// Meter counts what callers use.
	Meter *meter.Meter
	// Profiles are the application inference profiles that callers make.
	Profiles *profiles.Profiles
	// Invocations keep what is asked and answered, for accounts that want it. They take
	// their counts from Meter.
	Invocations *invocationlog.Log
	// Identity tells who is calling.
	Identity identity.Authenticator
	// Access knows what callers may do; nil allows everything.
	Access Access
	// Proxies are the addresses of reverse proxies whose word about their clients'
	// addresses counts.
	Proxies []netip.Prefix
	// Observers hear of every request.
	Observers []Observer
	// MaxBody bounds the body of a request, in bytes.
	MaxBody int64
	// RequestTimeout bounds a request from its first byte to the last of its
	// answer.
	RequestTimeout time.Duration
	// Log takes a line for each request; prompts and secrets stay out of it.
	Log *slog.Logger
}

// Server answers the Bedrock API. It is an http.Handler.
type Server struct {
	Options
	mux *http.ServeMux

	draining atomic.Bool
	// gate orders the start of requests and that of draining.
	gate    sync.RWMutex
	running sync.WaitGroup
}

// New makes a server.
func New(o Options) *Server {
	s := &Server{Options: o, mux: http.NewServeMux()}
	route(s, bedrock.OperationConverse, forwarding(s, bedrock.OperationConverse, s.converse))
	route(s, bedrock.OperationConverseStream, forwarding(s, bedrock.OperationConverseStream, s.converseStream))
	route(s, bedrock.OperationInvokeModel, forwarding(s, bedrock.OperationInvokeModel, s.invokeModel))
	route(s, bedrock.OperationInvokeModelWithResponseStream, forwarding(s, bedrock.OperationInvokeModelWithResponseStream, s.invokeModelWithResponseStream))
	route(s, bedrock.OperationCountTokens, forwarding(s, bedrock.OperationCountTokens, s.countTokens))
	route(s, bedrock.OperationListFoundationModels, s.listFoundationModels)
	route(s, bedrock.OperationGetFoundationModel, s.getFoundationModel)
	route(s, bedrock.OperationListInferenceProfiles, s.listInferenceProfiles)
	route(s, bedrock.OperationGetInferenceProfile, s.getInferenceProfile)
	if o.Profiles != nil {
		route(s, bedrock.OperationCreateInferenceProfile, s.createInferenceProfile)
		route(s, bedrock.OperationDeleteInferenceProfile, s.deleteInferenceProfile)
		route(s, bedrock.OperationTagResource, s.tagResource)
		route(s, bedrock.OperationUntagResource, s.untagResource)
		route(s, bedrock.OperationListTagsForResource, s.listTagsForResource)
	}
	if o.Invocations != nil {
		route(s, bedrock.OperationPutModelInvocationLoggingConfiguration, s.putModelInvocationLoggingConfiguration)
		route(s, bedrock.OperationGetModelInvocationLoggingConfiguration, s.getModelInvocationLoggingConfiguration)
		route(s, bedrock.OperationDeleteModelInvocationLoggingConfiguration, s.deleteModelInvocationLoggingConfiguration)
	}
	s.mux.HandleFunc("/", s.unknownOperation)
	return s
}

// ServeHTTP answers a request. While the server drains, it turns new ones away.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Else net/http would hold the answer back for the body, or read no more of that.
	_ = http.NewResponseController(w).EnableFullDuplex()
	defer s.discard(r)
	if !s.enter() {
		if r.ProtoMajor == 1 {
			// On HTTP/2 it would end the streams beside this one.
			w.Header().Set("Connection", "close")
		}
		x := s.newExchange(w, r, bedrock.Operation{})
		defer x.close()
		_ = x.begin(s.Observers) // it is refused in any case
		x.fail(&bedrock.ServiceUnavailableException{Message: "Bedrock is unable to process your request."})
		return
	}
	defer s.running.Done()
	if !canonical(r.URL.EscapedPath()) {
		// The mux would redirect, and an SDK does not sign again for another path.
		s.unknownOperation(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// discard reads what an operation left of a body that is not too large. Many clients of
// HTTP/1 read no answer before they have sent all, and lose it when the connection ends
// before. HTTP/2 ends the stream alone, and tells its client so.
func (s *Server) discard(r *http.Request) {
	if r.ProtoMajor != 1 || r.Header.Get("Expect") != "" {
		return // who expects an invitation sends nothing without it
	}
	_, _ = io.CopyN(io.Discard, r.Body, s.MaxBody)
}

// canonical says whether a path has no segments that are empty or dots.
func canonical(escaped string) bool {
	return path.Clean(escaped) == strings.TrimSuffix(escaped, "/") || escaped == "/"
}

// enter counts a request in, unless the server drains.
func (s *Server) enter() bool {
	s.gate.RLock()
	defer s.gate.RUnlock()
	if s.draining.Load() {
		return false
	}
	s.running.Add(1)
	return true
}

// Drain turns new requests away and returns when those that run have ended.
func (s *Server) Drain() {
	s.gate.Lock()
	s.draining.Store(true)
	s.gate.Unlock()
	s.running.Wait()
}
