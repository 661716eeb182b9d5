import { isRecord } from '../../../config/checks/value-checks.ts';
import type { RestBody, RestRequest } from '../rest-request.ts';
import { encodedBody } from './encode-body.ts';
import type { Operation, Parameter } from './operation.ts';
import { percentEncoded } from './percent-encoding.ts';
import type { References } from './references.ts';
import { argumentError, UnusableValue } from './request-fault.ts';
import { inlineText, type QueryPair, queryPairs } from './styled-value.ts';
import type { ToolArgument } from './tool-input.ts';
import type { Unsettable } from './unsettable.ts';

/** What stays the same for all calls of a tool. */
export interface RequestPlan {
  readonly server: string;
  readonly tool: string;
  readonly operation: Operation;
  readonly arguments: readonly ToolArgument[];
  /** Where the path of the operation starts. */
  readonly base: URL;
  readonly references: References;
  readonly unsettable: Unsettable;
}

/** What is put together from the arguments, one after the other. */
interface Pieces {
  readonly path: Map<string, string>;
  readonly query: QueryPair[];
  readonly headers: Record<string, string>;
  readonly cookies: QueryPair[];
  readonly properties: Record<string, unknown>;
  hasProperties: boolean;
  body: { readonly value: unknown } | undefined;
}

/**
 * The request that calls an operation with these arguments.
 *
 * @throws SignalboxError INVALID_ARGUMENT, before anything is sent, that names arguments which are missing, not known, or
 * cannot be sent
 */
export function buildRequest(plan: RequestPlan, given: Readonly<Record<string, unknown>>): RestRequest {
  checkNames(plan, given);
  const pieces: Pieces = {
    path: new Map(),
    query: [],
    headers: {},
    cookies: [],
    properties: Object.create(null) as Record<string, unknown>,
    hasProperties: false,
    body: undefined,
  };
  for (const argument of plan.arguments) {
    const value = Object.hasOwn(given, argument.name) ? given[argument.name] : undefined;
    if (value === undefined || (value === null && argument.target.kind === 'parameter')) continue;
    usable(plan, argument.name, () => place(argument, value, pieces, plan));
  }
  return {
    method: plan.operation.method,
    url: urlOf(plan, pieces),
    headers: pieces.headers,
    ...(pieces.cookies.length === 0 ? {} : { cookie: joined(pieces.cookies, '; ') }),
    body: bodyOf(plan, pieces),
  };
}

function checkNames(plan: RequestPlan, given: Readonly<Record<string, unknown>>): void {
  const isGiven = ({ name, target }: ToolArgument): boolean =>
    Object.hasOwn(given, name) &&
    given[name] !== undefined &&
    // A body, or a part of it, may be null; a parameter has no way to say so.
    (given[name] !== null || target.kind !== 'parameter');
  const missing = plan.arguments.filter((one) => one.required && !isGiven(one)).map(({ name }) => name);
  const known = new Set(plan.arguments.map(({ name }) => name));
  const unknown = Object.keys(given).filter((name) => !known.has(name));
  if (missing.length + unknown.length === 0) return;
  throw argumentError(plan.server, plan.tool, { missing, unknown });
}

/** Gives what goes wrong with a value the name of its argument. */
function usable<T>(plan: RequestPlan, name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof UnusableValue)) throw error;
    throw argumentError(plan.server, plan.tool, { unusable: [[name, error.message]] });
  }
}

function place({ target }: ToolArgument, value: unknown, pieces: Pieces, plan: RequestPlan): void {
  if (target.kind === 'body') pieces.body = { value };
  else if (target.kind === 'property') {
    pieces.properties[target.property] = value;
    pieces.hasProperties = true;
  } else placeParameter(target.parameter, value, pieces, plan);
}

function placeParameter(parameter: Parameter, value: unknown, pieces: Pieces, plan: RequestPlan): void {
  const { name } = parameter;
  switch (parameter.place) {
    case 'path':
      pieces.path.set(name, pathText(parameter, value));
      return;
    case 'query':
      pieces.query.push(...queryOf(parameter, value, plan));
      return;
    case 'header':
      pieces.headers[name] = headerText(parameter, value);
      return;
    case 'cookie':
      pieces.cookies.push(...queryOf(parameter, value, plan));
      return;
  }
}

/** An empty value would make another path of it: that of the whole collection, for example. */
function pathText(parameter: Parameter, value: unknown): string {
  const text = inlineText(parameter.name, value, parameter, percentEncoded);
  if (text === '') throw new UnusableValue('it is empty, and stands in the path');
  return text;
}

function queryOf(parameter: Parameter, value: unknown, plan: RequestPlan): readonly QueryPair[] {
  if (parameter.explode && parameter.style === 'form' && isRecord(value)) {
    // The keys of the object become names of parameters: they must not become those of a login (or of another parameter).
    const taken = Object.keys(value).find((name) => isTaken(name, parameter, plan));
    if (taken !== undefined) throw new UnusableValue('one of its keys is the name of another parameter');
  }
  return queryPairs(
    parameter.name,
    value,
    parameter,
    (text) => percentEncoded(text),
    (text) => percentEncoded(text, parameter.allowReserved),
  );
}

function isTaken(name: string, parameter: Parameter, { operation, unsettable }: RequestPlan): boolean {
  const { place: where } = parameter;
  if (unsettable.has({ place: where, name })) return true;
  return operation.parameters.some(
    (other) => other !== parameter && other.place === where && other.name === name,
  );
}

/** Tab, printable ASCII, Latin-1: what Node.js can send; a line break would begin another header. */
const HEADER_TEXT = /^[\t\u0020-\u007E\u0080-\u00FF]*$/u;

function headerText(parameter: Parameter, value: unknown): string {
  const text = inlineText(parameter.name, value, parameter, (part) => part).trim();
  if (!HEADER_TEXT.test(text)) throw new UnusableValue('it has characters that a header cannot carry');
  return text;
}

function urlOf(plan: RequestPlan, { path, query }: Pieces): URL {
  const { base, operation } = plan;
  const filled = operation.path.replace(/\{([^{}]+)\}/gu, (_, name: string) => path.get(name) ?? '');
  // Encoded dots count as dots for whoever reads a URL, so these cannot be sent at all.
  if (filled.split('/').some((segment) => /^(?:\.|%2e){1,2}$/iu.test(segment))) {
    const names = plan.arguments.filter(({ target }) => isInPath(target)).map(({ name }) => name);
    throw argumentError(plan.server, plan.tool, {
      unusable: names.map((name) => [name, 'it would lead to another path']),
    });
  }
  const start = base.pathname.replace(/\/+$/u, '');
  const search = [base.search.slice(1), joined(query, '&')].filter((part) => part !== '').join('&');
  return new URL(`${base.origin}${start}${filled}${search === '' ? '' : `?${search}`}`);
}

function isInPath(target: ToolArgument['target']): boolean {
  return target.kind === 'parameter' && target.parameter.place === 'path';
}

function bodyOf(plan: RequestPlan, pieces: Pieces): RestBody | undefined {
  const { body } = plan.operation;
  if (body === undefined) return undefined;
  const value = pieces.hasProperties ? { value: pieces.properties } : pieces.body;
  if (value !== undefined) {
    return usable(plan, 'body', () => encodedBody(value.value, body, plan.references));
  }
  const isFlat = plan.arguments.some(({ target }) => target.kind === 'property');
  // A body that is needed and of which nothing was given is an empty object.
  return body.required && isFlat ? encodedBody({}, body, plan.references) : undefined;
}

function joined(pairs: readonly QueryPair[], separator: string): string {
  return pairs.map(([name, value]) => `${name}=${value}`).join(separator);
}
