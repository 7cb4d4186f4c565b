// Package catalog says what a model id means: which foundation model it names,
// in any of the forms that the service accepts, what that model can do, and
// which provider answers for it under which name.
//
// The facts about the models are tables in Go, one file for each group of
// vendors (models_*.go): to add a model is to add a line there. They come from
// the AWS documentation (supported models, model cards, inference profiles,
// Converse features), from what ListFoundationModels gave, and from the
// recordings in internal/recorded, which win where they disagree.
package catalog

import (
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/pattern"
)

// Options say what a Catalog knows beyond the models of the service.
type Options struct {
	// Mappings say who answers for which ids. What no mapping names is not
	// served.
	Mappings []Mapping
	// Strict refuses, as the service does, ids that it does not offer: the bare
	// id of a model that needs an inference profile, a profile that the service
	// lacks, and CountTokens for models that it does not count for. Without it
	// such ids work: a developer pastes whichever form is at hand.
	Strict bool
	// Applications are the application inference profiles that callers have made;
	// nil for none.
	Applications Applications
}

// Catalog resolves model ids and answers the control plane's questions about
// them. It does not change, so its methods may be called concurrently.
type Catalog struct {
	strict bool
	routes routes
	made   Applications
	// known are the models of the service, in the order of the tables, and
	// models the same by id.
	known  []*Model
	models map[string]*Model
	// served are the models, the service's and others, that have a provider.
	served []*Model
	// applications are the application inference profiles that mappings name and
	// whose model is one of the service.
	applications []Target
}

// New returns the catalogue of the service's models with the mappings laid over
// it. The error joins a *MappingError for each mapping that is wrong.
func New(opts Options) (*Catalog, error) {
	c := &Catalog{strict: opts.Strict, made: opts.Applications, known: Models(), models: make(map[string]*Model)}
	for _, m := range c.known {
		c.models[m.ID] = m
	}
	if err := c.route(opts.Mappings); err != nil {
		return nil, err
	}
	c.list(opts.Mappings)
	return c, nil
}

// list collects what the control plane shows: the models that have a provider,
// those of the service in the order of the tables and then those that the
// mappings name, and the application inference profiles.
func (c *Catalog) list(mappings []Mapping) {
	ids := make([]string, 0, len(c.known)+len(mappings))
	for _, m := range c.known {
		ids = append(ids, m.ID)
	}
	for _, m := range mappings {
		if !pattern.Is(m.ID) {
			ids = append(ids, m.ID)
		}
	}
	listed := make(map[string]bool, len(ids))
	for _, id := range ids {
		t, err := c.find(id)
		switch {
		case err != nil:
		case t.ID.Kind == FoundationModel && !listed[t.Model.ID]:
			listed[t.Model.ID] = true
			c.served = append(c.served, t.Model)
		case t.ID.Kind == ApplicationInferenceProfile && c.models[t.Model.Base] != nil:
			c.applications = append(c.applications, t)
		}
	}
}

// Served gives the models that have a provider, in the order in which
// ListFoundationModels lists them. They MUST NOT be changed.
func (c *Catalog) Served() []*Model { return c.served }

// Target is where a request for a model goes.
type Target struct {
	// ID is the id or ARN of the request, taken apart; that of its source where the
	// request names an application inference profile that a caller has made.
	ID ID
	// Application is the ARN of that profile, or empty.
	Application string
	// Model is what the catalogue knows of the model behind it. It MUST NOT be
	// changed.
	Model *Model
	// Provider is the name of the configured provider that answers.
	Provider string
	// Upstream is the name by which that provider knows the model; empty leaves
	// it to the provider.
	Upstream string
	// CountTokens says whether CountTokens takes this id. As on the service it
	// never takes a profile; unless the catalogue is strict, it takes models that
	// the service does not count for.
	CountTokens bool

	// mapping is the one that fits the id, star what its first * stands for.
	mapping *Mapping
	star    string
}

// Resolve says where a request for a model id, profile id or ARN goes. The
// error is a *bedrock.ValidationException for an id that nobody knows, and a
// *bedrock.AccessDeniedException for a model of the service that no provider
// answers for.
func (c *Catalog) Resolve(id string) (Target, error) {
	target, err := c.find(id)
	if err != nil {
		return Target{}, err
	}
	if c.strict {
		if err := offered(&target); err != nil {
			return Target{}, err
		}
	}
	return target, nil
}

// offered tells ids that the service offers from those that only work here.
// Models of the owner's own have every form.
func offered(t *Target) error {
	m := t.Model
	if m.Custom || t.ID.Base == "" {
		return nil
	}
	switch {
	case t.ID.Profile == "" && !m.OnDemand:
		return &bedrock.ValidationException{Message: "Invocation of model ID " + t.ID.Text +
			" with on-demand throughput isn\u2019t supported. Retry your request with the ID or ARN" +
			" of an inference profile that contains this model."}
	case t.ID.Profile != "" && !slices.Contains(m.Profiles, t.ID.Profile):
		return invalidID()
	}
	return nil
}

// find resolves an id without regard to what the service offers.
func (c *Catalog) find(text string) (Target, error) {
	id, err := ParseID(text)
	if err != nil {
		return Target{}, err
	}
	if source, err := c.source(id); source != "" || err != nil {
		return c.through(id, source, err)
	}
	known := c.lookup(id.Base)
	m, star := c.routes.match(id, known)
	if m == nil {
		if known != nil && known.MakesImages() {
			return Target{}, noImages(known)
		}
		if known != nil && id.namesModel() {
			return Target{}, &bedrock.AccessDeniedException{
				Message: "You don't have access to the model with the specified model ID."}
		}
		return Target{}, invalidID()
	}
	if base := c.lookup(m.BaseModel); base != nil {
		known = base
	}
	model := m.model(id, known)
	return Target{
		ID:          id,
		Model:       model,
		Provider:    m.Provider,
		Upstream:    strings.ReplaceAll(m.Upstream, "*", star),
		mapping:     m,
		star:        star,
		CountTokens: id.Profile == "" && (model.CountTokens || !c.strict && model.Converse),
	}, nil
}

// noImages is the error for a model that makes images and that nobody serves: no
// engine does so by itself.
func noImages(m *Model) error {
	return &bedrock.ValidationException{Message: "No server of images is configured for " + m.ID + ". " +
		"Map it under models in the configuration file to a provider of the type openai whose server has /v1/images, and try again."}
}

// lookup finds the foundation model of a bare id. The ids of its variants with a
// context of their own name it too: amazon.nova-pro-v1:0:24k,
// cohere.command-text-v14:7:4k.
func (c *Catalog) lookup(id string) *Model {
	if m := c.models[id]; m != nil {
		return m
	}
	rest, size := cutLast(id)
	if !isContextSize(size) {
		return nil
	}
	if m := c.models[rest]; m != nil {
		return m
	}
	rest, _ = cutLast(rest)
	return c.models[rest]
}

// isContextSize passes 24k, 1000k, ... and mm, the multimodal variant.
func isContextSize(s string) bool {
	number, ok := strings.CutSuffix(s, "k")
	return s == "mm" || ok && number != "" && strings.Trim(number, "0123456789") == ""
}

// cutLast splits s at its last colon.
func cutLast(s string) (before, after string) {
	if at := strings.LastIndexByte(s, ':'); at >= 0 {
		return s[:at], s[at+1:]
	}
	return "", ""
}
