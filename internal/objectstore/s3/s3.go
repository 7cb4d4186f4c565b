// Package s3 keeps objects in Amazon S3, or in any server that speaks its API, by
// the AWS SDK.
package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/saprolite/saprolite/internal/objectstore"
)

// headerTime bounds the wait for the head of an answer.
const headerTime = time.Minute

// Options configure a Store. The zero value of a field leaves the choice to the
// SDK: to the environment, the files below ~/.aws and the machine's role.
type Options struct {
	// Endpoint is the address of the API; empty means the region's. Of the
	// environment AWS_ENDPOINT_URL_S3 alone is asked: AWS_ENDPOINT_URL may well name
	// this very server.
	Endpoint string
	// Region is where the buckets are; with an Endpoint it may be empty.
	Region string
	// Profile names a section of the configuration files.
	Profile string
	// PathStyle puts the bucket into the path instead of the host's name, as most
	// servers but Amazon's need it.
	PathStyle bool
	// AccessKeyID and SecretAccessKey are credentials of their own.
	AccessKeyID, SecretAccessKey string
}

// Store keeps objects in S3.
type Store struct {
	client    *s3.Client
	transport *http.Transport
}

var _ objectstore.Store = (*Store)(nil)

// anyRegion is what requests are signed for where a server of one's own does not
// care.
const anyRegion = "us-east-1"

// New makes a store with a pool of connections of its own. It reads the
// configuration files, and does not connect.
func New(o Options) (*Store, error) {
	settings, err := config.LoadDefaultConfig(context.Background(),
		config.WithRegion(o.Region), config.WithSharedConfigProfile(o.Profile))
	if err != nil {
		return nil, err
	}
	settings.BaseEndpoint = nil
	if o.Endpoint != "" {
		settings.Region = cmp.Or(settings.Region, anyRegion)
	}
	if settings.Region == "" {
		return nil, errors.New("no region is configured: give region, or set AWS_REGION")
	}
	if o.AccessKeyID != "" {
		settings.Credentials = credentials.NewStaticCredentialsProvider(o.AccessKeyID, o.SecretAccessKey, "")
	}
	transport := transportOf(settings)
	client := s3.NewFromConfig(settings, func(options *s3.Options) {
		options.UsePathStyle = o.PathStyle
		options.HTTPClient = &http.Client{
			Transport: transport,
			// Nobody's signature is good for another host.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
		// Not every server knows the newer checksums.
		options.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		options.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		if o.Endpoint != "" {
			options.BaseEndpoint = aws.String(o.Endpoint)
		}
	})
	return &Store{client, transport}, nil
}

// transportOf gives a transport of the store's own, which trusts the authorities
// that the SDK's would.
func transportOf(settings aws.Config) *http.Transport {
	client, ok := settings.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		client = awshttp.NewBuildableClient()
	}
	transport := client.GetTransport()
	transport.ResponseHeaderTimeout = headerTime
	return transport
}

// Close closes the connections that nobody uses.
func (s *Store) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// Get opens an object.
func (s *Store) Get(ctx context.Context, name objectstore.Name, limit int64) (*objectstore.Object, error) {
	answer, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &name.Bucket, Key: &name.Key})
	if err != nil {
		return nil, failed("get", name, err)
	}
	info := infoOf(name, answer.ContentLength, answer.LastModified)
	if info.Size > limit {
		// The rest of the body would keep the connection busy.
		_ = answer.Body.Close()
		return nil, fmt.Errorf("get %s: %w: %d bytes, and at most %d are wanted", name, objectstore.ErrTooLarge, info.Size, limit)
	}
	return &objectstore.Object{Info: info, Body: objectstore.Limit(answer.Body, limit)}, nil
}

// Stat tells about an object.
func (s *Store) Stat(ctx context.Context, name objectstore.Name) (objectstore.Info, error) {
	answer, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &name.Bucket, Key: &name.Key})
	if err != nil {
		return objectstore.Info{}, failed("stat", name, err)
	}
	return infoOf(name, answer.ContentLength, answer.LastModified), nil
}

// Put writes an object into a bucket that is there.
func (s *Store) Put(ctx context.Context, name objectstore.Name, content objectstore.Content) error {
	input := &s3.PutObjectInput{Bucket: &name.Bucket, Key: &name.Key, Body: content.Body}
	if content.Type != "" {
		input.ContentType = &content.Type
	}
	if content.Encoding != "" {
		input.ContentEncoding = &content.Encoding
	}
	_, err := s.client.PutObject(ctx, input)
	return failed("put", name, err)
}

// List yields the objects of a bucket whose keys start with prefix.
func (s *Store) List(ctx context.Context, bucket, prefix string) iter.Seq2[objectstore.Info, error] {
	return func(yield func(objectstore.Info, error) bool) {
		pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(objectstore.Info{}, failed("list", objectstore.Name{Bucket: bucket, Key: prefix}, err))
				return
			}
			for _, object := range page.Contents {
				name := objectstore.Name{Bucket: bucket, Key: aws.ToString(object.Key)}
				if !yield(infoOf(name, object.Size, object.LastModified), nil) {
					return
				}
			}
		}
	}
}

func infoOf(name objectstore.Name, size *int64, modified *time.Time) objectstore.Info {
	return objectstore.Info{Name: name, Size: aws.ToInt64(size), Modified: aws.ToTime(modified)}
}

// failed gives an error of the API as one of a store.
func failed(action string, name objectstore.Name, err error) error {
	if err == nil {
		return nil
	}
	refused, _ := errors.AsType[*awshttp.ResponseError](err)
	switch {
	case refused == nil:
	case refused.HTTPStatusCode() == http.StatusNotFound:
		err = fmt.Errorf("%w: %w", objectstore.ErrNotFound, err)
	case refused.HTTPStatusCode() == http.StatusForbidden:
		err = fmt.Errorf("%w: %w", objectstore.ErrDenied, err)
	}
	return fmt.Errorf("%s %s: %w", action, name, err)
}
