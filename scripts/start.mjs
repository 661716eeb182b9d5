// `npm start`: runs the built command line in this very process, so that Ctrl-C reaches it directly.
// Without `--config` it opens the demo; every other argument is handed on.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const main = join(root, 'dist', 'cli', 'main.js');
if (!existsSync(main)) {
  process.stderr.write('start: dist/cli/main.js is missing; run `node scripts/setup.mjs` first.\n');
  process.exit(1);
}

const given = process.argv.slice(2);
const hasConfig = given.some((arg) => arg === '--config' || arg.startsWith('--config='));
const config = hasConfig ? [] : ['--config', join(root, 'examples', 'demo', '.mcp.json')];
process.argv = [process.execPath, main, 'up', ...config, ...given];
await import(pathToFileURL(main).href);
