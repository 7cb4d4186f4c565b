package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"
)

// Reading is a metric that another part of the program counts. It is read whenever
// somebody asks for the metrics.
type Reading struct {
	// Name is as Prometheus has it, Help a sentence.
	Name, Help string
	Kind       Kind
	// Labels are the names of what the values are told apart by. How many there are
	// must have a bound that no caller moves.
	Labels []string
	// Read gives the values now. It is called concurrently.
	Read func() []Value
}

// Kind is how a Reading changes.
type Kind string

// The kinds of Readings.
const (
	// Counter only grows, and starts with the program.
	Counter Kind = "counter"
	// Gauge goes up and down.
	Gauge Kind = "gauge"
)

// Value is one value of a Reading.
type Value struct {
	// Labels are the values of Reading.Labels, in their order.
	Labels []string
	Number float64
}

// One is the value of a Reading that has a single one.
func One(number func() float64) func() []Value {
	return func() []Value { return []Value{{Number: number()}} }
}

// Add adds a Reading. The error is about its name or its labels.
func (m *Metrics) Add(r Reading) error {
	kind := prometheus.GaugeValue
	if r.Kind == Counter {
		kind = prometheus.CounterValue
	}
	return m.registry.Register(&reading{Reading: r, kind: kind, about: prometheus.NewDesc(r.Name, r.Help, r.Labels, nil)})
}

// reading is a Reading as Prometheus collects it.
type reading struct {
	Reading
	kind  prometheus.ValueType
	about *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (r *reading) Describe(to chan<- *prometheus.Desc) { to <- r.about }

// Collect implements prometheus.Collector.
func (r *reading) Collect(to chan<- prometheus.Metric) {
	for _, value := range r.Read() {
		metric, err := prometheus.NewConstMetric(r.about, r.kind, value.Number, value.Labels...)
		if err != nil {
			metric = prometheus.NewInvalidMetric(r.about, err)
		}
		to <- metric
	}
}
