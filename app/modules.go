package app

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a minimal system has no zones of its own

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/apply"
	"posad.city/core/approval"
	"posad.city/core/autopay"
	"posad.city/core/booking"
	"posad.city/core/broker"
	"posad.city/core/casework"
	"posad.city/core/centre"
	"posad.city/core/certificate"
	"posad.city/core/charge"
	"posad.city/core/desk"
	"posad.city/core/developer"
	"posad.city/core/document"
	"posad.city/core/exchange"
	"posad.city/core/factor"
	"posad.city/core/ledger"
	"posad.city/core/mandate"
	"posad.city/core/module"
	"posad.city/core/mydata"
	"posad.city/core/mypage"
	"posad.city/core/notice"
	"posad.city/core/openid"
	"posad.city/core/organisation"
	"posad.city/core/pay"
	"posad.city/core/reconcile"
	"posad.city/core/register"
	"posad.city/core/service"
	"posad.city/core/studio"
	"posad.city/core/transparency"
	"posad.city/kit/calendar"
	"posad.city/kit/lang"
	"posad.city/kit/mail"
	"posad.city/kit/pdf/view"
	"posad.city/kit/web"
	"posad.city/systems/card"
	"posad.city/systems/charity"
	"posad.city/systems/utility"
)

// Modules are the city's blocks, each made with its neighbours.
type Modules struct {
	Agency       *agency.Module
	Account      *account.Module
	Factor       *factor.Module
	Approval     *approval.Module
	Cert         *certificate.Module
	Broker       *broker.Module
	Centre       *centre.Module
	Mandate      *mandate.Module
	Organisation *organisation.Module
	OpenID       *openid.Module
	Service      *service.Module
	Document     *document.Module
	Exchange     *exchange.Module
	Ledger       *ledger.Module
	Developer    *developer.Module
	Charge       *charge.Module
	Pay          *pay.Module
	Reconcile    *reconcile.Module
	Notice       *notice.Module
	Autopay      *autopay.Module
	Register     *register.Module
	Booking      *booking.Module
	Casework     *casework.Module
	Apply        *apply.Module
	Desk         *desk.Module
	Studio       *studio.Module
	Charity      *charity.Module
	MyData       *mydata.Module
	Transparency *transparency.Module
	MyPage       *mypage.Module
	Utility      *utility.Module
	Card         *card.Module

	now  func() time.Time // the house's clock
	pdfs *view.Reader     // holds memory while PDFs are looked into
}

// list is the order in which modules are provisioned and started: each stands on earlier ones.
func (m *Modules) list() []module.Module {
	return []module.Module{
		m.Agency, m.Account, m.Factor, m.Approval, m.Cert, m.Broker, m.Centre, m.Mandate, m.Organisation, m.OpenID,
		m.Service, m.Document, m.Exchange, m.Ledger, m.Developer, m.Charge, m.Pay, m.Reconcile, m.Notice, m.Autopay, m.Register, m.Booking, m.Casework, m.Apply, m.Desk, m.Studio,
		m.MyData, m.Transparency, m.MyPage, m.Utility, m.Card, m.Charity,
	}
}

// newModules makes every module with its neighbours. Nothing is opened yet.
func newModules(conf Config, now func() time.Time) (*Modules, error) {
	zone, err := time.LoadLocation(conf.Zone)
	if err != nil {
		return nil, fmt.Errorf("configuration: zone: %w", err)
	}
	inZone := func() *time.Location { return zone }
	mailer, err := conf.mailer()
	if err != nil {
		return nil, err
	}
	texter, err := conf.texter()
	if err != nil {
		return nil, err
	}
	m := &Modules{now: now}
	m.Agency = agency.New(agency.Deps{})
	m.Account = account.New(account.Deps{Agencies: m.Agency, Zone: zone})
	if err := m.ways(conf, zone); err != nil {
		return nil, err
	}
	m.Mandate = mandate.New(mandate.Deps{Accounts: m.Account, Guardianship: conf.Guardianship, Zone: zone})
	m.Organisation = organisation.New(organisation.Deps{Accounts: m.Account, Mandates: m.Mandate, Certificates: m.Cert, Zone: zone})
	m.Service = service.New(service.Deps{Today: m.today, Follows: conf.Demo})
	scanner, err := conf.scanner()
	if err != nil {
		return nil, err
	}
	m.pdfs = view.New()
	m.Document = document.New(document.Deps{
		Address: conf.Address, Zone: inZone, Families: m.Mandate, City: m.Service.Current, PDFs: m.pdfs, Scanner: scanner, ScannerRequired: conf.Scanner.Required,
	})
	providing, err := conf.XRoad.providing()
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	m.Exchange = exchange.New(exchange.Deps{
		City: m.Service.Current, Endpoints: conf.endpoints(), Signer: m.exchangeSigner, Trust: m.exchangeTrust, Find: m.Account.Find, Providing: providing, Zone: inZone,
	})
	m.Ledger = ledger.New(ledger.Deps{Zone: inZone})
	m.Developer = developer.New(developer.Deps{Agencies: m.Service, Keys: m.agencyKeys, Zone: inZone, Address: conf.Address, Nearby: conf.Demo})
	m.Charge = charge.New(charge.Deps{
		City: m.Service.Current, Zone: inZone, People: numbers{m.Account}, Things: m.things, Word: m.Account.PrepareWord, Limit: m.Account.Limit, AgencyName: m.Service.AgencyName,
		Tell: m.tellBills, Known: m.isPerson, Arranged: m.arranged,
	})
	m.Pay = pay.New(pay.Deps{
		Charges: m.Charge, Bank: conf.acquirer(), Mandates: m.Mandate, Fiscal: conf.fiscal(), Mail: mailer, From: conf.Mail.From, Address: conf.Address, City: m.cityName,
		AgencyName: m.payeeName, KindTitle: m.kindTitle, Origin: m.origin, Regular: true, Zone: inZone,
	})
	m.newBooks(conf, inZone)
	m.Notice = notice.New(notice.Deps{People: m.Account, Mail: mailer, SMS: texter, From: conf.Mail.From, Address: conf.Address, City: m.cityName, Zone: inZone})
	m.Autopay = autopay.New(m.autopaid(inZone))
	hooks, err := conf.hooks()
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	m.Register = register.New(register.Deps{City: m.Service.Current, Papers: m.Document, Teller: m.Notice, People: m.Account, Zone: inZone, Hooks: hooks})
	m.Booking = booking.New(booking.Deps{Services: m.Service, Teller: m.Notice, People: m.Account, Address: conf.Address})
	m.Casework = casework.New(casework.Deps{
		Services: m.Service, Registers: registers{m.Exchange, m.Register}, Bills: m.Charge, Payments: m.Pay, Papers: m.Document, Teller: m.Notice,
		People: m.Account, Family: m.Mandate, Officials: m.Agency, Signers: m.Account, Visits: m.Booking,
	})
	m.Apply = apply.New(apply.Deps{
		Services: m.Service, People: m.Account, Family: m.Mandate, Registers: m.Exchange, Papers: apply.Documents(m.Document),
		Cases: cases{casework: m.Casework, papers: m.Document, today: func() calendar.Date { return calendar.DateOf(now(), zone) }}, Visits: m.Booking, Signatures: m.Casework, Outlook: m.Casework.Outlook, Vehicles: newGarage(m).vehicles, TraderNumber: traders{m.Organisation}.number,
	})
	m.Desk = desk.New(desk.Deps{Cases: m.Casework, Services: m.Service, Officials: m.Agency, People: m.Account, Family: m.Mandate, Teller: m.Notice})
	m.Studio = studio.New(studio.Deps{Services: m.Service, People: m.Account, Cases: m.Casework, Preview: apply.Preview, Touched: m.touched})
	m.Charity = charity.New(charity.Deps{
		City: m.charityCity, Organisations: m.Organisation, Members: m.Mandate, People: m.Account, Teller: m.Notice, Payouts: fundPayouts{m.Reconcile}, Scanner: scanner, Zone: inZone,
	})
	m.Charity.Provide(giftCharges{m.Charge}, giftPayments{m.Pay})
	m.Pay.ProvideGifts(basketGifts{m.Charity})
	m.Utility = utility.New(utility.Deps{Services: m.Service, Charges: m.Charge, Zone: inZone})
	m.Card = m.newCards(inZone)
	m.Pay.Provide(m.Card.Purse())
	m.MyData = mydata.New(m.holdings(conf, inZone))
	outside, err := conf.PublicLog.known()
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	m.Transparency = transparency.New(transparency.Deps{Folder: filepath.Join(conf.Data, "log"), Zone: zone, Witnesses: outside, Quorum: conf.PublicLog.Quorum})
	m.MyPage = mypage.New(mypage.Deps{Sources: m.sources(), Greet: m.givenName, Zone: inZone})
	m.join()
	return m, nil
}

// join gives modules those neighbours that stand above them.
func (m *Modules) join() {
	m.Document.ProvideTeller(infected{m.Notice})
	m.Document.ProvideReceiver(m.Apply)
	m.Agency.Provide(m.Account, m.Service)
	m.Account.Provide(m.Notice, m.Exchange.Identity())
	m.Account.ProvideTeller(m.Notice)
	for i, t := range []account.Tally{
		{Text: "account.merge.cases", Of: m.Casework.CountOf}, {Text: "account.merge.documents", Of: m.Document.CountOf}, {Text: "account.merge.mandates", Of: m.Mandate.CountOf},
	} {
		t.Order = i
		m.Account.AddTally(t)
	}
	m.provideMandates()
	m.provideDeveloper()
	m.Exchange.Provide(exchange.Any(m.Apply.Lives, m.Casework.Lives))
	m.Exchange.ProvideOwn(m.Register)
	m.Register.Provide(m.Casework.Lives, m.readCase)
	m.Exchange.ProvideAsking(exchange.Asking{Documents: m.Document, Person: m.Account.PersonOf, Case: m.caseOf, Number: m.numberOf})
}

// ways makes the modules by which people sign in, and the city as an identity provider.
func (m *Modules) ways(conf Config, zone *time.Location) error {
	m.Factor = factor.New(factor.Deps{Accounts: m.Account, Address: conf.Address, Zone: zone})
	m.Approval = approval.New(approval.Deps{Accounts: m.Account, Site: conf.Address, Loopback: conf.Demo, Zone: zone})
	m.Centre = centre.New(centre.Deps{Accounts: m.Account, Agencies: m.Agency, Zone: zone})
	m.OpenID = openid.New(openid.Deps{Accounts: m.Account, Live: m.Account.Live, Address: conf.Address, Zone: zone, Nearby: conf.Demo})
	certificates, err := conf.certificates()
	if err != nil {
		return err
	}
	if m.Cert, err = certificate.New(certificate.Deps{
		Accounts: m.Account, People: byCertificate{m.Account}, Config: certificates, Address: conf.Address, Zone: zone,
	}); err != nil {
		return fmt.Errorf("configuration: certificate: %w", err)
	}
	providers, err := conf.providers()
	if err != nil {
		return err
	}
	if m.Broker, err = broker.New(broker.Deps{
		Accounts: m.Account, Providers: providers, Loopback: conf.Demo, Leave: (*web.Context).GoOut,
	}); err != nil {
		return fmt.Errorf("configuration: providers: %w", err)
	}
	m.Account.OnSignOut(m.Broker.Farewell)
	return nil
}

// provide gives the edge what modules implement for it.
func (m *Modules) provide(h *House) {
	h.Base.Web.Provide(web.Deps{
		Sessions: m.Account.Sessions(), Relator: m.Mandate.Relator(), Counters: m.Account.Counters(), Answers: m.Account.Answers(), Keys: m.Developer.Edge(),
		Holder: web.NewHolder(m.Account.HeldForms(), h.Clock),
	})
	h.Base.Store.SetGuard(m.guard)
	h.Base.Pages.City = m.Service.Face
	h.Base.Pages.User = m.user
}

// cityName is what the city is called; before the first version is published, Posad.
func (m *Modules) cityName(l lang.Language) string {
	if city := m.Service.Current(); city != nil {
		return city.Profile.Name.In(l)
	}
	return "Posad"
}

func (c Config) endpoints() map[string]exchange.Endpoint {
	out := make(map[string]exchange.Endpoint, len(c.Agencies))
	for key, a := range c.Agencies {
		out[key] = exchange.Endpoint{URL: strings.TrimRight(a.Endpoint, "/"), Key: a.Key, Gateway: a.Gateway}
	}
	return out
}

// mailer is nil when no mail server is configured: the city then sends no letters, and says so.
func (c Config) mailer() (notice.Mailer, error) {
	if c.Mail.Server == "" {
		return nil, nil
	}
	host, portText, err := net.SplitHostPort(c.Mail.Server)
	if err != nil {
		return nil, fmt.Errorf("configuration: mail.server: want host:port: %w", err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("configuration: mail.server: %w", err)
	}
	security := mail.Security(c.Mail.TLS)
	sender, err := mail.NewSender(mail.Config{Host: host, Port: port, Security: security, Username: c.Mail.User, Password: c.Mail.Password})
	if err != nil {
		return nil, fmt.Errorf("configuration: mail: %w", err)
	}
	return sender, nil
}

func (c Config) texter() (notice.Texter, error) {
	if c.SMS.Gateway == "" {
		return nil, nil
	}
	gateway, err := notice.NewGateway(notice.GatewayConfig{API: c.SMS.Gateway, Key: c.SMS.Key, Sender: c.SMS.Sender})
	if err != nil {
		return nil, fmt.Errorf("configuration: sms: %w", err)
	}
	return gateway, nil
}

// formTargets are the origins that a form of ours may lead to.
func (c Config) formTargets() []string {
	if u, err := url.Parse(c.Bank.API); err == nil && u.Host != "" {
		return []string{u.Scheme + "://" + u.Host}
	}
	return nil
}
