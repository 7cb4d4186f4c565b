// Package bedrock answers from Amazon Bedrock itself, or from whatever else speaks
// its API, as another Saprolite. Requests are signed by the AWS SDK's signer with
// credentials that its chain finds.
//
// A request that came as one of Bedrock's goes to the same operation as it is, and
// the answer comes back as it is: see Forward. Converse is for calls that others
// have made of it, such as a failover to providers of other kinds.
package bedrock

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go/encoding/httpbinding"

	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
)

// Options configure the provider. The zero value of a field leaves the choice to
// the SDK: to the environment, the files below ~/.aws and the machine's role.
type Options struct {
	// Region is where the models are.
	Region string
	// Profile names a section of the configuration files.
	Profile string
	// AccessKeyID, SecretAccessKey and SessionToken are credentials of their own.
	// The last may be empty.
	AccessKeyID, SecretAccessKey, SessionToken string
	// APIKey is a key of Bedrock's own, sent as a bearer token instead of a
	// signature.
	APIKey string
	// Endpoint is the address of the API; empty means the region's. The
	// environment is not asked: AWS_ENDPOINT_URL_BEDROCK_RUNTIME may well name this
	// very server.
	Endpoint string
	// DialTimeout, ResponseTimeout and IdleTimeout are those of openai.Options.
	DialTimeout, ResponseTimeout, IdleTimeout time.Duration
}

// Provider asks one region.
type Provider struct {
	client *openai.Client
}

// New makes a provider with a pool of connections of its own. It reads the
// configuration files, and does not connect.
func New(o Options) (*Provider, error) {
	settings, err := config.LoadDefaultConfig(context.Background(),
		config.WithRegion(o.Region), config.WithSharedConfigProfile(o.Profile))
	if err != nil {
		return nil, err
	}
	if settings.Region == "" {
		return nil, errors.New("no region is configured: give region, or set AWS_REGION")
	}
	if o.AccessKeyID != "" {
		settings.Credentials = credentials.NewStaticCredentialsProvider(o.AccessKeyID, o.SecretAccessKey, o.SessionToken)
	}
	endpoint := o.Endpoint
	if endpoint == "" {
		if endpoint, err = endpointOf(settings.Region); err != nil {
			return nil, err
		}
	}
	client, err := openai.New(openai.Options{
		BaseURL: endpoint, DialTimeout: o.DialTimeout, ResponseTimeout: o.ResponseTimeout, IdleTimeout: o.IdleTimeout,
	})
	if err != nil {
		return nil, err
	}
	client.BaseURL = strings.TrimRight(endpoint, "/") // the API has no prefix
	client.HTTP.Transport = newSigner(client.HTTP.Transport, settings.Credentials, settings.Region, o.APIKey)
	p := &Provider{client: client}
	client.Refusal = p.refusal
	return p, nil
}

// endpointOf is the address of a region.
func endpointOf(region string) (string, error) {
	endpoint, err := bedrockruntime.NewDefaultEndpointResolverV2().ResolveEndpoint(context.Background(),
		bedrockruntime.EndpointParameters{Region: aws.String(region)})
	if err != nil {
		return "", fmt.Errorf("the region %s: %w", region, err)
	}
	return endpoint.URI.String(), nil
}

// Abilities is everything: Bedrock knows itself what its models can.
func (p *Provider) Abilities(string) provider.Abilities {
	return provider.Abilities{
		Tools: true, Images: true, Documents: true, Video: true, Audio: true,
		Reasoning: true, CachePoints: true, StructuredOutput: true, SystemTools: true, S3Locations: true,
	}
}

// Endpoint is the address that it asks.
func (p *Provider) Endpoint() string { return p.client.BaseURL }

// Close closes the connections that nobody uses.
func (p *Provider) Close() error { return p.client.Close() }

var _ interface {
	provider.Provider
	provider.Capable
	provider.TokenCounter
	provider.Passthrough
} = (*Provider)(nil)

// pathOf is the path of an operation on a model, escaped as the SDKs do.
func pathOf(uri, model string) string {
	return strings.Replace(uri, "{modelId}", httpbinding.EscapePath(model, true), 1)
}

// modelOf is the model of a call: as the caller named it, unless the configuration
// names it.
func modelOf(call provider.Call) string { return cmp.Or(call.Requested, call.Model) }
