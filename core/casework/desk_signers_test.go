package casework

import (
	"strings"
	"testing"
	"time"

	"posad.city/core/service"
)

// The official who decides reads what a co-signer answered, and that one sees the look; nobody else reads it.
func TestTheOfficialReadsWhatASignerAnswered(t *testing.T) {
	eachCounter(t, func(t *testing.T, d *counter) {
		d.deps.Signers = numbers{"11223344595": boris, "00000020107": vera}
		ref := d.open("sign-works", "two", anna)
		d.run(time.Minute)
		d.signsWith(ref, service.Answers{"agrees": false})
		d.must(d.sign(ref, vera))
		d.run(time.Minute)
		d.status(ref, StatusInQueue)

		path := "/desk/cases/" + number(ref)
		d.get(yana, path).wants(t, 200, "Вы согласны: Нет", "Вы согласны: Да")
		d.get(yana, path+"/print").wants(t, 200, "Вы согласны: Нет")
		d.get(yana, "/api/v1"+path).wants(t, 200, `"answers":[{"field":"agrees","label":"Вы согласны","value":"Нет"`)
		if d.looks(boris)[lookCase] == 0 {
			t.Error("the signer does not see the look at their answers")
		}
		d.get(rita, path).wants(t, 404)

		hers, his := d.browser("anna", "ru"), d.browser("boris", "ru")
		for _, text := range []string{
			hers.says(casePath(ref.Number), 200), hers.says("/api/v1"+casePath(ref.Number), 200),
		} {
			if strings.Contains(text, "Вы согласны") {
				t.Error("the applicant reads a signer's answers")
			}
		}
		if page := his.says(casePath(ref.Number), 200, "Вы согласны"); strings.Contains(page, "Котова") {
			t.Error("a signer reads of another")
		}
	})
}
