package backup

import (
	"context"
	"time"

	"posad.city/kit/clock"
)

// Stage is what is being done. Its words are backup.stage.<stage>.
type Stage string

// The stages.
const (
	StageFiles    Stage = "files"    // files are copied
	StageDatabase Stage = "database" // tables are copied, or filled
	StageIndexes  Stage = "indexes"  // indexes are made again
	StageCheck    Stage = "check"    // what was written is read and compared
	StagePrune    Stage = "prune"    // old copies are removed
)

// Progress is how far a stage is.
type Progress struct {
	Stage Stage
	What  string // table or file
	Done  int64  // rows of a database, otherwise files
	Total int64
	Bytes int64 // written or read in this stage
	Spent time.Duration
}

// Share is how much of the stage is done, 0 to 1.
func (p Progress) Share() float64 {
	if p.Total <= 0 {
		return 1
	}
	return min(1, float64(p.Done)/float64(p.Total))
}

// Rate is how many rows or files a second are done.
func (p Progress) Rate() float64 {
	if p.Spent <= 0 {
		return 0
	}
	return float64(p.Done) / p.Spent.Seconds()
}

// Left is how long the stage will still take at this rate; 0 when nobody knows.
func (p Progress) Left() time.Duration {
	if rate := p.Rate(); rate > 0 {
		return time.Duration(float64(max(0, p.Total-p.Done)) / rate * float64(time.Second))
	}
	return 0
}

const (
	tellEvery = time.Second
	// workFor is how long the work goes on before it looks whether it should rest.
	workFor = 10 * time.Millisecond
)

// pace tells how far the work is and makes it rest, so that whoever serves people keeps the machine.
type pace struct {
	ctx   context.Context
	share float64 // of the time that is worked, above 0 to 1
	tell  func(Progress)
	now   Progress
	spent func() time.Duration
	told  time.Duration
	since func() time.Duration // the last rest
}

func newPace(ctx context.Context, share float64, tell func(Progress)) *pace {
	if share <= 0 || share > 1 {
		share = 1
	}
	if tell == nil {
		tell = func(Progress) {}
	}
	return &pace{ctx: ctx, share: share, tell: tell, spent: clock.Measure(), since: clock.Measure()}
}

func (p *pace) begin(stage Stage, total int64) {
	p.now, p.spent, p.told = Progress{Stage: stage, Total: total}, clock.Measure(), -tellEvery
}

// step counts what was done, tells of it now and then, and rests. Its error is that of the context.
func (p *pace) step(what string, done, bytes int64) error {
	p.now.What = what
	p.now.Done += done
	p.now.Bytes += bytes
	worked := p.since()
	if worked < workFor {
		return nil
	}
	if p.now.Spent = p.spent(); p.now.Spent-p.told >= tellEvery {
		p.told = p.now.Spent
		p.tell(p.now)
	}
	if p.share < 1 {
		p.rest(time.Duration(float64(worked) * (1 - p.share) / p.share))
	}
	p.since = clock.Measure()
	return context.Cause(p.ctx)
}

func (p *pace) rest(d time.Duration) {
	timer := time.NewTimer(min(d, time.Second))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.ctx.Done():
	}
}

// end tells that the stage is done.
func (p *pace) end() {
	p.now.Spent, p.now.Done = p.spent(), p.now.Total
	p.tell(p.now)
}
