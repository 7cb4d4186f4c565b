package app_test

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	"github.com/aws/aws-sdk-go-v2/service/bedrock/types"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	runtimetypes "github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/invocationlog"
	"github.com/saprolite/saprolite/internal/objectstore"
	"github.com/saprolite/saprolite/internal/objectstore/folder"
	"github.com/saprolite/saprolite/internal/objectstore/objectstoretest"
	"github.com/saprolite/saprolite/internal/objectstore/s3"
)

const logsOfAccount = "team/AWSLogs/000000000000/BedrockModelInvocationLogs/"

// logged gives the operations of the records in a bucket, in their order.
func logged(t *testing.T, from objectstore.Store, bucket string) (operations []string) {
	t.Helper()
	for info, err := range from.List(t.Context(), bucket, logsOfAccount+"us-east-1/") {
		if err != nil {
			t.Fatal(err)
		}
		object, err := from.Get(t.Context(), info.Name, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		unzipped, err := gzip.NewReader(object.Body)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(unzipped)
		if err := errors.Join(err, object.Body.Close()); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(content)) {
			var r invocationlog.Record
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatalf("%v in %s", err, line)
			}
			if !strings.Contains(string(r.Output.BodyJSON), "Hi there!") || r.Output.TokenCount != 3 {
				t.Errorf("got %s", line)
			}
			operations = append(operations, r.Operation)
		}
	}
	slices.Sort(operations)
	return operations
}

// stopped ends a server.
func stopped(t *testing.T, r *running) {
	t.Helper()
	r.stop()
	if err := <-r.ended; err != nil {
		t.Fatal(err)
	}
}

// An account switches its log on and off by the SDK, and what was asked meanwhile is
// in its bucket.
func logLife(t *testing.T, dataDir string, c *config.Config, store objectstore.Store, bucket string) {
	t.Helper()
	ctx := t.Context()
	r := serveIn(t, dataDir, c, "127.0.0.1:0")
	over := transport(t, "tcp", r.address(0), h2c)
	plane, runtime := control("http", over), client("http", over)
	get := func() *types.LoggingConfig {
		t.Helper()
		got, err := plane.GetModelInvocationLoggingConfiguration(ctx, &bedrock.GetModelInvocationLoggingConfigurationInput{})
		if err != nil {
			t.Fatal(err)
		}
		return got.LoggingConfig
	}
	answer := func() {
		t.Helper()
		if _, err := ask(ctx, runtime); err != nil {
			t.Error(err)
		}
		if _, err := stream(ctx, runtime); err != nil {
			t.Error(err)
		}
	}
	answer() // which is not logged
	if got := get(); got != nil {
		t.Errorf("at first: %+v", got)
	}
	_, err := plane.PutModelInvocationLoggingConfiguration(ctx, &bedrock.PutModelInvocationLoggingConfigurationInput{LoggingConfig: &types.LoggingConfig{
		S3Config: &types.S3Config{BucketName: aws.String(bucket), KeyPrefix: aws.String("team/")}, ImageDataDeliveryEnabled: aws.Bool(false),
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := &types.LoggingConfig{
		S3Config: &types.S3Config{BucketName: aws.String(bucket), KeyPrefix: aws.String("team/")}, TextDataDeliveryEnabled: aws.Bool(true),
		ImageDataDeliveryEnabled: aws.Bool(false), EmbeddingDataDeliveryEnabled: aws.Bool(true), VideoDataDeliveryEnabled: aws.Bool(true),
		AudioDataDeliveryEnabled: aws.Bool(true),
	}
	if d := cmp.Diff(want, get(), cmpopts.IgnoreUnexported(types.LoggingConfig{}, types.S3Config{})); d != "" {
		t.Error(d)
	}
	answer()
	wrongLogs(t, plane)
	if _, err := plane.DeleteModelInvocationLoggingConfiguration(ctx, &bedrock.DeleteModelInvocationLoggingConfigurationInput{}); err != nil {
		t.Error(err)
	}
	if got := get(); got != nil {
		t.Errorf("in the end: %+v", got)
	}
	answer() // which is not logged
	stopped(t, r)
	if d := cmp.Diff([]string{"Converse", "ConverseStream"}, logged(t, store, bucket)); d != "" {
		t.Error(d)
	}
}

func wrongLogs(t *testing.T, plane *bedrock.Client) {
	t.Helper()
	for name, wrong := range map[string]*types.LoggingConfig{
		"no destination": {},
		"CloudWatch": {CloudWatchConfig: &types.CloudWatchConfig{
			LogGroupName: aws.String("group"), RoleArn: aws.String("arn:aws:iam::123456789012:role/logs"),
		}},
		"no name of a bucket": {S3Config: &types.S3Config{BucketName: aws.String("Not_A_Bucket")}},
	} {
		_, err := plane.PutModelInvocationLoggingConfiguration(t.Context(), &bedrock.PutModelInvocationLoggingConfigurationInput{LoggingConfig: wrong})
		if _, ok := errors.AsType[*types.ValidationException](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestInvocationsInFolder(t *testing.T) {
	dir := t.TempDir()
	logLife(t, dir, scripted(t), folder.New(filepath.Join(dir, "invocation-logs", "objects")), "logs")
}

// startS3 gives a real S3 server, a store on it, and what the configuration says for
// it.
func startS3(t *testing.T) (server *objectstoretest.S3, store objectstore.Store, text string) {
	t.Helper()
	server = objectstoretest.StartS3(t)
	opened, err := s3.New(s3.Options{
		Endpoint: server.Endpoint, Region: server.Region, PathStyle: true,
		AccessKeyID: server.AccessKeyID, SecretAccessKey: server.SecretAccessKey,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	return server, opened, fmt.Sprintf("s3: {endpoint: '%s', region: %s, pathStyle: true, accessKeyId: %s, secretAccessKey: %s}",
		server.Endpoint, server.Region, server.AccessKeyID, server.SecretAccessKey)
}

const scriptOf = "providers: {script: {type: script, file: %s}}\ninvocationLogging: {%s}\n"

func TestInvocationsInS3(t *testing.T) {
	server, store, text := startS3(t)
	rules := writeFile(t, "rules.yaml", "default: {reply: Hi there!}\n")
	logLife(t, t.TempDir(), load(t, fmt.Sprintf(scriptOf, rules, text)), store, server.NewBucket(t))
}

// A bucket that takes nothing delays no answer, and gets its records when it is there,
// if need be from the next start of the server.
func TestInvocationsWait(t *testing.T) {
	server, store, text := startS3(t)
	rules := writeFile(t, "rules.yaml", "default: {reply: Hi there!}\n")
	bucket, dir := objectstoretest.BucketName(t), t.TempDir()
	c := load(t, fmt.Sprintf(scriptOf, rules, text+", groupTime: 1ms, default: {bucket: "+bucket+", prefix: team}"))
	for i := range 2 {
		r := serveIn(t, dir, c, "127.0.0.1:0")
		if i == 1 {
			server.NewBucket(t)
		}
		if _, err := ask(t.Context(), client("http", transport(t, "tcp", r.address(0), h2c))); err != nil {
			t.Error(err)
		}
		stopped(t, r)
	}
	if d := cmp.Diff([]string{"Converse", "Converse"}, logged(t, store, bucket)); d != "" {
		t.Error(d)
	}
}

// What others have asked cannot be read by naming it in a request, even where logs
// and objects are in one place.
func TestInvocationsAreHidden(t *testing.T) {
	dir := t.TempDir()
	text := fmt.Sprintf("providers: {gpu: {type: openai, url: 'http://127.0.0.1:1/v1', model: sees}}\nobjects: {folder: %[1]s}\n"+
		"invocationLogging: {folder: %[1]s, default: {bucket: logs}}\n", dir)
	r := serve(t, load(t, text), "127.0.0.1:0")
	key := "AWSLogs/000000000000/BedrockModelInvocationLogs/us-east-1/2026/11/25/12/data/id_input.json.gz"
	err := folder.New(dir).Put(t.Context(), objectstore.Name{Bucket: "logs", Key: key}, objectstore.Content{Body: strings.NewReader("secret")})
	if err != nil {
		t.Fatal(err)
	}
	document := &runtimetypes.ContentBlockMemberDocument{Value: runtimetypes.DocumentBlock{
		Name: aws.String("log"), Format: runtimetypes.DocumentFormatTxt,
		Source: &runtimetypes.DocumentSourceMemberS3Location{Value: runtimetypes.S3Location{Uri: aws.String("s3://logs/" + key)}},
	}}
	messages := question()
	messages[0].Content = append(messages[0].Content, document)
	_, err = client("http", transport(t, "tcp", r.address(0), h2c)).Converse(t.Context(), &bedrockruntime.ConverseInput{
		ModelId: aws.String(modelID), Messages: messages,
	})
	if _, ok := errors.AsType[*runtimetypes.AccessDeniedException](err); !ok {
		t.Errorf("a log was read, or %v", err)
	}
}
