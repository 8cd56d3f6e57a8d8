package casework

import (
	"context"

	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// SignForm is what a co-signer's page is made of: the version of the form that the case keeps and what its applicant
// answered there. The page shows the signer what they sign, and no contacts, numbers or files of the applicant.
type SignForm struct {
	City      *service.City
	Service   *service.Service
	Inputs    service.Inputs
	Applicant id.ID
}

// SignForm reads a case for its co-signer, in their own act: the holder and the applicant see the look. The caller has seen by
// ToSign that the case waits for them.
func (m *Module) SignForm(ctx context.Context, a act.Act, holder, caseID id.ID) (SignForm, error) {
	k, err := m.know(ctx, a.ForCase(caseID), holder, caseID)
	if err != nil {
		return SignForm{}, err
	}
	return SignForm{City: k.city, Service: k.service, Inputs: k.inputs, Applicant: k.file.Applicant}, nil
}
