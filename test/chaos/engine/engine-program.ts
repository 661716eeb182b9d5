/** One run in a process of its own. */
import { runEngine } from '../../runs/engine/run-engine.ts';
import { runChaos } from './run-chaos.ts';

await runEngine(runChaos);
