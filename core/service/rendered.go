package service

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/goccy/go-yaml"
)

// Rendered writes a version out as a folder. It is for versions that were published without their files: what an author
// remarked and how they wrote it is lost, what it means is not, and checking the folder gives the same version.
func Rendered(c *City) ([]SourceFile, error) {
	w := &folderWriter{}
	w.file("city.yaml", c.Profile)
	w.file("calendar.yaml", c.Calendar)
	w.file("topics.yaml", c.Topics)
	w.file("situations.yaml", c.Situations)
	w.file("places.yaml", c.Places)
	if len(c.Lists) > 0 {
		w.file("lists.yaml", c.Lists)
	}
	if len(c.Queries) > 0 {
		w.file("queries.yaml", c.Queries)
	}
	if len(c.Synonyms) > 0 {
		w.file("synonyms.yaml", c.Synonyms)
	}
	if len(c.Shortcuts) > 0 {
		w.file("shortcuts.yaml", c.Shortcuts)
	}
	if c.Charity != nil {
		w.file("charity.yaml", c.Charity)
	}
	if c.Utilities != nil {
		w.file("utilities.yaml", c.Utilities)
	}
	if len(c.Rates) > 0 {
		w.file("rates.yaml", c.Rates)
	}
	if len(c.News) > 0 {
		w.file("content/news.yaml", c.News)
	}
	writeEach(w, "agencies", c.Agencies, func(a *Agency) string { return a.Key })
	writeEach(w, "registers", c.Registers, func(r *Register) string { return r.Key })
	writeEach(w, "own-registers", c.OwnRegisters, func(r *OwnRegister) string { return r.Key })
	writeEach(w, "resources", c.Resources, func(r *Resource) string { return r.Key })
	writeEach(w, "tariffs", c.Tariffs, func(t *Tariff) string { return t.Key })
	writeEach(w, "services", c.Services, func(s *Service) string { return s.Key })
	writeEach(w, "charges", c.Charges, func(k *ChargeKind) string { return k.Key })
	writeEach(w, "content/pages", c.Pages, func(p *Page) string { return p.Key })
	return sortedFiles(w.files), w.err
}

type folderWriter struct {
	files []SourceFile
	err   error
}

func writeEach[T any](w *folderWriter, folder string, list []T, key func(*T) string) {
	for i := range list {
		w.file(folder+"/"+key(&list[i])+".yaml", list[i])
	}
}

func (w *folderWriter) file(path string, value any) {
	if w.err != nil {
		return
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	if err == nil {
		var content []byte
		if content, err = yaml.JSONToYAML(out.Bytes()); err == nil {
			w.files = append(w.files, SourceFile{Path: path, Content: content})
			return
		}
	}
	w.err = fmt.Errorf("service: write %s: %w", path, err)
}
