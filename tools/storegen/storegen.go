package storegen

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/sqlc-dev/plugin-sdk-go/plugin"
)

// version.txt changes whenever the generated text may change; it is part of the hash in every generated file's header,
// so that the architecture test tells which files are to be made anew.
//
//go:embed version.txt
var versionText string

// Version is the version of the generator.
func Version() string { return strings.TrimSpace(versionText) }

// FileName is what a generated file is called.
const FileName = "queries.gen.go"

// Options is what tools/generate tells the plugin about the module.
type Options struct {
	Module  string `json:"module"`  // the module's own name, as in casework
	Package string `json:"package"` // the Go package to write, as in caseworkdb
	Hash    string `json:"hash"`    // of schema, queries and generator, for the header
}

// Generate answers one request of sqlc with one Go file, or with every refusal at once.
func Generate(request *plugin.GenerateRequest) (*plugin.GenerateResponse, error) {
	var options Options
	if err := json.Unmarshal(request.GetPluginOptions(), &options); err != nil {
		return nil, fmt.Errorf("storegen: options: %w", err)
	}
	made, faults := planFile(options, request)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	text, err := writeFile(made)
	if err != nil {
		return nil, fmt.Errorf("storegen: the text made for %s is no Go: %w", options.Module, err)
	}
	return &plugin.GenerateResponse{Files: []*plugin.File{{Name: FileName, Contents: text}}}, nil
}
