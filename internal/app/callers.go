package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/iam/directory"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/seal"
	"github.com/saprolite/saprolite/internal/server"
	"github.com/saprolite/saprolite/internal/store"
	"github.com/saprolite/saprolite/internal/sts"
)

// OpenSeal reads the keys that seal secrets, and makes them at the first time.
func OpenSeal(c *config.Config, dataDir string) (*seal.Ring, error) {
	path := sealFile(c, dataDir)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	ring, err := seal.Load(path)
	if err != nil {
		return nil, fmt.Errorf("the keys that seal secrets: %w", err)
	}
	return ring, nil
}

func sealFile(c *config.Config, dataDir string) string {
	return cmp.Or(c.SealKeys, filepath.Join(dataDir, "seal.keys"))
}

// warnOfSeal says that others can get at the keys.
func warnOfSeal(o Options) {
	path := sealFile(o.Config, o.DataDir)
	if mode, exposed := seal.Exposed(path); exposed {
		o.Log.Warn("other users of this machine can get at the keys that seal secrets, and with them at the secrets of all access keys: "+
			"run chmod 600 on the file; if somebody may have read it, put a new key in front and run \"saprolite keys reseal\"",
			"file", path, "mode", mode.String())
	}
}

// OpenDirectory reads everybody whom the configuration declares or the state has.
func OpenDirectory(ctx context.Context, o Options, state store.Principals, ring *seal.Ring) (*directory.Directory, error) {
	options := directory.Options{Source: state, Ring: ring, Log: o.Log}
	if o.Config.Principals != "" {
		options.Declared = declared(o.Config.Principals, o.Log)
	}
	return directory.New(ctx, options)
}

// settling is how long a file of principals must stay as it is before it is read.
const settling = 50 * time.Millisecond

// declared reads the file of principals whenever it, or a file that it names, has
// changed, and nobody writes it just then.
func declared(path string, log *slog.Logger) func() (directory.Declaration, bool, error) {
	var last *config.Principals
	return func() (directory.Declaration, bool, error) {
		if last != nil && (!last.Changed() || !last.Settled(settling)) {
			return directory.Declaration{}, false, nil
		}
		principals, err := config.LoadPrincipals(path)
		if err != nil {
			return directory.Declaration{}, false, err
		}
		if last != nil && principals.Changed() {
			return directory.Declaration{}, false, nil
		}
		last = principals
		for _, warning := range principals.Warnings {
			log.Warn("a policy may not do what was meant", "problem", warning)
		}
		secrets := make(map[string]string, len(principals.Secrets))
		for id, secret := range principals.Secrets {
			secrets[id] = string(secret)
		}
		return directory.Declaration{Everybody: principals.Everybody, Secrets: secrets}, true, nil
	}
}

// callers is who may call, with all that is needed to find that out.
type callers struct {
	identity identity.Authenticator
	// The others are nil unless IAM decides.
	access server.Access
	people *directory.Directory
	tokens *sts.Service
}

// newCallers makes what the configuration asks for; state is used by IAM alone.
func newCallers(o Options, state store.Principals, heard *watch) (*callers, error) {
	switch {
	case o.Config.Auth == config.AuthNone:
		return &callers{identity: identity.None{}}, nil
	case o.Config.Auth == config.AuthSigV4, o.Stateless:
		// A program without state answers nobody but, at most, the test it is part of.
		return &callers{identity: identity.NewSigV4(identity.DevelopmentKeys{}, o.Config.Regions...)}, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), StateTime)
	defer cancel()
	ring, err := OpenSeal(o.Config, o.DataDir)
	if err != nil {
		return nil, err
	}
	warnOfSeal(o)
	people, err := OpenDirectory(ctx, o, state, ring)
	if err != nil {
		return nil, err
	}
	sessions := sts.NewTokens(ring)
	credentials := identity.Options{
		Keys: people, Sessions: sessions, APIKeys: people,
		// The ARNs of the others begin otherwise: what a policy denies in all regions,
		// arn:aws:bedrock:*, would be allowed there.
		Regions: o.Config.Regions, Elsewhere: catalog.OtherPartitions(), Proxies: o.Config.Proxies.Trusted(),
	}
	byConnection, err := connectionRules(o.Config, people)
	if err != nil {
		return nil, err
	}
	c := &callers{identity: connections(byConnection, identity.NewCredentials(credentials)), access: people, people: people}
	credentials.Service = sts.SigningName
	providers, err := identityProviders(o.Config)
	if err != nil {
		return nil, err
	}
	c.tokens, err = sts.New(sts.Options{
		// API keys are for Bedrock alone.
		Identity:    connections(byConnection, identity.NewCredentials(credentials).SigV4),
		Roles:       directory.Roles{Directory: people, Proxies: credentials.Proxies.Peers},
		Tokens:      sessions,
		Providers:   providers,
		CheckPolicy: checkSessionPolicy,
		Observe:     heard.sts,
		Log:         o.Log,
	})
	return c, err
}

func checkSessionPolicy(document string) error {
	_, err := policy.Parse("session policy", policy.Session, []byte(document))
	return err
}

func identityProviders(c *config.Config) ([]sts.Provider, error) {
	var providers []sts.Provider
	for i, p := range c.IdentityProviders {
		provider := sts.Provider{Issuer: p.Issuer, Audiences: p.Audiences}
		transport, err := sts.NewTransport(sts.Access{CAFile: p.CAFile, TokenFile: p.TokenFile})
		if err != nil {
			return nil, c.Problem(fmt.Sprintf("identityProviders[%d].caFile", i), err.Error(), "name a file with certificates in PEM")
		}
		provider.Transport = transport
		providers = append(providers, provider)
	}
	return providers, nil
}
