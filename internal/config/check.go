package config

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/catalog"
)

// check judges a configuration whose every part is readable.
func (d *decoder) check(c *Config) {
	d.checkTransport(c)
	for i, r := range c.Regions {
		d.checkRegion(fmt.Sprintf("regions[%d]", i), r)
	}
	for key, zero := range map[string]bool{
		"limits.maxBody":        c.Limits.MaxBody == 0,
		"limits.maxFetched":     c.Limits.MaxFetched == 0,
		"limits.requestTimeout": c.Limits.RequestTimeout == 0,
		"engine.startTimeout":   c.Engine.StartTimeout == 0,
	} {
		if zero {
			d.fail(key, "it must be more than 0", "delete the line for the default")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Providers)) {
		d.checkProvider(name, c.Providers[name], c.Providers)
	}
	d.checkCycles(c.Providers)
	d.checkState(c.State)
	d.checkCallers(c)
	d.checkObjects(c.Objects)
	d.checkInvocationLogging(&c.InvocationLogging)
	d.checkBudgets(c)
	d.checkTelemetry(c)
	d.checkModels(c)
	d.checkQuotas(c.Quotas)
	d.checkRedis(c.Redis)
}

func (d *decoder) checkRegion(key, region string) {
	if !regexp.MustCompile(`^[a-z0-9-]{1,20}$`).MatchString(region) {
		d.fail(key, fmt.Sprintf("%q is no name of a region", region), "write it as us-east-1")
	}
}

// checkProvider judges one provider. Its name is told in logs and errors.
func (d *decoder) checkProvider(name string, p Provider, all map[string]Provider) {
	key := "providers." + name
	if name == "" || strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		d.fail(key, "this is no name for a provider", "take letters, digits, - and _")
	}
	d.checkRetry(key, p.Retry())
	switch {
	case p.LlamaCpp != nil:
		if e, ok := errors.AsType[*FormError](CheckWeights(p.LlamaCpp.Model)); ok {
			d.fail(key+".model", e.What, e.Remedy)
		}
		if e, ok := errors.AsType[*FormError](checkProjector(p.LlamaCpp.Projector)); ok {
			d.fail(key+".projector", e.What, e.Remedy)
		}
		if p.LlamaCpp.Projector != "" && (p.LlamaCpp.Model == defaultModel || p.LlamaCpp.Embedding) {
			d.fail(key+".projector", "neither the default model nor one for vectors can see", "name the model that the projector is for")
		}
	case p.OpenAI != nil:
		d.checkURL(key+".url", p.OpenAI.URL)
		d.checkHeaders(key, p.OpenAI.Headers)
	case p.Anthropic != nil:
		d.checkURL(key+".url", p.Anthropic.URL)
		d.checkHeaders(key, p.Anthropic.Headers)
	case p.Bedrock != nil:
		d.checkBedrock(key, p.Bedrock)
	case p.Failover != nil:
		d.checkFailover(key, p, all)
	case p.Script != nil && p.Script.File == "":
		d.fail(key, "the file of rules is missing", "add \"file: \" and a path")
	}
}

func (d *decoder) checkURL(key, address string) {
	u, err := url.Parse(address)
	switch {
	case address == "":
		d.fail(key, "the address of the server is missing", "write it as http://localhost:8000/v1")
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		d.fail(key, fmt.Sprintf("%q is no address of a server", address), "write it as http://localhost:8000/v1")
	case u.User != nil:
		d.fail(key, "the address holds a password", "take it out, and give the key by apiKeyEnv")
	default:
		for _, operation := range []string{"/chat/completions", "/messages", "/embeddings", "/rerank"} {
			if strings.HasSuffix(strings.TrimRight(u.Path, "/"), operation) {
				d.fail(key, "the address names one operation", "end it before "+operation)
			}
		}
	}
}

// checkEndpoint is checkURL for the address of an AWS service.
func (d *decoder) checkEndpoint(key, address, example string) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		d.fail(key, fmt.Sprintf("%q is no address of the service", address), "write it as "+example)
	}
}

// checkModels judges the mappings as the catalogue does.
func (d *decoder) checkModels(c *Config) {
	names := slices.Sorted(maps.Keys(c.Providers))
	if len(c.Models) == 0 {
		d.fail("providers", "there are several, and nothing says which model goes to which", "add models, or name one of them "+LocalProvider)
		return
	}
	for i, m := range c.Models {
		if m.Provider != "" && !slices.Contains(names, m.Provider) {
			d.fail(fmt.Sprintf("models[%d].provider", i), "no provider has the name "+m.Provider, remedy(m.Provider, names))
		}
		checkLanes(d, fmt.Sprintf("models[%d].tiers", i), m.Tiers, names)
		checkLanes(d, fmt.Sprintf("models[%d].latency", i), m.Latency, names)
	}
	_, err := catalog.New(c.Catalog())
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			if e, ok := errors.AsType[*catalog.MappingError](err); ok {
				d.failMapping(c.Models[e.Index], names, e)
			}
		}
	}
}

// failMapping tells what the catalogue says about one mapping.
func (d *decoder) failMapping(m Model, providers []string, e *catalog.MappingError) {
	at := fmt.Sprintf("models[%d]", e.Index)
	switch e.Field {
	case "Provider":
		d.fail(at+".provider", e.Err.Error(), "add \"provider: \" and "+alternatives(providers))
	case "BaseModel":
		d.fail(at+".baseModel", e.Err.Error(), remedy(m.BaseModel, modelIDs()))
	case "Family":
		d.fail(at+".family", e.Err.Error(), remedy(m.Family, catalog.Families()))
	default:
		d.fail(at+".id", e.Err.Error(), "change it, or delete the entry")
	}
}

func modelIDs() []string {
	var ids []string
	for _, m := range catalog.Models() {
		if m.Family != "" {
			ids = append(ids, m.ID)
		}
	}
	return ids
}
