package config

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/invocationlog"
)

// InvocationLogging says where the records of what was asked and answered go, for
// accounts that want them.
type InvocationLogging struct {
	// Folder holds buckets as folders and objects as files; empty means
	// invocation-logs/objects in the data folder. It need not be there.
	Folder string `yaml:"folder"`
	// S3, when not nil, gets the records instead.
	S3 *S3 `yaml:"s3"`
	// WhenFull is what happens when SpoolLimit waits, in bytes, since the object store
	// does not take it.
	WhenFull   WhenFull `yaml:"whenFull"`
	SpoolLimit Size     `yaml:"spoolLimit"`
	// GroupSize and GroupTime bound what goes into one object.
	GroupSize Size          `yaml:"groupSize"`
	GroupTime time.Duration `yaml:"groupTime"`
	// Default is for accounts that have not said what they log; nil logs nothing.
	Default *LogDestination `yaml:"default"`
}

// WhenFull is one of the choices of invocationlog.WhenFull.
type WhenFull string

func (WhenFull) values() []string {
	return []string{string(invocationlog.Drop), string(invocationlog.Refuse)}
}

// LogDestination is a LoggingConfig of the API.
type LogDestination struct {
	Bucket string `yaml:"bucket"`
	Prefix string `yaml:"prefix"`
	// Deliver is the data that is in the records; nil is all.
	Deliver []LogData `yaml:"deliver"`
}

// LogData is a kind of data in records.
type LogData string

// The kinds of LogData.
const (
	LogText       LogData = "text"
	LogImages     LogData = "images"
	LogEmbeddings LogData = "embeddings"
	LogVideo      LogData = "video"
	LogAudio      LogData = "audio"
)

func (LogData) values() []string {
	return []string{string(LogText), string(LogImages), string(LogEmbeddings), string(LogVideo), string(LogAudio)}
}

// LoggingConfig gives the destination in the words of the API; nil stays nil.
func (l *LogDestination) LoggingConfig() *bedrock.LoggingConfig {
	if l == nil {
		return nil
	}
	delivered := func(data LogData) *bool {
		is := l.Deliver == nil
		for _, named := range l.Deliver {
			is = is || named == data
		}
		return &is
	}
	c := &bedrock.LoggingConfig{
		S3Config:                &bedrock.S3Config{BucketName: &l.Bucket},
		TextDataDeliveryEnabled: delivered(LogText), ImageDataDeliveryEnabled: delivered(LogImages),
		EmbeddingDataDeliveryEnabled: delivered(LogEmbeddings), VideoDataDeliveryEnabled: delivered(LogVideo),
		AudioDataDeliveryEnabled: delivered(LogAudio),
	}
	if l.Prefix != "" {
		c.S3Config.KeyPrefix = &l.Prefix
	}
	return c
}

// checkInvocationLogging judges where the records go.
func (d *decoder) checkInvocationLogging(l *InvocationLogging) {
	const key = "invocationLogging"
	if l.S3 != nil && l.Folder != "" {
		d.fail(key, "records go to a folder or to S3", "delete one of folder and s3")
	}
	d.checkS3(key+".s3", l.S3)
	for name, zero := range map[string]bool{"spoolLimit": l.SpoolLimit == 0, "groupSize": l.GroupSize == 0, "groupTime": l.GroupTime == 0} {
		if zero {
			d.fail(key+"."+name, "it must be more than 0", "delete the line for the default")
		}
	}
	if l.Default == nil {
		return
	}
	_, err := invocationlog.ParseDestination(l.Default.LoggingConfig())
	if invalid, ok := errors.AsType[*bedrock.ValidationException](err); ok {
		d.fail(key+".default", strings.TrimSuffix(invalid.Message, "."), "give bucket, and prefix as team/logs")
	}
}

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
