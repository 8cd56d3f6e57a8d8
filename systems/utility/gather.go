package utility

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/systems/utility/internal/store"
)

// gather reads the batch with a few queries.
func (b *batch) gather(ctx context.Context) error {
	var rows []utilitydb.UtilityFlat
	var meters []utilitydb.UtilityMeter
	var readings []utilitydb.UtilityReading
	var states []utilitydb.UtilityState
	var benefits []utilitydb.UtilityBenefit
	var changes []utilitydb.UtilityRecalculation
	var bills []utilitydb.BillsBetweenRow
	period := b.period.String()
	err := b.m.base.Store.Look(ctx, b.m.system(), lookFlat, func(p *store.Personal) error {
		var err error
		if rows, err = utilitydb.FlatsAfter(p, b.after, batchMost); err != nil || len(rows) == 0 {
			return err
		}
		upto := rows[len(rows)-1].Home
		var errs [6]error
		meters, errs[0] = utilitydb.MetersBetween(p, b.after, upto)
		readings, errs[1] = utilitydb.ReadingsBetween(p, b.after, upto, period)
		states, errs[2] = utilitydb.StatesBetween(p, b.after, upto)
		benefits, errs[3] = utilitydb.BenefitsBetween(p, b.after, upto)
		changes, errs[4] = utilitydb.RecalculationsBetween(p, b.after, upto, period)
		bills, errs[5] = utilitydb.BillsBetween(p, b.after, upto, period)
		return errors.Join(errs[:]...)
	})
	if err != nil || len(rows) == 0 {
		return err
	}
	homes := make([]id.ID, len(rows))
	for i, row := range rows {
		homes[i] = row.Home
	}
	if b.keys, err = b.m.base.Vault.KeysMany(ctx, homes); err != nil {
		return err
	}
	b.faults, b.ready = map[id.ID]string{}, nil
	byHome := map[id.ID]*gathered{}
	b.flats = make([]gathered, len(rows))
	for i, row := range rows {
		b.flats[i].flat.Home = row.Home
		byHome[row.Home] = &b.flats[i]
		flat, err := b.m.flatOf(row, b.keys[row.Home])
		if err != nil {
			b.fault(row.Home, err)
			continue
		}
		b.flats[i].flat = flat
	}
	b.sort(byHome, meters, readings, states, benefits, changes, bills)
	return nil
}

// fault keeps that no bill can be made of one flat: the others get theirs.
func (b *batch) fault(home id.ID, err error) {
	b.m.base.Log.Warn("utility: no bill", slog.String("period", b.period.String()), slog.String("home", home.String()), slog.Any("error", err))
	b.faults[home] = "inputs"
}

// sort gives each flat what is its own. Rows of a home that is no flat, such as readings that came before it, are passed over.
func (b *batch) sort(flats map[id.ID]*gathered, meters []utilitydb.UtilityMeter, readings []utilitydb.UtilityReading, states []utilitydb.UtilityState,
	benefits []utilitydb.UtilityBenefit, changes []utilitydb.UtilityRecalculation, bills []utilitydb.BillsBetweenRow) {
	each := func(home id.ID, take func(g *gathered) error) {
		g := flats[home]
		if g == nil {
			return
		}
		if err := take(g); err != nil {
			b.fault(home, err)
		}
	}
	for _, row := range meters {
		each(row.Home, func(g *gathered) error { g.meters = append(g.meters, row); return nil })
	}
	for _, row := range readings {
		each(row.Home, func(g *gathered) error { g.readings = append(g.readings, row); return nil })
	}
	for _, row := range states {
		each(row.Home, func(g *gathered) error {
			g.was = row.Content
			return unseal(b.keys[row.Home], "utility_state", "content", row.Content, &g.state)
		})
	}
	for _, row := range benefits {
		each(row.Home, func(g *gathered) error {
			h, err := benefitOf(b.keys[row.Home], row)
			g.benefits = append(g.benefits, h)
			return err
		})
	}
	for _, row := range changes {
		each(row.Home, func(g *gathered) error {
			r, err := changeOf(b.keys[row.Home], row)
			g.changes = append(g.changes, r)
			return err
		})
	}
	b.known = map[id.ID]utilitydb.BillsBetweenRow{}
	for _, row := range bills {
		b.known[row.Home] = row // versions rise
	}
}

func benefitOf(keys *vault.Keys, row utilitydb.UtilityBenefit) (heldBenefit, error) {
	out := heldBenefit{since: day(row.Since), until: day(row.Until)}
	return out, unseal(keys, "utility_benefit", "details", row.Details, &out.sealedBenefit)
}

func changeOf(keys *vault.Keys, row utilitydb.UtilityRecalculation) (Recalculation, error) {
	var out Recalculation
	err := unseal(keys, "utility_recalculation", "details", row.Details, &out)
	out.ID = row.ID
	return out, err
}

// unseal opens JSON.
func unseal(keys *vault.Keys, table, column string, sealed vault.Sealed, into any) error {
	plain, err := keys.Open(table, column, sealed)
	if err != nil {
		return fmt.Errorf("utility: %s: %w", table, err)
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return fmt.Errorf("utility: %s: %w", table, err)
	}
	return nil
}
