package main

import (
	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
)

// trust gives the lines that make programs trust the certificate that is made. The
// certificates of others are theirs to trust.
func (s *setup) trust(c *config.Config) ([]string, error) {
	if !c.TLS.Auto {
		return nil, nil
	}
	data, err := s.dataDir(c)
	if err != nil {
		return nil, err
	}
	file := app.CAFile(data)
	return []string{
		"export AWS_CA_BUNDLE=" + file,
		"export NODE_EXTRA_CA_CERTS=" + file,
		// The last: a shell that puts the lines together ends there.
		"# Go programs without an AWS SDK: export SSL_CERT_FILE=" + file,
	}, nil
}
