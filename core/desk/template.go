package desk

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"posad.city/core/casework"
	"posad.city/core/desk/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// holes are what a template may leave open, as the page shows them.
var holes = []string{"{number}", "{name}", "{due}"}

var hole = regexp.MustCompile(`\{[^{}\s]*\}`)

// Templates implements casework.Aide: those of the service and of every service, in the order in which they were made.
func (m *Module) Templates(ctx context.Context, office id.ID, kind, key string) ([]casework.Template, error) {
	all, err := m.AllTemplates(ctx, office)
	return slices.DeleteFunc(all, func(t casework.Template) bool {
		return t.Kind != kind || t.Service != "" && t.Service != key
	}), err
}

// AllTemplates lists an agency's texts.
func (m *Module) AllTemplates(ctx context.Context, office id.ID) ([]casework.Template, error) {
	var rows []deskdb.DeskTemplate
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		rows, err = deskdb.Templates(r, office, templatesMost)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("desk: templates: %w", err)
	}
	out := make([]casework.Template, 0, len(rows))
	for _, row := range rows {
		out = append(out, template(row))
	}
	return out, nil
}

func template(row deskdb.DeskTemplate) casework.Template {
	return casework.Template{
		ID: row.ID, Kind: row.Kind, Service: row.Service, Revision: row.Revision,
		Title: lang.Text{RU: row.TitleRu, EN: row.TitleEn}, Text: lang.Text{RU: row.TextRu, EN: row.TextEn},
	}
}

// PutTemplate adds a text, or changes the one of the id in the revision that was seen. The head may. Errors: ErrHead,
// ErrTitle, ErrText, ErrHole, ErrTemplate, ErrChanged.
func (m *Module) PutTemplate(ctx context.Context, a act.Act, t casework.Template) (casework.Template, error) {
	if err := head(a); err != nil {
		return t, err
	}
	t = trimmed(t)
	if err := m.rightTemplate(t); err != nil {
		return t, err
	}
	fresh := t.ID.IsZero()
	if fresh {
		t.ID = id.New(m.base.Clock.Now())
	}
	err := m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if fresh {
			return m.addTemplate(tx, a.Actor.Agency, t)
		}
		if _, err := deskdb.TemplateByID(tx, a.Actor.Agency, t.ID); err != nil {
			return absent(tx, err, ErrTemplate)
		}
		n, err := deskdb.SaveTemplate(tx, deskdb.SaveTemplateParams{
			Kind: t.Kind, Service: t.Service, TitleRu: t.Title.RU, TitleEn: t.Title.EN, TextRu: t.Text.RU, TextEn: t.Text.EN,
			Agency: a.Actor.Agency, ID: t.ID, Was: t.Revision,
		})
		if err == nil && n == 0 {
			return tx.Fail(ErrChanged)
		}
		return err
	})
	t.Revision++
	return t, err
}

func (m *Module) addTemplate(tx *store.Tx, office id.ID, t casework.Template) error {
	there, err := deskdb.Templates(tx, office, templatesMost)
	if err != nil {
		return err
	}
	if len(there) >= templatesMost {
		return tx.Fail(ErrMany)
	}
	return deskdb.InsertTemplate(tx, deskdb.InsertTemplateParams{
		Agency: office, ID: t.ID, Kind: t.Kind, Service: t.Service, TitleRu: t.Title.RU, TitleEn: t.Title.EN, TextRu: t.Text.RU, TextEn: t.Text.EN,
	})
}

func trimmed(t casework.Template) casework.Template {
	for _, text := range []*string{&t.Title.RU, &t.Title.EN, &t.Text.RU, &t.Text.EN} {
		*text = strings.TrimSpace(*text)
	}
	return t
}

func (m *Module) rightTemplate(t casework.Template) error {
	if t.Kind != casework.TemplateQuestion && t.Kind != casework.TemplateRefusal {
		return ErrText
	}
	if city := m.deps.Services.Current(); t.Service != "" && (city == nil || !known(city.Service(t.Service))) {
		return ErrTemplate
	}
	for _, title := range []string{t.Title.RU, t.Title.EN} {
		if title == "" || utf8.RuneCountInString(title) > titleMost {
			return ErrTitle
		}
	}
	for _, text := range []string{t.Text.RU, t.Text.EN} {
		if text == "" || utf8.RuneCountInString(text) > textMost {
			return ErrText
		}
		for _, open := range hole.FindAllString(text, -1) {
			if !slices.Contains(holes, open) {
				return ErrHole
			}
		}
	}
	return nil
}

func known(_ *service.Service, ok bool) bool { return ok }

// DropTemplate deletes a text. The head may.
func (m *Module) DropTemplate(ctx context.Context, a act.Act, which id.ID) error {
	if err := head(a); err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		n, err := deskdb.DropTemplate(tx, a.Actor.Agency, which)
		if err == nil && n == 0 {
			return tx.Fail(ErrTemplate)
		}
		return err
	})
}
