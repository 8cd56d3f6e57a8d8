package approval

import (
	"context"
	"fmt"

	"posad.city/core/approval/internal/store"
	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Data tells what the module holds of a person.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

// Held implements module.Data: what is held here is over in minutes or a day. The browsers with approvals on are ways of
// the account, which shows them.
func (held) Held(context.Context, act.Act, id.ID, int) ([]module.Holding, error) { return nil, nil }

// Forget implements module.Data: questions to the person and their wish to be left alone go.
func (h held) Forget(ctx context.Context, person id.ID) error {
	err := h.m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if _, err := approvaldb.ForgetApprovals(tx, person); err != nil {
			return err
		}
		_, err := approvaldb.Unmute(tx, person)
		return err
	})
	if err != nil {
		return fmt.Errorf("approval: forget: %w", err)
	}
	return nil
}

// Covers implements module.Data.
func (held) Covers() map[string]string {
	return map[string]string{
		"approval":      "- a question to the person's devices; over in three minutes, gone in an hour, and shown on their pages meanwhile",
		"approval_mute": "- until when unknown browsers ask the person nothing, at most a day; shown on the page of approvals",
	}
}
