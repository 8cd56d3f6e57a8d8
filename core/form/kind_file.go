package form

import (
	"slices"
	"strings"

	"posad.city/core/service"
	"posad.city/kit/lang"
)

// fileKind asks for files. They are stored before the form is read (kit/blob tells their type by content); what is typed
// is the list of their ids, and only files of the draft count.
type fileKind struct{}

func (fileKind) parts(*service.Field) []part                       { return nil }
func (fileKind) options(*walk, *service.Field, Typed) []OptionView { return nil }
func (fileKind) missing() *problem                                 { return wrong("", "form.file_missing") }

func (k fileKind) read(w *walk, f *service.Field, typed Typed) (any, *problem) {
	files := w.files(typed[""])
	if len(files) == 0 {
		return nil, k.missing()
	}
	if len(files) > f.MaxFiles {
		return nil, wrong("", "form.file_many", "most", lang.Number(w.Lang, int64(f.MaxFiles)))
	}
	out := []any{}
	for _, file := range files {
		if p := w.checkFile(f, file); p != nil {
			return nil, p
		}
		out = append(out, map[string]any{"id": file.ID, "name": file.Name, "type": file.Type, "size": float64(file.Size)})
	}
	return out, nil
}

// checkFile tells what is wrong with one file of the draft.
func (w *walk) checkFile(f *service.Field, file service.File) *problem {
	if !slices.Contains(f.Accept, file.Type) {
		return wrong("", "form.file_type", "name", file.Name, "accept", lang.Or(w.Lang, upper(f.Accept)...))
	}
	if file.Size > maxBytes(f) {
		return wrong("", "form.file_size", "name", file.Name, "most", lang.Size(w.Lang, maxBytes(f)))
	}
	if file.Size == 0 {
		return wrong("", "form.file_empty", "name", file.Name)
	}
	return nil
}

func upper(types []string) []string {
	out := make([]string, len(types))
	for i, t := range types {
		out[i] = strings.ToUpper(t)
	}
	return out
}

func maxBytes(f *service.Field) int64 { return int64(f.MaxSize) << 20 }

// files are the draft's files of these ids, each once.
func (w *walk) files(ids []string) []service.File {
	var out []service.File
	for _, file := range w.Files {
		if slices.Contains(ids, file.ID) {
			out = append(out, file)
		}
	}
	return out
}

func (fileKind) write(value any) (Typed, bool) {
	list, ok := value.([]any)
	out := Typed{"": {}}
	for _, item := range list {
		object, _ := item.(map[string]any)
		id, hasID := object["id"].(string)
		ok = ok && hasID
		out[""] = append(out[""], id)
	}
	return out, ok
}

func (fileKind) words(_ *walk, _ *service.Field, value any) string {
	list, _ := value.([]any)
	var out []string
	for _, item := range list {
		object, _ := item.(map[string]any)
		name, _ := object["name"].(string)
		out = append(out, name)
	}
	return strings.Join(out, "; ")
}
