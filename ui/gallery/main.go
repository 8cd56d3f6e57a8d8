// Command gallery serves the gallery of components alone: go run ./ui/gallery -listen 127.0.0.1:8090
//
// The view comes with the address: ?lang=en&theme=dark&scheme=black&scale=200. It is a tool of those who work on the
// design system; the product mounts the same pages by itself.
package main

import (
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"

	"posad.city/ui"
	"posad.city/ui/assets"
	"posad.city/ui/specimen"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8090", "address to listen on")
	flag.Parse()
	server := &http.Server{Addr: *listen, Handler: handler(), ReadHeaderTimeout: 5 * time.Second}
	fmt.Println("ready http://" + *listen + "/_ui/")
	if err := server.ListenAndServe(); err != nil {
		fmt.Fprintln(os.Stderr, "gallery:", err)
		os.Exit(1)
	}
}

// policy is as strict as the product's: what breaks under it there breaks here first.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+assets.Prefix, assets.Handler())
	mux.Handle("GET /_ui/", specimen.Handler("/_ui/"))
	mux.Handle("GET /{$}", http.RedirectHandler("/_ui/home", http.StatusFound))
	mux.HandleFunc("POST /view", press)
	mux.HandleFunc("POST /lang", press)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		mux.ServeHTTP(w, r)
	})
}

// press returns to the page with the switch in its address: the gallery keeps no cookies.
func press(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<14)
	back, err := url.Parse(r.PostFormValue("return"))
	if err != nil || back.Host != "" || back.Scheme != "" {
		http.Error(w, "return: want a path", http.StatusBadRequest)
		return
	}
	query := back.Query()
	for name := range r.PostForm {
		switch {
		case name == ui.ViewOff:
			query = url.Values{"lang": query["lang"], "theme": query["theme"]}
		case name == "lang" || slices.Contains(ui.ViewFields, name):
			query.Set(name, r.PostForm.Get(name))
		}
	}
	back.RawQuery = query.Encode()
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}
