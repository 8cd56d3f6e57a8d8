package ui

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"posad.city/kit/lang"
)

// sources are the package's own files, generated ones and tests left out.
func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, pattern := range []string{"*.templ", "*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_templ.go") || strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	return all.String()
}

func TestEveryWordExistsInBothLanguages(t *testing.T) {
	t.Parallel()
	catalogue, err := lang.Load(Locale)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	text := sources(t)
	for _, found := range regexp.MustCompile(`(?:say\(ctx|orSay\(ctx, [\w.]+), "([a-z_0-9]+)"( \+)?`).FindAllStringSubmatch(text, -1) {
		if found[2] == "" {
			keys[found[1]] = true
		}
	}
	for _, state := range []string{"done", "now", "next"} {
		keys["step_"+state], keys["state_"+state] = true, true
	}
	for _, group := range viewGroups {
		keys["view_"+group.name] = true
		for _, value := range group.values {
			keys["view_"+group.name+"_"+value] = true
		}
	}
	for _, key := range []string{"theme_light", "theme_dark", "theme_auto", "check_ok", "check_warning", "check_fault", "check_wait", "rating_1", "rating_5", "day", "month", "year", "error_prefix"} {
		keys[key] = true
	}
	if len(keys) < 60 {
		t.Fatalf("found only %d keys: the pattern has lost them", len(keys))
	}
	for key := range keys {
		if !catalogue.Has("ui." + key) {
			t.Errorf("a component says %q and locale/ has no ui.%s", key, key)
		}
	}
}

func TestEveryIconIsInTheSprite(t *testing.T) {
	t.Parallel()
	text := sources(t)
	specimens, err := filepath.Glob("specimen/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range specimens {
		more, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text += string(more)
	}
	names := map[string]bool{}
	for _, found := range regexp.MustCompile(`Icon(?:End)?(?:\(|: )"([a-z0-9-]+)"`).FindAllStringSubmatch(text, -1) {
		names[found[1]] = true
	}
	for name := range filledIcons {
		names[name], names[name+"-fill"] = true, true
	}
	for _, p := range []NoticeProps{{Tone: Info}, {Tone: Success}, {Tone: Warning}, {Tone: Fault}} {
		names[p.icon()] = true
	}
	for _, c := range []CheckState{CheckOK, CheckWarning, CheckFault, CheckWait} {
		icon, _ := CheckItem{State: c}.icon()
		names[icon] = true
	}
	for _, f := range []UploadedFile{{Name: "a.pdf"}, {Name: "a.png"}, {Name: "a.doc"}, {Wrong: true}} {
		names[f.icon()] = true
	}
	for name := range names {
		if _, err := os.Stat("icons/" + name + ".svg"); err != nil {
			t.Errorf("icon %q is drawn and is not in icons/", name)
		}
	}
}
