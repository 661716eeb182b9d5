import { type Command, Option } from 'commander';
import type { ImportOptions } from './commands/import.ts';
import type { Start } from './start-command.ts';

/** `signalbox import` */
export function addImport(program: Command, start: Start): void {
  program
    .command('import')
    .description('take servers over from the files of other hosts: Claude, Cursor, VS Code, Codex, Gemini, …')
    .argument('[host]', 'its name, or "all" (default: show what there is)')
    .option('--from <file>', 'this file, of the host that it looks like')
    .option('--host <name>', 'whose file --from names')
    .option('--to <file>', 'the file to write (default: .mcp.json here)')
    .option('--only <name...>', 'only these servers')
    .option('--all-projects', 'of Claude Code: the servers of all projects, not only of this one')
    .option('--dry-run', 'show what would be written, and write nothing')
    .addOption(
      new Option(
        '--on-conflict <rule>',
        'what to do about a name that is taken by another definition',
      ).choices(['skip', 'replace', 'rename']),
    )
    .addOption(
      new Option(
        '--secrets <rule>',
        'what to do with secrets: variables in their place (the default), the same with their values in --env-file (.env), or copy them in clear',
      ).choices(['variables', 'env-file', 'clear']),
    )
    .addHelpText(
      'after',
      `
Without a host it shows what there is, and asks before it writes; where nobody can be asked it writes nothing.
Hosts: claude-code, claude-desktop, cursor, vscode, windsurf, cline, roo, gemini, codex, opencode, goose, zed,
continue, junie, mcporter; only with --from: inspector, fastmcp, langchain, server-json.

Examples:
  $ signalbox import                                    what there is on this machine
  $ signalbox import cursor --dry-run                   what would be written, and how values are changed
  $ signalbox import all --secrets env-file             all of it; secrets go to .env
  $ signalbox import --from ~/old/mcp.json --host roo --only files search`,
    )
    .action(async (host: string | undefined, options: ImportOptions, command: Command) => {
      await start(command, async (context) =>
        (await import('./commands/import.ts')).importServers(context, host, options),
      );
    });
}

/** `signalbox config` */
export function addConfig(program: Command, start: Start): void {
  const config = program.command('config').description('what the config file says, and where it comes from');
  config
    .command('path')
    .description('print which config file is used')
    .action((_options: unknown, command: Command) =>
      start(command, async (context) => (await import('./commands/config.ts')).configPath(context)),
    );
  config
    .command('explain')
    .description('show each value of a server with its origin: file and line, variable, env file, default')
    .argument('<server>', 'name of the server')
    .action((server: string, _options: unknown, command: Command) =>
      start(command, async (context) =>
        (await import('./commands/config.ts')).configExplain(context, server),
      ),
    );
}
