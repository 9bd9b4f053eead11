/** A line of the table in README.md, in the names of a row's measurement. */
export interface ReadmeLine {
  /** Of the row. */
  readonly row: string
  /** What was measured, in words. */
  readonly what: string
  /** The sample of Rollcall; undefined: the verdict says it all. */
  readonly ours?: string
  /** A sample to compare with, in words. */
  readonly baseline?: {
    readonly sample: string
    readonly words: string
    /** What becomes of the line when the program to compare with is not installed; else an error. */
    readonly ifMissing?: 'empty cell' | 'no line'
  }
  /** The verdict that has the target. */
  readonly verdict?: string
  /** Of the samples; default: the unit of the row. */
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
    what: 'the same',
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
    ours: 'with indexes',
    baseline: { sample: 'without', words: 'query indexes disabled' },
    verdict: 'of the speed without',
    unit: '/s',
  },
  {
    row: 'list',
    what: 'lists of 10 000 agents, fleet at rest',
    ours: 'rollcall, fleet at rest',
    baseline: { sample: 'bare node:http, same bytes', words: BARE },
    verdict: 'at rest, share of bare',
    unit: '/s',
  },
  {
    row: 'list',
    what: 'lists of 10 000 agents, each sending a heartbeat every 20 s',
    ours: 'rollcall, fleet beating every 20 s',
    baseline: { sample: 'bare node:http, same bytes', words: BARE },
    verdict: 'beating, share of bare',
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
    what: '200 changes/s to 1000 streams, from the change to its bytes, p99',
    ours: 'rollcall p99',
    baseline: { sample: 'bare node:http p99', words: 'bare `node:http`, writing each at once' },
    verdict: 'p99',
  },
  {
    row: 'idle-streams',
    what: '10 000 idle streams, memory of each',
    ours: 'rollcall, KiB each',
    baseline: { sample: 'bare node:http, KiB each', words: 'bare `node:http`' },
    unit: 'KiB',
  },
  {
    row: 'mixed',
    what: 'a heartbeat under lists, registrations and the expiry of 50 000, p99',
    ours: 'heartbeat p99',
    verdict: 'p99',
  },
  {
    row: 'million',
    what: 'memory of a million agents, with their indexes',
    ours: 'resident, all beaten and saved, MiB',
    baseline: { sample: 'resident, empty registry, MiB', words: 'an empty registry' },
    verdict: 'resident',
    unit: 'MiB',
  },
  {
    row: 'million',
    what: 'memory of each of them beyond its strings',
    verdict: 'an agent beyond its strings',
  },
  {
    row: 'million',
    what: 'restart with a million agents until ready',
    ours: 'restart until ready, s',
    verdict: 'restart',
    unit: 's',
  },
  {
    row: 'startup',
    what: 'start with an empty file until it answers',
    ours: 'rollcall serve',
    verdict: 'median',
  },
  {
    row: 'pg-heartbeat',
    what: 'PostgreSQL: heartbeats one by one',
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
    what: 'PostgreSQL: a change at one node, on the streams of another, p99',
    ours: 'p99',
    verdict: 'p99',
  },
  {
    row: 'pg-sweep',
    what: 'PostgreSQL: a sweep of a million leases, 1000 of them due',
    ours: '1000 due',
    verdict: '1000 due',
  },
]
