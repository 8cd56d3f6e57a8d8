package pdf

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"posad.city/kit/seal"
)

// preflight runs Apache PDFBox Preflight, which checks PDF/A-1b, and returns what it found in each file. Debian has it in
// libpdfbox2-java and libjaxb-api-java; without them the test is skipped.
func preflight(t *testing.T, files map[string][]byte) map[string][]string {
	t.Helper()
	var jars []string
	for _, name := range []string{"preflight", "pdfbox2", "xmpbox", "fontbox2", "commons-logging", "commons-io", "jaxb-api"} {
		jar := "/usr/share/java/" + name + ".jar"
		if _, err := os.Stat(jar); err != nil {
			t.Skip(jar + " is not installed")
		}
		jars = append(jars, jar)
	}
	dir := t.TempDir()
	path := strings.Join(append(jars, dir), ":")
	run := []string{"-cp", path, "Check"}
	for name, file := range files {
		run = append(run, filepath.Join(dir, name))
		if err := os.WriteFile(filepath.Join(dir, name), file, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	compiler, err := exec.LookPath("javac")
	if err != nil {
		t.Skip("javac is not installed")
	}
	sources := []string{"Check.java", "javax/activation/DataSource.java", "javax/activation/FileDataSource.java"}
	args := []string{"-cp", path, "-d", dir}
	for _, source := range sources {
		args = append(args, filepath.Join("testdata", "preflight", source))
	}
	if out, err := exec.CommandContext(t.Context(), compiler, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), "java", run...).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if lines[len(lines)-1] != "checked" {
		t.Fatalf("it did not come to an end:\n%s", out)
	}
	found := map[string][]string{}
	for _, line := range lines[:len(lines)-1] {
		name, fault, _ := strings.Cut(line, " ")
		found[name] = append(found[name], fault)
	}
	return found
}

func as1b(t *testing.T, d Document) []byte {
	t.Helper()
	d.Attachments = nil // part 1 has none
	code, err := seal.QR(d.Check.Address)
	if err != nil {
		t.Fatal(err)
	}
	s, err := layOut(d, code)
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.write(d, profile{"1.4", 1})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func signed(d Document) Document {
	d.Signing = &Signing{Name: "Китеж", Reason: "Документ города", Place: "Китеж", At: d.Made}
	return d
}

// What can be checked of PDF/A here is part 1, level b. Everything that the writer does is checked by it, but attachments,
// which part 3 alone allows.
func TestTheFileIsMadeForTheArchive(t *testing.T) {
	t.Parallel()
	found := preflight(t, map[string][]byte{
		"permit": as1b(t, permit()), "long": as1b(t, long()), "strange": as1b(t, strange()), "signed": as1b(t, signed(permit())),
		"wrong": []byte(strings.Replace(string(as1b(t, permit())), "<pdfaid:part>1", "<pdfaid:part>2", 1)),
		"real":  render(t, signed(permit())),
	})
	for _, name := range []string{"permit", "long", "strange", "signed"} {
		if len(found[name]) > 0 {
			t.Errorf("%s: %q", name, found[name])
		}
	}
	if len(found["wrong"]) == 0 {
		t.Error("the checker finds no fault in a wrong file")
	}
	for _, fault := range found["real"] { // what part 3 has and part 1 has not
		if !strings.Contains(fault, "EmbeddedFile") && !strings.Contains(fault, "part must be 1") {
			t.Error(fault)
		}
	}
	if len(found["real"]) != 3 {
		t.Errorf("in the real file the checker found %q", found["real"])
	}
}
