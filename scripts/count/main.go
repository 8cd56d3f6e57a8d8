// Command count reads what the test runners printed. With a file it shows the failures and slowest packages of one run;
// with -sum and a folder it ends the whole run with one line: N passed, N failed, N skipped.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// event is one line of go test -json.
type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

// tally counts tests. A failure outside a test, such as a package that does not build, counts as one.
type tally struct {
	passed, failed, skipped int
	failures                []string
	slow                    map[string]float64
	output                  map[string][]string
}

func main() {
	err := errors.New("usage: count FILE | count -sum FOLDER")
	switch {
	case len(os.Args) == 3 && os.Args[1] == "-sum":
		err = sum(os.Args[2])
	case len(os.Args) == 2:
		err = show(os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "count:", err)
		os.Exit(1)
	}
}

func show(path string) error {
	t, err := readGo(path)
	if err != nil {
		return err
	}
	for _, failure := range t.failures {
		fmt.Printf("\n--- FAIL: %s\n%s", failure, strings.Join(t.output[failure], ""))
	}
	names := make([]string, 0, len(t.slow))
	for name := range t.slow {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { return t.slow[names[i]] > t.slow[names[j]] })
	for _, name := range names[:min(5, len(names))] {
		fmt.Printf("%7.1f s  %s\n", t.slow[name], name)
	}
	fmt.Printf("go: %d passed, %d failed, %d skipped in %d packages\n", t.passed, t.failed, t.skipped, len(names))
	return nil
}

func sum(folder string) error {
	var all tally
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		return err
	}
	for _, file := range files {
		var t tally
		switch filepath.Ext(file) {
		case ".json":
			t, err = readGo(file)
		case ".tap":
			t, err = readTAP(file)
		}
		if err != nil {
			return err
		}
		all.passed, all.failed, all.skipped = all.passed+t.passed, all.failed+t.failed, all.skipped+t.skipped
	}
	fmt.Printf("\n%d passed, %d failed, %d skipped\n", all.passed, all.failed, all.skipped)
	if all.passed == 0 || all.failed > 0 {
		return errors.New("not all is well")
	}
	return nil
}

func readGo(path string) (tally, error) {
	t := tally{slow: map[string]float64{}, output: map[string][]string{}}
	err := lines(path, func(line []byte) {
		var e event
		if json.Unmarshal(line, &e) != nil {
			return
		}
		t.add(e)
	})
	return t, err
}

func (t *tally) add(e event) {
	name := e.Package
	if e.Test != "" {
		name += " " + e.Test
	}
	switch {
	case e.Action == "output":
		t.output[name] = append(t.output[name], e.Output)
	case e.Action == "build-output":
		t.output[e.ImportPath] = append(t.output[e.ImportPath], e.Output)
	case e.Action == "build-fail":
		t.failures = append(t.failures, e.ImportPath)
	case e.Test == "" && e.Action == "pass":
		t.slow[e.Package] = e.Elapsed
	case e.Test == "" && e.Action == "fail":
		t.slow[e.Package] = e.Elapsed
		t.failures = append(t.failures, name)
		t.failed++
	case e.Action == "pass":
		t.passed++
	case e.Action == "fail":
		t.failed++
		t.failures = append(t.failures, name)
	case e.Action == "skip" && e.Test != "":
		t.skipped++
	}
}

var tapCount = regexp.MustCompile(`^# (pass|fail|skipped|cancelled) (\d+)$`)

func readTAP(path string) (tally, error) {
	var t tally
	err := lines(path, func(line []byte) {
		m := tapCount.FindSubmatch(line)
		if m == nil {
			return
		}
		n, _ := strconv.Atoi(string(m[2])) // digits, by the expression
		switch string(m[1]) {
		case "pass":
			t.passed += n
		case "skipped":
			t.skipped += n
		default:
			t.failed += n
		}
	})
	return t, err
}

func lines(path string, each func([]byte)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReader(f)
	for {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			each([]byte(strings.TrimRight(string(line), "\r\n")))
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
