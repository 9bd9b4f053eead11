/** A line of the benchmark table in README.md. It refers to samples and verdicts of a row by name. */
export interface ReadmeLine {
  /** The name of the row. */
  readonly row: string
  /** The text of the first column. */
  readonly what: string
  /** The sample of Rollcall; undefined if the line shows the value of the verdict. */
  readonly ours?: string
  /** The sample to compare with, and its text in the table. */
  readonly baseline?: {
    readonly sample: string
    readonly words: string
    /** How to render the line if the sample is missing because its program is not installed. Default: an error. */
    readonly ifMissing?: 'empty cell' | 'no line'
  }
  /** The verdict that contains the target. */
  readonly verdict?: string
  /** The unit of the samples; default: the unit of the row. */
  readonly unit?: string
}

const BARE = 'bare `node:http` with the same bytes'

/** The lines of the table, in order. */
export const README_LINES: readonly ReadmeLine[] = [
  {
    row: 'heartbeat',
    what: 'heartbeats over HTTP, 64 connections',
    ours: 'rollcall (sqlite)',
    baseline: { sample: 'bare node:http, same bytes', words: BARE },
    verdict: 'share of bare',
    unit: '/s',
  },
  {
    row: 'heartbeat',
    what: 'heartbeats over HTTP, against etcd',
    ours: 'rollcall (sqlite)',
    baseline: {
      sample: 'etcd lease keep-alive (HTTP)',
      words: 'etcd lease keep-alive over HTTP',
      ifMissing: 'no line',
    },
    verdict: 'over etcd',
    unit: '/s',
  },
  {
    row: 'batches',
    what: 'heartbeats in batches of 1000',
    ours: 'rollcall (sqlite)',
    verdict: 'rate',
    unit: '/s',
  },
  {
    row: 'registration',
    what: 'durable registrations, 64 connections',
    ours: 'rollcall (sqlite)',
    baseline: {
      sample: 'etcd put (HTTP), same size',
      words: 'etcd put over HTTP',
      ifMissing: 'empty cell',
    },
    verdict: 'over etcd',
    unit: '/s',
  },
  {
    row: 'index-cost',
    what: 'durable registrations, with query indexes',
    ours: 'query indexes enabled',
    baseline: { sample: 'query indexes disabled', words: 'query indexes disabled' },
    verdict: 'share of disabled',
    unit: '/s',
  },
  {
    row: 'list',
    what: 'lists of 10 000 agents, idle fleet',
    ours: 'rollcall, idle fleet',
    baseline: { sample: 'bare node:http, same bytes', words: BARE },
    verdict: 'idle, share of bare',
    unit: '/s',
  },
  {
    row: 'list',
    what: 'lists of 10 000 agents, heartbeats every 20 s',
    ours: 'rollcall, heartbeats every 20 s',
    baseline: { sample: 'bare node:http, same bytes', words: BARE },
    verdict: 'with heartbeats, share of bare',
    unit: '/s',
  },
  {
    row: 'queries',
    what: 'a query that finds 10 of a million agents, over HTTP, p50',
    ours: 'capability, p50',
    baseline: { sample: 'health, p50', words: '`/health`' },
    verdict: 'capability, p50',
  },
  {
    row: 'fan-out',
    what: '200 changes/s to 1000 streams, delivery latency, p99',
    ours: 'rollcall p99',
    baseline: { sample: 'bare node:http p99', words: 'bare `node:http`, one write per event' },
    verdict: 'p99',
  },
  {
    row: 'idle-streams',
    what: '10 000 idle streams, memory per stream',
    ours: 'rollcall, KiB each',
    baseline: { sample: 'bare node:http, KiB each', words: 'bare `node:http`' },
    unit: 'KiB',
  },
  {
    row: 'mixed',
    what: 'heartbeat latency during lists, registrations and 50 000 expiries, p99',
    ours: 'heartbeat p99',
    verdict: 'p99',
  },
  {
    row: 'million',
    what: 'memory of a million agents, including indexes',
    ours: 'resident, all heartbeats saved, MiB',
    baseline: { sample: 'resident, empty registry, MiB', words: 'empty registry' },
    verdict: 'resident',
    unit: 'MiB',
  },
  {
    row: 'million',
    what: 'memory per agent, excluding its strings',
    verdict: 'per agent, excluding its strings',
  },
  {
    row: 'million',
    what: 'restart with a million agents, time until ready',
    ours: 'restart until ready, s',
    verdict: 'restart',
    unit: 's',
  },
  {
    row: 'startup',
    what: 'start with an empty file, time until ready',
    ours: 'rollcall serve',
    verdict: 'median',
  },
  {
    row: 'pg-heartbeat',
    what: 'PostgreSQL: single heartbeats',
    ours: 'one node, PostgreSQL',
    baseline: { sample: 'one node, SQLite', words: 'SQLite' },
    verdict: 'one node',
    unit: '/s',
  },
  {
    row: 'pg-batches',
    what: 'PostgreSQL: heartbeats in batches of 1000',
    ours: 'one node, PostgreSQL',
    baseline: { sample: 'one node, SQLite', words: 'SQLite' },
    verdict: 'one node',
    unit: '/s',
  },
  {
    row: 'pg-registration',
    what: 'PostgreSQL: durable registrations',
    ours: 'one node, PostgreSQL',
    baseline: { sample: 'one node, SQLite', words: 'SQLite' },
    verdict: 'one node',
    unit: '/s',
  },
  {
    row: 'pg-feed',
    what: 'PostgreSQL: delivery latency from one node to streams of another, p99',
    ours: 'p99',
    verdict: 'p99',
  },
  {
    row: 'pg-sweep',
    what: 'PostgreSQL: sweep of a million leases, 1000 of them due',
    ours: '1000 due',
    verdict: '1000 due',
  },
]
