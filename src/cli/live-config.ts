import { type ConfigChange, type ConfigWatch, watchConfig } from '../config/watch/watch-config.ts';
import { SignalboxError } from '../core/errors.ts';
import type { AppliedEvent } from '../registry/apply/apply-result.ts';
import { type CommandContext, tell } from './command-context.ts';
import { consentsFile } from './consent/config-consents.ts';
import { withholdChanged } from './consent/withhold-changed.ts';
import { findConfig } from './find-config.ts';
import { type OpenServers, takeInConfig } from './open-servers.ts';
import { factsOf } from './report-error.ts';

/**
 * Keeps the servers of a running command in line with its config file, and tells what that came to. Made before the file
 * is read for the first time: whatever is written to it from then on is seen.
 */
export class LiveConfig {
  readonly #context: CommandContext;
  readonly #watch: ConfigWatch;
  #servers: OpenServers | undefined;
  #stopListening: (() => void) | undefined;
  /** What was seen before there were servers. */
  #early: ConfigChange | undefined;
  #applying: Promise<void> = Promise.resolve();

  /** @throws SignalboxError CONFIG_INVALID if there is no config file */
  constructor(context: CommandContext) {
    const { io, options, logger } = context;
    this.#context = context;
    const file = findConfig(options.config, io.cwd);
    const consents = consentsFile(file);
    this.#watch = watchConfig(
      file,
      (change) => {
        if (this.#servers === undefined) this.#early = change;
        else this.#take(change, this.#servers);
      },
      // Consent that is given elsewhere is a reason to look again.
      { env: io.env, logger, also: consents === undefined ? [] : [consents] },
    );
  }

  /** From now on changes are applied to these servers. @param files that their config was read from */
  follow(servers: OpenServers, files: readonly string[]): void {
    this.#servers = servers;
    this.#watch.follow(files);
    this.#stopListening = servers.registry.on('applied', (event) => this.#applied(event, servers));
    if (this.#early !== undefined) this.#take(this.#early, servers);
  }

  close(): void {
    this.#watch.close();
    this.#stopListening?.();
  }

  #take(change: ConfigChange, { registry }: OpenServers): void {
    if (change.type === 'broken') {
      this.#broken(change.error);
      return;
    }
    const { config } = change;
    takeInConfig(this.#context, config);
    // One after another: what was written last is applied last.
    this.#applying = this.#applying
      .then(async () => {
        await withholdChanged(this.#context, config);
        registry.apply(config.servers, { failed: config.failed }).catch((error: unknown) => {
          // Everything is being stopped: nobody needs the new servers.
          if (!SignalboxError.is(error) || error.code !== 'CONNECTION_CLOSED') throw error;
        });
      })
      .catch((error: unknown) => {
        if (!SignalboxError.is(error)) throw error;
        this.#broken(error);
      });
  }

  #broken(error: SignalboxError): void {
    const { terminal } = this.#context;
    const what = this.#explained(error);
    tell(this.#context, `${terminal.err.red('✗')} ${what}; everything goes on as it was`, {
      event: 'config',
      file: terminal.peer(this.#watch.file),
      error: this.#facts(error),
    });
  }

  #applied(
    { added, changed, removed, invalid, unchanged }: AppliedEvent,
    { registry, failed }: OpenServers,
  ): void {
    const { terminal } = this.#context;
    const safe = (names: readonly string[]): string[] => names.map((name) => terminal.peer(name, 64));
    failed.clear();
    for (const { server, error } of invalid)
      if (registry.getServer(server) === undefined) failed.set(server, error);
    if (added.length + changed.length + removed.length + invalid.length === 0) {
      this.#context.logger.debug('the config was read again, and nothing has changed', { unchanged });
      return;
    }
    const counts: readonly (readonly [string, readonly string[]])[] = [
      ['added', safe(added)],
      ['changed', safe(changed)],
      ['removed', safe(removed)],
    ];
    const told = counts
      .filter(([, names]) => names.length > 0)
      .map(([what, names]) => `${what} ${names.join(', ')}`);
    const kept = `${unchanged} unchanged`;
    tell(this.#context, `${terminal.err.bold('config')}: ${[...told, kept].join('; ')}`, {
      event: 'config',
      file: terminal.peer(this.#watch.file),
      added: safe(added),
      changed: safe(changed),
      removed: safe(removed),
      unchanged,
      invalid: invalid.map(({ server, error }) => ({
        server: terminal.peer(server, 64),
        error: this.#facts(error),
        runs: registry.getServer(server) !== undefined,
      })),
    });
    // As JSON it is told above.
    if (!this.#context.json) for (const { server, error } of invalid) this.#invalid(server, error);
  }

  #invalid(server: string, error: SignalboxError): void {
    const { terminal } = this.#context;
    const runs = this.#servers?.registry.getServer(server) !== undefined;
    const name = terminal.err.bold(terminal.peer(server, 64));
    const kept = runs ? 'it goes on as it was' : 'it is not started';
    terminal.note(`${terminal.err.red('✗')} ${name}: ${this.#explained(error)}; ${kept}`);
  }

  #explained(error: SignalboxError): string {
    const { code, message } = factsOf(error);
    return `${this.#context.terminal.peer(message.replaceAll('\n', ' '))} (${code})`;
  }

  #facts(error: SignalboxError): unknown {
    const facts = factsOf(error);
    const message = this.#context.terminal.peer(facts.message.replaceAll('\n', ' '));
    return this.#context.io.redactor.value({ ...facts, message });
  }
}
