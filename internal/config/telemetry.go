package config

import "net/url"

// Audit is the trail of who did what.
type Audit struct {
	// File is the first file of the trail, - is the standard output, and empty is no
	// trail.
	File string `yaml:"file"`
	// MaxSize is where the next file begins.
	MaxSize Size `yaml:"maxSize"`
	// OnFailure says what happens to a request that cannot be put down.
	OnFailure AuditFailure `yaml:"onFailure"`
}

// Stdout is the Audit.File that stands for the standard output.
const Stdout = "-"

// AuditFailure is what happens to a request that cannot be put down.
type AuditFailure string

// The ways of AuditFailure.
const (
	AuditRefuse   AuditFailure = "refuse"
	AuditContinue AuditFailure = "continue"
)

func (AuditFailure) values() []string {
	return []string{string(AuditRefuse), string(AuditContinue)}
}

// Telemetry is how operators see what the server does.
type Telemetry struct {
	// Principals tells metrics apart by principal too.
	Principals bool `yaml:"principals"`
	// OTLP is where traces and metrics are sent.
	OTLP OTLP `yaml:"otlp"`
}

// OTLP is a collector of OpenTelemetry.
type OTLP struct {
	// Endpoint is its address over HTTP; empty is that of OTEL_EXPORTER_OTLP_ENDPOINT,
	// or none.
	Endpoint string `yaml:"endpoint"`
	// Headers are sent with all that goes there.
	Headers map[string]Secret `yaml:"headers"`
}

func defaultAudit() Audit { return Audit{MaxSize: 100_000_000, OnFailure: AuditRefuse} }

// resolveAudit is resolvePaths for the trail.
func (d *decoder) resolveAudit(a *Audit, folder string) {
	if a.File != Stdout {
		d.resolve("audit.file", &a.File, folder)
	}
}

func (d *decoder) checkTelemetry(c *Config) {
	if c.Audit.MaxSize == 0 {
		d.fail("audit.maxSize", "it must be more than 0", "delete the line for the default")
	}
	if otlp := c.Telemetry.OTLP; otlp.Endpoint != "" {
		u, err := url.Parse(otlp.Endpoint)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" {
			d.fail("telemetry.otlp.endpoint", "this is no address of a collector", "write it as http://localhost:4318, and secrets as headers")
		}
	}
	d.checkHeaders("telemetry.otlp", c.Telemetry.OTLP.Headers)
}
