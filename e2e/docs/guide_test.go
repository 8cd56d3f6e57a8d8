package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"posad.city/core/service"
	"posad.city/kit/lang"
)

// slip is a hidden line of the guide, <!-- check: OLD => NEW -->, and the block under it: what posad check tells when OLD
// of the fifth service becomes NEW.
var slip = regexp.MustCompile("(?m)^<!-- check: (.*?) => ?(.*?) ?-->\n\n```text\n((?s:.*?))```$")

// TestTheGuideShowsWhatCheckTells runs every slip of the guide.
func TestTheGuideShowsWhatCheckTells(t *testing.T) {
	t.Parallel()
	path := filepath.Join(authors, "writing-a-service.md")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text, whole := string(content), fifthText(t)
	found := slip.FindAllStringSubmatch(text, -1)
	if len(found) < 8 {
		t.Fatalf("the guide shows %d slips", len(found))
	}
	for _, f := range found {
		old, changed, shown := f[1], f[2], f[3]
		if strings.Count(whole, old) != 1 {
			t.Errorf("the fifth service has %q %d times", old, strings.Count(whole, old))
			continue
		}
		_, faults := service.LoadCity(kitezhWith(t, strings.Replace(whole, old, changed, 1)))
		want := strings.TrimRight(told(t, faults, lang.English), "\n") + "\n"
		if shown != want && *update {
			text = strings.Replace(text, f[0], strings.TrimSuffix(f[0], shown+"```")+want+"```", 1)
			continue
		}
		if shown != want {
			t.Errorf("%s => %s\nthe guide shows\n%s\ncheck tells\n%s", old, changed, shown, want)
		}
	}
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// yamlBlock is a quote; a hidden line before it, <!-- of: PATH -->, names a file of the repository, else it is the fifth service.
var yamlBlock = regexp.MustCompile("(?ms)(?:^<!-- of: (\\S+) -->\n\n)?^```yaml\n(.*?)^```$")

// TestTheGuideQuotesTheFile: what the guide builds step by step is the fifth service itself, and what it tells of others
// stands in them. A line of dots stands for what is left out.
func TestTheGuideQuotesTheFile(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join(authors, "writing-a-service.md"))
	if err != nil {
		t.Fatal(err)
	}
	fifth := plainLines(fifthText(t))
	blocks := yamlBlock.FindAllStringSubmatch(string(content), -1)
	if len(blocks) < 8 {
		t.Fatalf("the guide quotes %d blocks", len(blocks))
	}
	for _, block := range blocks {
		whole := fifth
		if block[1] != "" {
			other, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(block[1])))
			if err != nil {
				t.Fatal(err)
			}
			whole = plainLines(string(other))
		}
		for _, piece := range strings.Split(plainLines(block[2]), "\n…\n") {
			if !strings.Contains(whole, "\n"+strings.Trim(piece, "\n")+"\n") {
				t.Errorf("%s has not:\n%s", block[1], piece)
			}
		}
	}
}

// plainLines takes indentation away, which differs where a part is quoted alone.
func plainLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return "\n" + strings.Join(lines, "\n") + "\n"
}
