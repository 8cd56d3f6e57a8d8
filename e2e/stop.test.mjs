// The demo is one process tree that says one line when it is ready, and ends whole and clean on SIGTERM.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { children, start } from './lib/city.mjs';
import { until } from './lib/wait.mjs';

test('one ready line, and SIGTERM ends the whole tree with 0', { timeout: 60_000 }, async (t) => {
  const city = await start();
  t.after(() => city.stop());
  const ready = city.said().split('\n').filter((line) => line.startsWith('ready'));
  assert.deepEqual(ready, [`ready ${city.address}`]);
  assert.equal((await fetch(city.address)).status, 200);
  const below = children(city.pid);
  assert.equal(below.length, 5, `the bank, the fiscal operator, the post office, the agencies and the scanner of files: ${below}`);
  const outside = Object.values(city.outside);
  assert.equal(outside.length, 3);
  for (const address of outside) await fetch(address);

  // A request under way when the signal comes is answered.
  const slow = fetch(`${city.address}/search?q=${encodeURIComponent('разрешение на парковку')}`);
  process.kill(city.pid, 'SIGTERM');
  const [answer, { code, signal }] = await Promise.all([slow.then((r) => r.status, () => 'refused'), city.ended]);
  assert.ok(answer === 200 || answer === 'refused', String(answer));
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, city.log());
  await until('no child is left', () => below.every((pid) => !existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z')), { within: 5000 });
  for (const address of [city.address, ...outside]) await assert.rejects(fetch(address), `${address} still answers`);
  assert.ok(!/panic|level":"ERROR/.test(city.log()), city.log());
});

test('children end with their city even when it is killed', { timeout: 60_000 }, async (t) => {
  const city = await start();
  t.after(() => city.stop());
  const below = children(city.pid);
  process.kill(city.pid, 'SIGKILL');
  await city.ended;
  await until('no child is left', () => below.every((pid) => !existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z')), { within: 5000 });
});
