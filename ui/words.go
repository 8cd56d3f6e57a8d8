package ui

import (
	"context"
	"embed"
	"strings"
	"sync"

	"posad.city/kit/lang"
)

// Locale holds the words that components say themselves, for the app's one catalogue.
//
//go:embed locale/*.yaml
var Locale embed.FS

// Words gives a text by its key; args are pairs: name, value. kit/web's Context.T is one.
type Words func(key string, args ...any) string

// own is the catalogue of this package alone: for the gallery, tests and fragments outside a page.
var own = sync.OnceValues(func() (*lang.Catalogue, error) { return lang.Load(Locale) })

// WordsIn gives this package's own words in a language; an unknown language speaks Russian.
func WordsIn(language string) Words {
	spoken := lang.Russian
	if lang.Known(language) {
		spoken = lang.Language(language)
	}
	return func(key string, args ...any) string {
		catalogue, err := own()
		if err != nil {
			return key // a test loads the same files, so a built product cannot come here
		}
		return catalogue.Text(spoken, key, args...)
	}
}

type shellKey struct{}

// With puts the shell into the context for a fragment that is rendered without a page. The page layouts do it themselves.
func With(ctx context.Context, s Shell) context.Context {
	return context.WithValue(ctx, shellKey{}, s.complete())
}

// shellIn finds the shell; without one a component still speaks, in Russian.
func shellIn(ctx context.Context) Shell {
	if s, ok := ctx.Value(shellKey{}).(Shell); ok {
		return s
	}
	return Shell{}.complete()
}

// say is a component's own word.
func say(ctx context.Context, key string, args ...any) string {
	return shellIn(ctx).T("ui."+key, args...)
}

// classes joins class names and leaves the empty ones out.
func classes(names ...string) string {
	kept := names[:0:0]
	for _, name := range names {
		if name != "" {
			kept = append(kept, name)
		}
	}
	return strings.Join(kept, " ")
}

// when is the class if the condition holds.
func when(condition bool, class string) string {
	if condition {
		return class
	}
	return ""
}

// modified is a block's class with its variant: modified("btn", "primary") is "btn--primary"; no variant, no class.
func modified(block, variant string) string {
	if variant == "" {
		return ""
	}
	return block + "--" + variant
}

// orSay is the caller's words, or the component's own when there are none.
func orSay(ctx context.Context, words, key string) string {
	if words != "" {
		return words
	}
	return say(ctx, key)
}
