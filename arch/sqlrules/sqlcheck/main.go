// Command sqlcheck holds the SQL of stores to the rules of sqlrules: sqlcheck DIR ..., each with schema/*.sql and
// perhaps queries.sql. It prints every fault and ends with 1 when there is one.
package main

import (
	"fmt"
	"os"

	"posad.city/arch/sqlrules"
)

func main() {
	failed := false
	for _, dir := range os.Args[1:] {
		faults, err := sqlrules.CheckDir(dir)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		for _, f := range faults {
			fmt.Fprintln(os.Stderr, f)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
