package register

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// TestAResultThatFitsNoneOrSeveralIsCounted: an act that is lost for the register is seen by who runs it.
func TestAResultThatFitsNoneOrSeveralIsCounted(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		registry := prometheus.NewRegistry()
		if err := r.measure(registry); err != nil {
			t.Fatal(err)
		}
		counted := func(fit string) float64 {
			r.unclear.WithLabelValues("permits", "give-back", fit) // so that it is there
			families, err := registry.Gather()
			if err != nil || len(families) != 1 {
				t.Fatal(err, families)
			}
			for _, one := range families[0].GetMetric() {
				if one.GetLabel()[0].GetValue() == fit { // labels come in the order of their names
					return one.GetCounter().GetValue()
				}
			}
			return -1
		}
		r.issue(t, result("lost", anna, "give-back", "А417МО52", ""))
		r.drain(t)
		if none, many := counted(meansNone), counted(meansMany); none != 1 || many != 0 {
			t.Errorf("it fits none: %v none, %v several", none, many)
		}
		r.permit(t, "one", anna, "А417МО52", "105")
		r.permit(t, "two", anna, "А417МО52", "106")
		r.permit(t, "of another", boris, "А417МО52", "107")
		r.issue(t, result("unclear", anna, "give-back", "А417МО52", ""))
		r.drain(t)
		if none, many := counted(meansNone), counted(meansMany); none != 1 || many != 1 {
			t.Errorf("it fits two: %v none, %v several", none, many)
		}
		r.issue(t, result("clear", anna, "give-back", "А417МО52", ""))
		r.drain(t)
		if none, many := counted(meansNone), counted(meansMany); none != 1 || many != 1 {
			t.Errorf("it fits one: %v none, %v several", none, many)
		}
	})
}
