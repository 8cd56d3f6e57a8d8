package casework

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"posad.city/kit/lang"
)

// What services tell people to press is what stands on the button.
func TestServicesNameTheButtonAsItIs(t *testing.T) {
	t.Parallel()
	texts := theTexts()
	files, err := filepath.Glob("../../city/kitezh/services/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(err, len(files))
	}
	named := map[lang.Language]*regexp.Regexp{
		lang.Russian: regexp.MustCompile(`Нажмите «([^»]+)» на странице дела`), lang.English: regexp.MustCompile(`Press “([^”]+)” on the case's page`),
	}
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for l, pattern := range named {
			want := texts.Text(l, "casework.appeal_action")
			for _, hit := range pattern.FindAllStringSubmatch(string(text), -1) {
				found++
				if hit[1] != want {
					t.Errorf("%s: %q, the button is %q", filepath.Base(file), hit[1], want)
				}
			}
		}
	}
	if found == 0 {
		t.Error("no service names the button")
	}
}
