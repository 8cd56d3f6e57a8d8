package exchange

import (
	"strings"
	"testing"

	"posad.city/kit/asic"
	"posad.city/kit/id"
	sim "posad.city/sim/agency"
)

// insured is a question about a vehicle to a register that is a member of an X-Road instance.
func (s *stand) insured(caseID id.ID) Ask {
	definition, _ := loadCity().Service("taxi-licence")
	for _, c := range definition.Certificates {
		if c.Register == "insurance" {
			return Ask{
				Holder: anna, Case: caseID, Applicant: anna, About: anna, Service: "taxi-licence", Agency: transport,
				Certificate: c.Key, Register: "insurance", Params: map[string]string{"plate": "А417МО52"}, Needed: c.Needed,
			}
		}
	}
	s.t.Fatal("no service asks for insurance")
	return Ask{}
}

func TestARegisterIsAskedByXRoad(t *testing.T) {
	signed(t, func(t *testing.T, s *stand, trust asic.Trust) {
		caseID := s.newCase()
		ask := s.insured(caseID)
		s.mustPut(ask)
		s.toTheEnd()
		got := s.certificate(caseID, ask.Certificate)
		if got.State != Known || len(got.Values) == 0 {
			t.Fatalf("the certificate is %s, %s: %v", got.State, got.Trouble, got.Values)
		}
		heard := s.agency.Requests()[0]
		if heard.IdempotencyKey != got.ID.String() || heard.OnBehalfOf != "KTZ/GOV/7701/posad" || !strings.Contains(string(heard.Purpose), caseID.String()) {
			t.Errorf("heard %+v", heard)
		}
		s.mustSign()
		data, err := s.Container(ctx, auditor, anna, s.log(1)[0].ID, true)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := asic.Verify(data, trust)
		if err != nil || !strings.Contains(string(answer.Parts[0].Content), "x-road-request-hash:") {
			t.Errorf("the answer's head is %s, %v", answer.Parts[0].Content, err)
		}
	})
}

func TestXRoadTroubles(t *testing.T) {
	for name, c := range map[string]struct {
		faults sim.Faults
		want   Trouble
	}{
		"silent": {sim.Faults{Fail: -1}, Silent}, "refusing": {sim.Faults{Refuse: -1}, Refused}, "lying": {sim.Faults{Lie: -1}, WrongSchema},
	} {
		t.Run(name, func(t *testing.T) {
			signed(t, func(t *testing.T, s *stand, _ asic.Trust) {
				s.agency.SetFaults("insurance", c.faults)
				caseID := s.newCase()
				ask := s.insured(caseID)
				s.mustPut(ask)
				s.toTheEnd()
				if got := s.certificate(caseID, ask.Certificate); got.State != Failed || got.Trouble != c.want {
					t.Errorf("the certificate is %s, %s", got.State, got.Trouble)
				}
			})
		})
	}
}
