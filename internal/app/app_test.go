package app_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
)

// What is wrong with a file that the configuration names is told with the place.
func TestNewRefuses(t *testing.T) {
	folder := t.TempDir()
	rules := writeFile(t, "rules.yaml", "rules:\n  - reply: Hi\n    tiems: 2\n")
	certFile, _, _ := certificate(t)
	odd := writeFile(t, "odd.yaml", "prompts:\n  - {id: A}\n")
	elsewhere := writeFile(t, "elsewhere.yaml", "prompts:\n  - {id: A, model: acme.other, text: Hi}\n")
	for _, test := range []struct{ name, text, want string }{
		{"certificate", "listen: 127.0.0.1:0\ntls:\n  certFile: " + certFile + "\n  keyFile: " + certFile + "\n",
			"saprolite.yaml:2: tls: "},
		{"authorities of clients", "listen: 127.0.0.1:0\ntls:\n  auto: true\n  clients: {caFile: " + rules + "}\n",
			"saprolite.yaml:4: tls.clients.caFile: " + rules + " holds no certificate; name a file with certificates in PEM"},
		{"authority of the authority", "tls: {acme: {domains: a.example, caFile: " + rules + "}}\n",
			"saprolite.yaml:1: tls.acme: " + rules + " holds no certificate"},
		{"ACME for nobody", "listen: {address: '127.0.0.1:0', tls: false}\ntls: {acme: {domains: a.example}}\n",
			"saprolite.yaml:2: tls.acme: no address speaks TLS; add one to listen as 0.0.0.0:443"},
		{"peer", "auth: iam\npeers: [{user: no-such-user, principal: 'arn:aws:iam::123456789012:user/a'}]\n",
			"saprolite.yaml:2: peers[0]: user: unknown user no-such-user; name one of this machine, or give the number"},
		{"script", "providers: {p: {type: script, file: " + rules + "}}\n",
			"provider p: " + rules + ":3: a rule has no \"tiems\""},
		{"prompts", "auth: sigv4\nprompts: " + odd + "\n", "saprolite.yaml:2: prompts: " + odd + ":2: the model is missing"},
		{"prompts of another model", "prompts: " + elsewhere + "\n", "saprolite.yaml:1: prompts: " + elsewhere + " has a prompt for the model acme.other, which nobody answers for"},
	} {
		program, err := app.New(app.Options{Config: load(t, test.text), DataDir: folder})
		if err == nil {
			program.Close()
			t.Errorf("%s: it is taken", test.name)
		} else if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %q does not say %q", test.name, err, test.want)
		}
	}
}

func TestLocalModels(t *testing.T) {
	weights := writeFile(t, "small.gguf", "GGUF")
	c := load(t, "providers:\n  a: {type: llamacpp, model: "+weights+"}\n  b: {type: llamacpp}\n  c: {type: llamacpp, context: 512}\n"+
		"models: [{id: \"*\", provider: a}]\n")
	program, err := app.New(app.Options{Config: c, DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	if diff := cmp.Diff([]string{weights, "default"}, program.LocalModels()); diff != "" {
		t.Error(diff)
	}
}

// Fetch needs nothing where no model runs on this machine.
func TestFetchNothing(t *testing.T) {
	program, err := app.New(app.Options{Config: scripted(t), DataDir: filepath.Join(t.TempDir(), "missing")})
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	if err := program.Fetch(t.Context()); err != nil {
		t.Error(err)
	}
}

// serveExpectingError serves what is scripted, for a test that ends it.
func serveExpectingError(t *testing.T) *running {
	t.Helper()
	c := scripted(t)
	c.Listen = config.At("127.0.0.1:0")
	program, err := app.New(app.Options{Config: c, DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	listeners, err := program.Listen()
	if err != nil {
		t.Fatal(err)
	}
	r := &running{listeners: listeners, ended: make(chan error, 1)}
	go func() { r.ended <- program.Serve(t.Context(), r.listeners) }()
	return r
}

// certificate makes a certificate for 127.0.0.1 and what trusts it.
func certificate(t *testing.T) (certFile, keyFile string, trust *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return writeFile(t, "cert.pem", string(certPEM)),
		writeFile(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))),
		&tls.Config{RootCAs: pool}
}

// Default configurations can be put together: nothing is fetched or started.
func TestNewDefault(t *testing.T) {
	program, err := app.New(app.Options{Config: config.Default(), DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Close(); err != nil {
		t.Error(err)
	}
}

// A program that answers nobody needs no principals, and leaves no files.
func TestNewStateless(t *testing.T) {
	c := scripted(t)
	c.Auth = config.AuthIAM
	dir := t.TempDir()
	program, err := app.New(app.Options{Config: c, DataDir: dir, Stateless: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(program.FetchAll(t.Context()), program.Close()); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
		t.Errorf("it leaves %v, %v", left, err)
	}
}
