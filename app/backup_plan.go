package app

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"posad.city/kit/backup"
	"posad.city/kit/clock"
	"posad.city/kit/jobs"
)

// BackupPlan has the city copy itself.
type BackupPlan struct {
	Folder string        `yaml:"folder"` // absolute; empty: the city does not
	Every  time.Duration `yaml:"every"`  // 0: a day
	Keep   int           `yaml:"keep"`   // copies that stay; 0: seven
	Share  float64       `yaml:"share"`  // of the time that a copy works; 0: a half
}

const (
	backupLeast = 10 * time.Minute
	backupJob   = "app.backup"
	// backupGrace is how much later than planned a copy may be before the log says that it is late.
	backupGrace = time.Hour
	backupWatch = 10 * time.Minute
	backupTries = 4
)

// complete fills defaults and checks the plan.
func (p BackupPlan) complete(data string) (BackupPlan, error) {
	if p.Folder == "" {
		if p != (BackupPlan{}) {
			return p, errors.New("backup: give backup.folder, an absolute path on another disk")
		}
		return p, nil
	}
	if p.Every == 0 {
		p.Every = 24 * time.Hour
	}
	if p.Keep == 0 {
		p.Keep = 7
	}
	var faults []error
	if p.Every < backupLeast || p.Every > jobs.EveryMost {
		faults = append(faults, fmt.Errorf("backup.every: %v is not between %v and %v", p.Every, backupLeast, jobs.EveryMost))
	}
	if p.Keep < 1 {
		faults = append(faults, errors.New("backup.keep: keep at least one copy"))
	}
	if p.Share < 0 || p.Share > 1 {
		faults = append(faults, errors.New("backup.share: want a share of the time from 0 to 1, for example 0.5"))
	}
	root, err := filepath.Abs(data)
	if err == nil && (!filepath.IsAbs(p.Folder) || within(root, p.Folder)) {
		err = errors.New("backup.folder: give an absolute path outside the data folder, on another disk")
	}
	return p, errors.Join(append(faults, err)...)
}

// planBackups registers the job that copies the city, and its meters.
func (h *House) planBackups() error {
	p := h.conf.Backup
	if p.Folder == "" {
		return nil
	}
	failed := prometheus.NewCounter(prometheus.CounterOpts{Name: "posad_backup_failures_total", Help: "Planned backups that failed on this node."})
	took := prometheus.NewGauge(prometheus.GaugeOpts{Name: "posad_backup_seconds", Help: "How long the last backup of this node took."})
	age := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "posad_backup_age_seconds", Help: "Time since the snapshot of the newest whole copy; +Inf when there is none."}, func() float64 {
		if d, err := h.backupAge(); err == nil {
			return d.Seconds()
		}
		return math.Inf(1)
	})
	for _, c := range []prometheus.Collector{failed, took, age} {
		if err := h.Base.Metrics.Register(c); err != nil {
			return fmt.Errorf("app: backup meters: %w", err)
		}
	}
	h.Base.Jobs.Every(backupJob, p.Every, func(ctx context.Context, _ jobs.Job) error {
		spent := clock.Measure()
		err := h.plannedBackup(ctx)
		if took.Set(spent().Seconds()); err != nil {
			failed.Inc()
		}
		return err
	}, jobs.Limit(1), jobs.Tries(backupTries))
	return nil
}

func (h *House) plannedBackup(ctx context.Context) error {
	p := h.conf.Backup
	made, err := h.MakeBackup(ctx, p.Folder, p.Keep, p.Share, nil)
	if err != nil {
		return err
	}
	h.Base.Log.Info("app: the city was copied", "copy", made.Name, "rows", made.Manifest.Rows(), "bytes", made.Manifest.Bytes(),
		"files", made.Manifest.Files.Count, "fresh", made.Fresh, "removed", made.Removed)
	return nil
}

// backupAge is how old the newest whole copy is.
func (h *House) backupAge() (time.Duration, error) {
	list, err := backup.List(h.conf.Backup.Folder)
	if err != nil {
		return 0, err
	}
	if len(list) == 0 {
		return 0, backup.ErrNone
	}
	return h.Clock.Now().Sub(list[len(list)-1].Manifest.Taken), nil
}

// watchBackups says in the log, again and again, that the newest copy is too old. It sees what the job itself can't say:
// that it does not run.
func (h *House) watchBackups(ctx context.Context) {
	if h.conf.Backup.Folder == "" {
		return
	}
	tick := time.NewTicker(backupWatch)
	defer tick.Stop()
	up := clock.Measure()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		h.lateBackup(up())
	}
}

// lateBackup complains when the newest copy, or when there is none, this process, is older than a plan and its grace.
func (h *House) lateBackup(up time.Duration) bool {
	age, err := h.backupAge()
	if err != nil {
		age = up
	}
	late := age > h.conf.Backup.Every+backupGrace
	if late {
		h.Base.Log.Error("app: there is no fresh backup: look for errors of the job app.backup above", "age", age.Round(time.Minute).String(), "every", h.conf.Backup.Every.String(), "error", err)
	}
	return late
}
