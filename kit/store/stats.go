package store

import "sync/atomic"

// Stats are numbers since Open, for metrics.
type Stats struct {
	Engine         string
	Writes         int64 // Writes and Appends that were run, failed ones included
	Batches        int64 // transactions that carried them
	Lost           int64 // batches that were lost and run singly
	Retries        int64 // runs after a crossing of two Writes (PostgreSQL), or of a batch in which one failed midway (SQLite)
	LogBytes       int64 // size of the write-ahead log now (SQLite)
	Restarts       int64 // times that the log was emptied (SQLite)
	RestartsPutOff int64 // times that a slow reader put that off (SQLite)
	Waiting        int64 // Writes in the queues now
}

// counters are what an engine counts as it runs.
type counters struct {
	writes, batches, lost, retries, restarts, restartsPutOff atomic.Int64
}

func (c *counters) read() Stats {
	return Stats{
		Writes: c.writes.Load(), Batches: c.batches.Load(), Lost: c.lost.Load(), Retries: c.retries.Load(),
		Restarts: c.restarts.Load(), RestartsPutOff: c.restartsPutOff.Load(),
	}
}

// Stats tells how the store is doing. It is cheap.
func (s *Store) Stats() Stats {
	out := s.engine.stats()
	out.Engine = s.engine.name()
	return out
}

func (e *liteEngine) stats() Stats {
	out := e.writer.stats.read()
	out.LogBytes = e.logSize()
	out.Waiting = int64(len(e.writer.interactive) + len(e.writer.background))
	return out
}

func (e *pgEngine) stats() Stats {
	out := e.counts.read()
	out.Waiting = int64(len(e.appends))
	return out
}
