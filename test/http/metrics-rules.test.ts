// What `promtool check metrics` looks for, as far as it applies, so that it is clean here as well.
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

/** Names of the families that a rule finds fault with. */
function breaking(rule: (family: Family) => boolean): string[] {
  return families.filter(rule).map(({ name }) => name)
}

describe('every metric', () => {
  test('has a help text', () => {
    expect(families.length).toBeGreaterThan(20)
    expect(breaking(({ name }) => !text.includes(`# HELP ${name} `))).toEqual([])
  })

  test('ends in _total when it is a counter, and only then', () => {
    expect(breaking(({ name, type }) => (type === 'counter') !== name.endsWith('_total'))).toEqual(
      [],
    )
  })

  test('is measured in base units', () => {
    const others =
      /(^|_)(ms|milliseconds?|micro\w+|nano\w+|minutes?|hours?|days?|kilo\w+|mega\w+|[kmg]i?b|bits?|percent)(_|$)/
    expect(breaking(({ name }) => others.test(name))).toEqual([])
  })

  test('leaves its type and the suffixes of histograms out of its name', () => {
    const reserved = /_(gauge|counter|histogram|summary)(_|$)|_(count|sum|bucket)$/
    expect(breaking(({ name }) => reserved.test(name))).toEqual([])
  })

  test('is written in snake case, and so are its labels', () => {
    const snake = /^[a-z][a-z0-9_]*$/
    expect(breaking(({ name }) => !snake.test(name))).toEqual([])
    const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)))
    expect([...labels].filter((label) => !snake.test(label))).toEqual([])
  })

  test('that is only information is a gauge of 1', () => {
    expect(breaking(({ name, type }) => name.endsWith('_info') && type !== 'gauge')).toEqual([])
    const info = samples.filter(({ name }) => name.endsWith('_info'))
    expect(info.map(({ value }) => value)).toEqual(info.map(() => 1))
  })
})
