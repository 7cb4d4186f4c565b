// Package sts is a Security Token Service: callers ask it who they are, and become
// roles for a while. It answers GetCallerIdentity, AssumeRole and
// AssumeRoleWithWebIdentity of version 2011-06-15 in AWS's query protocol, so that a
// program whose SDK finds AWS_ENDPOINT_URL_STS, AWS_ROLE_ARN and
// AWS_WEB_IDENTITY_TOKEN_FILE gets temporary credentials from here.
//
// [Service] is the HTTP handler. Which roles there are, and whom they trust, it asks
// [Roles]; who is calling, an [identity.Authenticator] for the service "sts". The
// identity providers whose tokens it takes are [Provider]s. Credentials are made and
// read by [Tokens], which keep nothing: a session token holds, sealed, all that there
// is to know of its session.
//
// The names, limits and texts are those of the AWS Security Token Service API
// Reference.
package sts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/saprolite/saprolite/internal/identity"
)

// SigningName is the service in the credential scope of requests to STS.
const SigningName = "sts"

const apiVersion = "2011-06-15"

// Options are what [New] needs to know.
type Options struct {
	// Identity tells who sends a signed request. It must take signatures for
	// [SigningName].
	Identity identity.Authenticator
	// Roles are those that can be assumed.
	Roles Roles
	// Tokens makes the credentials.
	Tokens *Tokens
	// Providers are the identity providers whose tokens are taken.
	Providers []Provider
	// CheckPolicy reports what is wrong with a session policy. Nil means that any
	// JSON object is right.
	CheckPolicy func(document string) error
	// Observe, if set, is told of every call before its answer leaves. An error takes
	// the place of the answer.
	Observe func(context.Context, Call) error
	// Log gets what a caller is not told.
	Log *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Call is what an [Options.Observe] is told.
type Call struct {
	// RequestID is a UUID, Action the operation's name; an unknown one is empty.
	RequestID, Action string
	// Start is when it came.
	Start time.Time
	// Request is that of the call; its body is read.
	Request *http.Request
	// Caller is who called; the zero principal for calls that are not signed and
	// those of callers that were refused.
	Caller identity.Principal
	// Provider and Subject are who called by a token: the ARN of the identity provider
	// that vouches for it, and the claim sub.
	Provider, Subject string
	// RoleARN is the role that was asked for, and AssumedRoleARN the session that was
	// made of it.
	RoleARN, AssumedRoleARN string
	// Err is nil for a call that went well, and otherwise an [*Error] or what lies
	// behind an InternalFailure.
	Err error
}

// Service answers requests to STS. It is safe for concurrent use.
type Service struct {
	Options
	providers map[string]*provider
}

// New returns a service. It refuses a provider that cannot be one; whether a
// provider can be reached shows when its first token comes.
func New(o Options) (*Service, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{Options: o, providers: make(map[string]*provider)}
	for _, p := range o.Providers {
		known, err := newProvider(p, o.Now)
		if err != nil {
			return nil, fmt.Errorf("identity provider %s: %w", p.Issuer, err)
		}
		if s.providers[p.Issuer] != nil {
			return nil, fmt.Errorf("identity provider %s: it is there twice", p.Issuer)
		}
		s.providers[p.Issuer] = known
	}
	return s, nil
}

// exchange is one request on its way.
type exchange struct {
	*Service
	Call
	ctx  context.Context
	form form
	body []byte
}

// operation answers a request with the shape of its result.
type operation func(*exchange) (any, error)

var operations = map[string]operation{
	"GetCallerIdentity":         (*exchange).getCallerIdentity,
	"AssumeRole":                (*exchange).assumeRole,
	"AssumeRoleWithWebIdentity": (*exchange).assumeRoleWithWebIdentity,
}

// ServeHTTP implements [http.Handler].
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{Service: s, ctx: r.Context(), Call: Call{RequestID: newRequestID(), Start: s.Now(), Request: r}}
	result, err := x.run(w)
	x.Err = err
	if s.Observe != nil {
		if refused := s.Observe(x.ctx, x.Call); refused != nil {
			err, x.Err = refused, refused
		}
	}
	if err != nil {
		x.logFault()
		writeError(w, x.RequestID, err)
		return
	}
	writeResult(w, x.Action, x.RequestID, result)
}

func (x *exchange) run(w http.ResponseWriter) (any, error) {
	var err error
	if x.form, x.body, err = readForm(w, x.Request); err != nil {
		return nil, err
	}
	action, version := x.form.get("Action"), x.form.get("Version")
	run, ok := operations[action]
	if !ok || version != apiVersion {
		return nil, errInvalidAction(action, version)
	}
	x.Action = action
	return run(x)
}

// authenticate finds the caller of an operation that must be signed.
func (x *exchange) authenticate() error {
	var err error
	x.Caller, err = identity.Authenticate(x.ctx, x.Identity, x.Request, x.body)
	return refusal(err)
}

// logFault tells the log what lies behind an error that says less.
func (x *exchange) logFault() {
	public, ok := errors.AsType[*Error](x.Err)
	switch {
	case !ok:
		x.Log.Error("sts", "action", x.Action, "requestId", x.RequestID, "cause", brief(x.Err))
	case public.cause != nil:
		x.Log.Warn("sts", "action", x.Action, "requestId", x.RequestID, "error", public.Code, "cause", brief(public.cause))
	}
}

// brief keeps the pages that some servers answer with out of the log.
func brief(err error) string {
	const most = 300
	text := err.Error()
	if len(text) > most {
		text = text[:most] + "..."
	}
	return text
}

// callerIdentity is the result of GetCallerIdentity.
type callerIdentity struct {
	ARN     string `xml:"Arn"`
	UserID  string `xml:"UserId"`
	Account string
}

// getCallerIdentity needs no permission.
func (x *exchange) getCallerIdentity() (any, error) {
	if err := x.authenticate(); err != nil {
		return nil, err
	}
	return callerIdentity{ARN: x.Caller.ARN, UserID: x.Caller.UserID, Account: x.Caller.Account}, nil
}
