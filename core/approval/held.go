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

var _ module.Data = (*Module)(nil)

// Held implements module.Data: what is held here is over in minutes or a day. The browsers with approvals on are ways of
// the account, which shows them.
func (m *Module) Held(context.Context, act.Act, id.ID, int) ([]module.Holding, error) { return nil, nil }

// Stays implements module.Data: nothing has to stay.
func (m *Module) Stays(context.Context, id.ID) ([]module.Stay, error) { return nil, nil }

// Holders implements module.Data: there are none.
func (m *Module) Holders(context.Context, id.ID) ([]id.ID, error) { return nil, nil }

// Forget implements module.Data: questions to the person and their wish to be left alone go.
func (m *Module) Forget(ctx context.Context, person id.ID) error {
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
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
func (m *Module) Covers() map[string]string {
	return map[string]string{
		"approval":      "- a question to the person's devices; over in three minutes, gone in an hour, and shown on their pages meanwhile",
		"approval_mute": "- until when unknown browsers ask the person nothing, at most a day; shown on the page of approvals",
	}
}
