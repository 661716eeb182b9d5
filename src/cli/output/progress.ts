import { systemClock } from '../../core/clock.ts';
import type { Progress } from '../../protocol/mcp-types.ts';
import type { CommandContext } from '../command-context.ts';

/** Less often than this nothing is redrawn, in ms. */
const REDRAW_MS = 50;

/** What shows the progress of one call; `end` takes it away. */
export interface ProgressView {
  readonly update: (progress: Progress) => void;
  end(): void;
}

/** Shows the progress of one call on a terminal, in one line that is updated in place. */
export function showProgress(context: CommandContext): ProgressView {
  const { terminal } = context;
  let drawnAt = Number.NEGATIVE_INFINITY;
  return {
    update: (progress) => {
      // However fast a server reports, drawing must not cost more than the call.
      if (systemClock.now() - drawnAt < REDRAW_MS) return;
      drawnAt = systemClock.now();
      const width = Math.max(20, terminal.errorWidth - 2);
      terminal.live([terminal.peer(progressText(progress), width)]);
    },
    end: () => terminal.live([]),
  };
}

/** `3 of 10 (30 %): message`. Not yet safe for a terminal. */
export function progressText({ progress, total, message }: Progress): string {
  const isCounted = typeof total === 'number' && total > 0;
  const count = isCounted
    ? `${progress} of ${total} (${Math.min(100, Math.floor((100 * progress) / total))} %)`
    : String(progress);
  return message === undefined ? `… ${count}` : `… ${count}: ${String(message)}`;
}
