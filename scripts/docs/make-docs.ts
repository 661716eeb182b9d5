// Makes what is made from the code anew: the tables of options, the schema for editors, the reference.
//
//   npm run docs             writes the files that are out of date
//   npm run docs -- --check  only says which these are, and ends with 1 if there are any
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { madeFiles, ROOT, read } from './made-files.ts';

const onlyCheck = process.argv.includes('--check');
const stale = [...madeFiles()].filter(([path, text]) => read(path) !== text);
for (const [path, text] of stale) {
  process.stdout.write(`docs: ${path} ${onlyCheck ? 'is out of date' : 'is made anew'}\n`);
  if (!onlyCheck) writeFileSync(join(ROOT, path), text);
}
if (stale.length === 0) process.stdout.write('docs: all is up to date\n');
process.exitCode = onlyCheck && stale.length > 0 ? 1 : 0;
