package config

import "time"

// Engine is how models are run on this machine; zero values leave the choice to
// package engine.
type Engine struct {
	// Path is a llama-server program; a name without a folder is looked for on
	// PATH.
	Path string `yaml:"path"`
	// Python runs the managed engine.
	Python string `yaml:"python"`
	// Threads is the number of threads of each model.
	Threads int `yaml:"threads"`
	// Memory is what all running models together may need.
	Memory Size `yaml:"memory"`
	// Context and Parallel are what a llamacpp provider has that does not say:
	// tokens for one request, and requests answered at the same time.
	Context  int `yaml:"context"`
	Parallel int `yaml:"parallel"`
	// StartTimeout bounds the time until a model is loaded.
	StartTimeout time.Duration `yaml:"startTimeout"`
}

// LlamaCpp is a model that the engine runs on this machine.
type LlamaCpp struct {
	// Model is "default", "default-embedding", a hub reference
	// hf:owner/repo/file.gguf, or the path of a GGUF file.
	Model string `yaml:"model"`
	// Projector is what lets the model see: a multimodal projector, mmproj in
	// llama.cpp's words, named as Model is. Empty for a model of text.
	Projector string `yaml:"projector"`
	// Embedding says that the model turns texts into vectors, and answers no
	// conversations. The default of Model is then default-embedding.
	Embedding bool `yaml:"embedding"`
	// Fetch says when a model that is not on this machine is fetched.
	Fetch Fetch `yaml:"fetch"`
	// Context and Parallel are those of Engine.
	Context  int `yaml:"context"`
	Parallel int `yaml:"parallel"`
}

// Fetch is a time to fetch a model.
type Fetch string

// The times of Fetch.
const (
	// FetchAtStart lets the server serve when everything is there.
	FetchAtStart Fetch = "start"
	// FetchAtUse lets the first request for the model wait instead.
	FetchAtUse Fetch = "use"
)

func (Fetch) values() []string { return []string{string(FetchAtStart), string(FetchAtUse)} }
