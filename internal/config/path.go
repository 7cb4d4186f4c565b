package config

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// resolvePaths makes the paths of the file start at its folder, and those with
// ~/ at the user's, and looks for the files that must be there.
func (d *decoder) resolvePaths(c *Config, folder string) {
	for i := range c.Listen {
		d.resolveListener(fmt.Sprintf("listen[%d]", i), &c.Listen[i], folder)
	}
	d.resolveListener("admin.listen", &c.Admin.Listen, folder)
	d.resolveFile("tls.certFile", &c.TLS.CertFile, folder)
	d.resolveFile("tls.keyFile", &c.TLS.KeyFile, folder)
	d.resolveFile("tls.acme.caFile", &c.TLS.ACME.CAFile, folder)
	d.resolveFile("tls.clients.caFile", &c.TLS.Clients.CAFile, folder)
	d.resolve("dataDir", &c.DataDir, folder)
	d.resolveFile("principals", &c.Principals, folder)
	for i := range c.IdentityProviders {
		d.resolveFile(fmt.Sprintf("identityProviders[%d].caFile", i), &c.IdentityProviders[i].CAFile, folder)
		d.resolveFile(fmt.Sprintf("identityProviders[%d].tokenFile", i), &c.IdentityProviders[i].TokenFile, folder)
	}
	d.resolve("sealKeys", &c.SealKeys, folder)
	d.resolve("state.sqlite", &c.State.SQLite, folder)
	d.resolveFile("state.postgresFile", &c.State.PostgresFile, folder)
	d.resolveFile("redis.urlFile", &c.Redis.URLFile, folder)
	d.resolveFile("prompts", &c.Prompts, folder)
	d.resolveObjects("objects", &c.Objects.Folder, c.Objects.S3, folder)
	d.resolveObjects("invocationLogging", &c.InvocationLogging.Folder, c.InvocationLogging.S3, folder)
	d.resolveAudit(&c.Audit, folder)
	d.resolveFile("prices", &c.Prices, folder)
	d.resolveProgram("engine.path", &c.Engine.Path, folder)
	d.resolveProgram("engine.python", &c.Engine.Python, folder)
	for _, name := range slices.Sorted(maps.Keys(c.Providers)) {
		key := "providers." + name
		switch p := c.Providers[name]; {
		case p.LlamaCpp != nil:
			d.resolveWeights(key+".model", &p.LlamaCpp.Model, folder)
			d.resolveWeights(key+".projector", &p.LlamaCpp.Projector, folder)
		case p.OpenAI != nil:
			d.resolveFile(key+".apiKeyFile", &p.OpenAI.APIKeyFile, folder)
		case p.Anthropic != nil:
			d.resolveFile(key+".apiKeyFile", &p.Anthropic.APIKeyFile, folder)
		case p.Bedrock != nil:
			d.resolveFile(key+".apiKeyFile", &p.Bedrock.APIKeyFile, folder)
			d.resolveFile(key+".secretAccessKeyFile", &p.Bedrock.SecretAccessKeyFile, folder)
		case p.Script != nil:
			d.resolveFile(key+".file", &p.Script.File, folder)
		}
	}
}

func (d *decoder) resolveListener(key string, l *Listener, folder string) {
	if path, ok := l.Unix(); ok && path != "" {
		d.resolve(key, &path, folder)
		l.Address = unixPrefix + path
	}
}

func (d *decoder) resolve(key string, path *string, folder string) {
	if *path == "" || filepath.IsAbs(*path) {
		return
	}
	if rest, ok := strings.CutPrefix(*path, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			d.fail(key, err.Error(), "write the whole path")
			return
		}
		folder, *path = home, rest
	}
	*path = filepath.Join(folder, *path)
}

// resolveFile is resolve for a file that must be there.
func (d *decoder) resolveFile(key string, path *string, folder string) {
	if *path == "" {
		return
	}
	d.resolve(key, path, folder)
	if info, err := os.Stat(*path); err != nil {
		d.fail(key, *path+": "+bare(err).Error(), "a relative path starts at the folder of the configuration file")
	} else if info.IsDir() {
		d.fail(key, *path+" is a folder", "name a file")
	}
}

// resolveWeights leaves the names of weights that are no paths.
func (d *decoder) resolveWeights(key string, name *string, folder string) {
	if isFile(*name) {
		d.resolveFile(key, name, folder)
	}
}

// resolveProgram leaves a name without a folder to be looked for on PATH.
func (d *decoder) resolveProgram(key string, path *string, folder string) {
	if strings.ContainsRune(*path, '/') || strings.ContainsRune(*path, filepath.Separator) {
		d.resolveFile(key, path, folder)
	}
}

// isFile tells the path of a model from the other forms of its name.
func isFile(model string) bool {
	return !strings.HasPrefix(model, "hf:") &&
		(strings.HasSuffix(strings.ToLower(model), ".gguf") || strings.ContainsRune(model, '/') ||
			runtime.GOOS == "windows" && strings.ContainsRune(model, '\\'))
}
