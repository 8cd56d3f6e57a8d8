package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"

	"posad.city/core/service"
)

// searchQuality prints how well a city's search answers the queries of its queries.yaml.
func searchQuality(set *flag.FlagSet) func(context.Context, []string) error {
	misses := set.Bool("misses", false, "list the queries of which none of the first three results is right, with what came instead")
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
		for l, part := range q.By {
			all := float64(max(part.Total, 1))
			fmt.Printf("%s: %d queries: success@1 %.3f, success@3 %.3f\n", l, part.Total, float64(part.First)/all, float64(part.Third)/all)
		}
		if *misses {
			for _, m := range q.Lost {
				fmt.Printf("%s\n  want %s, got %s\n", m.Query.Ask, strings.Join(m.Query.Want, ", "), strings.Join(m.Found, ", "))
			}
		}
		return nil
	}
}
