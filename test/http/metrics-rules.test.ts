// The applicable rules of `promtool check metrics`.
import { beforeAll, describe, expect, test } from 'vitest'
import { parsePrometheusText, type Sample } from './support/prometheus-text.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()

interface Family {
  readonly name: string
  readonly type: string
}

let text = ''
let families: Family[] = []
let samples: Sample[] = []

beforeAll(async () => {
  await registry.register()
  text = (await registry.get('/metrics')).text
  samples = parsePrometheusText(text)
  families = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => ({
    name,
    type,
  }))
})

/** Names of the metric families that violate a rule. */
function violating(rule: (family: Family) => boolean): string[] {
  return families.filter(rule).map(({ name }) => name)
}

describe('every metric', () => {
  test('has a help text', () => {
    expect(families.length).toBeGreaterThan(20)
    expect(violating(({ name }) => !text.includes(`# HELP ${name} `))).toEqual([])
  })

  test('ends in _total if and only if it is a counter', () => {
    expect(violating(({ name, type }) => (type === 'counter') !== name.endsWith('_total'))).toEqual(
      [],
    )
  })

  test('uses base units', () => {
    const others =
      /(^|_)(ms|milliseconds?|micro\w+|nano\w+|minutes?|hours?|days?|kilo\w+|mega\w+|[kmg]i?b|bits?|percent)(_|$)/
    expect(violating(({ name }) => others.test(name))).toEqual([])
  })

  test('has neither its type nor a histogram suffix in its name', () => {
    const reserved = /_(gauge|counter|histogram|summary)(_|$)|_(count|sum|bucket)$/
    expect(violating(({ name }) => reserved.test(name))).toEqual([])
  })

  test('has a name and labels in snake case', () => {
    const snake = /^[a-z][a-z0-9_]*$/
    expect(violating(({ name }) => !snake.test(name))).toEqual([])
    const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)))
    expect([...labels].filter((label) => !snake.test(label))).toEqual([])
  })

  test('that is only information is a gauge of 1', () => {
    expect(violating(({ name, type }) => name.endsWith('_info') && type !== 'gauge')).toEqual([])
    const info = samples.filter(({ name }) => name.endsWith('_info'))
    expect(info.map(({ value }) => value)).toEqual(info.map(() => 1))
  })
})
