package app

import (
	"os"
	"runtime/debug"
)

// garbage is how much garbage may lie beside what is alive before it is collected, in percent. Requests and jobs make short-lived
// garbage; collecting it a third as often as Go's own 100 saves some 7 % of a busy server's processor time (the lifecycle
// of cases, docs/performance.md) for some tens of megabytes. A machine at rest is not larger.
const garbage = 300

// CollectSeldom sets that for this process, unless GOGC says otherwise. A program calls it once, before it serves.
func CollectSeldom() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
}
