import { keyText } from '../../config/checks/findings.ts';
import type { PlannedServer } from '../../config/import/plan-import.ts';
import type { HostFile } from '../../config/import/read-host-file.ts';
import { withoutHead } from '../report-error.ts';
import type { ImportVariable } from './import-variables.ts';
import type { PreparedServer } from './prepare-import.ts';

/** Everything that is told of an import. It holds no secret. */
export interface ImportReport {
  /** The file that is, or would be, written. */
  readonly file: string;
  readonly written: boolean;
  readonly sources: readonly HostFile[];
  readonly servers: readonly ReportedServer[];
  readonly variables: readonly ImportVariable[];
  /** The env file that holds secrets now. */
  readonly envFile: string | undefined;
}

/** One server, and what became of it. */
export interface ReportedServer {
  readonly prepared: PreparedServer;
  readonly planned: PlannedServer | undefined;
}

/** What became of a server, in a word: that of the plan, or `invalid`. */
export function actionOf({ planned }: ReportedServer): PlannedServer['action'] | 'invalid' {
  return planned?.action ?? 'invalid';
}

/** The report as data. */
export function reportJson({ file, written, sources, servers, variables, envFile }: ImportReport): unknown {
  return {
    file,
    written,
    ...(envFile === undefined ? {} : { envFile }),
    sources: sources.map((one) => ({
      host: one.host,
      file: one.file,
      servers: one.servers.map(({ name }) => name),
      notes: one.notes.map(({ from, line, message }) => ({ key: keyText(from), line, message })),
      ...(one.error === undefined
        ? {}
        : { error: { code: one.error.code, message: withoutHead(one.error) } }),
    })),
    servers: servers.map((one) => {
      const { server, check, secrets } = one.prepared;
      return {
        name: one.planned?.name ?? server.name,
        host: server.host,
        file: server.place.file,
        line: server.place.line,
        action: actionOf(one),
        entry: server.entry,
        values: server.values.map(({ path, from, line, change }) => ({
          key: keyText(path),
          from: keyText(from),
          line,
          ...(change === undefined ? {} : { change }),
        })),
        secrets: secrets.map(({ name, path }) => ({ key: keyText(path), variable: name })),
        notes: server.notes.map(({ from, line, message }) => ({ key: keyText(from), line, message })),
        problems: check.problems,
        warnings: check.warnings,
      };
    }),
    variables: variables.map(({ name, servers: users, state, isOptional, hint }) => ({
      name,
      servers: users,
      state,
      optional: isOptional,
      ...(hint === undefined ? {} : { hint }),
    })),
  };
}
