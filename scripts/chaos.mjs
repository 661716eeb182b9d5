// `npm run chaos`: keeps real servers busy while faults happen to them, and holds what the client said against the
// journals of the servers. `--help` tells the options. The servers over stdio are programs of `dist/`, which must be
// current (scripts/setup.mjs); everything else runs from the sources.
import { register } from 'tsx/esm/api';

register();
const { main } = await import('../test/chaos/main.ts');
process.exitCode = await main(process.argv.slice(2));
