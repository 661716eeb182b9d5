// Runs the built client against the official conformance suite, one scenario after another.
//
//   node scripts/conformance.mjs [--quick] [--scenario S] [--version V] [--json] [--command C | --via-npm] [--timeout MS]
//
// --quick                 leaves out the runs that the list marks as "full": what `npm test` can afford
// --scenario, --version   only these runs of test/conformance/scenarios.json; both together may also name a run
//                         that is not in the list
// --command               another client; the suite splits it at spaces and adds the URL of its server
// --via-npm               start the client as `npm run --silent conformance:client --`
// --timeout               how long one client may take, in milliseconds (default 20000)
// --json                  the result as JSON on stdout
//
// A run passes when the suite and the client end with 0 and in time, enough checks passed and none failed or
// warned. test/conformance/expected-failures.json holds in both directions: a failure that it does not name and
// a pass that it says must fail are both wrong. The reasons of failures are listed for those that were not expected,
// and of all in the JSON. Ends with 0 when all is as expected, else 1; with 2 when misused.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killAll, root, runScenario, suiteVersion } from './conformance-run.mjs';

const OWN_CLIENT = 'node scripts/conformance-client.mjs';
const NPM_CLIENT = 'npm run --silent conformance:client --';
const DATA = join(root, 'test', 'conformance');

function misuse(message) {
  process.stderr.write(`conformance: ${message}\n`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        scenario: { type: 'string' },
        version: { type: 'string' },
        command: { type: 'string' },
        'via-npm': { type: 'boolean', default: false },
        timeout: { type: 'string', default: '20000' },
        json: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return misuse(error.message);
  }
}

async function readList(name, fields) {
  const list = JSON.parse(await readFile(join(DATA, name), 'utf8'));
  if (!Array.isArray(list)) misuse(`${name} must be a list`);
  const seen = new Set();
  for (const entry of list) {
    const missing = fields.filter((field) => typeof entry[field] !== 'string' || entry[field] === '');
    if (missing.length > 0) misuse(`${name}: ${JSON.stringify(entry)} lacks ${missing.join(', ')}`);
    const key = keyOf(entry);
    if (seen.has(key)) misuse(`${name} names ${key} twice`);
    seen.add(key);
  }
  return list;
}

const keyOf = ({ scenario, version }) => `${scenario} @ ${version}`;

function choose(list, { quick, scenario, version }) {
  const chosen = list.filter(
    (run) =>
      !(quick && run.full === true) &&
      (scenario === undefined || run.scenario === scenario) &&
      (version === undefined || run.version === version),
  );
  if (chosen.length > 0) return chosen;
  if (scenario !== undefined && version !== undefined) return [{ scenario, version }];
  return misuse(
    `no run in test/conformance/scenarios.json matches; give --scenario and --version to name one`,
  );
}

function verdictOf(result, expected) {
  const fails = result.problems.length > 0;
  if (expected === undefined) return fails ? 'FAILED' : 'passed';
  return fails ? 'failed as expected' : 'PASSED UNEXPECTEDLY';
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
}

function print({ suite, command, results, stale }) {
  const rows = results.map((result) => [
    result.scenario,
    result.version,
    result.reason === undefined ? result.verdict : `${result.verdict}: ${result.reason}`,
    `${result.passed} passed, ${result.failed.length} failed, ${result.warnings.length} warned, ${result.skipped} skipped`,
    `${(result.durationMs / 1000).toFixed(1)} s`,
  ]);
  const lines = [`conformance ${suite}, Node ${process.versions.node}, client: ${command}`, ''];
  lines.push(...table([['scenario', 'revision', 'verdict', 'checks', 'time'], ...rows]), '');
  for (const result of results.filter(({ ok }) => !ok)) {
    lines.push(`${keyOf(result)}: ${result.verdict}`);
    lines.push(...result.problems.map((problem) => `  - ${problem.replaceAll('\n', '\n    ')}`));
    if (result.output !== '') lines.push(`  output:\n    ${result.output.trim().replaceAll('\n', '\n    ')}`);
  }
  for (const entry of stale)
    lines.push(`expected-failures.json names ${keyOf(entry)}, which is no run of the list`);
  const count = (verdict) => results.filter((result) => result.verdict === verdict).length;
  lines.push(
    `${results.length} runs: ${count('passed')} passed, ${count('failed as expected')} failed as expected.`,
  );
  const bad = results.filter((result) => !result.ok).length + stale.length;
  lines.push(bad === 0 ? 'All as expected.' : `${bad} not as expected.`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

const options = readOptions();
const timeoutMs = Number(options.timeout);
if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1) misuse('--timeout must be a positive whole number');
if (options.command !== undefined && options['via-npm']) misuse('--command and --via-npm exclude each other');
const command = options.command ?? (options['via-npm'] ? NPM_CLIENT : OWN_CLIENT);
if (options.command === undefined && !existsSync(join(root, 'dist', 'index.js'))) {
  misuse('there is no dist/ yet: run `npm run build` first');
}

const list = await readList('scenarios.json', ['scenario', 'version']);
const expectedFailures = await readList('expected-failures.json', ['scenario', 'version', 'reason']);
const chosen = choose(list, options);
const names = new Set(list.map(keyOf));

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    killAll();
    process.exit(130);
  });
}

const results = [];
for (const run of chosen) {
  if (!options.json) process.stderr.write(`conformance: ${keyOf(run)} ...\n`);
  const result = await runScenario(run, { command, timeoutMs });
  const expected = expectedFailures.find((entry) => keyOf(entry) === keyOf(run));
  const verdict = verdictOf(result, expected);
  results.push({
    ...result,
    verdict,
    ok: verdict === 'passed' || verdict === 'failed as expected',
    ...(expected === undefined ? {} : { reason: expected.reason }),
  });
}
const stale = expectedFailures.filter((entry) => !names.has(keyOf(entry)));
const ok = stale.length === 0 && results.every((result) => result.ok);
const report = { suite: await suiteVersion(), node: process.versions.node, command, ok, results, stale };
if (options.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
else print(report);
process.exitCode = ok ? 0 : 1;
