// Package specimen shows the design system: every component in every state, and five whole pages, with made-up content of
// the demo city in both languages.
//
// It owns that content and the addresses under which it is looked at; nothing in the product depends on it. It does not
// own the components (package ui). Its neighbours are ui/gallery, which serves it alone, and the app, which mounts
// Handler at /_ui where the operator allows it. The browser checks and screenshots run on it. It keeps no state: view and
// language come with the address.
package specimen
