import { breachOf, type CheckResult } from '../check.ts';

/** Hears of everything that nobody handles, from now on; the process lives on, so that the run can tell. */
export function hearUnhandled(): () => CheckResult<'quiet'> {
  const heard = new Map<string, number>();
  const hear = (what: string, thrown: unknown): void => {
    const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    const line = `${what}: ${text.slice(0, 1000)}`;
    heard.set(line, (heard.get(line) ?? 0) + 1);
  };
  process.on('uncaughtException', (error) => hear('uncaught exception', error));
  process.on('unhandledRejection', (reason) => hear('unhandled rejection', reason));
  process.on('warning', (warning) => {
    if (warning.name === 'MaxListenersExceededWarning') hear('warning', warning);
  });
  return () => ({
    check: 'quiet',
    figures: `${heard.size} heard`,
    breaches: [...heard].map(([line, times]) =>
      breachOf('quiet', times === 1 ? line : `${times} times ${line}`),
    ),
  });
}
