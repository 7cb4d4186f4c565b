package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io/fs"
	"net"
	"os"
	"time"
)

// backdate keeps a client whose clock is behind from refusing what is new.
const backdate = time.Hour

// makeCA makes the authority and writes it.
func (a *Authority) makeCA() (tls.Certificate, error) {
	host, _ := os.Hostname() // for people, who can do without
	template := &x509.Certificate{
		Subject:               pkix.Name{Organization: []string{"Saprolite"}, CommonName: "Saprolite on " + host},
		NotBefore:             a.options.Now().Add(-backdate),
		NotAfter:              a.options.Now().Add(caLife),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	if err := a.write("ca", template, nil); err != nil {
		return tls.Certificate{}, err
	}
	return tls.LoadX509KeyPair(a.path("ca.pem"), a.path("ca.key"))
}

// makeLeaf makes what the server shows and writes it.
func (a *Authority) makeLeaf(ca tls.Certificate, names []string) error {
	template := &x509.Certificate{
		Subject:               pkix.Name{Organization: []string{"Saprolite"}, CommonName: "Saprolite"},
		NotBefore:             a.options.Now().Add(-backdate),
		NotAfter:              earlier(a.options.Now().Add(leafLife), ca.Leaf.NotAfter),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	return a.write("server", template, &ca)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// write makes a certificate with a new key, signed by the authority or, without one,
// by itself. The certificate is written last: without it, nothing was made.
func (a *Authority) write(name string, template *x509.Certificate, ca *tls.Certificate) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	parent, signer := template, crypto.PrivateKey(key)
	if ca != nil {
		parent, signer = ca.Leaf, ca.PrivateKey
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := replace(a.path(name+".key"), 0o600, &pem.Block{Type: "PRIVATE KEY", Bytes: secret}); err != nil {
		return err
	}
	return replace(a.path(name+".pem"), 0o644, &pem.Block{Type: "CERTIFICATE", Bytes: certificate})
}

// replace writes a file in the place of what is there, at once.
func replace(path string, mode fs.FileMode, block *pem.Block) error {
	fresh := path + ".new"
	// One that was left behind may have another mode.
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	f, err := os.OpenFile(fresh, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := pem.Encode(f, block); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(fresh, path)
}
