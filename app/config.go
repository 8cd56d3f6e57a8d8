package app

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"

	"posad.city/core/certificate"
)

// Config is everything that an operator decides. It is read strictly: an unknown key is an error with its line.
type Config struct {
	Data     string `yaml:"data"`     // folder of the embedded database, uploads and keys
	Database string `yaml:"database"` // postgres://…; empty: the embedded database in Data
	Listen   string `yaml:"listen"`   // host:port
	Address  string `yaml:"address"`  // as people type it, https://…; empty: http:// and Listen
	Zone     string `yaml:"zone"`     // the city's time zone; empty: Europe/Moscow

	MasterKey string   `yaml:"master-key"` // file of the key that wraps the city's keys; empty: master.key in Data
	Proxies   []string `yaml:"trusted-proxies"`
	Operators []string `yaml:"operators"` // networks that may read /metrics
	Log       string   `yaml:"log"`       // debug, info, warn
	InFlight  int      `yaml:"in-flight"`

	Mail     Mail              `yaml:"mail"`
	SMS      SMS               `yaml:"sms"`
	Bank     Bank              `yaml:"bank"`
	Fiscal   FiscalOperator    `yaml:"fiscal"`
	Books    Books             `yaml:"books"` // who keeps the city's books, and at which bank
	Scanner  Scanner           `yaml:"scanner"`
	Backup   BackupPlan        `yaml:"backup"`
	Agencies map[string]Agency `yaml:"agencies"` // by the agency's key in the city's data
	XRoad    XRoad             `yaml:"xroad"`    // the city as a provider

	PublicLog PublicLog `yaml:"public-log"` // who outside confirms the public log

	Guardianship string             `yaml:"guardianship"` // key of the agency whose officials appoint guardians; empty: the register alone does
	Providers    []Provider         `yaml:"providers"`    // outside OpenID providers that people may sign in by
	Certificates certificate.Config `yaml:"certificate"`  // sign-in by client certificate

	Demo  bool   `yaml:"-"` // the demo city: its people, its clock can be moved, its mailbox is shown
	Watch string `yaml:"-"` // folder of definitions that is published when it changes; demo only
}

// Mail is the server that takes the city's letters.
type Mail struct {
	Server   string `yaml:"server"` // host:port
	From     string `yaml:"from"`
	User     string `yaml:"user"`
	Password string `yaml:"password"` // or the environment variable POSAD_MAIL_PASSWORD
	TLS      string `yaml:"tls"`      // starttls (default), tls, none
}

// SMS is the gateway that takes the city's short messages: a JSON POST.
type SMS struct {
	Gateway string `yaml:"gateway"`
	Key     string `yaml:"key"`    // or POSAD_SMS_KEY
	Sender  string `yaml:"sender"` // the name that messages come from
}

// Bank is the acquirer on whose page fees are paid.
type Bank struct {
	API    string `yaml:"api"`
	Key    string `yaml:"key"`    // or POSAD_BANK_KEY
	Secret string `yaml:"secret"` // signs webhooks; or POSAD_BANK_SECRET
}

// FiscalOperator is who sends receipts of payments to the tax office for the city.
type FiscalOperator struct {
	API string `yaml:"api"` // empty: there is none
	Key string `yaml:"key"` // or POSAD_FISCAL_KEY
}

// Agency is where an agency's registers answer, and where it takes messages.
type Agency struct {
	Endpoint string `yaml:"endpoint"`
	Key      string `yaml:"key"`
	Gateway  bool   `yaml:"gateway"` // the city's own X-Road security server stands there, and compares hashes itself

	Hook AgencyHook `yaml:"hook"` // where it takes messages about the city's own registers
}

// secrets are the values that may come from the environment rather than from the file.
func (c *Config) secrets() map[string]*string {
	out := map[string]*string{
		"POSAD_MAIL_PASSWORD": &c.Mail.Password, "POSAD_SMS_KEY": &c.SMS.Key, "POSAD_BANK_KEY": &c.Bank.Key, "POSAD_BANK_SECRET": &c.Bank.Secret, "POSAD_FISCAL_KEY": &c.Fiscal.Key,
		"POSAD_BOOKS_KEY": &c.Books.Key, "POSAD_DATABASE": &c.Database,
	}
	for i := range c.Providers {
		name := strings.ToUpper(strings.ReplaceAll(c.Providers[i].Key, "-", "_"))
		out["POSAD_PROVIDER_SECRET_"+name] = &c.Providers[i].Secret
	}
	return out
}

// ReadConfig reads a configuration file; an empty path gives the defaults.
func ReadConfig(path string) (Config, error) {
	var out Config
	if path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return out, fmt.Errorf("configuration: %w", err)
		}
		if err := yaml.UnmarshalWithOptions(text, &out, yaml.Strict()); err != nil {
			return out, fmt.Errorf("configuration %s:\n%s", path, yaml.FormatError(err, false, true))
		}
	}
	for name, value := range out.secrets() {
		if given := os.Getenv(name); given != "" {
			*value = given
		}
	}
	out.hookSecrets()
	return out, nil
}

// Complete fills defaults and checks the whole; the error joins everything that is wrong.
func (c Config) Complete() (Config, error) {
	var faults []error
	if c.Data == "" {
		faults = append(faults, errors.New("data: give a folder for the city's data, for example --data /var/lib/posad"))
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8080"
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		faults = append(faults, fmt.Errorf("listen: %q is not host:port", c.Listen))
	}
	if c.Address == "" {
		c.Address = "http://" + c.Listen
	}
	if u, err := url.Parse(c.Address); err != nil || u.Host == "" {
		faults = append(faults, fmt.Errorf("address: %q is not an address such as https://city.example", c.Address))
	}
	if c.Zone == "" {
		c.Zone = "Europe/Moscow"
	}
	if c.MasterKey == "" {
		c.MasterKey = filepath.Join(c.Data, "master.key")
	}
	if c.Database != "" && !strings.HasPrefix(c.Database, "postgres://") && !strings.HasPrefix(c.Database, "postgresql://") {
		faults = append(faults, errors.New("database: want postgres://user:password@host:port/name"))
	}
	plan, err := c.Backup.complete(c.Data)
	c.Backup, faults = plan, append(faults, err)
	_, err = c.PublicLog.known()
	_, hooked := c.hooks()
	faults = append(faults, err, hooked)
	_, err = prefixes(append(c.Proxies, c.Operators...))
	return c, errors.Join(append(faults, err)...)
}

func prefixes(texts []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%q is not a network such as 10.0.0.0/8", text)
		}
		out = append(out, p)
	}
	return out, nil
}

// Secure tells whether people reach the city by https.
func (c Config) Secure() bool { return strings.HasPrefix(c.Address, "https://") }
