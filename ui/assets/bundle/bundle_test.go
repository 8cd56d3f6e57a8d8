package bundle

import (
	"maps"
	"strings"
	"testing"
	"testing/fstest"
)

func small() fstest.MapFS {
	return fstest.MapFS{
		"css/10-a.css":   {Data: []byte("a { background: url(/images/x.svg) }\n")},
		"images/x.svg":   {Data: []byte("<svg/>")},
		"js/app.js":      {Data: []byte("const long = 1; console.log(long);")},
		"icons/bell.svg": {Data: []byte(`<svg viewBox="0 0 256 256"><rect width="256" height="256" fill="none"/><path d="M1.25.75"/></svg>`)},
	}
}

func TestBuildIsTheSameTwice(t *testing.T) {
	t.Parallel()
	first, err := Build(small())
	if err != nil {
		t.Fatal(err)
	}
	second, err := Build(small())
	if err != nil {
		t.Fatal(err)
	}
	if !maps.EqualFunc(first, second, func(a, b []byte) bool { return string(a) == string(b) }) {
		t.Error("two builds of the same sources differ")
	}
	for name, content := range first {
		if strings.HasSuffix(name, ".css") && !strings.Contains(string(content), "url(/a/x.") {
			t.Errorf("styles do not name the hashed picture: %s", content)
		}
		if strings.HasPrefix(name, "icons") && strings.HasSuffix(name, ".svg") && !strings.Contains(string(content), `<symbol id="bell" viewBox="0 0 256 256" fill="currentColor"><path d="M1.2.7"/></symbol>`) {
			t.Errorf("sprite: %s", content)
		}
	}
}

func TestAPictureThatIsNotThereStopsTheBuild(t *testing.T) {
	t.Parallel()
	sources := small()
	delete(sources, "images/x.svg")
	if _, err := Build(sources); err == nil || !strings.Contains(err.Error(), "x.svg") {
		t.Errorf("got %v, want the name of what is missing", err)
	}
}

func TestBrokenScriptStopsTheBuild(t *testing.T) {
	t.Parallel()
	sources := small()
	sources["js/app.js"] = &fstest.MapFile{Data: []byte("const = ;")}
	if _, err := Build(sources); err == nil {
		t.Error("a script that does not parse was built")
	}
}
