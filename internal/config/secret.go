package config

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
)

// Secret is a text that must not be shown. It prints as [secret]; string(s) is
// the text.
type Secret string

func (Secret) String() string { return "[secret]" }

// GoString keeps %#v from showing the text.
func (Secret) GoString() string { return "[secret]" }

// LogValue keeps logs from showing the text.
func (Secret) LogValue() slog.Value { return slog.StringValue("[secret]") }

// maxSecret bounds a file that holds a key, in bytes.
const maxSecret = 64 << 10

// fetchSecrets brings each key from where the file says that it is.
func (d *decoder) fetchSecrets(c *Config) {
	d.fetchSecret("state", secretOf{"postgres", &c.State.Postgres, c.State.PostgresEnv, c.State.PostgresFile})
	d.fetchSecret("redis", secretOf{"url", &c.Redis.URL, c.Redis.URLEnv, c.Redis.URLFile})
	d.fetchS3Secret("objects.s3", c.Objects.S3)
	d.fetchS3Secret("invocationLogging.s3", c.InvocationLogging.S3)
	for _, name := range slices.Sorted(maps.Keys(c.Providers)) {
		key := "providers." + name
		switch p := c.Providers[name]; {
		case p.OpenAI != nil:
			d.fetchSecret(key, secretOf{"apiKey", &p.OpenAI.APIKey, p.OpenAI.APIKeyEnv, p.OpenAI.APIKeyFile})
		case p.Anthropic != nil:
			d.fetchSecret(key, secretOf{"apiKey", &p.Anthropic.APIKey, p.Anthropic.APIKeyEnv, p.Anthropic.APIKeyFile})
		case p.Bedrock != nil:
			d.fetchSecret(key, secretOf{"apiKey", &p.Bedrock.APIKey, p.Bedrock.APIKeyEnv, p.Bedrock.APIKeyFile})
			d.fetchSecret(key, secretOf{"secretAccessKey", &p.Bedrock.SecretAccessKey, p.Bedrock.SecretAccessKeyEnv, p.Bedrock.SecretAccessKeyFile})
		}
	}
}

// secretOf is a secret by the names of its keys, and where the file says that it
// is: in itself, in a variable, or in a file.
type secretOf struct {
	name      string
	secret    *Secret
	env, file string
}

func (d *decoder) fetchSecret(key string, s secretOf) {
	switch {
	case *s.secret != "" && s.env+s.file != "" || s.env != "" && s.file != "":
		d.fail(key, "the key is given more than once", "keep one of "+s.name+", "+s.name+"Env and "+s.name+"File")
	case s.env != "":
		*s.secret = Secret(os.Getenv(s.env))
		if *s.secret == "" {
			d.fail(key+"."+s.name+"Env", "the environment variable "+s.env+" is not set", "export it before the start")
		}
	case s.file != "":
		secret, err := readSecret(s.file)
		if err != nil {
			d.fail(key+"."+s.name+"File", err.Error(), "name a file that holds the key alone")
		}
		*s.secret = secret
	}
}

func readSecret(path string) (Secret, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", err
	}
	secret := strings.TrimSpace(string(content))
	if secret == "" || len(content) > maxSecret || strings.ContainsAny(secret, "\r\n") {
		return "", fmt.Errorf("%s does not hold one line", path)
	}
	return Secret(secret), nil
}
