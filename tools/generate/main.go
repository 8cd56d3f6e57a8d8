// Command generate writes queries.gen.go for every module that has internal/store/queries.sql, through sqlc and the
// plugin storegen. Run it from anywhere in the tree by `make generate`, or
//
//	go -C tools run ./generate [-sqlc PATH] [DIR ...]
//
// With directories (from the root of the tree, as in core/casework) it does these modules only. It is its own plugin:
// sqlc starts the same program again to ask for the text.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// pluginCall is the only argument that sqlc gives to a plugin.
const pluginCall = "/plugin.CodegenService/Generate"

func main() {
	if len(os.Args) == 2 && os.Args[1] == pluginCall {
		answerSqlc()
		return
	}
	sqlc := flag.String("sqlc", os.Getenv("SQLC"), "a ready sqlc of the version in tools/go.mod; without it, go tool builds one")
	root := flag.String("root", "..", "the root of the tree")
	flag.Parse()
	if err := run(*root, *sqlc, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(root, sqlc string, dirs []string) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	stores, err := findStores(root, dirs)
	if err != nil {
		return err
	}
	failed := 0
	for _, dir := range stores {
		if err := generate(root, dir, sqlc); err != nil {
			fmt.Fprintf(os.Stderr, "%s:\n%v\n", dir, err)
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("generate: %d of %d modules failed", failed, len(stores))
	}
	return nil
}
