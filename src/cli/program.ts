import { Command, CommanderError, Option } from 'commander';
import { VERSION } from '../core/version.ts';
import { parseCount, parseMs, parsePath, parsePort } from './arguments/option-values.ts';
import type { CliIo } from './cli-io.ts';
import { type CommandContext, createContext, type GlobalOptions } from './command-context.ts';
import type { AuthLoginOptions } from './commands/auth.ts';
import type { CallCommandOptions } from './commands/call.ts';
import type { DoctorOptions } from './commands/doctor.ts';
import type { EventsOptions } from './commands/events.ts';
import type { ListOptions } from './commands/list.ts';
import type { LogsOptions } from './commands/logs.ts';
import type { ReadOptions } from './commands/read.ts';
import type { StatusOptions } from './commands/status.ts';
import type { UpOptions } from './commands/up.ts';
import { addConfig, addImport } from './config-commands.ts';
import { EVENT_TYPES } from './control/control-protocol.ts';
import { withEnvFile } from './env-file-scope.ts';
import { EXIT, exitCodeOf, exitCodeOfInterruption } from './exit-codes.ts';
import { LOG_LEVELS } from './logging/log-level.ts';
import { jsonLine } from './output/json.ts';
import { safeText } from './output/terminal-text.ts';
import { reportError } from './report-error.ts';
import type { Run, Start } from './start-command.ts';

/**
 * Runs one command line and resolves with its exit code. Never rejects, never ends the process.
 * @param args without the program and its script
 */
export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  let exitCode: number = EXIT.ok;
  // A wrong command line is told before its options are known.
  const isJson = args.includes('--json');
  const program = createProgram(io, isJson, async (command, run) => {
    const context = createContext(io, command.optsWithGlobals<GlobalOptions>());
    exitCode = await runCommand(context, run, command.name() === 'import');
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version are what was asked for; all else is a wrong command line.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
}

/** Where a command ends: with its own exit code, or with that of what it threw. */
async function runCommand(context: CommandContext, run: Run, makesEnvFile: boolean): Promise<number> {
  const { interruption } = context.io;
  try {
    return await run(await withEnvFile(context, makesEnvFile));
  } catch (error) {
    const { cause } = interruption;
    if (cause !== undefined) {
      if (cause !== 'EPIPE') reportError(context, interruption.signal.reason);
      return exitCodeOfInterruption(cause);
    }
    reportError(context, error);
    return exitCodeOf(error);
  }
}

/** The command line as commander reads it; `start` is what its commands are given to. */
export function createProgram(io: CliIo, isJson: boolean, start: Start): Command {
  const program = new Command('signalbox')
    .description('Keeps many MCP servers connected and offers them behind one endpoint.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .option('-c, --config <file>', 'config file (default: the nearest .mcp.json from here upwards)')
    .option(
      '--env-file <file>',
      'file of NAME=value lines for ${NAME} in the config; the environment wins over it',
    )
    .option('--json', 'machine-readable output: one line of JSON')
    .addOption(
      new Option('--log-level <level>', 'how much is logged on stderr').choices(LOG_LEVELS).default('warn'),
    )
    .option('--no-color', 'no colours (NO_COLOR does the same)')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: (text) => void io.stderr.write(usageError(text, isJson)),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText(
      'after',
      `
Examples:
  $ signalbox up                                        serve all servers of .mcp.json at http://127.0.0.1:3920/mcp
  $ signalbox status                                    who is connected, and what is wrong with the others
  $ signalbox list                                      every tool of every server
  $ signalbox call files__read_file path=notes.txt      call a tool
  $ signalbox read file:///notes.txt                    read a resource
  $ signalbox auth login issues                         log in to a server that wants it
  $ signalbox import                                    what other hosts on this machine have, to take it over

Exit codes: 0 ok, 1 usage or configuration, 2 not found, 3 authorization, 4 unreachable, 5 error of the tool or
server, 6 rate-limited, 7 circuit open, 8 outcome unknown, 70 defect, 130 interrupted.`,
    );
  addUp(program, start);
  addStatus(program, start);
  addDoctor(program, start);
  addLogs(program, start);
  addEvents(program, start);
  addRestart(program, start);
  addApprove(program, start);
  addAuth(program, start);
  addList(program, start);
  addCall(program, start);
  addRead(program, start);
  addImport(program, start);
  addConfig(program, start);
  return program;
}

function addUp(program: Command, start: Start): void {
  program
    .command('up')
    .description('connect all servers and offer them at one endpoint, until Ctrl-C')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('-p, --port <port>', 'port to listen on; 0 takes a free one (default: 3920)', parsePort)
    .option('--path <path>', 'path of the endpoint (default: /mcp)', parsePath)
    .option('--allow-remote', 'let --host be an address that other machines can reach')
    .option('--allowed-host <host...>', 'further names by which clients may call the endpoint')
    .option('--allowed-origin <origin...>', 'origins of web pages that may use the endpoint')
    .addOption(
      new Option('--stdio', 'speak MCP on stdin and stdout instead of listening').conflicts([
        'host',
        'port',
        'path',
        'allowRemote',
        'allowedHost',
        'allowedOrigin',
      ]),
    )
    .option(
      '--state <file>',
      'file that keeps what is known of the servers (default: one in the state folder)',
    )
    .option('--no-state', 'keep nothing for the next start')
    .option(
      '-w, --watch',
      'follow the config file: when it changes, only the servers that changed are restarted',
    )
    .option('--wait <ms>', 'how long the first report waits for slow servers (default: 10000)', parseMs)
    .addHelpText(
      'after',
      `
A server that cannot be reached keeps no other from working. Ctrl-C stops everything in good order and ends with 0;
a second Ctrl-C hurries.

Examples:
  $ signalbox up --config ~/project/.mcp.json --port 4000
  $ signalbox up --stdio                                for hosts that start programs
  $ signalbox up --json | head -1                       the endpoint as JSON, for scripts`,
    )
    .action(async (options: UpOptions, command: Command) => {
      await start(command, async (context) => (await import('./commands/up.ts')).up(context, options));
    });
}

function addStatus(program: Command, start: Start): void {
  program
    .command('status')
    .description('show how each server is: those of a running `up`, else connect, show and disconnect')
    .option('-w, --watch', 'go on and show every change, until Ctrl-C')
    .option('--timeout <ms>', 'time for connecting, where no `up` runs (default: 30000)', parseMs)
    .addHelpText('after', '\nExit code 0 if all servers are connected, 4 if some are not.')
    .action(async (options: StatusOptions, command: Command) => {
      await start(command, async (context) =>
        (await import('./commands/status.ts')).status(context, options),
      );
    });
}

function addDoctor(program: Command, start: Start): void {
  program
    .command('doctor')
    .description('look at every entry and every server: what is wrong, how bad it is, and what to do')
    .argument('[server]', 'only this server')
    .option('--timeout <ms>', 'time for connecting each server (default: 30000)', parseMs)
    .addHelpText(
      'after',
      '\nExit code 0 without errors, else 1, 3, 4 or 5, whichever kind of error comes first in the list of exit codes.',
    )
    .action(async (server: string | undefined, options: DoctorOptions, command: Command) => {
      await start(command, async (context) =>
        (await import('./commands/doctor.ts')).doctor(context, server, options),
      );
    });
}

function addLogs(program: Command, start: Start): void {
  program
    .command('logs')
    .description('what a server wrote to stderr, and what happened to it')
    .argument('<server>', 'name of the server')
    .option('-f, --follow', 'go on with what comes, until Ctrl-C')
    .action(async (server: string, options: LogsOptions, command: Command) => {
      await start(command, async (context) =>
        (await import('./commands/logs.ts')).logs(context, server, options),
      );
    });
}

function addEvents(program: Command, start: Start): void {
  program
    .command('events')
    .description('what has happened to the servers: states, health, lists, tools that changed')
    .option('-f, --follow', 'go on with what happens, until Ctrl-C')
    .option('-s, --server <name>', 'only events about this server')
    .addOption(new Option('-t, --type <type...>', 'only events of these kinds').choices(EVENT_TYPES))
    .option('-n, --limit <count>', 'only the last so many of those that have happened', parseCount)
    .action(async (options: EventsOptions, command: Command) => {
      await start(command, async (context) =>
        (await import('./commands/events.ts')).events(context, options),
      );
    });
}

function addApprove(program: Command, start: Start): void {
  program
    .command('approve')
    .description('agree to what servers start now, where that has changed since they were started first')
    .argument('[servers...]', 'names from the config file (default: all that have changed)')
    .action((servers: string[], _options: unknown, command: Command) =>
      start(command, async (context) => (await import('./commands/approve.ts')).approve(context, servers)),
    );
}

function addRestart(program: Command, start: Start): void {
  program
    .command('restart')
    .description('have a running `up` connect a server anew; its process is started again')
    .argument('<server>', 'name of the server')
    .action(async (server: string, _options: unknown, command: Command) => {
      await start(command, async (context) =>
        (await import('./commands/restart.ts')).restart(context, server),
      );
    });
}

function addAuth(program: Command, start: Start): void {
  const auth = program.command('auth').description('log in to servers that want it, and out again');
  auth
    .command('login')
    .description('get a token for a server; opens the browser')
    .argument('<server>', 'name of the server')
    .option('--print', 'print the address instead of opening the browser')
    .addOption(
      new Option(
        '--paste',
        'print the address, and read the one that the browser ends up at from stdin',
      ).conflicts('print'),
    )
    .option('--force', 'log in again although there is a token')
    .action(async (server: string, options: AuthLoginOptions, command: Command) => {
      await start(command, async (context) =>
        (await import('./commands/auth.ts')).authLogin(context, server, options),
      );
    });
  auth
    .command('status')
    .description('show who is logged in where; asks no server')
    .argument('[server]', 'only this server')
    .action(async (server: string | undefined, _options: unknown, command: Command) => {
      await start(command, async (context) =>
        (await import('./commands/auth.ts')).authStatus(context, server),
      );
    });
  auth
    .command('logout')
    .description('take the tokens for a server back and forget them')
    .argument('<server>', 'name of the server')
    .action(async (server: string, _options: unknown, command: Command) => {
      await start(command, async (context) =>
        (await import('./commands/auth.ts')).authLogout(context, server),
      );
    });
}

function addList(program: Command, start: Start): void {
  program
    .command('list')
    .description('list what the servers offer')
    .argument('[server]', 'only this server')
    .option('--tools', 'list tools (the default)')
    .option('--resources', 'list resources and resource templates')
    .option('--prompts', 'list prompts')
    .addOption(
      new Option('--search <words>', 'only tools with all of these words, the best first').conflicts([
        'resources',
        'prompts',
      ]),
    )
    .option('--timeout <ms>', 'time for connecting (default: 30000)', parseMs)
    .addHelpText(
      'after',
      `
Servers that are missing are named on stderr; the exit code is 4 then.

Examples:
  $ signalbox list files
  $ signalbox list --tools --prompts
  $ signalbox list --search 'read file'
  $ signalbox list --json | jq -r '.tools[].name'`,
    )
    .action(async (server: string | undefined, options: ListOptions, command: Command) => {
      await start(command, async (context) =>
        (await import('./commands/list.ts')).list(context, server, options),
      );
    });
}

function addCall(program: Command, start: Start): void {
  program
    .command('call')
    .description('call a tool and print what it answers')
    .argument('<name>', 'server__tool, or the bare name of a tool that only one server has')
    .argument('[arguments...]', 'key=value, or key:=json')
    .option('--input <json>', 'a JSON object of arguments; - reads it from stdin')
    .option(
      '--timeout <ms>',
      'time without answer or progress (default: "timeout" of the server, else 60000)',
      parseMs,
    )
    .option('--raw', 'print text exactly as it came, control characters included')
    .addHelpText(
      'after',
      `
key=value is text, unless the tool wants an integer, a number or a boolean there: then it is converted.
key:=json is JSON as it stands: count:=3, tags:='["a","b"]', filter:='{"open":true}'.
Arguments on the command line win over those of --input.

Examples:
  $ signalbox call files__read_file path=notes.txt
  $ signalbox call everything__get-sum a=1 b=2
  $ echo '{"path": "notes.txt"}' | signalbox call files__read_file --input -`,
    )
    .action(async (name: string, words: string[], options: CallCommandOptions, command: Command) => {
      await start(command, async (context) =>
        (await import('./commands/call.ts')).call(context, name, words, options),
      );
    });
}

function addRead(program: Command, start: Start): void {
  program
    .command('read')
    .description('read a resource and print it')
    .argument('<uri>', 'URI of the resource')
    .option('-s, --server <name>', 'the server to ask (default: the one that offers the URI)')
    .option('--timeout <ms>', 'time without answer (default: "timeout" of the server, else 60000)', parseMs)
    .option('--raw', 'print text and bytes exactly as they came')
    .addHelpText(
      'after',
      `
Examples:
  $ signalbox read demo://resource/static/document/features.md
  $ signalbox read --server pictures --raw pictures://logo.png > logo.png`,
    )
    .action(async (uri: string, options: ReadOptions, command: Command) => {
      await start(command, async (context) =>
        (await import('./commands/read.ts')).read(context, uri, options),
      );
    });
}

/** Commander's words about a wrong command line, in our form. They hold nothing but what the user typed. */
function usageError(text: string, isJson: boolean): string {
  const told = safeText(text.replace(/^error: /u, '').trim()).replaceAll('\n', ' ');
  const message = told.includes('Did you mean') ? told : `${told}; see \`signalbox --help\``;
  if (!isJson) return `signalbox: ${message}\n`;
  const error = { code: 'USAGE', message, retryable: false, delivered: 'no' };
  return `${jsonLine({ error })}\n`;
}
