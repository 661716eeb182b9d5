/** One run in a process of its own. */
import { runEngine } from '../../runs/engine/run-engine.ts';
import { runStress } from './run-stress.ts';

await runEngine(runStress);
