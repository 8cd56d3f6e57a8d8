package certificate

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"posad.city/core/certificate/internal/trust"
)

// Config is what the operator decides, the part certificate: of the configuration. The zero Config: nobody signs in by a
// certificate here.
type Config struct {
	Listen      string            `yaml:"listen"`          // host:port of the host that asks for certificates; empty: signed files alone
	Address     string            `yaml:"address"`         // as browsers reach it: https://certificate.city.example
	Certificate string            `yaml:"tls-certificate"` // PEM file of that host's own certificate; empty: a proxy ends TLS before it
	Key         string            `yaml:"tls-key"`
	Proxies     []netip.Prefix    `yaml:"-"` // whose Client-Cert header is believed, where Certificate is empty
	Authorities []AuthorityConfig `yaml:"authorities"`
	Unchecked   string            `yaml:"unchecked"` // when nobody answers whether a certificate was revoked: refuse (default), or lower
	Inside      []string          `yaml:"inside"`    // hosts in private networks that lists and responders may stand on
}

// AuthorityConfig is one certification authority that the city trusts.
type AuthorityConfig struct {
	Name      string            `yaml:"name"`      // as people and pages call it
	Files     []string          `yaml:"files"`     // PEM; certificates whose issuer is not among them are the anchors
	Lists     []string          `yaml:"lists"`     // addresses, or file:/path, of lists of revoked certificates beside those that certificates name
	Responder string            `yaml:"responder"` // address of the responder; empty: the one that a certificate names
	Fields    map[string]string `yaml:"fields"`    // what an attribute of the subject is, by its OID, beside the usual ones
}

// The words of Config.Unchecked.
const (
	uncheckedRefuse = "refuse"
	uncheckedLower  = "lower"
)

// source is an authority with how its subjects are read.
type source struct {
	*trust.Authority
	fields map[string]field
}

// read checks the configuration and reads its authorities. The error joins everything that is wrong.
func (c Config) read() ([]source, error) {
	faults := c.checkListener()
	if !slices.Contains([]string{"", uncheckedRefuse, uncheckedLower}, c.Unchecked) {
		faults = append(faults, fmt.Errorf("unchecked: %q is neither %s nor %s", c.Unchecked, uncheckedRefuse, uncheckedLower))
	}
	var out []source
	names := map[string]bool{}
	for _, a := range c.Authorities {
		one, err := a.read()
		if err == nil && names[a.Name] {
			err = errors.New("the name stands there twice")
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("authorities: %q: %w", a.Name, err))
			continue
		}
		names[a.Name] = true
		out = append(out, one)
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("configuration: certificate: %w", errors.Join(faults...))
	}
	return out, nil
}

func (c Config) checkListener() []error {
	var out []error
	if c.Listen == "" {
		if c.Address != "" || c.Certificate != "" || c.Key != "" {
			out = append(out, errors.New("listen: give host:port for the host that asks for certificates, or take its address and key away"))
		}
		return out
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		out = append(out, fmt.Errorf("listen: %q is not host:port", c.Listen))
	}
	if u, err := url.Parse(c.Address); err != nil || u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		out = append(out, fmt.Errorf("address: %q is not an address such as https://certificate.city.example", c.Address))
	}
	if (c.Certificate == "") != (c.Key == "") {
		out = append(out, errors.New("tls-certificate and tls-key go together"))
	}
	if c.Certificate == "" && len(c.Proxies) == 0 {
		out = append(out, errors.New("tls-certificate: give one, or name the proxy that ends TLS in trusted-proxies"))
	}
	return out
}

func (a AuthorityConfig) read() (source, error) {
	if strings.TrimSpace(a.Name) == "" {
		return source{}, errors.New("name: every authority needs one")
	}
	fields, err := readFields(a.Fields)
	if err != nil {
		return source{}, err
	}
	for _, address := range append(slices.Clone(a.Lists), a.Responder) {
		u, err := url.Parse(address)
		if err != nil || address != "" && !slices.Contains([]string{"http", "https", "file"}, u.Scheme) {
			return source{}, fmt.Errorf("%q is neither an address nor file:/path", address)
		}
	}
	var given []*x509.Certificate
	for _, path := range a.Files {
		some, err := readPEM(path)
		if err != nil {
			return source{}, err
		}
		given = append(given, some...)
	}
	authority, err := trust.ReadAuthority(a.Name, given)
	if err != nil {
		return source{}, err
	}
	authority.Lists, authority.Responder = a.Lists, a.Responder
	return source{authority, fields}, nil
}

func readPEM(path string) ([]*x509.Certificate, error) {
	rest, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []*x509.Certificate
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		one, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out = append(out, one)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no certificate in PEM", path)
	}
	return out, nil
}

func readFields(given map[string]string) (map[string]field, error) {
	out := usualFields()
	for name, what := range given {
		if _, err := parseOID(name); err != nil {
			return nil, fmt.Errorf("fields: %q is not an OID such as 1.2.643.100.3", name)
		}
		if !slices.Contains(allFields, field(what)) {
			return nil, fmt.Errorf("fields: %s: %q is none of %v", name, what, allFields)
		}
		out[name] = field(what)
	}
	return out, nil
}

func parseOID(text string) (asn1.ObjectIdentifier, error) {
	var out asn1.ObjectIdentifier
	for part := range strings.SplitSeq(text, ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("certificate: %q is not an OID", text)
		}
		out = append(out, n)
	}
	if len(out) < 2 {
		return nil, fmt.Errorf("certificate: %q is not an OID", text)
	}
	return out, nil
}
