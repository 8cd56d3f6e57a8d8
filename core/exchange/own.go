package exchange

import (
	"context"
	"errors"

	"posad.city/core/service"
	"posad.city/kit/id"
)

// OwnQuestion is a question to one of the city's own registers.
type OwnQuestion struct {
	ID         id.ID // of the asking
	Register   *service.Register
	About      id.ID
	Case       id.ID
	Parameters map[string]string
}

// OwnRegisters answers for the city's own registers, in the process; *register.Module is one. The answer is JSON by the
// register's schema. That the case lives, how long the answer is fresh, and the person's look are the exchange's, as for
// any register.
type OwnRegisters interface {
	Answer(ctx context.Context, q OwnQuestion) ([]byte, error)
}

// ProvideOwn gives who answers for the city's own registers, which stands above.
func (m *Module) ProvideOwn(o OwnRegisters) { m.own = o }

// askOwn asks one of the city's own registers. Its answer is held to its schema like any other's.
func (m *Module) askOwn(ctx context.Context, q *question, register *service.Register) answer {
	if m.own == nil {
		return answer{trouble: Absent, cause: errors.New("exchange: the city keeps no registers of its own")}
	}
	ctx, cancel := context.WithTimeout(ctx, register.AnswersWithin())
	defer cancel()
	body, err := m.own.Answer(ctx, OwnQuestion{ID: q.row.ID, Register: register, About: q.row.Holder, Case: q.row.CaseID, Parameters: q.params})
	if err != nil {
		return answer{trouble: Silent, cause: err}
	}
	schema, err := m.schemas.of(register)
	if err != nil {
		return answer{trouble: WrongSchema, cause: err}
	}
	values, err := readReply(register, schema, body)
	if err != nil {
		return answer{trouble: WrongSchema, cause: err}
	}
	return answer{values: values}
}
