package app

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"time"

	"github.com/saprolite/saprolite/internal/audit"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/server"
	"github.com/saprolite/saprolite/internal/sts"
	"github.com/saprolite/saprolite/internal/telemetry"
)

// exportTime bounds the wait for a collector at the end.
const exportTime = 5 * time.Second

// watch is what hears of requests. Its parts are nil where nobody asks for them.
type watch struct {
	trail   *audit.Trail
	metrics *telemetry.Metrics
	export  *telemetry.Export
	proxies []netip.Prefix
}

// newWatch makes what the configuration asks for.
func newWatch(o Options) (*watch, error) {
	w := &watch{proxies: o.Config.Proxies.Trusted().Peers}
	if o.Stateless {
		return w, nil
	}
	var err error
	if w.trail, err = OpenTrail(o.Config, o.Log); err != nil {
		return nil, err
	}
	w.metrics = telemetry.NewMetrics(telemetry.MetricsOptions{Principals: telemetry.Switch(o.Config.Telemetry.Principals), Version: o.Version})
	to := o.Config.Telemetry.OTLP
	w.export, err = telemetry.NewExport(context.Background(), telemetry.ExportOptions{
		Endpoint: to.Endpoint, Headers: plain(to.Headers), Version: o.Version, Log: o.Log,
	})
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// OpenTrail opens the audit trail, or gives nil when there is none to be.
func OpenTrail(c *config.Config, log *slog.Logger) (*audit.Trail, error) {
	o := audit.Options{
		Path: c.Audit.File, FileSize: int64(c.Audit.MaxSize), OnFailure: audit.OnFailure(c.Audit.OnFailure), Log: log,
	}
	switch c.Audit.File {
	case "":
		return nil, nil
	case config.Stdout:
		o.Writer = os.Stdout
	}
	trail, err := audit.Open(o)
	if err != nil {
		return nil, c.Problem("audit.file", err.Error(), "name a file in a folder that can be written")
	}
	return trail, nil
}

// observers are those of the Bedrock API. The metrics come behind the trail,
// which may refuse.
func (w *watch) observers() []server.Observer {
	var all []server.Observer
	if w.export != nil {
		all = append(all, w.export)
	}
	if w.trail != nil {
		all = append(all, &audit.Bedrock{Trail: w.trail, Proxies: w.proxies})
	}
	if w.metrics != nil {
		all = append(all, w.metrics)
	}
	return all
}

// sts hears of calls to STS.
func (w *watch) sts(ctx context.Context, c sts.Call) error {
	var err error
	if w.trail != nil {
		err = (&audit.STS{Trail: w.trail, Proxies: w.proxies}).Observe(ctx, c)
	}
	c.Err = errors.Join(c.Err, err)
	if w.export != nil {
		w.export.STS(ctx, &c)
	}
	if w.metrics != nil {
		w.metrics.STS(&c)
	}
	return err
}

// read adds to the metrics what other parts count.
func (w *watch) read(a *App) error {
	if w.metrics == nil {
		return nil
	}
	readings := quotaReadings(a.quotas)
	if w.trail != nil {
		readings = append(readings,
			counter("saprolite_audit_lines_total", "Lines of the audit trail.", func() int64 { return w.trail.Stats().Written }),
			counter("saprolite_audit_lost_total", "Lines of the audit trail that could not be written.", func() int64 { return w.trail.Stats().Lost }))
	}
	if a.invocations != nil {
		stats := a.invocations.log.Stats
		readings = append(readings,
			telemetry.Reading{Name: "saprolite_invocation_log_waiting_bytes", Help: "Records of invocations that are on the disk and not yet in the object store.", Kind: telemetry.Gauge,
				Read: telemetry.One(func() float64 { return float64(stats().Waiting) })},
			counter("saprolite_invocation_log_records_total", "Records of invocations.", func() int64 { return stats().Appended }),
			counter("saprolite_invocation_log_delivered_total", "Records of invocations that the object store has.", func() int64 { return stats().Delivered }),
			counter("saprolite_invocation_log_dropped_total", "Records of invocations that are lost.", func() int64 { return stats().Dropped }),
			counter("saprolite_invocation_log_failures_total", "Times that the object store failed.", func() int64 { return stats().Failures }))
	}
	if a.meter != nil && a.meter.Journal != nil {
		stats := a.meter.Journal.Stats
		readings = append(readings,
			telemetry.Reading{Name: "saprolite_usage_waiting_bytes", Help: "Usage that is on the disk and not yet in the store.", Kind: telemetry.Gauge,
				Read: telemetry.One(func() float64 { return float64(stats().Waiting) })},
			counter("saprolite_usage_records_total", "Records of usage.", func() int64 { return stats().Appended }),
			counter("saprolite_usage_stored_total", "Records of usage that the store has taken.", func() int64 { return stats().Moved }),
			counter("saprolite_usage_kept_in_memory_total", "Records of usage that no file took.", func() int64 { return stats().Kept }),
			counter("saprolite_usage_lost_total", "Records of usage that are lost.", func() int64 { return stats().Lost }),
			counter("saprolite_usage_store_failures_total", "Times that the store took no usage.", func() int64 { return stats().Failures }))
	}
	var err error
	for _, r := range readings {
		err = errors.Join(err, w.metrics.Add(r))
	}
	return err
}

func counter(name, help string, count func() int64) telemetry.Reading {
	return telemetry.Reading{Name: name, Help: help, Kind: telemetry.Counter, Read: telemetry.One(func() float64 { return float64(count()) })}
}

// close sends what waits, for some seconds, and closes the trail. A collector that does
// not answer is no error of the program.
func (w *watch) close() error {
	if w.export != nil {
		ctx, cancel := context.WithTimeout(context.Background(), exportTime)
		defer cancel()
		_ = w.export.Close(ctx)
	}
	if w.trail != nil {
		return w.trail.Close()
	}
	return nil
}
