package kitezh_test

import (
	"os"
	"posad.city/city/kitezh"
	"testing"

	"posad.city/core/service"
	"posad.city/kit/lang"
)

func TestTheCityHasNoFaults(t *testing.T) {
	t.Parallel()
	city, faults := service.LoadCity(kitezh.Files())
	if len(faults) > 0 {
		if err := faults.Print(os.Stderr, lang.English); err != nil {
			t.Error(err)
		}
		t.Fatalf("%d faults", len(faults))
	}
	if city.Addresses().Len() < 3000 {
		t.Errorf("%d houses", city.Addresses().Len())
	}
	again, err := service.Open(city.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if again.Hash() != city.Hash() {
		t.Errorf("opened as %s, published as %s", again.Hash(), city.Hash())
	}
}
