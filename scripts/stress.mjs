// `npm run stress`: keeps hundreds of servers in one registry and prints times, memory and fairness. `--help` tells the
// options. The servers over stdio are programs of `dist/`, which must be current (scripts/setup.mjs); everything else
// runs from the sources.
import { register } from 'tsx/esm/api';

register();
const { main } = await import('../test/stress/main.ts');
process.exitCode = await main(process.argv.slice(2));
