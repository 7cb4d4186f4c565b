package config

// TLS is how TCP addresses are encrypted. One of Auto, CertFile with KeyFile, and
// ACME is there, or none.
type TLS struct {
	// Auto makes a certificate authority and a certificate in the data folder, for
	// localhost, the machine and Names.
	Auto  bool     `yaml:"auto"`
	Names []string `yaml:"names"`
	// CertFile and KeyFile are PEM. They are read anew when they change.
	CertFile string `yaml:"certFile"`
	KeyFile  string `yaml:"keyFile"`
	// ACME gets the certificate from an authority.
	ACME ACME `yaml:"acme"`
	// Clients are those with certificates of their own.
	Clients Clients `yaml:"clients"`
}

// Enabled says whether there is a certificate.
func (t TLS) Enabled() bool { return t.Auto || t.CertFile != "" || len(t.ACME.Domains) > 0 }

// ACME is a certificate authority that speaks the protocol of that name (RFC 8555).
type ACME struct {
	// Domains are the names to get a certificate for. Without any the rest counts
	// for nothing.
	Domains []string `yaml:"domains"`
	Email   string   `yaml:"email"`
	// Directory is the authority's URL; empty is Let's Encrypt.
	Directory string `yaml:"directory"`
	// CAFile holds the certificates that the authority's own is signed with; empty
	// for those that the machine trusts.
	CAFile string `yaml:"caFile"`
}

// Clients are those with certificates.
type Clients struct {
	// CAFile holds what their certificates must be signed with. It is read anew when
	// it changes. Empty asks for no certificates.
	CAFile string `yaml:"caFile"`
	// Certificate says whether each must have one: required, unless it is optional.
	Certificate ClientCertificate `yaml:"certificate"`
	// Principals say who they are, with auth: iam and where a request has no
	// credentials. The first that fits counts.
	Principals []CertificatePrincipal `yaml:"principals"`
}

// ClientCertificate is what is asked of a client.
type ClientCertificate string

// The values of ClientCertificate.
const (
	// ClientsRequired closes connections without a certificate.
	ClientsRequired ClientCertificate = "required"
	// ClientsOptional takes them.
	ClientsOptional ClientCertificate = "optional"
	// ClientsNone asks for no certificate.
	ClientsNone ClientCertificate = "none"
)

func (ClientCertificate) values() []string {
	return []string{string(ClientsRequired), string(ClientsOptional), string(ClientsNone)}
}

// CertificatePrincipal says who a client is by one name in its certificate, which may
// hold * for any letters.
type CertificatePrincipal struct {
	// URI and DNS are alternative names, CommonName is that of the subject; one of
	// them is there. A SPIFFE id is a URI.
	URI        string `yaml:"uri"`
	DNS        string `yaml:"dns"`
	CommonName string `yaml:"commonName"`
	// Principal is the ARN of a user, or of a role, of which the client then has a
	// session.
	Principal string `yaml:"principal"`
}

// PeerPrincipal says who is at the other end of a unix socket, with auth: iam and
// where a request has no credentials.
type PeerPrincipal struct {
	// User and Group are names or numbers of the machine; one of them is there. With
	// both, both must fit.
	User  string `yaml:"user"`
	Group string `yaml:"group"`
	// Principal is that of CertificatePrincipal.
	Principal string `yaml:"principal"`
}
