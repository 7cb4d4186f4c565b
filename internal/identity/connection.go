package identity

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/transport"
)

// Principals finds whom rules speak of. It is safe for concurrent use.
type Principals interface {
	// Principal gives the user of an ARN, or a session of that name of the role of an
	// ARN. The error is [ErrUnknownKey] when there is neither, or no more.
	Principal(ctx context.Context, arn, session string) (Principal, error)
}

// CertificateRule says who the holder of a client's certificate is.
type CertificateRule struct {
	// URI and DNS are alternative names, CommonName is that of the subject; one of
	// them is there. A * stands for letters, one at least: in a URI none that is a /,
	// in a DNS name no dot.
	URI, DNS, CommonName string
	// Principal is the ARN of a user or of a role.
	Principal string
}

// PeerRule says who is at the other end of a unix socket. A number that is nil fits
// all.
type PeerRule struct {
	UID, GID *uint32
	// Principal is the ARN of a user or of a role.
	Principal string
}

// ConnectionOptions are what [NewConnections] needs to know.
type ConnectionOptions struct {
	// Credentials authenticates requests that have credentials, and refuses those of
	// nobody.
	Credentials Authenticator
	// Certificates and Peers are asked in their order.
	Certificates []CertificateRule
	Peers        []PeerRule
	// Principals finds whom they speak of.
	Principals Principals
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Connections takes the word of the connection for who sends a request without
// credentials: of a certificate that TLS has verified, or of the system about the
// peer of a unix socket. Credentials, where there are some, decide alone.
type Connections struct {
	options      ConnectionOptions
	certificates []certificateRule
}

type certificateRule struct {
	name      *regexp.Regexp
	names     func(*x509.Certificate) []string
	principal string
}

// NewConnections returns an authenticator by these rules.
func NewConnections(o ConnectionOptions) *Connections {
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &Connections{options: o}
	for _, rule := range o.Certificates {
		c.certificates = append(c.certificates, rule.compile())
	}
	return c
}

func (r CertificateRule) compile() certificateRule {
	switch {
	case r.URI != "":
		return certificateRule{pattern("", r.URI, "[^/]+"), uris, r.Principal}
	case r.DNS != "":
		names := func(c *x509.Certificate) []string { return c.DNSNames }
		return certificateRule{pattern("(?i)", r.DNS, `[^.]+`), names, r.Principal}
	}
	name := func(c *x509.Certificate) []string { return []string{c.Subject.CommonName} }
	return certificateRule{pattern("", r.CommonName, ".+"), name, r.Principal}
}

func uris(c *x509.Certificate) (texts []string) {
	for _, uri := range c.URIs {
		texts = append(texts, uri.String())
	}
	return texts
}

// pattern fits a whole text; star is what a * stands for.
func pattern(flags, text, star string) *regexp.Regexp {
	parts := strings.Split(text, "*")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.MustCompile(flags + `\A` + strings.Join(parts, star) + `\z`)
}

// Identify implements [Authenticator].
func (c *Connections) Identify(ctx context.Context, r *http.Request) (Claim, error) {
	if hasCredentials(r) {
		return c.options.Credentials.Identify(ctx, r)
	}
	if arn, name, ok := c.byCertificate(r); ok {
		return c.find(ctx, MethodCertificate, arn, name)
	}
	if arn, name, ok := c.byPeer(r); ok {
		return c.find(ctx, MethodPeer, arn, name)
	}
	return c.options.Credentials.Identify(ctx, r)
}

// hasCredentials passes every request that tries to have some: one whose credentials
// are wrong is nobody's.
func hasCredentials(r *http.Request) bool {
	return len(r.Header.Values("Authorization")) > 0 || len(r.Header.Values("X-Amz-Security-Token")) > 0 ||
		strings.Contains(r.URL.RawQuery, "X-Amz-")
}

// byCertificate gives whom the first rule that fits speaks of, and the name in the
// certificate.
func (c *Connections) byCertificate(r *http.Request) (arn, name string, ok bool) {
	if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
		return "", "", false
	}
	certificate := r.TLS.VerifiedChains[0][0]
	// A connection can outlive the certificate that it began with.
	if c.options.Now().After(certificate.NotAfter) {
		return "", "", false
	}
	for _, rule := range c.certificates {
		names := rule.names(certificate)
		if i := slices.IndexFunc(names, rule.name.MatchString); i >= 0 {
			return rule.principal, names[i], true
		}
	}
	return "", "", false
}

func (c *Connections) byPeer(r *http.Request) (arn, name string, ok bool) {
	peer, ok := transport.PeerOf(r.Context())
	if !ok {
		return "", "", false
	}
	for _, rule := range c.options.Peers {
		if (rule.UID == nil || *rule.UID == peer.UID) && (rule.GID == nil || *rule.GID == peer.GID) {
			return rule.Principal, "uid-" + strconv.FormatUint(uint64(peer.UID), 10), true
		}
	}
	return "", "", false
}

func (c *Connections) find(ctx context.Context, method Method, arn, name string) (Claim, error) {
	principal, err := c.options.Principals.Principal(ctx, arn, sessionName(name))
	switch {
	case errors.Is(err, ErrUnknownKey):
		return Claim{}, errUnrecognizedClient(fmt.Errorf("%s stands for %s: %w", name, arn, err))
	case err != nil:
		return Claim{}, fmt.Errorf("find %s: %w", arn, err)
	}
	principal.Method = method
	return Proven(principal), nil
}

// maxSessionName is that of STS (AssumeRole, RoleSessionName).
const maxSessionName = 64

// sessionName makes the name of a session of what a connection is known by. Different
// long names stay different.
func sessionName(name string) string {
	text := strings.Map(func(r rune) rune {
		if r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_+=,.@-", r)) {
			return r
		}
		return '-'
	}, name)
	if len(text) < 2 {
		return "name-" + text
	}
	if len(text) > maxSessionName {
		sum := sha256.Sum256([]byte(name))
		tail := "-" + hex.EncodeToString(sum[:8])
		text = text[:maxSessionName-len(tail)] + tail
	}
	return text
}
