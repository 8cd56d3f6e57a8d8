package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"posad.city/core/service"
)

// searchQuality prints how well a city's search answers the queries of its queries.yaml.
func searchQuality(set *flag.FlagSet) func(context.Context, []string) error {
	misses := set.Bool("misses", false, "list the queries whose right result is not among the first three, or not first, with what came instead; never those set aside")
	return func(_ context.Context, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("which folder? %w", errUsage)
		}
		city, faults := service.LoadCity(os.DirFS(args[0]))
		if len(faults) > 0 {
			return faults
		}
		q, err := service.Measure(city)
		if err != nil {
			return err
		}
		fmt.Printf("%d queries: success@1 %.3f, success@3 %.3f\n", q.Total, q.Share(q.First), q.Share(q.Third))
		for _, l := range slices.Sorted(maps.Keys(q.By)) {
			part := q.By[l]
			fmt.Printf("%s: %d queries: success@1 %.3f, success@3 %.3f\n", l, part.Total, part.Share(part.First), part.Share(part.Third))
		}
		if a := q.Aside; a.Total > 0 {
			fmt.Printf("set aside: %d queries: success@1 %.3f, success@3 %.3f\n", a.Total, a.Share(a.First), a.Share(a.Third))
		}
		if *misses {
			for _, m := range slices.Concat(q.Lost, q.Late) {
				fmt.Printf("%s\n  want %s, got %s\n", m.Query.Ask, strings.Join(m.Query.Want, ", "), strings.Join(m.Found, ", "))
			}
		}
		return nil
	}
}
