package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"posad.city/tools/storegen"
)

// generate makes one store's file: its SQL is copied to a temporary folder, because sqlc wants relative paths and
// rewrites its output folder, and the result comes back only if sqlc and the plugin are content.
func generate(root, dir, sqlc string) error {
	sources, err := readSources(dir)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "posad-generate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := layOut(work, dir, sources); err != nil {
		return err
	}
	if err := checkRules(root, dir); err != nil {
		return err
	}
	if err := runSqlc(root, sqlc, filepath.Join(work, "sqlc.json")); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(work, "out", storegen.FileName))
	if err != nil {
		return err
	}
	target := filepath.Join(dir, storegen.FileName)
	if old, err := os.ReadFile(target); err == nil && string(old) == string(text) {
		return nil
	}
	return os.WriteFile(target, text, 0o644)
}

func layOut(work, dir string, sources []source) error {
	for _, folder := range []string{"schema", "out"} {
		if err := os.Mkdir(filepath.Join(work, folder), 0o755); err != nil {
			return err
		}
	}
	for _, s := range sources {
		if err := os.WriteFile(filepath.Join(work, filepath.FromSlash(s.name)), s.text, 0o644); err != nil {
			return err
		}
	}
	config, err := configure(dir, sources)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(work, "sqlc.json"), config, 0o644)
}

// configure writes sqlc's configuration for one store; this program is the plugin.
func configure(dir string, sources []source) ([]byte, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	module := moduleName(dir)
	var schema []string
	for _, s := range sources[:len(sources)-1] {
		schema = append(schema, s.name)
	}
	return json.Marshal(map[string]any{
		"version": "2",
		"plugins": []any{map[string]any{"name": "storegen", "process": map[string]any{"cmd": self}}},
		"sql": []any{map[string]any{
			"engine": "postgresql", "schema": schema, "queries": queriesFile,
			"codegen": []any{map[string]any{
				"plugin": "storegen", "out": "out",
				"options": storegen.Options{Module: module, Package: module + "db", Hash: hash(sources)},
			}},
		}},
	})
}

// moduleName is the folder that owns internal/store: casework for core/casework/internal/store.
func moduleName(dir string) string {
	return strings.ReplaceAll(filepath.Base(filepath.Dir(filepath.Dir(dir))), "-", "")
}

// checkRules runs the house's rules about SQL text. They live in the main module, where the architecture test has them;
// a tree without them (a test's) has nothing to run.
func checkRules(root, dir string) error {
	if _, err := os.Stat(filepath.Join(root, "arch", "sqlrules")); err != nil {
		return nil
	}
	command := exec.Command("go", "run", "./arch/sqlrules/sqlcheck", dir)
	command.Dir = root
	said, err := command.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return errors.New(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(string(said)), "exit status 1")))
	}
	return err
}

func runSqlc(root, sqlc, config string) error {
	command := exec.Command("go", "-C", filepath.Join(root, "tools"), "tool", "sqlc", "generate", "-f", config)
	if sqlc != "" {
		command = exec.Command(sqlc, "generate", "-f", config)
	}
	said, err := command.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return errors.New(plain(string(said)))
	}
	return err
}

// noise is what sqlc writes around a fault.
var noise = regexp.MustCompile(`(?m)^# package.*\n|error generating (code|output): |process: error running command |rpc error: code = \S+ desc = `)

func plain(said string) string { return strings.TrimSpace(noise.ReplaceAllString(said, "")) }
