package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"posad.city/kit/id"
)

// JobsCommand is what an operator wants of the jobs that were given up: an empty Retry lists them.
type JobsCommand struct {
	Retry id.ID `json:"retry"`
}

// deadMost is how many dead jobs of one handler are listed.
const deadMost = 100

// jobs lists the dead jobs, or runs one again.
func (h *House) jobs(ctx context.Context, c JobsCommand) (string, error) {
	if !c.Retry.IsZero() {
		found, err := h.Base.Jobs.Retry(ctx, c.Retry)
		if err != nil {
			return "", err
		}
		if !found {
			return "", fmt.Errorf("there is no dead job %s", c.Retry)
		}
		return "it runs again\n", nil
	}
	depths, err := h.Base.Jobs.Depths(ctx)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, d := range depths {
		dead, err := h.Base.Jobs.Dead(ctx, d.Handler, time.Time{}, deadMost)
		if err != nil {
			return "", err
		}
		for _, j := range dead {
			fmt.Fprintf(&out, "%s  %-20s %s  %d tries  %s\n", j.ID, j.Handler, j.Died.Format(time.RFC3339), j.Attempt, j.Failure)
		}
	}
	if out.Len() == 0 {
		return "no dead jobs\n", nil
	}
	return out.String(), nil
}

// Jobs lists the jobs that were given up, or runs one again: in the process that runs on the data folder, or directly
// when none does. It returns what to say.
func Jobs(ctx context.Context, conf Config, c JobsCommand) (string, error) {
	return given(ctx, conf, "/jobs", c, (*House).jobs)
}
