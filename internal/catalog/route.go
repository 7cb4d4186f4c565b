package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/pattern"
	"github.com/saprolite/saprolite/internal/provider"
)

// Mapping says who answers for an id.
type Mapping struct {
	// ID is a model id, a profile id, an ARN, the type and id of one without
	// region and account (prompt-router/abc), or a pattern in which * stands for
	// any text. The bare id of a model stands for its profiles and ARNs too. The
	// id may be new to the service; but * alone stands for the conversational
	// models of the service, so that a misspelt id stays an error.
	//
	// Of several mappings that fit an id, an exact one wins over a pattern, the
	// form of the request over the bare id, and the pattern with more letters
	// over the one with fewer; among equals the first.
	ID string
	// Provider is the name of the provider.
	Provider string
	// Upstream is the name by which the provider knows the model; empty leaves it
	// to the provider. A * in it stands for what the first * of ID stands for.
	Upstream string
	// Tiers and Latency lead requests that want to be served in one of these ways.
	// Nil serves all of them alike; otherwise the ways that are not there are not
	// offered, but for default and standard, which every model has.
	Tiers   map[bedrock.ServiceTierType]Lane
	Latency map[bedrock.PerformanceConfigLatency]Lane
	// BaseModel is the bare id of the foundation model that this one is like.
	// Without it, it is the one that the id names.
	BaseModel string
	// The rest, where not zero, replaces what is known of the model.
	Name, Vendor, Family     string
	Abilities                *provider.Abilities
	ContextWindow, MaxOutput int32
}

// MappingError says what is wrong with a mapping.
type MappingError struct {
	// Index is the mapping's place in Options.Mappings.
	Index int
	// Field is the field at fault, as BaseModel.
	Field string
	// Err is what is wrong.
	Err error
}

func (e *MappingError) Error() string {
	return fmt.Sprintf("mapping %d: %s: %v", e.Index, e.Field, e.Err)
}

// Unwrap returns what is wrong.
func (e *MappingError) Unwrap() error { return e.Err }

// routes finds the mapping of an id.
type routes struct {
	exact map[string]*Mapping
	// wild are the patterns, the most specific first.
	wild []wildRoute
}

type wildRoute struct {
	pattern.Pattern
	*Mapping
}

// route checks the mappings and prepares them for look-up.
func (c *Catalog) route(mappings []Mapping) error {
	c.routes.exact = make(map[string]*Mapping, len(mappings))
	var errs []error
	for i := range mappings {
		m := mappings[i]
		field, err := c.checkMapping(&m)
		switch {
		case err != nil:
			errs = append(errs, &MappingError{Index: i, Field: field, Err: err})
		case pattern.Is(m.ID):
			c.routes.wild = append(c.routes.wild, wildRoute{pattern.Compile(m.ID), &m})
		default:
			c.routes.exact[m.ID] = &m
		}
	}
	slices.SortStableFunc(c.routes.wild, func(a, b wildRoute) int { return cmp.Compare(b.Literal(), a.Literal()) })
	return errors.Join(errs...)
}

func (c *Catalog) checkMapping(m *Mapping) (field string, err error) {
	switch {
	case m.ID == "" || len(m.ID) > MaxID:
		return "ID", fmt.Errorf("an id has 1 to %d characters", MaxID)
	case !pattern.Is(m.ID) && !isID(m.ID):
		return "ID", errors.New("this is neither a model id nor an ARN of a model")
	case c.routes.exact[m.ID] != nil:
		return "ID", errors.New("the same id is mapped before")
	case strings.Count(m.ID, "*") > pattern.MaxStars:
		return "ID", fmt.Errorf("a pattern has at most %d stars", pattern.MaxStars)
	case m.Provider == "":
		return "Provider", errors.New("a mapping names a provider")
	case m.BaseModel != "" && c.lookup(m.BaseModel) == nil:
		return "BaseModel", fmt.Errorf("no foundation model has the id %s", m.BaseModel)
	case m.Family != "" && !slices.Contains(Families(), m.Family):
		return "Family", fmt.Errorf("there is no format %s", m.Family)
	}
	return "", nil
}

// match finds the mapping of an id, and what the first star of its pattern
// stands for. The model is the service's that the id names, or nil.
func (r *routes) match(id ID, known *Model) (m *Mapping, star string) {
	names := id.names()
	for _, name := range names {
		if m := r.exact[name]; m != nil && name != "" {
			return m, ""
		}
	}
	for _, w := range r.wild {
		if w.Literal() == 0 && (known == nil || !known.Converse || !id.namesModel()) {
			continue
		}
		for _, name := range names {
			if star, ok := w.Star(name); ok && name != "" {
				return w.Mapping, star
			}
		}
	}
	return nil, ""
}

// names gives the texts by which a mapping may name the id, the nearest to the
// request first. Those that are empty name nothing.
func (id ID) names() (names [4]string) {
	names[0] = id.Text
	if strings.HasPrefix(id.Text, "arn:") {
		names[1] = string(id.Kind) + "/" + id.Resource
	}
	if id.namesModel() {
		names[2], names[3] = id.Resource, id.Base
	}
	return names
}

// namesModel says whether the id itself tells which model it is.
func (id ID) namesModel() bool { return id.Kind == FoundationModel || id.Kind == InferenceProfile }

// model gives what is known of the model that the mapping serves under the id;
// known is the model of the service behind it, or nil.
func (m *Mapping) model(id ID, known *Model) *Model {
	if known != nil && !m.overrides() && (m.BaseModel == "" || !id.namesModel()) {
		return known
	}
	model := custom()
	if known != nil {
		model = *known
	}
	if known == nil || m.BaseModel != "" {
		model.Custom, model.Legacy = true, false
		model.OnDemand, model.Profiles = true, nil
		model.ID = cmp.Or(id.Base, id.Resource)
		model.Base = cmp.Or(model.Base, model.ID)
		model.Name = model.ID
	}
	model.Name = cmp.Or(m.Name, model.Name)
	model.Vendor = cmp.Or(m.Vendor, model.Vendor)
	model.Family = cmp.Or(m.Family, model.Family)
	model.ContextWindow = cmp.Or(m.ContextWindow, model.ContextWindow)
	model.MaxOutput = cmp.Or(m.MaxOutput, model.MaxOutput)
	if m.Family != "" && (model.Embeds() || model.Reranks() || model.MakesImages()) {
		model.Converse, model.Streaming, model.CountTokens = false, false, false
		model.Abilities = provider.Abilities{}
		switch {
		case model.Embeds():
			model.OutputModalities = []bedrock.ModelModality{embedding}
		case model.MakesImages():
			model.OutputModalities = []bedrock.ModelModality{image}
		}
	}
	if m.Abilities != nil {
		model.Abilities = *m.Abilities
		model.ToolStreaming = m.Abilities.Tools
		model.InputModalities = inputs(*m.Abilities)
	}
	return &model
}

func (m *Mapping) overrides() bool {
	return m.Name != "" || m.Vendor != "" || m.Family != "" || m.Abilities != nil ||
		m.ContextWindow != 0 || m.MaxOutput != 0
}

// custom is a model of which nothing is known: it may do what its provider can.
func custom() Model {
	everything := provider.Abilities{
		Tools: true, Images: true, Documents: true, Video: true, Audio: true,
		Reasoning: true, CachePoints: true, StructuredOutput: true, SystemTools: true,
	}
	return Model{
		Vendor: "Custom", Family: familyChat, Converse: true, Abilities: everything,
		Streaming: true, SystemPrompts: true, CountTokens: true, ToolStreaming: true, SystemTurns: true, S3Locations: true,
		Usage:           UsageStyle{ServerTools: true, Cache: CacheWhenUsed, Native: CacheWhenUsed},
		InputModalities: []bedrock.ModelModality{text}, OutputModalities: []bedrock.ModelModality{text},
		OnDemand: true,
	}
}
