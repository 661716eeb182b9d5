// `npm run bench`: measures Signalbox beside the official clients and the floor. `--help` tells the options. What is
// measured is `dist/`, which must be current (scripts/setup.mjs); the command itself runs from the sources.
import { register } from 'tsx/esm/api';

register();
const { main } = await import('../bench/main.ts');
process.exitCode = await main(process.argv.slice(2));
