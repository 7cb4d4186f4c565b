package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// A destination says in the words of the API what is delivered.
func TestLoggingConfig(t *testing.T) {
	if got := (*LogDestination)(nil).LoggingConfig(); got != nil {
		t.Errorf("no destination is %v", got)
	}
	for _, test := range []struct {
		from *LogDestination
		want *bedrock.LoggingConfig
	}{
		{&LogDestination{Bucket: "logs"}, &bedrock.LoggingConfig{
			S3Config: &bedrock.S3Config{BucketName: new("logs")}, TextDataDeliveryEnabled: new(true), ImageDataDeliveryEnabled: new(true),
			EmbeddingDataDeliveryEnabled: new(true), VideoDataDeliveryEnabled: new(true), AudioDataDeliveryEnabled: new(true),
		}},
		{&LogDestination{Bucket: "logs", Prefix: "team", Deliver: []LogData{LogText, LogVideo}}, &bedrock.LoggingConfig{
			S3Config: &bedrock.S3Config{BucketName: new("logs"), KeyPrefix: new("team")}, TextDataDeliveryEnabled: new(true),
			ImageDataDeliveryEnabled: new(false), EmbeddingDataDeliveryEnabled: new(false), VideoDataDeliveryEnabled: new(true),
			AudioDataDeliveryEnabled: new(false),
		}},
	} {
		if d := cmp.Diff(test.want, test.from.LoggingConfig()); d != "" {
			t.Error(d)
		}
	}
}
