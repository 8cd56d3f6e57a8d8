package app

import (
	"context"
	"encoding/json"
	"io"
)

// ReplayHere is the operator's command in this process.
func (h *House) ReplayHere(ctx context.Context, number string) (Replayed, error) {
	said, err := h.replay(ctx, ReplayCommand{Number: number})
	if err != nil {
		return Replayed{}, err
	}
	var out Replayed
	return out, json.Unmarshal([]byte(said), &out)
}

// SimulateHere is the operator's command in this process; it says its lines.
func (h *House) SimulateHere(ctx context.Context, c SimulateCommand, out io.Writer) error {
	return h.simulate(ctx, c, out)
}

// Simulations reads what SimulateHere said.
var Simulations = simulations

// KeptHere is the operator's command in this process.
func (h *House) KeptHere(ctx context.Context) (Kept, error) {
	said, err := h.kept(ctx, VersionsCommand{})
	if err != nil {
		return Kept{}, err
	}
	var out Kept
	return out, json.Unmarshal([]byte(said), &out)
}
