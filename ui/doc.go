// Package ui is the design system: what a page of the city looks like, as components that take plain structs.
//
// It owns the layout of pages (shell, account, form, desk), the components, their styles, fonts and icons, the views of
// large type and contrast, and the few words that components say themselves ("Back", "Error:", "Day"), in locale/. It does
// not own what pages say: every text comes in already translated. It knows no service, no case and no field's meaning; an
// answer is a string with a label, a hint and perhaps a fault.
//
// A page is one of Page, AccountPage, FormPage, DeskPage, PlainPage around the caller's content. Each takes a Shell and
// puts it into the context, so that a component deep inside finds the words and the form token by itself; a fragment that
// is rendered without a page gets them from With. Everything works without JavaScript; ui/js only makes it quicker.
// Content-Security-Policy may forbid inline scripts and styles: there are none, heights and pictures are SVG attributes.
//
// Its neighbours: ui/assets serves the built files, kit/web makes the Shell of a request, the modules' *.templ files use
// the components, ui/gallery shows every component in every state. Nothing here starts, stops or keeps state.
package ui

//go:generate go tool templ generate -path .
