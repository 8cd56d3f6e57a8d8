// Runs a demo city of its own for a test: a fresh folder, free ports, and it ends with the test.
import { spawn, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './wait.mjs';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
// posad is the binary under test; POSAD_BINARY names another than the one that `make` builds.
export const posad = process.env.POSAD_BINARY || join(root, 'bin/posad');

// password signs in every account of Kitezh.
export const password = 'kitezh-na-reke';

export function freePort() {
  return new Promise((done, fail) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
    server.on('error', fail);
  });
}

// postgres makes a fresh database on the server of POSAD_TEST_POSTGRES; null when there is no server.
export function postgres() {
  const server = process.env.POSAD_TEST_POSTGRES;
  if (!server) return null;
  const name = `posad_e2e_${randomBytes(6).toString('hex')}`;
  const address = new URL(server);
  address.pathname = `/${name}`;
  sql(server, `CREATE DATABASE ${name}`);
  return {
    address: address.href,
    dump: () => run('pg_dump', ['--inserts', '-d', address.href], { maxBuffer: 1 << 30 }),
    drop: () => sql(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

function sql(server, text) {
  run('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', server, '-c', text]);
}

function run(tool, args, options = {}) {
  const folders = ['/usr/lib/postgresql'].flatMap((f) => {
    try { return readdirSync(f).map((v) => join(f, v, 'bin')); } catch { return []; }
  });
  return execFileSync(tool, args, { ...options, env: { ...process.env, PATH: [...folders, process.env.PATH].join(':') }, stdio: ['ignore', 'pipe', 'pipe'] });
}

// start runs posad demo and waits for its line "ready". database: a postgres:// address, or empty for the embedded engine;
// host: a name or number of this machine, which the city's address has too.
export async function start({ database = '', host = '127.0.0.1' } = {}) {
  const data = mkdtempSync(join(tmpdir(), 'posad-e2e-'));
  const port = await freePort();
  const args = ['demo', '--data', data, '--listen', `${host}:${port}`];
  if (database) args.push('--database', database);
  const child = spawn(posad, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', err = '';
  child.stderr.on('data', (chunk) => { err += chunk; });
  const ended = new Promise((done) => child.on('exit', (code, signal) => done({ code, signal })));
  await new Promise((done, fail) => {
    const timer = setTimeout(() => { child.kill('SIGTERM'); fail(new Error(`the demo was not ready within 60 s:\n${out}\n${err}`)); }, 60_000);
    child.stdout.on('data', (chunk) => {
      out += chunk;
      if (/^ready http/m.test(out)) { clearTimeout(timer); done(); }
    });
    child.on('exit', (code) => { clearTimeout(timer); fail(new Error(`the demo ended with ${code}:\n${out}\n${err}`)); });
  });
  const outside = {};
  for (const [, name, address] of out.matchAll(/^\s*(mail|bank|agencies)\b.*?(http:\/\/\S+)/gm)) outside[name] = address;
  const address = `http://${host === '127.0.0.1' ? 'localhost' : host}:${port}`; // as the demo calls itself
  return {
    address,
    data,
    outside,
    pid: child.pid,
    ended,
    said: () => out,
    log: () => err,
    folder: join(data, 'city'), // definitions: what is saved there is published
    moveClock: (seconds) => admin(join(data, 'admin.sock'), '/clock', { seconds }),
    letters: (to) => json(`${outside.mail}/api/mail?to=${encodeURIComponent(to)}`),
    bank: (faults) => post(`${outside.bank}/control`, faults),
    payments: () => json(`${outside.bank}/control/payments`),
    // register sets how a register of the agencies misbehaves; no faults: it is well again.
    register: (register, faults = {}) => post(`${outside.agencies}/control`, { register, faults }),
    asked: () => json(`${outside.agencies}/control/requests`),
    stop: async () => {
      if (child.exitCode === null) child.kill('SIGTERM');
      const { code } = await ended;
      rmSync(data, { recursive: true, force: true });
      return code;
    },
  };
}

async function json(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function post(address, body) {
  const answer = await fetch(address, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${address}: ${answer.status} ${await answer.text()}`);
}

// letter waits for the newest letter to somebody that fits.
export function letter(city, to, fits) {
  return until(`a letter to ${to}`, async () => (await city.letters(to) ?? []).find(fits));
}

// children are the processes under one, with theirs.
export function children(pid) {
  const parents = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch { /* it has just ended */ }
  }
  const below = (id) => [...parents].filter(([, parent]) => parent === id).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

function admin(socketPath, path, body) {
  return new Promise((done, fail) => {
    const r = request({ socketPath, path, method: 'POST', headers: { 'Content-Type': 'application/json' } }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => { text += chunk; });
      answer.on('end', () => (answer.statusCode === 200 ? done(text) : fail(new Error(text))));
    });
    r.on('error', fail);
    r.end(JSON.stringify(body));
  });
}
