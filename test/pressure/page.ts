// Writes docs/pressure.md from the results that `npm run test:pressure -- --label` left. With --check:
// fails when they differ.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ATTACKS } from './all-attacks.ts'
import { GOALS } from './outcome.ts'
import { cellsOf, findingText, HEADS } from './outcome-cells.ts'
import { type Results, readResults } from './results.ts'

const { values: options } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    page: {
      type: 'string',
      default: fileURLToPath(new URL('../../docs/pressure.md', import.meta.url)),
    },
    results: { type: 'string' },
  },
})

/** What the lines of an attack are called, in order. */
const LABELS = ['before', 'after']

const all = LABELS.flatMap((label) => {
  const results = readResults(label, options.results)
  return results ? [{ label, results }] : []
})
if (all.length === 0) {
  console.log('there are no results: the page of the attacks is not checked')
} else {
  const text = `${page().join('\n\n')}\n`
  const written = existsSync(options.page) ? readFileSync(options.page, 'utf8') : ''
  if (!options.check) writeFileSync(options.page, text)
  else if (written !== text) {
    console.error('docs/pressure.md is not what the results say: run npm run test:pressure:page')
    process.exitCode = 1
  }
}

function page(): string[] {
  return [
    '<!-- Written by `npm run test:pressure:page` from test/pressure/results, not by hand. -->',
    '# Pressure',
    'What one client, disk or database may do, and what that does to a fleet that beats. Each attack ' +
      'is carried out from a process of its own on a fresh registry, beside a fleet of 300 agents with ' +
      'a TTL of 10 s that sends 50 heartbeats a second one by one and 5 batches a second. A heartbeat ' +
      'counts from the moment it was due. `npm run test:pressure -- --help` says how to repeat them.',
    `The goals: p99 of each kind at most ${GOALS.p99Ms} ms from the begin of the attack until all is ` +
      'normal, no agent that beats declared dead, at most ' +
      `${GOALS.memoryBytes / 2 ** 20} MB more memory than undisturbed, and normal ` +
      `${GOALS.secondsToNormal} s after the end: half a second in which each heartbeat took at most ` +
      '20 ms, or twice its undisturbed p99, and memory did not grow.',
    all.map(({ label, results }) => `- ${label}: ${origin(results)}`).join('\n'),
    ...ATTACKS.flatMap(({ name, title, stores }) => {
      const lines = stores.flatMap((store) => all.flatMap((each) => tableLine(each, name, store)))
      if (lines.length === 0) return []
      const head = ['', ...HEADS]
      const rule = `|${'---|'.repeat(head.length)}`
      return [
        `## ${name}`,
        `${title[0]?.toUpperCase()}${title.slice(1)}.`,
        [`| ${head.join(' | ')} |`, rule, ...lines].join('\n'),
        ...stores.flatMap((store) => all.flatMap((each) => findings(each, name, store))),
      ]
    }),
  ]
}

function origin({ processor, cores, node, commit, outcomes }: Results): string {
  const sizes = [...new Set(Object.values(outcomes).map(({ sizeName }) => sizeName))]
  return `commit ${commit}, ${cores} × ${processor}, Node ${node}, size ${sizes.join(' and ')}`
}

function tableLine(
  { label, results }: { label: string; results: Results },
  attack: string,
  store: string,
): string[] {
  const outcome = results.outcomes[`${attack} ${store}`]
  return outcome ? [`| ${store}, ${label} | ${cellsOf(outcome).join(' | ')} |`] : []
}

function findings(
  { label, results }: { label: string; results: Results },
  attack: string,
  store: string,
): string[] {
  const found = results.outcomes[`${attack} ${store}`]?.figures?.findings ?? []
  return found.length === 0 ? [] : [`${store}, ${label}: ${found.map(findingText).join('; ')}.`]
}
