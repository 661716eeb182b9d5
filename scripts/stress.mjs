// `npm run stress`: keeps hundreds of servers in one registry and prints times, memory and fairness. `--help` tells the
// options. The library, and the servers over stdio, are those of `dist/`, which must be current (scripts/setup.mjs).
import { register } from 'tsx/esm/api';

register();
const { main } = await import('../test/stress/main.ts');
process.exitCode = await main(process.argv.slice(2));
