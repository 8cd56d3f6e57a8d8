package app

import (
	"strings"
	"testing"
)

// TestWhereAgenciesTakeMessagesIsCheckedAtTheStart: a wrong address or secret is named, and a right one may come from outside.
func TestWhereAgenciesTakeMessagesIsCheckedAtTheStart(t *testing.T) {
	const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
	for name, c := range map[string]struct {
		hook AgencyHook
		says string // of the fault; empty: none
	}{
		"good":                    {AgencyHook{"https://gate.example/hooks", secret}, ""},
		"this machine":            {AgencyHook{"http://127.0.0.1:9000/hooks", secret}, ""},
		"none":                    {AgencyHook{}, ""},
		"an open line":            {AgencyHook{"http://gate.example/hooks", secret}, "agencies.road-police.hook.address"},
		"no address":              {AgencyHook{"", secret}, "agencies.road-police.hook.address"},
		"a name and a password":   {AgencyHook{"https://a:b@gate.example/hooks", secret}, "agencies.road-police.hook.address"},
		"no secret":               {AgencyHook{"https://gate.example/hooks", ""}, "POSAD_HOOK_SECRET_ROAD_POLICE"},
		"a secret that is short":  {AgencyHook{"https://gate.example/hooks", "whsec_c2hvcnQ="}, "agencies.road-police.hook.secret"},
		"a name that looks local": {AgencyHook{"http://localhost.example/hooks", secret}, "use https"},
	} {
		conf := Config{Data: t.TempDir(), Agencies: map[string]Agency{"road-police": {Hook: c.hook}}}
		_, err := conf.Complete()
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	t.Setenv("POSAD_HOOK_SECRET_ROAD_POLICE", secret)
	conf := Config{Agencies: map[string]Agency{"road-police": {Hook: AgencyHook{Address: "https://gate.example/hooks"}}}}
	conf.hookSecrets()
	if got, err := conf.hooks(); err != nil || got["road-police"].Secret != secret {
		t.Errorf("from outside: %+v, %v", got, err)
	}
}
