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
	for _, name := range slices.Sorted(maps.Keys(c.Providers)) {
		if p := c.Providers[name].OpenAI; p != nil {
			d.fetchSecret("providers."+name, p)
		}
	}
}

func (d *decoder) fetchSecret(key string, p *OpenAI) {
	switch {
	case p.APIKey != "" && p.APIKeyEnv+p.APIKeyFile != "" || p.APIKeyEnv != "" && p.APIKeyFile != "":
		d.fail(key, "the key is given more than once", "keep one of apiKey, apiKeyEnv and apiKeyFile")
	case p.APIKeyEnv != "":
		p.APIKey = Secret(os.Getenv(p.APIKeyEnv))
		if p.APIKey == "" {
			d.fail(key+".apiKeyEnv", "the environment variable "+p.APIKeyEnv+" is not set", "export it before the start")
		}
	case p.APIKeyFile != "":
		secret, err := readSecret(p.APIKeyFile)
		if err != nil {
			d.fail(key+".apiKeyFile", err.Error(), "name a file that holds the key alone")
		}
		p.APIKey = secret
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
