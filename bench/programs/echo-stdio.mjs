// The echo server over stdio. `--legacy`: it knows only the revisions with `initialize`. `--chunk N`: it writes answers
// in pieces of N bytes, one in a turn of the loop, as a server on a slow pipe does.
import { answerTo } from './echo-answer.mjs';

const knowsModern = !process.argv.includes('--legacy');
const chunkAt = process.argv.indexOf('--chunk');
const chunkBytes = chunkAt === -1 ? 0 : Number(process.argv[chunkAt + 1]);
const NEWLINE = Buffer.from('\n');

/** @type {Buffer[]} */
let held = [];
/** @type {Buffer[]} */
let answers = [];

function line(bytes) {
  if (bytes.length === 0) return;
  const answer = answerTo(bytes, knowsModern);
  if (answer !== undefined) answers.push(answer, NEWLINE);
}

process.stdin.on('data', (chunk) => {
  let start = 0;
  for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
    const rest = chunk.subarray(start, end);
    line(held.length === 0 ? rest : Buffer.concat([...held, rest]));
    held = [];
    start = end + 1;
  }
  if (start < chunk.length) held.push(chunk.subarray(start));
  if (answers.length === 0) return;
  const all = Buffer.concat(answers);
  answers = [];
  if (chunkBytes === 0) process.stdout.write(all);
  else writeSlowly(all, 0);
});
process.stdin.on('end', () => process.exit(0));

function writeSlowly(all, from) {
  if (from >= all.length) return;
  process.stdout.write(all.subarray(from, from + chunkBytes), () =>
    setImmediate(() => writeSlowly(all, from + chunkBytes)),
  );
}
