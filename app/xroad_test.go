package app

import (
	"strings"
	"testing"

	"posad.city/core/exchange"
)

func TestWhoMayAskTheCityIsCheckedAtTheStart(t *testing.T) {
	t.Parallel()
	good := XRoad{
		Subsystem:  "KTZ/GOV/7701/posad",
		Members:    []XRoadMember{{Client: "KTZ/GOV/7705", Agency: "road-police", Keys: []string{strings.Repeat("k", xroadKeyLeast)}, Services: []string{exchange.ServiceDocuments}}},
		Agreements: []XRoadAgreement{{Number: "A-7", Client: "KTZ/GOV/7705", Services: []string{exchange.ServiceDocuments}, Kinds: []string{"parking-permit"}, Until: "2027-12-31"}},
	}
	if got, err := good.providing(); err != nil || len(got.Members) != 1 || len(got.Agreements) != 1 || got.Agreements[0].Until.String() != "2027-12-31" {
		t.Fatalf("%+v, %v", got, err)
	}
	if got, err := (XRoad{}).providing(); err != nil || got.Subsystem.Subsystem != "" {
		t.Errorf("a city that answers nobody: %+v, %v", got, err)
	}
	for said, change := range map[string]func(*XRoad){
		"xroad.subsystem":              func(x *XRoad) { x.Subsystem = "KTZ/GOV/7701" },
		"is among members.0 too":       func(x *XRoad) { x.Members = append(x.Members, x.Members[0]); x.Members[1].Client += "/patrol" },
		"name the city's own":          func(x *XRoad) { x.Subsystem = "" },
		"xroad.members.0.client":       func(x *XRoad) { x.Members[0].Client = "KTZ" },
		"xroad.members.0.agency":       func(x *XRoad) { x.Members[0].Agency = "" },
		"give a key or a certificate":  func(x *XRoad) { x.Members[0].Keys = nil },
		"at least 24 characters":       func(x *XRoad) { x.Members[0].Keys = []string{"short"} },
		"no SHA-256":                   func(x *XRoad) { x.Members[0].Certificates = []string{"ab"} },
		"there is no service":          func(x *XRoad) { x.Members[0].Services = []string{"secrets"} },
		"xroad.agreements.0.until":     func(x *XRoad) { x.Agreements[0].Until = "soon" },
		"it needs a number":            func(x *XRoad) { x.Agreements[0].Kinds = nil },
		"xroad.agreements.0.client":    func(x *XRoad) { x.Agreements[0].Client = "" },
		"xroad.agreements.0.services:": func(x *XRoad) { x.Agreements[0].Services = nil },
	} {
		one := good
		one.Members, one.Agreements = []XRoadMember{good.Members[0]}, []XRoadAgreement{good.Agreements[0]}
		change(&one)
		if _, err := one.providing(); err == nil || !strings.Contains(err.Error(), said) {
			t.Errorf("want %q, got %v", said, err)
		}
	}
}
