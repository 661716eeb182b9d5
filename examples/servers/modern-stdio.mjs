#!/usr/bin/env node
/**
 * "units": a small unit converter over stdio, built with the official
 * `@modelcontextprotocol/server` package.
 *
 * It speaks revision 2026-07-28 (`server/discover`, no session) and, to a client
 * that opens with `initialize`, the 2025 revisions as well.
 */
import { McpServer, ResourceNotFoundError, ResourceTemplate } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import * as z from 'zod';

/** Linear units: value in base unit = value * factor + offset. */
const DIMENSIONS = {
  length: {
    base: 'm',
    units: {
      m: { name: 'metre', factor: 1 },
      km: { name: 'kilometre', factor: 1000 },
      cm: { name: 'centimetre', factor: 0.01 },
      mi: { name: 'mile', factor: 1609.344 },
      ft: { name: 'foot', factor: 0.3048 },
      in: { name: 'inch', factor: 0.0254 },
    },
  },
  mass: {
    base: 'kg',
    units: {
      kg: { name: 'kilogram', factor: 1 },
      g: { name: 'gram', factor: 0.001 },
      t: { name: 'tonne', factor: 1000 },
      lb: { name: 'pound', factor: 0.45359237 },
      oz: { name: 'ounce', factor: 0.028349523125 },
    },
  },
  temperature: {
    base: 'K',
    units: {
      K: { name: 'kelvin', factor: 1 },
      C: { name: 'degree Celsius', factor: 1, offset: 273.15 },
      F: { name: 'degree Fahrenheit', factor: 5 / 9, offset: 459.67 * (5 / 9) },
    },
  },
  time: {
    base: 's',
    units: {
      s: { name: 'second', factor: 1 },
      min: { name: 'minute', factor: 60 },
      h: { name: 'hour', factor: 3600 },
      d: { name: 'day', factor: 86_400 },
    },
  },
};

const SYMBOLS = Object.values(DIMENSIONS).flatMap((dimension) => Object.keys(dimension.units));

function findUnit(symbol) {
  for (const [dimension, { units }] of Object.entries(DIMENSIONS)) {
    if (Object.hasOwn(units, symbol)) return { dimension, ...units[symbol] };
  }
  throw new Error(`Unknown unit "${symbol}". Known units: ${SYMBOLS.join(', ')}.`);
}

function convert(value, from, to) {
  const source = findUnit(from);
  const target = findUnit(to);
  if (source.dimension !== target.dimension) {
    throw new Error(`Cannot convert ${source.dimension} (${from}) to ${target.dimension} (${to}).`);
  }
  const base = value * source.factor + (source.offset ?? 0);
  const result = (base - (target.offset ?? 0)) / target.factor;
  return Number(result.toPrecision(12));
}

function describeDimension(name) {
  const { base, units } = DIMENSIONS[name];
  return {
    dimension: name,
    base,
    units: Object.entries(units).map(([symbol, unit]) => ({ symbol, name: unit.name })),
  };
}

/** Waits `ms`; resolves false when the request was cancelled meanwhile. */
function pause(ms, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(false);
      return;
    }
    const onAbort = () => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve(true);
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

const json = (uri, value) => ({
  contents: [{ uri: uri.href, mimeType: 'application/json', text: JSON.stringify(value, null, 2) }],
});

const unit = z.string().describe('Unit symbol, for example km, lb or C');

function createServer() {
  const server = new McpServer(
    { name: 'units', title: 'Unit converter', version: '1.0.0' },
    {
      instructions: 'Converts lengths, masses, temperatures and times. Ask list_units for the known symbols.',
    },
  );

  server.registerTool(
    'convert',
    {
      title: 'Convert a value',
      description: 'Converts a value from one unit to another unit of the same dimension.',
      inputSchema: z.object({ value: z.number(), from: unit, to: unit }),
      outputSchema: z.object({ value: z.number(), unit: z.string(), text: z.string() }),
      annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    },
    ({ value, from, to }) => {
      const result = convert(value, from, to);
      const text = `${value} ${from} = ${result} ${to}`;
      return { content: [{ type: 'text', text }], structuredContent: { value: result, unit: to, text } };
    },
  );

  server.registerTool(
    'list_units',
    {
      title: 'List units',
      description: 'Lists the known units, of one dimension or of all.',
      inputSchema: z.object({ dimension: z.enum(Object.keys(DIMENSIONS)).optional() }),
      annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    },
    ({ dimension }) => {
      const names = dimension === undefined ? Object.keys(DIMENSIONS) : [dimension];
      const lines = names.map((name) => {
        const { units } = describeDimension(name);
        return `${name}: ${units.map((u) => `${u.symbol} (${u.name})`).join(', ')}`;
      });
      return { content: [{ type: 'text', text: lines.join('\n') }] };
    },
  );

  server.registerTool(
    'compare',
    {
      title: 'Compare two quantities',
      description: 'Says which of two quantities is larger, and by which ratio.',
      inputSchema: z.object({
        a: z.object({ value: z.number(), unit }),
        b: z.object({ value: z.number(), unit }),
      }),
      annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    },
    ({ a, b }) => {
      const bInA = convert(b.value, b.unit, a.unit);
      const sign = a.value === bInA ? 'equals' : a.value > bInA ? 'is more than' : 'is less than';
      const ratio = bInA === 0 ? 'no ratio' : `ratio ${Number((a.value / bInA).toPrecision(6))}`;
      return {
        content: [{ type: 'text', text: `${a.value} ${a.unit} ${sign} ${b.value} ${b.unit} (${ratio})` }],
      };
    },
  );

  server.registerTool(
    'conversion_table',
    {
      title: 'Build a conversion table',
      description:
        'Builds a conversion table row by row, reporting progress after each row. Can be cancelled.',
      inputSchema: z.object({
        from: unit,
        to: unit,
        steps: z.int().min(1).max(1000).default(5).describe('Number of rows'),
        delayMs: z.int().min(0).max(60_000).default(200).describe('Pause before each row, in milliseconds'),
      }),
      annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    },
    async ({ from, to, steps, delayMs }, ctx) => {
      const { signal } = ctx.mcpReq;
      const progressToken = ctx.mcpReq._meta?.progressToken;
      const rows = [];
      for (let step = 1; step <= steps; step += 1) {
        if (!(await pause(delayMs, signal))) {
          process.stderr.write(`units: conversion_table cancelled after ${rows.length} of ${steps} rows\n`);
          throw new Error('cancelled');
        }
        rows.push(`${step} ${from} = ${convert(step, from, to)} ${to}`);
        if (progressToken !== undefined) {
          await ctx.mcpReq.notify({
            method: 'notifications/progress',
            params: { progressToken, progress: step, total: steps, message: `row ${step} of ${steps}` },
          });
        }
      }
      return { content: [{ type: 'text', text: rows.join('\n') }] };
    },
  );

  server.registerResource(
    'about',
    'units://about',
    { title: 'About this server', description: 'What the server can convert', mimeType: 'text/plain' },
    (uri) => ({
      contents: [
        {
          uri: uri.href,
          mimeType: 'text/plain',
          text: `Converts between ${SYMBOLS.length} units of ${Object.keys(DIMENSIONS).join(', ')}.`,
        },
      ],
    }),
  );

  server.registerResource(
    'dimensions',
    'units://dimensions',
    { title: 'All dimensions', description: 'Every dimension with its units', mimeType: 'application/json' },
    (uri) => json(uri, Object.keys(DIMENSIONS).map(describeDimension)),
  );

  server.registerResource(
    'dimension',
    new ResourceTemplate('units://dimension/{name}', {
      list: undefined,
      complete: { name: (value) => Object.keys(DIMENSIONS).filter((name) => name.startsWith(value)) },
    }),
    { title: 'One dimension', description: 'The units of one dimension', mimeType: 'application/json' },
    (uri, { name }) => {
      if (!Object.hasOwn(DIMENSIONS, name)) throw new ResourceNotFoundError(uri.href);
      return json(uri, describeDimension(name));
    },
  );

  server.registerPrompt(
    'explain_conversion',
    {
      title: 'Explain a conversion',
      description: 'Asks for a short explanation of a conversion',
      argsSchema: z.object({ from: unit, to: unit }),
    },
    ({ from, to }) => ({
      messages: [
        {
          role: 'user',
          content: {
            type: 'text',
            text: `Explain in two sentences how to convert ${from} to ${to} in one's head. 1 ${from} is ${convert(1, from, to)} ${to}.`,
          },
        },
      ],
    }),
  );

  return server;
}

serveStdio(createServer, {
  onerror: (error) => process.stderr.write(`units: ${error.message}\n`),
});
process.stderr.write('units: ready on stdio\n');
