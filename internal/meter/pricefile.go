package meter

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"go.yaml.in/yaml/v4"
)

// maxPriceFile bounds a file of prices, in bytes.
const maxPriceFile = 1 << 20

// LoadPrices reads a file of prices. The error names the file and the line.
func LoadPrices(path string) (*Prices, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxPriceFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(content) > maxPriceFile:
		return nil, fmt.Errorf("%s: the file is larger than %d bytes", path, maxPriceFile)
	}
	return ParsePrices(path, content)
}

// ParsePrices reads prices. The name is that of the file in errors.
func ParsePrices(name string, content []byte) (*Prices, error) {
	var file struct {
		Prices []yaml.Node `yaml:"prices"`
	}
	if err := yaml.Load(content, &file, yaml.WithKnownFields()); err != nil {
		if syntax, ok := errors.AsType[*yaml.LoadError](err); ok && syntax.Mark.Line > 0 {
			return nil, fmt.Errorf("%s:%d: %s", name, syntax.Mark.Line, syntax.Message)
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(file.Prices) == 0 {
		return nil, fmt.Errorf("%s: there are no prices; write a list of them below \"prices:\"", name)
	}
	prices := new(Prices)
	for i := range file.Prices {
		price, line, err := parsePrice(&file.Prices[i])
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, line, err)
		}
		prices.list = append(prices.list, price)
	}
	return prices, nil
}

// parsePrice reads one entry. The line is that of what is wrong.
func parsePrice(node *yaml.Node) (p Price, line int, err error) {
	if node.Kind != yaml.MappingNode {
		return p, node.Line, errors.New("a price is a set of keys, as {model: amazon.*, input: 0.0001}")
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if seen[key.Value] {
			return p, key.Line, fmt.Errorf("%s is there twice; delete one of them", key.Value)
		}
		seen[key.Value] = true
		if err := p.set(key.Value, value); err != nil {
			return p, key.Line, err
		}
	}
	switch {
	case p.Model == "":
		return p, node.Line, errors.New("the model is missing; add \"model: \" and a model id, or * for all")
	case !p.Until.IsZero() && !p.Until.After(p.From):
		return p, node.Line, errors.New("the price ends before it begins; until is the first day without it")
	}
	return p, 0, nil
}

func (p *Price) set(key string, value *yaml.Node) (err error) {
	if value.Kind != yaml.ScalarNode || value.Value == "" {
		return fmt.Errorf("%s must have a single value", key)
	}
	texts := map[string]*string{"model": &p.Model, "provider": &p.Provider, "tier": &p.Tier}
	times := map[string]*time.Time{"from": &p.From, "until": &p.Until}
	rates := map[string]*int64{
		"input": &p.Rates.Input, "output": &p.Rates.Output, "cacheRead": &p.Rates.CacheRead, "cacheWrite": &p.Rates.CacheWrite,
		"image": &p.Rates.Image, "embedding": &p.Rates.Embedding, "guardrailUnit": &p.Rates.GuardrailUnit, "request": &p.Rates.Request,
	}
	switch {
	case texts[key] != nil:
		*texts[key] = value.Value
	case times[key] != nil:
		*times[key], err = parseTime(value.Value)
	case rates[key] != nil:
		// The text itself: by way of a floating-point number, cents would be lost.
		*rates[key], err = ParseDollars(value.Value)
	default:
		return fmt.Errorf("there is no such key: %s; take one of %s", key, "model, provider, tier, from, until, input, output, cacheRead, cacheWrite, image, embedding, guardrailUnit, request")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// parseTime reads a day, which begins in UTC, or a moment.
func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no day; write 2026-11-25, or 2026-11-25T18:00:00Z", text)
}
