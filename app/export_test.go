package app

import (
	"context"
	"io"
	"time"
)

// LateBackup tells whether the newest copy, or with none a process that is up for so long, is late.
func (h *House) LateBackup(up time.Duration) bool { return h.lateBackup(up) }

// DemoConfig is what the demo is configured with.
var DemoConfig = demoConfig

// RotateKeys is the operator's command with a lead of the test's choice; afterwards this node takes the keys as it would
// within half a minute.
func (h *House) RotateKeys(ctx context.Context, c KeysCommand, lead time.Duration, tell io.Writer) error {
	if err := h.turnKeys(ctx, c, lead, tell); err != nil {
		return err
	}
	return h.Base.Web.Rekey(h.formSecrets())
}

// Exchange is the operator's command in the running process.
func (h *House) Exchange(ctx context.Context, c ExchangeCommand) (string, error) {
	return h.exchange(ctx, c)
}
