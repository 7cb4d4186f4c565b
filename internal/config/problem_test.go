package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mistake is a file, and what is told about it. FILE stands for the file, FOLDER
// for its folder.
type mistake struct{ name, content, want string }

// formMistakes are about the form of the file.
func formMistakes() []mistake {
	return []mistake{
		{"misspelt key", "listne: x", "FILE:1: listne: there is no such key; did you mean listen?"},
		{"strange key", "\nlog:\n  colour: red", "FILE:3: log.colour: there is no such key; take format or level"},
		{"key of another place", "models:\n- id: '*'\n  provider: local\n  context: 5",
			"FILE:4: models[0].context: there is no such key; take abilities, baseModel, contextWindow, family, id, latency, maxOutput, name, provider, tiers, upstream or vendor"},
		{"key twice", "auth: none\nauth: sigv4", "FILE:2: auth: the key is there twice, first in line 1; delete one of them"},
		{"choice", "auth: sigv", `FILE:1: auth: "sigv" is not one of the choices; did you mean sigv4?`},
		{"far choice", "log: {format: xml}", `FILE:1: log.format: "xml" is not one of the choices; take text or json`},
		{"list for a value", "dataDir: [a]", "FILE:1: dataDir: this is a list, and must be a single value; write it on the line of the key"},
		{"value for keys", "engine: fast", `FILE:1: engine: this is a single value, and must be keys with values; write each as "key: value" on a line of its own`},
		{"list at the top", "- a", `FILE: this is a list, and must be keys with values; write each as "key: value" on a line of its own`},
		{"key that is no word", "[a]: b", `FILE:1: ?: a key must be a word; write it as "key: value"`},
		{"number", "engine:\n  threads: two", `FILE:2: engine.threads: "two" is no whole number from 0; write a number without a unit`},
		{"negative number", "engine: {threads: -1}", `FILE:1: engine.threads: "-1" is no whole number from 0; write a number without a unit`},
		{"boolean", "strict: yes", `FILE:1: strict: "yes" is neither true nor false; write true or false`},
		{"duration", "limits: {requestTimeout: 60}", `FILE:1: limits.requestTimeout: "60" is no duration; write a number with a unit, as 500ms, 30s, 10m or 1h`},
		{"size", "limits: {maxBody: 5 megs}", "FILE:1: limits.maxBody: 5 megs is no size; a size is a number of bytes, or one with a unit as 512MiB"},
		{"size unit", "engine: {memory: 5MM}", "FILE:1: engine.memory: 5MM is no size; MM is no unit; take kB, MB, GB, KiB, MiB or GiB"},
		{"empty entry", "listen:\n-\n", "FILE:2: listen[0]: the entry is empty; write a value after the -, or delete it"},

		{"nothing in a list", "a: &a\nmodels: [{id: x, provider: local, abilities: [*a]}]", "FILE:1: a: there is no such key; take admin, audit, auth, budgets, dataDir, engine, identityProviders, invocationLogging, limits, listen, log, models, objects, peers, prices, principals, prompts, providers, proxies, quotas, redis, regions, sealKeys, state or ...\nFILE:2: models[0].abilities[0]: the entry is empty; write a value after the -, or delete it"},
		{"tab", "log:\n\tlevel: info", "FILE:2: this is no YAML: found character that cannot start any token; check the indentation, quotes and brackets near here"},
		{"bracket", "a: [1", "FILE:2: this is no YAML: did not find expected ',' or ']'; check the indentation, quotes and brackets near here"},
		{"two documents", "auth: none\n---\nauth: none", "FILE:2: a second document starts here; delete the line ---, or what follows it"},
	}
}

// meaningMistakes are about what the file says.
func meaningMistakes() []mistake {
	return []mistake{
		{"address", "listen: [localhost]", `FILE:1: listen[0]: "localhost" is no address; write host:port as 127.0.0.1:8484, or unix: and a path`},
		{"port", "listen: localhost:http", `FILE:1: listen[0]: "localhost:http" is no address; write host:port as 127.0.0.1:8484, or unix: and a path`},
		{"socket", "listen: 'unix:'", "FILE:1: listen[0]: the path of the socket is missing; write unix: and a path"},
		{"listener without address", "listen:\n  - tls: true", `FILE:2: listen[0]: "" is no address; write host:port as 127.0.0.1:8484, or unix: and a path`},
		{"key of a listener", "listen: {adress: x}", "FILE:1: listen[0].adress: there is no such key; did you mean address?"},
		{"list in place of a listener", "listen: [[a]]", "FILE:1: listen[0]: this is a list, and must be keys with values; write each as \"key: value\" on a line of its own"},
		{"network", "listen: {address: '127.0.0.1:1', allow: [10.0.0.0/33]}", `FILE:1: listen[0].allow[0]: "10.0.0.0/33" is neither an address nor a network; write it as 10.0.0.5 or 10.0.0.0/24`},
		{"networks of a unix socket", "listen: {address: 'unix:s', allow: 10.0.0.1}", "FILE:1: listen[0].allow: nobody connects to a unix socket from a network; say by mode and group who may connect"},
		{"encrypted unix socket", "listen: {address: 'unix:s', tls: true}", "FILE:1: listen[0]: a unix socket is not encrypted; delete what is said of TLS here"},
		{"mode", "listen: {address: 'unix:s', mode: rw}", `FILE:1: listen[0].mode: "rw" is no mode of a file; write it in octal digits, as "0660"`},
		{"large mode", "listen: {address: 'unix:s', mode: 07777}", `FILE:1: listen[0].mode: "07777" is no mode of a file; write it in octal digits, as "0660"`},
		{"mode of an address", "listen: {address: '127.0.0.1:1', mode: 0660}", "FILE:1: listen[0]: an address has no mode and no group; delete them, or take unix: and a path"},
		{"no certificate", "listen: {address: '127.0.0.1:1', tls: true}", "FILE:1: listen[0].tls: there is no certificate; add \"tls: {auto: true}\", or the files of one"},
		{"no authorities", "listen: {address: '127.0.0.1:1', clientCertificate: required}", "FILE:1: listen[0].clientCertificate: no certificate can be asked for; add tls.clients.caFile, and speak TLS here"},
		{"two ways to a certificate", "tls: {auto: true, acme: {domains: a.example}}", "FILE:1: tls: there are several ways to a certificate; keep one of auto, certFile with keyFile, and acme"},
		{"names of no certificate", "tls: {names: a.example}", "FILE:1: tls.names: no certificate is made; add \"auto: true\", or delete the line"},
		{"name of a certificate's server", "tls: {auto: true, names: ['a b']}", `FILE:1: tls.names[0]: "a b" is neither a name nor an address; write it as bedrock.example.com or 10.0.0.5`},
		{"port of a certificate's server", "tls: {auto: true, names: ['::1', '*.a.example', 'a.example:443', '*']}", "FILE:1: tls.names[2]: \"a.example:443\" is neither a name nor an address; write it as bedrock.example.com or 10.0.0.5\nFILE:1: tls.names[3]: \"*\" is neither a name nor an address; write it as bedrock.example.com or 10.0.0.5"},
		{"domain", "tls: {acme: {domains: [a.example, '*.a.example']}}", `FILE:1: tls.acme.domains[1]: "*.a.example" is no name that this server can show to be its own; write it as bedrock.example.com`},
		{"no domains", "tls: {acme: {email: a@a.example}}", "FILE:1: tls.acme: the domains are missing; add \"domains: \" and the names of this server"},
		{"directory", "tls: {acme: {domains: a.example, directory: letsencrypt}}", `FILE:1: tls.acme.directory: "letsencrypt" is no directory of an authority; write it as https://acme-v02.api.letsencrypt.org/directory`},
		{"clients of nobody", "tls: {auto: true, clients: {certificate: required}}", "FILE:1: tls.clients: nothing says whose certificates count; add \"caFile: \" and a file of authorities"},
		{"clients without TLS", "tls: {clients: {caFile: saprolite.yaml}}", "FILE:1: tls.clients: clients show certificates to a server that has one; add \"auto: true\", or the files of a certificate"},
		{"principals without IAM", "tls: {auto: true, clients: {caFile: saprolite.yaml, principals: [{dns: a, principal: 'arn:aws:iam::123456789012:user/a'}]}}", "FILE:1: tls.clients.principals: nobody asks for principals; add \"auth: iam\", or delete the lines"},
		{"name of a certificate", "auth: iam\ntls: {auto: true, clients: {caFile: saprolite.yaml, principals: [{dns: a, uri: b, principal: 'arn:aws:iam::123456789012:user/a'}]}}", "FILE:2: tls.clients.principals[0]: one name of the certificate must be there; give one of uri, dns and commonName"},
		{"principal", "auth: iam\npeers: [{user: a, principal: alice}]", `FILE:2: peers[0].principal: "alice" is no ARN of a user or a role; write it as arn:aws:iam::123456789012:user/alice`},
		{"peer", "auth: iam\npeers: [{principal: 'arn:aws:iam::123456789012:role/a'}]", "FILE:2: peers[0]: nothing says who is meant; give user, group or both"},
		{"peers without IAM", "peers: [{user: a, principal: 'arn:aws:iam::123456789012:role/a'}]", "FILE:1: peers: nobody asks for principals; add \"auth: iam\", or delete the lines"},
		{"open admin", "admin: {listen: ':8485'}", "FILE:1: admin.listen: :8485 can be reached from other machines, and is not encrypted; write 127.0.0.1:8485 or unix: and a path, or add \"tls: true\""},
		{"encrypted admin without a certificate", "admin: {listen: {address: ':8485', tls: true}}", "FILE:1: admin.listen.tls: there is no certificate; add \"tls: {auto: true}\", or the files of one"},
		{"no address", "listen: []", "FILE:1: listen: there is no address to serve on; write 127.0.0.1:8484, or delete the line"},
		{"half a certificate", "tls:\n  certFile: saprolite.yaml", "FILE:1: tls: a certificate needs its key, and a key its certificate; give both certFile and keyFile"},
		{"region", "regions: [US East]", `FILE:1: regions[0]: "US East" is no name of a region; write it as us-east-1`},
		{"objects in two places", "objects:\n  folder: x\n  s3: {region: eu-central-1}", "FILE:1: objects: objects lie in a folder or in S3; delete one of folder and s3"},
		{"half a key of S3", "objects: {s3: {accessKeyId: a}}", "FILE:1: objects.s3: an access key needs its secret, and a secret its access key; give both accessKeyId and secretAccessKeyEnv"},
		{"region of S3", "objects: {s3: {region: US East}}", `FILE:1: objects.s3.region: "US East" is no name of a region; write it as us-east-1`},
		{"endpoint of S3", "objects: {s3: {endpoint: 'localhost:9000'}}", `FILE:1: objects.s3.endpoint: "localhost:9000" is no address of the service; write it as http://localhost:9000`},
		{"bucket", "objects: {buckets: ['s3://media']}", `FILE:1: objects.buckets[0]: "s3://media" is no name of a bucket; write it as in s3://name/key, without s3://`},
		{"key of S3", "objects: {s3: {pathstyle: true}}", "FILE:1: objects.s3.pathstyle: there is no such key; did you mean pathStyle?"},
		{"two places of logs", "invocationLogging: {folder: logs, s3: {}}", "FILE:1: invocationLogging: records go to a folder or to S3; delete one of folder and s3"},
		{"bucket of logs", "invocationLogging: {default: {bucket: B}}", "FILE:1: invocationLogging.default: The bucket name B is invalid; give bucket, and prefix as team/logs"},
		{"what logs do", "invocationLogging: {whenFull: block}", `FILE:1: invocationLogging.whenFull: "block" is not one of the choices; take drop or refuse`},
		{"no group", "invocationLogging: {groupTime: 0s}", "FILE:1: invocationLogging.groupTime: it must be more than 0; delete the line for the default"},
		{"no media", "limits: {maxFetched: 0}", "FILE:1: limits.maxFetched: it must be more than 0; delete the line for the default"},
		{"no size of a trail", "audit: {file: x, maxSize: 0}", "FILE:1: audit.maxSize: it must be more than 0; delete the line for the default"},
		{"trail that fails", "audit: {file: '-', onFailure: ignore}", `FILE:1: audit.onFailure: "ignore" is not one of the choices; take refuse or continue`},
		{"collector", "telemetry: {otlp: {endpoint: 'localhost:4318'}}", "FILE:1: telemetry.otlp.endpoint: this is no address of a collector; write it as http://localhost:4318, and secrets as headers"},
		{"secret in a collector", "telemetry: {otlp: {endpoint: 'http://a:b@c'}}", "FILE:1: telemetry.otlp.endpoint: this is no address of a collector; write it as http://localhost:4318, and secrets as headers"},
		{"header for a collector", "telemetry: {otlp: {endpoint: 'http://c', headers: {'X Y': z}}}", `FILE:1: telemetry.otlp.headers: "X Y" is no header; write it as name: value, on one line`},
		{"no time", "limits: {requestTimeout: 0s}", "FILE:1: limits.requestTimeout: it must be more than 0; delete the line for the default"},

		{"provider without type", "providers:\n  x:\n    url: http://x", `FILE:2: providers.x: the type is missing; add "type: " and llamacpp, openai, anthropic, bedrock, failover, weighted or script`},
		{"provider with nothing", "providers:\n  x:\n", `FILE:2: providers.x: this is a single value, and must be keys with values; write each as "key: value" on a line of its own`},
		{"provider type", "providers: {x: {type: open-ai}}", `FILE:1: providers.x.type: "open-ai" is not one of the choices; did you mean openai?`},
		{"key of another type", "providers:\n  x:\n    type: script\n    url: http://x", "FILE:4: providers.x.url: there is no such key; take file"},
		{"type twice", "providers: {x: {type: script, file: x.yaml, type: script}}", "FILE:1: providers.x.type: the key is there twice, first in line 1; delete one of them"},
		{"no type", "providers: {x: {type: }}", `FILE:1: providers.x: the type is missing; add "type: " and llamacpp, openai, anthropic, bedrock, failover, weighted or script`},
		{"provider name", "providers: {'a b': {type: llamacpp}}", "FILE:1: providers.a b: this is no name for a provider; take letters, digits, - and _"},
		{"model", "providers: {x: {type: llamacpp, model: qwen}}", `FILE:1: providers.x.model: "qwen" is no model; write default, default-embedding, hf:owner/repo/file.gguf or the path of a .gguf file`},
		{"hub model", "providers: {x: {type: llamacpp, model: 'hf:owner/repo'}}", `FILE:1: providers.x.model: "hf:owner/repo" is no model; write default, default-embedding, hf:owner/repo/file.gguf or the path of a .gguf file`},
		{"projector", "providers: {x: {type: llamacpp, model: 'hf:owner/repo/a.gguf', projector: big}}", `FILE:1: providers.x.projector: "big" is no projector; write hf:owner/repo/mmproj-file.gguf or the path of a .gguf file`},
		{"projector for nothing", "providers: {x: {type: llamacpp, projector: 'hf:owner/repo/a.gguf'}}", "FILE:1: providers.x.projector: neither the default model nor one for vectors can see; name the model that the projector is for"},
		{"medium", "providers: {x: {type: openai, url: 'http://x', media: image}}", `FILE:1: providers.x.media[0]: "image" is not one of the choices; did you mean images?`},
		{"model file", "providers:\n  x:\n    type: llamacpp\n    model: a.gguf", "FILE:4: providers.x.model: FOLDER/a.gguf: no such file or directory; a relative path starts at the folder of the configuration file"},
		{"folder for a file", "providers: {x: {type: script, file: ./}}", "FILE:1: providers.x.file: FOLDER is a folder; name a file"},
		{"no rules", "providers: {x: {type: script}}", `FILE:1: providers.x: the file of rules is missing; add "file: " and a path`},
		{"no url", "providers: {x: {type: openai}}", "FILE:1: providers.x.url: the address of the server is missing; write it as http://localhost:8000/v1"},
		{"url", "providers: {x: {type: openai, url: 'localhost:8000'}}", `FILE:1: providers.x.url: "localhost:8000" is no address of a server; write it as http://localhost:8000/v1`},
		{"url of an operation", "providers: {x: {type: openai, url: 'http://x/v1/chat/completions'}}", "FILE:1: providers.x.url: the address names one operation; end it before /chat/completions"},
		{"password in url", "providers: {x: {type: openai, url: 'http://a:b@x/v1'}}", "FILE:1: providers.x.url: the address holds a password; take it out, and give the key by apiKeyEnv"},
		{"header", "providers: {x: {type: openai, url: 'http://x', headers: {'X Y': z}}}", `FILE:1: providers.x.headers: "X Y" is no header; write it as name: value, on one line`},
		{"attempts", "providers: {x: {type: openai, url: 'http://x', retry: {attempts: 0}}}", "FILE:1: providers.x.retry.attempts: there must be a first attempt; write 1 to never try again"},
		{"two keys", "providers: {x: {type: openai, url: 'http://x', apiKey: a, apiKeyEnv: b}}", "FILE:1: providers.x: the key is given more than once; keep one of apiKey, apiKeyEnv and apiKeyFile"},
		{"unset variable", "providers:\n  x:\n    type: openai\n    url: http://x\n    apiKeyEnv: TEST_SURELY_UNSET", "FILE:5: providers.x.apiKeyEnv: the environment variable TEST_SURELY_UNSET is not set; export it before the start"},
		{"key file", "providers: {x: {type: openai, url: 'http://x', apiKeyFile: saprolite.yaml}}\n\n# more", "FILE:1: providers.x.apiKeyFile: FOLDER/saprolite.yaml does not hold one line; name a file that holds the key alone"},

		{"anthropic key", "providers: {x: {type: anthropic, apiKey: a, apiKeyFile: b}}", "FILE:1: providers.x.apiKeyFile: FOLDER/b: no such file or directory; a relative path starts at the folder of the configuration file\nFILE:1: providers.x: the key is given more than once; keep one of apiKey, apiKeyEnv and apiKeyFile"},
		{"messages url", "providers: {x: {type: anthropic, url: 'http://x/v1/messages'}}", "FILE:1: providers.x.url: the address names one operation; end it before /messages"},
		{"bedrock region", "providers: {x: {type: bedrock, region: Virginia}}", `FILE:1: providers.x.region: "Virginia" is no name of a region; write it as us-east-1`},
		{"bedrock endpoint", "providers: {x: {type: bedrock, endpoint: 'x:1'}}", `FILE:1: providers.x.endpoint: "x:1" is no address of the service; write it as https://bedrock-runtime.us-east-1.amazonaws.com`},
		{"half of the credentials", "providers: {x: {type: bedrock, accessKeyId: a}}", "FILE:1: providers.x: an access key needs its secret, and a secret its access key; give both accessKeyId and secretAccessKeyEnv"},
		{"two credentials", "providers: {x: {type: bedrock, profile: a, apiKey: b}}", "FILE:1: providers.x: there is an API key beside other credentials; keep one of them"},
		{"unset secret", "providers: {x: {type: bedrock, accessKeyId: a, secretAccessKeyEnv: TEST_SURELY_UNSET}}", "FILE:1: providers.x.secretAccessKeyEnv: the environment variable TEST_SURELY_UNSET is not set; export it before the start\nFILE:1: providers.x: an access key needs its secret, and a secret its access key; give both accessKeyId and secretAccessKeyEnv"},
		{"no members", "providers:\n  x: {type: failover}", `FILE:2: providers.x: there is no provider to lead to; add "members: " and a list of "provider: " and a name`},
		{"nameless member", "providers:\n  local: {type: weighted, members: [{weight: 2}]}\n  y: {type: llamacpp}", `FILE:2: providers.local.members[0]: a member names a provider; add "provider: " and local or y`},
		{"unknown member", "providers:\n  local: {type: failover, members: [{provider: gup}]}\n  gpu: {type: llamacpp}", "FILE:2: providers.local.members[0].provider: no provider has the name gup; did you mean gpu?"},
		{"member twice", "providers:\n  local: {type: weighted, members: [{provider: y}, {provider: y, weight: 2}]}\n  y: {type: llamacpp}", "FILE:2: providers.local.members[1]: the same member is there before, as members[0]; delete one of them"},
		{"weight in turn", "providers:\n  x: {type: failover, members: [{provider: y, weight: 2}]}\n  y: {type: llamacpp}", "FILE:2: providers.x.members[0].weight: failover asks in the order of the list; take type: weighted, or delete the line"},
		{"member of itself", "providers:\n  local:\n    type: failover\n    members:\n    - provider: local", "FILE:5: providers.local.members[0].provider: this leads in a circle: local, local; take one of them out"},
		{"circle", "providers:\n  local: {type: failover, members: [{provider: a}]}\n  a: {type: failover, members: [{provider: c}, {provider: b}]}\n  b: {type: weighted, members: [{provider: a}]}\n  c: {type: llamacpp}", "FILE:4: providers.b.members[0].provider: this leads in a circle: a, b, a; take one of them out"},
		{"no attempt of all", "providers: {x: {type: failover, members: [{provider: y}], retry: {attempts: 0}}, y: {type: llamacpp}}", "FILE:1: providers.x.retry.attempts: there must be a first attempt; write 1 to never try again"},

		{"unknown provider", "models:\n- {id: '*', provider: lcoal}", "FILE:2: models[0].provider: no provider has the name lcoal; did you mean local?"},
		{"no provider", "models:\n- id: '*'", `FILE:2: models[0].provider: a mapping names a provider; add "provider: " and embeddings or local`},
		{"base model", "models: [{id: x, provider: local, baseModel: amazon.nova-light-v1:0}]", "FILE:1: models[0].baseModel: no foundation model has the id amazon.nova-light-v1:0; did you mean amazon.nova-lite-v1:0?"},
		{"family", "models: [{id: x, provider: local, family: antropic}]", "FILE:1: models[0].family: there is no format antropic; did you mean anthropic?"},
		{"ability", "models: [{id: x, provider: local, abilities: [tool]}]", `FILE:1: models[0].abilities[0]: "tool" is not one of the choices; did you mean tools?`},
		{"tier", "models: [{id: x, provider: local, tiers: {flexi: {}}}]", "FILE:1: models[0].tiers.flexi: there is no such key; did you mean flex?"},
		{"latency", "models: [{id: x, provider: local, latency: {fast: {}}}]", "FILE:1: models[0].latency.fast: there is no such key; take standard or optimized"},
		{"tier of nobody", "models:\n- id: x\n  provider: local\n  tiers:\n    flex: {provider: lcoal}", "FILE:5: models[0].tiers.flex.provider: no provider has the name lcoal; did you mean local?"},
		{"id twice", "models:\n- {id: x, provider: local}\n- {id: x, provider: local}", "FILE:3: models[1].id: the same id is mapped before; change it, or delete the entry"},
		{"arn", "models:\n- {id: 'arn:aws:s3:::b', provider: local}", "FILE:2: models[0].id: this is neither a model id nor an ARN of a model; change it, or delete the entry"},
		{"unclear", "providers:\n  a: {type: llamacpp}\n  b: {type: llamacpp}", "FILE:1: providers: there are several, and nothing says which model goes to which; add models, or name one of them local"},

		{"several at once", "auth: no\nlistne: x\nlog: {level: loud}",
			"FILE:1: auth: \"no\" is not one of the choices; take sigv4, iam or none\nFILE:2: listne: there is no such key; did you mean listen?\nFILE:3: log.level: \"loud\" is not one of the choices; take debug, info, warn or error"},
	}
}

// Each mistake is told with its line, its key and a remedy.
func TestMistakes(t *testing.T) {
	for _, tt := range slices.Concat(formMistakes(), meaningMistakes(), quotaMistakes()) {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, tt.content)
			c, err := Load(path)
			if err == nil {
				t.Fatalf("it loads: %+v", c)
			}
			want := strings.NewReplacer("FILE", path, "FOLDER", filepath.Dir(path)).Replace(tt.want)
			if diff := cmp.Diff(want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMissingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.yaml")
	_, err := Load(path)
	want := path + ": no such file or directory; name another file with --config, or leave it out"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if p, ok := errors.AsType[*Problem](err); !ok || p.File != path {
		t.Errorf("%#v holds no Problem", err)
	}
}

func TestFileTooLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large.yaml")
	if err := os.WriteFile(path, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "larger than 1 MiB") {
		t.Errorf("%v", err)
	}
}

// A file of nothing but mistakes gives a bounded answer.
func TestProblemsAreBounded(t *testing.T) {
	var b strings.Builder
	for range 1000 {
		b.WriteString("- {idd: x}\n")
	}
	_, err := Load(write(t, "models:\n"+b.String()))
	if problems, ok := errors.AsType[Problems](err); !ok || len(problems) != maxProblems {
		t.Errorf("%d problems, want %d", len(problems), maxProblems)
	}
}

// Whatever the file: no panic; a configuration that is whole, or problems that
// name the file.
func FuzzParse(f *testing.F) {
	example, err := os.ReadFile("../../docs/saprolite.example.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(example))
	for _, s := range []string{
		"", "a: &a [*a]", "<<: {auth: none}", "listen: !!binary eA==", "providers: &p {x: *p}", "models: &m\n- *m\n",
		"providers: {x: {type: openai, type: script}}", "models: [{id: 'a*', provider: local, upstream: '*', abilities: [null]}]", "? [a]\n: b",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, content string) {
		c, err := parse("/nowhere/x.yaml", []byte(content))
		if err != nil {
			problems, ok := errors.AsType[Problems](err)
			if !ok || len(problems) == 0 || len(problems) > maxProblems {
				t.Fatalf("%q: %v", content, err)
			}
			for _, p := range problems {
				if p.File != "/nowhere/x.yaml" || p.What == "" || p.Line > strings.Count(content, "\n")+2 && !strings.Contains(content, "\r") {
					t.Errorf("%q: %+v", content, p)
				}
			}
			return
		}
		if len(c.Models) == 0 || len(c.Providers) == 0 || len(c.Listen) == 0 {
			t.Errorf("%q loads as %+v", content, c)
		}
	})
}
