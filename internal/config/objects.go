package config

import "fmt"

// Objects says where the objects lie that requests name by s3Location: in a folder,
// or in S3.
type Objects struct {
	// Folder holds buckets as folders and objects as files; empty means objects in
	// the data folder. It need not be there.
	Folder string `yaml:"folder"`
	// S3, when not nil, is asked instead.
	S3 *S3 `yaml:"s3"`
	// Buckets are those that requests may name; empty means any.
	Buckets []string `yaml:"buckets"`
}

// S3 is Amazon S3, or another server with its API. Empty fields leave the choice to
// the AWS SDK, as those of Bedrock do.
type S3 struct {
	// Endpoint is the address of the API; empty means the region's.
	Endpoint string `yaml:"endpoint"`
	// Region is where the buckets are.
	Region string `yaml:"region"`
	// Profile names a section of ~/.aws/config.
	Profile string `yaml:"profile"`
	// PathStyle puts the bucket into the path instead of the host's name.
	PathStyle bool `yaml:"pathStyle"`
	// AccessKeyID and SecretAccessKey are those of Bedrock.
	AccessKeyID         string `yaml:"accessKeyId"`
	SecretAccessKey     Secret `yaml:"secretAccessKey"`
	SecretAccessKeyEnv  string `yaml:"secretAccessKeyEnv"`
	SecretAccessKeyFile string `yaml:"secretAccessKeyFile"`
}

// resolveObjects is resolvePaths for the objects at a key.
func (d *decoder) resolveObjects(key string, objects *string, s *S3, folder string) {
	d.resolve(key+".folder", objects, folder)
	if s != nil {
		d.resolveFile(key+".s3.secretAccessKeyFile", &s.SecretAccessKeyFile, folder)
	}
}

// fetchS3Secret is fetchSecrets for an S3 that may be nil.
func (d *decoder) fetchS3Secret(key string, s *S3) {
	if s != nil {
		d.fetchSecret(key, secretOf{"secretAccessKey", &s.SecretAccessKey, s.SecretAccessKeyEnv, s.SecretAccessKeyFile})
	}
}

// checkObjects judges where the objects lie.
func (d *decoder) checkObjects(o Objects) {
	for i, bucket := range o.Buckets {
		if !bucketName.MatchString(bucket) {
			d.fail(fmt.Sprintf("objects.buckets[%d]", i), fmt.Sprintf("%q is no name of a bucket", bucket), "write it as in s3://name/key, without s3://")
		}
	}
	if o.S3 != nil && o.Folder != "" {
		d.fail("objects", "objects lie in a folder or in S3", "delete one of folder and s3")
	}
	d.checkS3("objects.s3", o.S3)
}

// checkS3 judges an S3 that may be nil.
func (d *decoder) checkS3(key string, s *S3) {
	if s == nil {
		return
	}
	if s.Region != "" {
		d.checkRegion(key+".region", s.Region)
	}
	if s.Endpoint != "" {
		d.checkEndpoint(key+".endpoint", s.Endpoint, "http://localhost:9000")
	}
	if (s.AccessKeyID == "") != (s.SecretAccessKey == "") {
		d.fail(key, "an access key needs its secret, and a secret its access key", "give both accessKeyId and secretAccessKeyEnv")
	}
}
