package kitezh

import (
	"bytes"
	"fmt"
	"path"
	"sync"

	"github.com/goccy/go-yaml"
)

// kept is demo/replies/REGISTER.yaml: what a register answers that is not computed from the people themselves.
type kept struct {
	Register string         `yaml:"register"` // key
	Copy     string         `yaml:"copy"`     // key of the register in its place, which answers the same
	By       string         `yaml:"by"`       // the parameter that finds a row: snils, inn, plate, or one of the register's own
	Nobody   map[string]any `yaml:"nobody"`   // the reply where no row fits
	Rows     []struct {
		Of    string         `yaml:"of"` // key of a person where by is snils, else the parameter's value
		Reply map[string]any `yaml:"reply"`
	} `yaml:"rows"`
}

// replies reads demo/replies once; the error is a mistake in an embedded file, which a test keeps out.
var replies = sync.OnceValues(func() (map[string]kept, error) {
	list, err := files.ReadDir("demo/replies")
	if err != nil {
		return nil, fmt.Errorf("kitezh: replies: %w", err)
	}
	out := make(map[string]kept, len(list))
	for _, entry := range list {
		if path.Ext(entry.Name()) != ".yaml" {
			continue
		}
		content, err := files.ReadFile(path.Join("demo/replies", entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("kitezh: replies: %w", err)
		}
		var one kept
		if err := yaml.NewDecoder(bytes.NewReader(content), yaml.Strict()).Decode(&one); err != nil {
			return nil, fmt.Errorf("kitezh: %s: %w", entry.Name(), err)
		}
		out[one.Register] = one
		if one.Copy != "" {
			out[one.Copy] = one
		}
	}
	return out, nil
})

// kept is the reply of a register whose answers lie in demo/replies; false when it has none there, or was not given the
// parameter by which it finds a row.
func (p People) kept(register string, parameters map[string]string) (map[string]any, bool) {
	all, err := replies()
	if err != nil {
		return nil, false
	}
	one, ok := all[register]
	value := parameters[one.By]
	if !ok || value == "" {
		return nil, false
	}
	for _, row := range one.Rows {
		of := row.Of
		if one.By == "snils" {
			person, _ := p.ByKey(row.Of)
			of = person.SNILS
		}
		if of == value {
			return row.Reply, true
		}
	}
	return one.Nobody, true
}
